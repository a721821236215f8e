"""Rendered tables and sensor errors."""

import numpy as np
import pytest

from presscue.simulator.imu_errors import ImuErrors
from presscue.simulator.performance import perform
from presscue.simulator.render import IMU_COLUMNS, PAD_COLUMNS, render, write_table
from presscue.simulator.scenario import random_scenario


@pytest.fixture(scope="module")
def performance():
    return perform(random_scenario(4, sets=(3,)))


def test_each_sensor_keeps_its_own_clock(performance):
    table = render(performance, 208.0, 104.0)
    assert list(table) == ["time_s", *IMU_COLUMNS["sled"], *IMU_COLUMNS["leg"], *PAD_COLUMNS]
    assert np.all(np.diff(table["time_s"]) > 0)
    for name, rate_hz in (("sled_acc_x_mps2", 208.0), ("leg_gyr_z_radps", 104.0), ("seat_n", 50.0)):
        t_s = table["time_s"][~np.isnan(table[name])]
        assert 1 / np.median(np.diff(t_s)) == pytest.approx(rate_hz, rel=0.05)
    for names in (*IMU_COLUMNS.values(), PAD_COLUMNS):
        sampled = np.array([~np.isnan(table[name]) for name in names])
        assert np.all(sampled == sampled[0])


def test_a_shared_clock_fills_every_cell(performance):
    table = render(performance, 200.0, shared_clock=True, sensors=("sled", "leg"))
    assert "seat_n" not in table
    assert all(np.isfinite(column).all() for column in table.values())


def test_errors_and_dropouts_can_be_chosen(performance):
    clean = render(performance, errors=0.0, shared_clock=True)
    t_s = clean["time_s"]
    force, rate = performance.imu("leg", t_s)
    assert np.allclose([clean[name] for name in IMU_COLUMNS["leg"]], np.hstack([force, rate]).T)
    noisy = render(performance, shared_clock=True, coloured=3.0)
    assert 0.01 < np.std(noisy["leg_acc_x_mps2"] - clean["leg_acc_x_mps2"]) < 0.5
    rows = [np.isfinite(render(performance, dropouts=share)["sled_acc_x_mps2"]).sum() for share in (0.0, 0.2)]
    assert 0.7 < rows[1] / rows[0] < 0.9
    jittered = render(performance, jitter_s=0.001)
    assert np.all(np.diff(jittered["time_s"]) > 0)
    assert np.array_equal(render(performance)["seat_n"], render(performance)["seat_n"], equal_nan=True)


def test_left_out_sensors_do_not_change_the_others(performance):
    whole, leg = render(performance), render(performance, sensors=("leg",))
    name = "leg_acc_x_mps2"
    assert np.array_equal(whole[name][~np.isnan(whole[name])], leg[name])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_are_written_and_read_back(performance, tmp_path, suffix):
    import pyarrow.csv
    import pyarrow.parquet

    table = render(performance)
    path = tmp_path / f"session.{suffix}"
    write_table(table, path)
    back = pyarrow.csv.read_csv(path) if suffix == "csv" else pyarrow.parquet.read_table(path)
    assert back.column_names == list(table)
    for name, column in table.items():
        assert np.array_equal(back[name].to_numpy(), column, equal_nan=True)


def test_sensor_errors_do_not_depend_on_the_cutting():
    t_s = np.arange(1000) / 208
    force, rate = np.tile([0.0, 0.0, 9.8], (1000, 1)), np.zeros((1000, 3))
    whole = np.hstack(ImuErrors(5, coloured=2.0).apply(t_s, force, rate))
    part = ImuErrors(5, coloured=2.0)
    cut = [np.hstack(part.apply(t_s[a:b], force[a:b], rate[a:b])) for a, b in ((0, 1), (1, 400), (400, 1000))]
    assert np.allclose(np.vstack(cut), whole, rtol=0, atol=1e-12)


def test_noise_has_the_stated_density():
    errors = ImuErrors(1, 208.0, acc_bias_mg=0, gyr_bias_dps=0, scale=0, cross_axis=0)
    force, rate = errors.apply(np.arange(20000) / 208, np.zeros((20000, 3)), np.zeros((20000, 3)))
    assert np.std(force) == pytest.approx(70e-6 * 9.80665 * np.sqrt(104), rel=0.03)
    assert np.degrees(np.std(rate)) == pytest.approx(3.8e-3 * np.sqrt(104), rel=0.03)
