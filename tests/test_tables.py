"""Tables from any sensor: what is read, what is dropped and counted, and what is refused in one clear line."""

import re
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet

from presscue import wire
from presscue.errors import TableError
from presscue.readings.channels import COLUMNS
from presscue.results import Samples
from presscue.tables import open_table

PADS = ("heel_left_n", "heel_right_n", "seat_n")
ALL = (*COLUMNS[wire.SLED], *COLUMNS[wire.LEG], *PADS)


def recorded(seconds=12.0, rate_hz=200.0):
    """Columns of a press: the leg swings 40 degrees about its y axis every 4 s, the sled only shakes."""
    rng = np.random.default_rng(1)
    t_s = np.arange(0, seconds, 1 / rate_hz)
    pitch = np.radians(40) * np.sin(2 * np.pi * t_s / 4)
    rate = np.gradient(pitch, t_s)
    zero = np.zeros_like(t_s)
    noise = rng.normal(0, 0.05, (12, len(t_s)))
    leg = [-9.81 * np.sin(pitch), zero, 9.81 * np.cos(pitch), zero, rate, zero]
    sled = [zero + 6.9, 0.5 * np.sin(t_s), zero + 6.9, zero, zero, zero]
    values = [a + b for a, b in zip([*sled, *leg], noise, strict=True)]
    values += [200 + zero, 210 + zero, 300 + zero]
    return {"time_s": t_s, **dict(zip(ALL, values, strict=True))}


def save(path: Path, columns) -> Path:
    table = pyarrow.table({name: pyarrow.array(column, from_pandas=True) for name, column in columns.items()})
    if path.suffix == ".csv":
        csv.write_csv(table, path)
    else:
        parquet.write_table(table, path)
    return path


def blocks(batch) -> list[Samples]:
    """The blocks of a batch, one by one."""
    found, (source, size, lost, t_s, values) = [], batch.readings
    for at, end in enumerate(np.cumsum(size)):
        of = slice(end - size[at], end)
        columns = 3 if source[at] == wire.PADS else 6
        found.append(Samples(int(source[at]), t_s[of], values[of, :columns], int(lost[at])))
    return found


def read(path):
    """(table, {source: (t_s, values)}, times of all rows)."""
    table = open_table(path)
    found, rows = {}, [np.zeros(0)]
    for batch in table.batches():
        rows.append(batch.time_s)
        for samples in blocks(batch):
            found.setdefault(samples.source, []).append(samples)
    joined = {
        source: (np.concatenate([s.t_s for s in runs]), np.concatenate([s.values for s in runs]))
        for source, runs in found.items()
    }
    return table, joined, np.concatenate(rows)


def refused(path) -> str:
    with pytest.raises(TableError) as caught:
        read(path)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(str(path))
    assert caught.value.exit_status == 2
    return text.removeprefix(str(path))


@pytest.fixture(params=[".csv", ".parquet"])
def path(request, tmp_path):
    return tmp_path / f"a{request.param}"


def test_all_that_is_there_is_read(path):
    columns = recorded()
    table, found, rows = read(save(path, columns))
    assert np.array_equal(rows, columns["time_s"])
    for source, names in ((wire.SLED, COLUMNS[wire.SLED]), (wire.LEG, COLUMNS[wire.LEG]), (wire.PADS, PADS)):
        t_s, values = found[source]
        assert np.array_equal(t_s, columns["time_s"])
        assert np.array_equal(values, np.column_stack([columns[name] for name in names]))
    assert [sensor.rate_hz for sensor in table.sensors] == pytest.approx([200.0] * 3)
    assert table.notes == []
    assert table.rows == len(rows)


def test_columns_in_any_order_and_unknown_ones(path):
    columns = recorded()
    mixed = {name: columns[name] for name in sorted(columns, reverse=True)}
    mixed["remark"] = mixed["sled_acc_x_g"] = columns["time_s"]
    table, found, _ = read(save(path, mixed))
    assert np.array_equal(found[wire.LEG][1][:, 4], columns["leg_gyr_y_radps"])
    assert table.notes == [
        "columns ignored: remark, sled_acc_x_g",
        "sled_acc_x_g is not in the unit that is read: convert it to sled_acc_x_mps2",
    ]


