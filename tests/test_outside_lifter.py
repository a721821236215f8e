"""`analyze` on a press that another simulator performed: tables in, JSON and series out, as a stranger would use it."""

import json
from pathlib import Path

import numpy as np
import pytest

from outside_lifter import Session, Truth, write_csv
from presscue.cli import _status

FAULTS = ("lockout", "heel_lift", "depth", "tempo")


def analysed(session: Session, folder: Path, suffix: str, hold: bool = True, pads: bool = True, cheap: bool = False):
    """JSON and series of one session, by the command line."""
    import pyarrow as pa
    from pyarrow import parquet

    table, recording = session.columns(pads, cheap), folder / f"recording{suffix}"
    if suffix == ".csv":
        write_csv(table, recording)
    else:
        parquet.write_table(pa.table({name: pa.array(c, from_pandas=True) for name, c in table.items()}), recording)
    truth, profile = session.truth, folder / "me.toml"
    lines = ["[lifter]", f"height_m = {truth.height_m:.3f}", "[mount]", f'leg = "{truth.leg}"']
    if hold and truth.hold_s is not None:
        lines += ["[calibration]", f"straight_leg_hold_s = {list(truth.hold_s)}"]
    profile.write_text("\n".join(lines) + "\n")
    out, series = folder / "out.json", folder / "series.parquet"
    asked = ["analyze", recording, "--profile", profile, "--json", out, "--series", series, "--quiet"]
    assert _status([str(word) for word in asked]) == 0
    columns = parquet.read_table(series)
    return json.loads(out.read_text()), {name: columns[name].to_numpy() for name in columns.column_names}


def errors(series: dict[str, np.ndarray], truth: Truth) -> tuple[float, float]:
    """RMSE of flexion (degrees) and of the sled's way within each rep (mm)."""
    t_s, flexion, way = series["time_s"], [], []
    for rep in truth.reps:
        inside = (t_s >= rep["start_s"]) & (t_s <= rep["end_s"])
        flexion.append(series["knee_flexion_deg"][inside] - np.interp(t_s[inside], truth.t_s, truth.flexion_deg))
        off = series["sled_position_m"][inside] - np.interp(t_s[inside], truth.t_s, truth.travel_m)
        way.append(off - np.nanmean(off))
    flexion, way = np.concatenate(flexion), np.concatenate(way)
    assert np.isfinite(flexion).mean() > 0.98
    return float(np.sqrt(np.nanmean(flexion**2))), 1000 * float(np.sqrt(np.nanmean(way**2)))


def assert_reps(found: list[dict], truth: Truth) -> None:
    assert len(found) == len(truth.reps)
    for mine, true in zip(found, truth.reps, strict=True):
        for name in ("start_s", "bottom_s", "end_s"):
            assert mine[name] == pytest.approx(true[name], abs=0.25), (true, name)
        assert mine["max_flexion_deg"] == pytest.approx(true["max_deg"], abs=5.0)
        assert mine["travel_m"] == pytest.approx(true["travel_m"], abs=0.015)


@pytest.mark.parametrize(("seed", "suffix"), [(1, ".csv"), (3, ".parquet"), (4, ".parquet")])
def test_reps_angles_and_faults_of_a_stranger(seed: int, suffix: str, tmp_path: Path):
    session = Session(seed, FAULTS, sets=(7, 6))
    out, series = analysed(session, tmp_path, suffix)
    truth = session.truth
    assert_reps(out["reps"], truth)
    rmse_deg, rmse_mm = errors(series, truth)
    print(f"outside {seed}: flexion {rmse_deg:.2f} deg, travel {rmse_mm:.1f} mm")
    assert rmse_deg <= 3.0
    assert rmse_mm <= 5.0
    made = {(kind, side, rep) for kind, side, rep, _ in truth.faults}
    found = {(e["kind"], e["side"], e["rep"]) for e in out["events"] if e["kind"] in FAULTS and not e.get("predicted")}
    assert found == made
    for kind, side, rep, onset_s in truth.faults:
        event = next(e for e in out["events"] if (e["kind"], e["side"], e["rep"]) == (kind, side, rep))
        assert event["onset_s"] == pytest.approx(onset_s, abs=0.25)
        assert event["detected_s"] >= event["onset_s"] - 0.01


def test_a_stranger_without_hold_pads_or_faults(tmp_path: Path):
    session = Session(11, hold=False, sets=(6, 5))
    out, series = analysed(session, tmp_path, ".parquet", pads=False)
    assert_reps(out["reps"], session.truth)
    assert out["events"] == []
    rmse_deg, _ = errors(series, session.truth)
    print(f"outside 11 without hold: flexion {rmse_deg:.2f} deg")
    assert rmse_deg <= 5.0
    assert out["measured"]["heel_lift"] == "not measured: no heel pad"


@pytest.mark.parametrize("seed", [35, 37])
def test_slow_lowerings_under_cheap_sensors_are_counted(seed: int, tmp_path: Path):
    """The sled begins so gently that it is as quiet as at rest; the leg on it must not be taken to be off it."""
    session = Session(seed, FAULTS, sets=(7, 6))
    out, series = analysed(session, tmp_path, ".parquet", cheap=True)
    assert [one["rep"] for one in out["reps"]] == list(range(len(session.truth.reps)))
    rmse_deg, _ = errors(series, session.truth)
    print(f"outside {seed} with cheap sensors: flexion {rmse_deg:.2f} deg")
    assert rmse_deg <= 3.0


@pytest.mark.slow
def test_forty_strangers(tmp_path: Path):
    wrong, rmse = [], []
    for seed in range(100, 140):
        session = Session(seed, FAULTS, sets=(8, 7))
        out, series = analysed(session, tmp_path, ".parquet")
        if len(out["reps"]) != len(session.truth.reps):
            wrong.append((seed, len(out["reps"]), len(session.truth.reps)))
        rmse.append(errors(series, session.truth)[0])
    print(f"40 strangers: median {np.median(rmse):.2f}, 95th percentile {np.quantile(rmse, 0.95):.2f} deg; {wrong}")
    assert wrong == []
    assert np.median(rmse) <= 2.0
    assert np.quantile(rmse, 0.95) <= 3.0
