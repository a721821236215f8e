"""Recordings that nobody here made: a robot's moves as a sled without a leg, a turning rig as a leg without a sled."""

from pathlib import Path

import numpy as np
import pytest

from presscue.analyze import analyze
from presscue.simulator.render import write_table

GRAVITY_MPS2 = 9.80665
ABB = ("V1000_LSM9DS0", "eV50p_LSM9DS0", "eV50p_MPU9150")


def table_of(sensor: str, t_s, acc_g, gyr_dps) -> dict[str, np.ndarray]:
    table = {"time_s": np.asarray(t_s, float)}
    for i, axis in enumerate("xyz"):
        table[f"{sensor}_acc_{axis}_mps2"] = acc_g[:, i].astype(float) * GRAVITY_MPS2
        table[f"{sensor}_gyr_{axis}_radps"] = np.radians(gyr_dps[:, i].astype(float))
    return table


def series_of(table: dict[str, np.ndarray], folder: Path) -> dict[str, np.ndarray]:
    from pyarrow import parquet

    recording, series = folder / "recording.parquet", folder / "series.parquet"
    write_table(table, recording)
    analyze(recording, series=series)
    columns = parquet.read_table(series)
    return {name: columns[name].to_numpy() for name in columns.column_names}


@pytest.mark.data
@pytest.mark.parametrize("whole", [False, True], ids=["vertical moves", "whole file"])
@pytest.mark.parametrize("name", ABB)
def test_a_robots_down_move(data: Path, tmp_path: Path, name: str, whole: bool):
    """True stop to true stop, within 30 mm of 634 mm; behind it come more vertical moves, then sideways ones too."""
    file = np.load(data / "abb_robot_linear" / f"{name}.npz")
    kept = file["imu_t_s"] < (np.inf if whole else float(file["vertical_only_until_s"]))
    table = table_of("sled", file["imu_t_s"][kept], file["acc_g"][kept], file["gyr_dps"][kept])
    series = series_of(table, tmp_path)
    truth_s, truth_m = file["truth_t_s"], file["truth_pos_m"][:, 2]
    edges = np.flatnonzero(np.diff((np.abs(np.gradient(truth_m, truth_s)) > 0.005).astype(int)))
    stops_s = [truth_s[edges[0]], truth_s[edges[1] + 1] + 0.1]
    known = np.isfinite(series["sled_position_m"])
    found = np.interp(stops_s, series["time_s"][known], series["sled_position_m"][known])
    true = np.interp(stops_s, truth_s, truth_m)
    print(f"{name}: {1000 * (found[1] - found[0]):.0f} mm, truth {1000 * (true[1] - true[0]):.0f} mm")
    assert abs(abs(found[1] - found[0]) - abs(true[1] - true[0])) <= 0.030


@pytest.mark.data
def test_a_rigs_pitch_over_25_minutes(data: Path, tmp_path: Path):
    """Leg pitch against the shaft encoder, zero and sign free: RMSE at most 1.5 degrees, drift at most 0.5."""
    file = np.load(data / "two_imu_encoder_rig" / "pitch_slow.npz")
    series = series_of(table_of("leg", file["time_s"], file["imu2_acc_g"], file["imu2_gyr_dps"]), tmp_path)
    pitch, encoder = series["leg_pitch_deg"], file["encoder_deg"]
    known = np.isfinite(pitch)
    assert known.mean() > 0.99
    errors = []
    for sign in (1, -1):
        error = sign * pitch[known] - encoder[known]
        errors.append(error - error.mean())
    error = min(errors, key=np.std)
    fifth = len(error) // 5
    rmse, drift = float(np.std(error)), float(error[-fifth:].mean() - error[:fifth].mean())
    print(f"pitch: RMSE {rmse:.2f} degrees, drift {drift:+.2f} degrees from first to last fifth")
    assert rmse <= 1.5
    assert abs(drift) <= 0.5
