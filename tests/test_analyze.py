"""`analyze` from the outside: JSON, series, exit status and the one line that says what is wrong."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from live_fakes import coached
from presscue.analysis.output import SERIES
from presscue.cli import _status
from presscue.simulator.performance import Performance, perform
from presscue.simulator.render import IMU_COLUMNS, render, write_table
from presscue.simulator.scenario import parse_options

OPTIONS = "seed=10,faults=heel_lift+lockout,sets=4,rest_s=4,hold_s=2.5,clean_first=2,fault_share=0.6"


@pytest.fixture(scope="module")
def performed() -> Performance:
    return perform(parse_options(OPTIONS)[0])


@pytest.fixture(scope="module")
def table(performed) -> dict[str, np.ndarray]:
    return render(performed)


def run(capsys, *arguments) -> tuple[int, str, str]:
    status = _status([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_table_becomes_json_and_series(performed, table, tmp_path: Path, capsys):
    write_table(table, tmp_path / "t.csv")
    profile = tmp_path / "p.toml"
    profile.write_text('[lifter]\nname = "A"\nheight_m = 1.7\n[machine]\nsled_load_kg = 120\n')
    status, out, err = run(
        capsys, "analyze", tmp_path / "t.csv", "--profile", profile, "--json", tmp_path / "o.json", "--series",
        tmp_path / "o.parquet",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "4 reps in 1 sets" in out
    found = json.loads((tmp_path / "o.json").read_text())
    assert found["format"] == "presscue.analysis/1"
    assert list(found)[1:] == [
        "reps", "sets", "events", "cues", "cues_played", "measured", "limits", "calibration", "quality",
        "summary",
    ]  # fmt: skip
    assert len(found["reps"]) == len(performed.truth.reps)
    assert found["sets"][0]["sled_load_kg"] == 120
    assert found["sets"][0]["lifter"] == "A"
    assert found["measured"]["knee_flexion"] == "leg+sled"
    assert found["measured"]["seat_lift"] == "seat pad"
    assert found["measured"]["valgus"].startswith("not measured: the profile does not say which leg")
    assert {"thigh_m", "shank_m", "ankle_height_m", "rail_deg"} <= set(found["calibration"])
    from pyarrow import parquet

    series = parquet.read_table(tmp_path / "o.parquet")
    assert tuple(series.column_names) == SERIES
    assert series.num_rows == len(table["time_s"])
    np.testing.assert_array_equal(series["time_s"].to_numpy(), table["time_s"])
    under = np.zeros(series.num_rows, bool)
    for rep in performed.truth.reps:
        under |= (table["time_s"] > rep.start_s) & (table["time_s"] < rep.end_s)
    flexion = series["knee_flexion_deg"].to_numpy()[under]
    error = flexion - performed.truth.at("knee_flexion_deg", table["time_s"][under])
    assert np.sqrt(np.nanmean(error**2)) < 8
    shares = series["heel_left_share"].to_numpy() + series["heel_right_share"].to_numpy()
    np.testing.assert_allclose(shares[under][np.isfinite(shares[under])], 1.0)


def test_a_session_file_becomes_json_and_series(tmp_path: Path, capsys):
    path = tmp_path / "s.presscue"
    live = coached(path)
    status, _, _ = run(
        capsys, "analyze", path, "--json", tmp_path / "o.json", "--series", tmp_path / "o.csv", "--quiet"
    )
    found = json.loads((tmp_path / "o.json").read_text())
    assert status == 0
    assert len(found["reps"]) == len(live.findings.reps)
    assert len(found["cues_played"]) == len(live.latencies_ms)
    assert all(0 < cue["cue_latency_ms"] < 75 and cue["by"] == "host" for cue in found["cues_played"])
    rows = (tmp_path / "o.csv").read_text().count("\n") - 1
    imu = len(live.core.merge.rings[0].history()) + len(live.core.merge.rings[1].history())
    assert abs(rows - imu) < 20

    data = path.read_bytes()
    rng = random.Random(1)
    flipped = bytearray(data)
    for _ in range(20):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    for name, damaged in (("cut", data[: len(data) * 2 // 3 + 100]), ("flipped", bytes(flipped))):
        (tmp_path / f"{name}.presscue").write_bytes(damaged)
        status, out, err = run(capsys, "analyze", tmp_path / f"{name}.presscue", "--json", tmp_path / "d.json")
        quality = json.loads((tmp_path / "d.json").read_text())["quality"]
        assert (status, err) == (0, ""), name
        assert quality["damaged_bytes"] > 0
        assert "damaged" in out
        assert quality["samples"] > 0.55 * found["quality"]["samples"]


@pytest.mark.parametrize(("sensors", "lacking"), [(("sled",), "no leg IMU"), (("leg",), "no sled IMU")])
def test_what_is_not_there_is_not_measured(performed, tmp_path: Path, capsys, sensors, lacking: str):
    write_table(render(performed, sensors=sensors), tmp_path / "t.parquet")
    status, _, _ = run(capsys, "analyze", tmp_path / "t.parquet", "--json", tmp_path / "o.json")
    found = json.loads((tmp_path / "o.json").read_text())
    assert status == 0
    assert found["measured"]["knee_flexion"] == f"not measured: {lacking}"
    assert found["measured"]["heel_lift"] == "not measured: no heel pad"
    assert not [event for event in found["events"] if event["kind"] in ("lockout", "depth", "heel_lift")]


def test_an_imu_that_was_away_is_said_with_its_times(table, tmp_path: Path, capsys):
    t_s = table["time_s"]
    away = {"leg": (t_s >= 9.0) & (t_s < 12.0), "sled": ((t_s >= 11.0) & (t_s < 14.0)) | (t_s > t_s[-1] - 1.5)}
    gaps = {name: np.where(away[source], np.nan, table[name]) for source in away for name in IMU_COLUMNS[source]}
    write_table({**table, **gaps}, tmp_path / "t.parquet")
    status, _, _ = run(capsys, "analyze", tmp_path / "t.parquet", "--json", tmp_path / "o.json")
    measured = json.loads((tmp_path / "o.json").read_text())["measured"]
    assert status == 0
    how, leg, sled, both = measured["knee_flexion"].split("; ")
    assert (how, leg) == ("leg+sled", "9.0–11.0 s leg IMU silent: from the sled alone, while that was sure")
    assert sled == f"12.0–14.0 s, {t_s[-1] - 1.5:.1f}–{t_s[-1]:.1f} s sled IMU silent: from the leg alone"
    assert both == "11.0–12.0 s not measured: both IMUs silent"
    assert measured["leg_pitch"] == "leg; 9.0–12.0 s not measured: leg IMU silent"


def bad_tables(table: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    part = {name: column[:6000] for name, column in table.items()}
    acc = {name: column / 9.80665 for name, column in table.items() if "_acc_" in name}
    gyr = {name: np.degrees(column) for name, column in table.items() if "_gyr_" in name}
    return {
        "g, not m/s2": {**table, **acc},
        "degrees": {**table, **gyr},
        "no column time_s": {name: column for name, column in part.items() if name != "time_s"},
        "milliseconds": {**part, "time_s": part["time_s"] * 1000},
        "runs back": {**part, "time_s": part["time_s"][::-1].copy()},
    }


@pytest.mark.parametrize("line", ["g, not m/s2", "degrees", "no column time_s", "milliseconds", "runs back"])
def test_a_bad_table_is_refused_in_one_line(table, tmp_path: Path, capsys, line: str):
    write_table(bad_tables(table)[line], tmp_path / "t.csv")
    target = tmp_path / "o.json"
    target.write_text("before")
    status, _, err = run(capsys, "analyze", tmp_path / "t.csv", "--json", target)
    assert status == 2
    assert line in err
    assert err.count("\n") == 1
    assert target.read_text() == "before"


@pytest.mark.parametrize(
    ("name", "data", "line"),
    [
        ("e.csv", b"", "is empty"),
        ("h.csv", b"time_s,leg_acc_x_mps2\n", "no rows"),
        ("x.presscue", b"", "is empty"),
        ("y.presscue", b"hello" * 1000, "not a presscue session file"),
        ("z.txt", b"time_s\n1\n", "a recording ends in"),
        ("w.csv", b"time_s,heel_left_n\n0.0,1\n0.02,bad\n", "line 3, column heel_left_n"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, capsys, name: str, data: bytes, line: str):
    (tmp_path / name).write_bytes(data)
    status, _, err = run(capsys, "analyze", tmp_path / name)
    assert status == 2
    assert line in err
    assert err.count("\n") == 1


def test_nans_and_gaps_are_normal(table, tmp_path: Path, capsys):
    rng = np.random.default_rng(1)
    holes = {name: column.copy() for name, column in table.items()}
    for name, column in holes.items():
        if name != "time_s":
            column[rng.random(len(column)) < 0.005] = np.nan
    write_table(holes, tmp_path / "t.csv")
    status, out, _ = run(capsys, "analyze", tmp_path / "t.csv")
    assert status == 0
    assert "4 reps" in out


def test_a_table_of_hours_fits_into_memory(table, tmp_path: Path):
    """Rows are analysed in pieces: what Python holds does not grow with the table."""
    import tracemalloc

    from presscue.analysis.analyze import analyze

    period_s = float(table["time_s"][-1]) + 0.005
    sizes = []
    for times in (1, 4):
        tiled = {name: np.tile(column, times) for name, column in table.items()}
        tiled["time_s"] = np.concatenate([table["time_s"] + i * period_s for i in range(times)])
        write_table(tiled, tmp_path / "t.parquet")
        tracemalloc.start()
        analyze(tmp_path / "t.parquet")
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    print(f"peak {sizes[0] / 1e6:.0f} MB, four times as long {sizes[1] / 1e6:.0f} MB")
    assert sizes[1] < 1.6 * sizes[0] + 20e6