def test_sensors_with_rows_and_rates_of_their_own(path):
    columns = recorded(rate_hz=400)
    for number, name in enumerate(columns):
        if name.startswith("sled"):
            columns[name][1::2] = np.nan
        elif name.startswith("leg"):
            columns[name][0::2] = np.nan
        elif name != "time_s":
            columns[name][np.arange(len(columns[name])) % 8 != number % 8] = np.nan
    table, found, rows = read(save(path, columns))
    assert np.array_equal(found[wire.SLED][0], rows[0::2])
    assert np.array_equal(found[wire.LEG][0], rows[1::2])
    assert np.isfinite(found[wire.PADS][1]).sum(axis=1).tolist() == [1] * len(found[wire.PADS][0])
    assert [sensor.rate_hz for sensor in table.sensors][:2] == pytest.approx([200.0] * 2)


def test_samples_come_in_slices_of_time(path):
    table = open_table(save(path, recorded()))
    last_s = -1.0
    for batch in table.batches():
        all_blocks = blocks(batch)
        for at in range(0, len(all_blocks), 3):
            part = all_blocks[at : at + 3]
            assert [s.source for s in part] == [wire.PADS, wire.LEG, wire.SLED]
            assert min(s.t_s[0] for s in part) > last_s
            last_s = max(s.t_s[-1] for s in part)
            assert last_s - min(s.t_s[0] for s in part) <= 0.04


def test_repeats_steps_back_and_empty_times_are_dropped_and_counted(path):
    columns = recorded()
    columns["time_s"][100] = columns["time_s"][99]
    columns["time_s"][200] = columns["time_s"][150]
    columns["time_s"][300] = np.nan
    table, found, rows = read(save(path, columns))
    assert (table.repeats, table.steps_back, table.without_time) == (1, 1, 1)
    assert len(rows) == table.rows == len(columns["time_s"])
    assert np.array_equal(found[wire.SLED][0], np.delete(columns["time_s"], [100, 200, 300]))
    assert table.notes == [
        "rows dropped, time_s repeated: 1",
        "rows dropped, time_s ran back: 1",
        "rows dropped, time_s empty: 1",
    ]


def test_gaps_are_counted_and_told_with_the_samples_behind_them(path):
    columns = recorded()
    kept = {name: np.delete(column, slice(500, 540)) for name, column in columns.items()}
    table = open_table(save(path, kept))
    lost = [s.lost for batch in table.batches() for s in blocks(batch) if s.lost]
    assert lost == [40, 40, 40]
    assert [(sensor.gaps, sensor.lost) for sensor in table.sensors] == [(1, 40)] * 3
    assert "sled: gaps: 1, readings missing in them: about 40" in table.notes


def test_jitter_is_no_gap(path):
    columns = recorded()
    columns["time_s"] = columns["time_s"] + np.random.default_rng(2).uniform(0, 0.004, len(columns["time_s"]))
    table, _, _ = read(save(path, columns))
    assert [sensor.gaps for sensor in table.sensors] == [0, 0, 0]


def without(columns, *parts):
    return {name: column for name, column in columns.items() if not any(part in name for part in parts)}


@pytest.mark.parametrize(
    ("left_out", "sources", "note"),
    [
        (["sled"], [wire.LEG, wire.PADS], None),
        (["leg"], [wire.SLED, wire.PADS], None),
        (["heel", "seat"], [wire.SLED, wire.LEG], None),
        (["sled_gyr"], [wire.SLED, wire.LEG, wire.PADS], "sled without gyroscope: taken as never turning"),
        (["sled_acc"], [wire.LEG, wire.PADS], "sled not used: it needs an accelerometer as well"),
        (["leg_gyr"], [wire.SLED, wire.PADS], "leg not used: it needs a gyroscope as well"),
        (["leg_acc_y"], [wire.SLED, wire.PADS], "leg accelerometer not used: leg_acc_y_mps2 missing"),
        (["sled", "leg", "heel", "seat"], [], "no sensor has its columns: nothing can be measured"),
    ],
)
def test_missing_sensors(path, left_out, sources, note):
    table, found, _ = read(save(path, without(recorded(), *left_out)))
    assert sorted(found) == sources
    assert (note in table.notes) if note else not table.notes
    if left_out == ["sled_gyr"]:
        assert not found[wire.SLED][1][:, 3:].any()


def test_a_single_pad(path):
    _, found, _ = read(save(path, without(recorded(), "heel_right", "seat")))
    assert np.isfinite(found[wire.PADS][1]).all(axis=0).tolist() == [True, False, False]


def test_columns_without_values(path):
    columns = recorded()
    for name in COLUMNS[wire.LEG]:
        columns[name] = np.full(len(columns[name]), np.nan)
    table, found, _ = read(save(path, columns))
    assert wire.LEG not in found
    assert table.notes == ["leg: the columns are there, but no complete reading is in them"]


