"""Export: what other tools read is what was recorded, found and said."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import csv, parquet

from live_fakes import coached
from presscue import wire
from presscue.analysis.analyze import analyze, open_source
from presscue.archive.journal import add
from presscue.cli import _status
from presscue.errors import UsageError
from presscue.exporting import tables
from presscue.exporting.sto import orientation, write_sto
from presscue.profile import Profile
from presscue.results import Stretch


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Path:
    """A recorded session of a virtual lifter, with its first rep deleted and a note."""
    path = tmp_path_factory.mktemp("export") / "session.presscue"
    coached(path)
    first = analyze(path).findings.reps[0]
    add(path, lambda _: [
        {"op": "delete_rep", "rep": 0, "at_s": first.bottom_s}, {"op": "note", "set": 0, "text": "heavy"},
        {"op": "start", "start_ms": 1_700_000_000_000},
    ])  # fmt: skip
    return path


def export(session: Path, to: Path, *more: str) -> int:
    return _status(["export", str(session), "--to", str(to), "--quiet", *more])


def readings(path: Path) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """(times, values) of each source."""
    whole = Stretch.joined([piece.readings for piece in open_source(path, None).pieces])
    of = {source: whole.of_source(source) for source in (wire.SLED, wire.LEG, wire.PADS)}
    width = {wire.SLED: 6, wire.LEG: 6, wire.PADS: 3}
    return {source: (whole.t_s[own], whole.values[own, : width[source]]) for source, own in of.items()}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_samples_come_back_to_the_last_bit(session: Path, tmp_path: Path, suffix: str):
    to = tmp_path / f"samples.{suffix}"
    assert export(session, to, "--what", "samples") == 0
    table = parquet.read_table(to) if suffix == "parquet" else csv.read_csv(to)
    assert table.column_names == tables.SAMPLES.names
    t_s = table["time_s"].to_numpy()
    assert np.all(np.diff(t_s) > 0)
    for source, (times, values) in readings(session).items():
        own = [table.column(1 + at).to_numpy() for at in range(15)[tables._AT[source]]]
        rows = np.isin(t_s, times)
        assert np.array_equal(t_s[rows], times)
        assert np.array_equal(np.column_stack(own)[rows], values, equal_nan=True)


def test_an_exported_csv_is_analysed_like_the_session(session: Path, tmp_path: Path):
    to = tmp_path / "samples.csv"
    assert export(session, to, "--what", "samples") == 0
    ours, theirs = analyze(session), analyze(to, open_source(session, None).profile)
    assert len(theirs.findings.reps) == len(ours.findings.reps) > 5
    for one, other in zip(ours.findings.reps.values(), theirs.findings.reps.values(), strict=True):
        assert other.start_s == pytest.approx(one.start_s, abs=0.02)
        assert other.max_flexion_deg == pytest.approx(one.max_flexion_deg, abs=0.1)
        assert other.travel_m == pytest.approx(one.travel_m, abs=1e-3)
    assert [(e.kind, e.side, e.rep) for e in theirs.findings.faults()] == [
        (e.kind, e.side, e.rep) for e in ours.findings.faults()
    ]


def test_all_tables_go_into_a_folder_and_carry_what_was_said(session: Path, tmp_path: Path, capsys):
    folder = tmp_path / "out"
    assert _status(["export", str(session), "--to", str(folder)]) == 0
    assert capsys.readouterr().out.count(" rows") == 5
    found = {path.name.split(".")[1]: csv.read_csv(path) for path in folder.iterdir()}
    assert set(found) == set(tables.SCHEMAS)
    reps = found["reps"].to_pylist()
    assert reps[0]["rep"] == 1
    assert found["sets"].to_pylist()[0]["notes"] == "heavy"
    assert len(found["events"]) > 3
    assert any(row["faults"] for row in reps)
    for name, schema in tables.SCHEMAS.items():
        assert found[name].column_names == schema.names


def test_an_mcap_is_read_back_by_its_own_library(session: Path, tmp_path: Path):
    from mcap.reader import make_reader

    to = tmp_path / "session.mcap"
    assert export(session, to) == 0
    counts: dict[str, int] = {}
    first_ns: dict[str, int] = {}
    with open(to, "rb") as file:
        reader = make_reader(file)
        for schema, channel, message in reader.iter_messages():
            assert schema is not None
            counts[channel.topic] = counts.get(channel.topic, 0) + 1
            row = json.loads(message.data)
            assert set(row) <= set(json.loads(schema.data)["properties"])
            first_ns.setdefault(channel.topic, message.log_time)
        assert {one.name for one in reader.iter_metadata()} == {"presscue"}
    recorded = readings(session)
    assert counts["/sled_imu"] == len(recorded[wire.SLED][0])
    assert counts["/leg_imu"] == len(recorded[wire.LEG][0])
    assert counts["/pads"] == len(recorded[wire.PADS][0])
    assert counts["/sets"] == 2
    assert set(counts) == {"/sled_imu", "/leg_imu", "/pads", "/series", "/reps", "/sets", "/events"}
    assert abs(first_ns["/sled_imu"] - 1_700_000_000_000_000_000) < 1e9


def test_an_sto_has_the_shanks_orientation(session: Path, tmp_path: Path):
    to = tmp_path / "session.sto"
    assert export(session, to) == 0
    header, _, body = to.read_text().partition("endheader\n")
    assert header.splitlines()[:2] == ["DataRate=100.000000", "DataType=Quaternion"]
    assert body.splitlines()[0].split("\t") == ["time", "tibia_r_imu"]
    rows = np.array([line.replace(",", "\t").split("\t") for line in body.splitlines()[1:]], float)
    assert np.diff(rows[:, 0]) == pytest.approx(0.01)
    assert np.linalg.norm(rows[:, 1:], axis=1) == pytest.approx(1.0)
    series = pyarrow.Table.from_batches(tables.series(session, None))
    known = np.isfinite(series["leg_pitch_deg"].to_numpy())
    t_s, pitch_deg = (series[name].to_numpy()[known] for name in ("time_s", "leg_pitch_deg"))
    turned_deg = np.degrees(2 * np.arctan2(rows[:, 4], rows[:, 1]))
    assert turned_deg == pytest.approx(np.interp(rows[:, 0], t_s, pitch_deg), abs=1e-4)
    assert turned_deg.min() < -30.0, "no rep in it"


def test_an_sto_has_no_rows_where_nothing_was_measured():
    rows_s, turns = orientation(np.array([0.0, 0.1, 2.0, 2.1]), np.array([0.0, 10.0, 20.0, 30.0]))
    assert rows_s == pytest.approx([*np.arange(11) / 100, *(2.0 + np.arange(1, 11) / 100)])
    assert turns[10] == pytest.approx([np.cos(np.radians(5)), 0, 0, np.sin(np.radians(5))])
    assert orientation(np.zeros(0), np.zeros(0))[1].shape == (0, 4)


def test_an_imu_on_the_thigh_makes_no_sto(tmp_path: Path):
    with pytest.raises(UsageError, match="on the thigh"):
        write_sto(tmp_path / "a.sto", [], Profile(segment="thigh"))


def test_a_table_is_exported_like_a_session(session: Path, tmp_path: Path):
    """CSV → Parquet: the same readings."""
    assert export(session, tmp_path / "a.csv", "--what", "samples") == 0
    assert export(tmp_path / "a.csv", tmp_path / "b.parquet", "--what", "samples") == 0
    one, other = csv.read_csv(tmp_path / "a.csv"), parquet.read_table(tmp_path / "b.parquet")
    assert np.array_equal(one["time_s"].to_numpy(), other["time_s"].to_numpy())
    for name in ("sled_acc_x_mps2", "leg_gyr_z_radps", "heel_left_n"):
        assert np.array_equal(one[name].to_numpy(), other[name].to_numpy(), equal_nan=True)


@pytest.mark.parametrize(
    ("to", "more", "why"),
    [
        ("a.csv", [], "takes one table"),
        ("a.csv", ["--format", "mcap"], "says otherwise"),
        ("a.xlsx", ["--what", "reps"], "--format csv, parquet, mcap or sto"),
        ("a.sto", ["--what", "reps"], "leave --what out"),
        ("nowhere/a.csv", ["--what", "reps"], "there is no folder"),
    ],
)
def test_what_cannot_be_is_said_before_the_work(session: Path, tmp_path: Path, to, more, why, capsys):
    assert export(session, tmp_path / to, *more) == 2
    assert why in capsys.readouterr().err


def test_the_recording_itself_is_never_the_target(tmp_path: Path, session: Path, capsys):
    assert export(session, tmp_path / "a.csv", "--what", "samples") == 0
    before = (tmp_path / "a.csv").read_bytes()
    assert export(tmp_path / "a.csv", tmp_path / "a.csv", "--what", "samples") == 2
    assert "is the recording itself" in capsys.readouterr().err
    assert (tmp_path / "a.csv").read_bytes() == before


def test_a_failure_leaves_what_was_there(session: Path, tmp_path: Path, monkeypatch):
    from presscue.errors import SaveError
    from presscue.exporting.files import write_table

    to = tmp_path / "reps.csv"
    to.write_text("before")

    def batches():
        yield tables.reps({"reps": [], "events": []})
        raise OSError(28, "No space left on device")

    with pytest.raises(SaveError, match="nothing that was there before is changed"):
        write_table(to, tables.REPS, batches())
    assert to.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["reps.csv"]