def test_force_and_rate_in_rows_of_their_own(path):
    columns = recorded(rate_hz=400)
    for name in COLUMNS[wire.LEG]:
        columns[name][("gyr" in name) :: 2] = np.nan
    _, found, rows = read(save(path, columns))
    t_s, values = found[wire.LEG]
    assert np.array_equal(t_s, rows[2::2])
    assert np.array_equal(values[:, 0], columns["leg_acc_x_mps2"][1:-1:2])
    assert np.array_equal(values[:, 4], columns["leg_gyr_y_radps"][2::2])


def test_a_held_force_grows_old(path):
    columns = recorded()
    for name in COLUMNS[wire.LEG][:3]:
        columns[name][400:800] = np.nan
    _, found, _ = read(save(path, columns))
    t_s = found[wire.LEG][0]
    assert np.count_nonzero((t_s > 1.9975) & (t_s < 3.9975)) == 10


@pytest.mark.parametrize("time", [0.0, 1.76e9])
def test_the_zero_of_time_is_free(path, time):
    columns = recorded()
    columns["time_s"] = columns["time_s"] + time
    _, found, rows = read(save(path, columns))
    assert np.array_equal(found[wire.LEG][0], rows)


@pytest.mark.parametrize(
    ("names", "factor", "message"),
    [
        ("time_s", 1e3, "time_s looks like milliseconds"),
        ("time_s", 1e6, "time_s looks like microseconds"),
        ("time_s", 20, "pads: 10 readings a second by time_s; presscue takes 20 to 1000"),
        ("time_s", 0.1, "pads: 2000 readings a second"),
        ("sled_acc", 1 / 9.80665, "sled_acc looks like g, not m/s2 (median 1.00): multiply by 9.80665"),
        ("leg_acc", 1000 / 9.80665, "leg_acc looks like milli-g"),
        ("leg_acc", 0.01, "leg_acc cannot be m/s2 with gravity in it: its median is 0.0981"),
        ("leg_gyr", 180 / np.pi, "leg_gyr looks like degrees per second, not rad/s"),
        ("gyr", 180 / np.pi, "_gyr looks like degrees per second, not rad/s"),
    ],
)
def test_units_that_cannot_be(path, names, factor, message):
    columns = {name: column * (factor if names in name else 1) for name, column in recorded().items()}
    assert message in refused(save(path, columns))


def test_slow_turning_in_degrees_is_found_by_gravity():
    from presscue.tables.plausible import Implausible, check_rotation

    columns = recorded()
    acc, gyr = (np.column_stack([columns[f"leg_{n}"] for n in names]) for names in (
        ("acc_x_mps2", "acc_y_mps2", "acc_z_mps2"), ("gyr_x_radps", "gyr_y_radps", "gyr_z_radps")))  # fmt: skip
    assert np.abs(np.degrees(gyr) / 3).max() < 35
    check_rotation(columns["time_s"], acc, gyr, "leg")
    check_rotation(columns["time_s"], acc, gyr + 0.3, "leg")
    with pytest.raises(Implausible):
        check_rotation(columns["time_s"] * 3, acc, np.degrees(gyr) / 3, "leg")


def test_a_leg_that_walks_is_in_its_unit():
    """It swings like a pendulum, along which the force stays: gravity does not follow its turning."""
    from presscue.tables.plausible import Implausible, check_rotation

    t_s = np.arange(0.0, 40.0, 1 / 208)
    phase = 2 * np.pi * 0.9 * t_s
    swing_rad = 0.5 * np.sin(phase)
    gyr = np.column_stack([0 * t_s, np.gradient(swing_rad, t_s), 0 * t_s])
    up = 9.81 + 2.0 * np.cos(2 * phase)
    forward = up * np.tan(swing_rad) + 3.0 * np.sin(2 * phase)  # the foot is put down and lifted twice a stride
    acc = np.column_stack(
        [
            forward * np.cos(swing_rad) - up * np.sin(swing_rad),
            0 * t_s,
            forward * np.sin(swing_rad) + up * np.cos(swing_rad),
        ]
    )
    check_rotation(t_s, acc, gyr, "leg")
    with pytest.raises(Implausible):
        check_rotation(t_s, acc, np.degrees(gyr) / 5, "leg")


@pytest.mark.data
@pytest.mark.parametrize("name", ["abb_robot_linear/V1000_LSM9DS0", "abb_robot_linear/eV50p_MPU9150"])
def test_units_of_a_real_recording(data, name):
    from presscue.tables.plausible import Implausible, check_rotation

    file = np.load(data / f"{name}.npz")
    whole = np.isfinite(file["acc_g"]).all(axis=1) & np.isfinite(file["gyr_dps"]).all(axis=1)
    t_s, acc, dps = file["imu_t_s"][whole], file["acc_g"][whole] * 9.80665, file["gyr_dps"][whole]
    check_rotation(t_s, acc, np.radians(dps), "sled")
    with pytest.raises(Implausible):
        check_rotation(t_s, acc, dps, "sled")


def test_no_time(path):
    assert "no column time_s; is it timestamp? Name it time_s" in refused(
        save(path, {"timestamp": [1.0, 2.0], "sled_acc_x_mps2": [1.0, 2.0]})
    )
    assert "no column time_s; the first line names: x, y" in refused(save(path, {"x": [1.0], "y": [1.0]}))


def test_time_that_runs_back(path):
    columns = recorded()
    columns["time_s"] = columns["time_s"][::-1].copy()
    assert re.search(r"time_s runs back or is empty in 2399 of 2400 rows", refused(save(path, columns)))


def test_no_rows(path):
    assert "has a header but no rows" in refused(save(path, {"time_s": np.zeros(0)}))


def test_files_that_are_none(path, tmp_path):
    assert "No such file" in refused(path)
    path.write_bytes(b"")
    assert "is empty" in refused(path)
    other = tmp_path / "a.xlsx"
    other.write_bytes(b"PK")
    assert "ends in .presscue, .csv or .parquet, not .xlsx" in refused(other)
    assert "not in nothing" in refused(tmp_path / "recording")
    wrong = tmp_path / ("wrong" + path.suffix)
    save(tmp_path / ("a" + {".csv": ".parquet", ".parquet": ".csv"}[path.suffix]), recorded()).rename(wrong)
    assert "Parquet file, whatever its name says" in refused(wrong)


def test_a_csv_with_an_odd_cell(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time_s,heel_left_n,remark\n0.0,1,good\n0.01,bad,x\n")
    assert refused(path) == ", line 3, column heel_left_n: 'bad' is not a number"


def test_a_csv_as_spreadsheets_of_other_countries_write_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufefftime_s; heel_left_n;heel_right_n\n0,00;1,5;\n0,01;2,5;NaN\n", encoding="utf-8")
    _, found, _ = read(path)
    assert found[wire.PADS][0].tolist() == [0.0, 0.01]
    assert found[wire.PADS][1][:, 0].tolist() == [1.5, 2.5]


def test_a_csv_torn_off(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time_s,heel_left_n\n0.00,1\n0.01,2\n0.0")
    table, found, _ = read(path)
    assert len(found[wire.PADS][0]) == 2
    assert table.notes == ["lines skipped, not as many cells as the header: 1"]


def test_a_column_twice(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time_s,seat_n,seat_n,,\n0.00,1,2,,\n")
    assert refused(path) == ": column seat_n appears twice"


def test_a_parquet_file_with_text_or_damage(tmp_path):
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"time_s": ["now"]}), path)
    assert refused(path) == ", column time_s: holds string, not numbers"
    save(path, recorded())
    path.write_bytes(path.read_bytes()[:-100])
    assert "damaged Parquet file" in refused(path)


def test_blocks_make_no_difference(tmp_path, monkeypatch):
    columns = recorded()
    columns["leg_acc_x_mps2"][7::11] = np.nan
    path = save(tmp_path / "a.csv", columns)
    _, whole, _ = read(path)
    monkeypatch.setattr("presscue.tables.cells.BLOCK_BYTES", 5000)
    _, pieces, _ = read(path)
    assert all(np.array_equal(a, b) for s in whole for a, b in zip(whole[s], pieces[s], strict=True))


CELL = st.one_of(
    st.floats(-20, 20).map(repr), st.sampled_from(["", "nan", "inf", "1e400", "x", '"', "\n", ",", ";", "\x00", "é"])
)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["time_s", "seat_n", *ALL[:6], "x", ""]), max_size=9), st.lists(CELL, max_size=80))
def test_any_csv_is_read_or_refused_in_one_line(tmp_path_factory, names, cells):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    width = max(1, len(names))
    rows = [cells[at : at + width] for at in range(0, len(cells), width)]
    path.write_text("\n".join(",".join(row) for row in [names, *rows]), encoding="utf-8")
    try:
        read(path)
    except TableError as error:
        assert "\n" not in str(error)  # noqa: PT017


@settings(max_examples=80)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, data):
    for suffix in (".csv", ".parquet"):
        path = tmp_path_factory.getbasetemp() / f"bytes{suffix}"
        for start in (b"", b"time_s,seat_n\n", b"PAR1"):
            path.write_bytes(start + data)
            try:
                read(path)
            except TableError as error:
                assert "\n" not in str(error)  # noqa: PT017
