"""Recordings that nobody here made, from ../shared/data beside the repository: a robot as a sled without a leg, a
turning rig as a leg without a sled, free motion, and forces under feet."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..analysis.analyze import analyze
from ..simulator.render import write_table
from .tilt import inclination_error_deg, orientation

GRAVITY_MPS2 = 9.80665
ROBOT = ("V1000_LSM9DS0", "eV50p_LSM9DS0", "eV50p_MPU9150")
ROBOT_BOUND_MM = 20.0
RIG_BOUND_DEG = 1.2
BROAD_BOUND = 1.2


class Move(NamedTuple):
    """The robot's first move: true and found way (mm), of a whole file or its vertical part."""

    file: str
    whole: bool
    true_mm: float
    found_mm: float

    @property
    def error_mm(self) -> float:
        return abs(self.found_mm) - abs(self.true_mm)


class Rig(NamedTuple):
    """Leg pitch against the shaft encoder over a recording, zero and sign free. drift: last fifth less first."""

    minutes: float
    rmse_deg: float
    drift_deg: float
    known: float


class Tilt(NamedTuple):
    """Inclination RMSE while moving, of ours and of VQF on the same trial."""

    trial: str
    ours_deg: float
    vqf_deg: float | None  # None where the vqf package is not installed


class Heel(NamedTuple):
    """Heel cell of an insole in a walk: strides, spread of the peaks and their drift from first to last fifth."""

    file: str
    side: str
    strides: int
    spread: float
    drift: float


def series_of(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The series that `analyze` makes of a table."""
    from pyarrow import parquet

    with tempfile.TemporaryDirectory() as folder:
        recording, series = Path(folder) / "recording.parquet", Path(folder) / "series.parquet"
        write_table(table, recording)
        analyze(recording, series=series)
        columns = parquet.read_table(series)
    return {name: columns[name].to_numpy() for name in columns.column_names}


def table_of(sensor: str, t_s, acc_g, gyr_dps) -> dict[str, np.ndarray]:
    """Columns of formats.md for one IMU."""
    table = {"time_s": np.asarray(t_s, float)}
    for i, axis in enumerate("xyz"):
        table[f"{sensor}_acc_{axis}_mps2"] = acc_g[:, i].astype(float) * GRAVITY_MPS2
        table[f"{sensor}_gyr_{axis}_radps"] = np.radians(gyr_dps[:, i].astype(float))
    return table


def robot(data: Path, name: str, whole: bool) -> Move:
    """From true stop to true stop of the first move. Raises FileNotFoundError."""
    file = np.load(data / "abb_robot_linear" / f"{name}.npz")
    kept = file["imu_t_s"] < (np.inf if whole else float(file["vertical_only_until_s"]))
    series = series_of(table_of("sled", file["imu_t_s"][kept], file["acc_g"][kept], file["gyr_dps"][kept]))
    truth_s, truth_m = file["truth_t_s"], file["truth_pos_m"][:, 2]
    edges = np.flatnonzero(np.diff((np.abs(np.gradient(truth_m, truth_s)) > 0.005).astype(int)))
    stops_s = [truth_s[edges[0]], truth_s[edges[1] + 1] + 0.1]
    known = np.isfinite(series["sled_position_m"])
    found = np.interp(stops_s, series["time_s"][known], series["sled_position_m"][known])
    true = np.interp(stops_s, truth_s, truth_m)
    return Move(name, whole, 1000 * float(true[1] - true[0]), 1000 * float(found[1] - found[0]))


def rig(data: Path) -> Rig:
    """The encoder rig. Raises FileNotFoundError."""
    file = np.load(data / "two_imu_encoder_rig" / "pitch_slow.npz")
    series = series_of(table_of("leg", file["time_s"], file["imu2_acc_g"], file["imu2_gyr_dps"]))
    pitch, encoder = series["leg_pitch_deg"], file["encoder_deg"]
    known = np.isfinite(pitch)
    errors = [sign * pitch[known] - encoder[known] for sign in (1, -1)]
    error = min((each - each.mean() for each in errors), key=np.std)
    fifth = len(error) // 5
    drift_deg = float(error[-fifth:].mean() - error[:fifth].mean())
    return Rig(float(np.ptp(file["time_s"]) / 60), float(np.std(error)), drift_deg, float(known.mean()))


def broad(data: Path) -> list[Tilt]:
    """Every BROAD trial there is. Raises FileNotFoundError where the folder is absent."""
    found = []
    for path in sorted((data / "broad").iterdir()):
        if path.suffix != ".npz":
            continue
        file = np.load(path)
        dt = 1.0 / float(file["rate_hz"])
        force, rate = (np.ascontiguousarray(file[name], float) for name in ("acc", "gyr"))
        true = file["opt_quat_wxyz"].astype(float)
        scored = file["movement"].astype(bool) & np.isfinite(true).all(axis=1)

        def rmse_deg(quaternions: np.ndarray, true=true, scored=scored) -> float:
            return float(np.sqrt(np.mean(inclination_error_deg(quaternions, true)[scored] ** 2)))

        vqf_deg = None
        try:
            from vqf import VQF
        except ImportError:
            pass
        else:
            vqf_deg = rmse_deg(VQF(dt).updateBatch(rate, force)["quat6D"])
        found.append(Tilt(path.stem, rmse_deg(orientation(dt, force, rate)), vqf_deg))
    return found


def insole(data: Path) -> list[Heel]:
    """How steady the heel's peak is from stride to stride. Raises FileNotFoundError where the folder is absent."""
    found = []
    for path in sorted((data / "gaitpdb_insole").iterdir()):
        if path.suffix != ".npz":
            continue
        file = np.load(path)
        for side in ("left", "right"):
            total, heel = file[f"{side}_N"].sum(axis=1), file[f"{side}_N"][:, 0]
            edges = np.flatnonzero(np.diff((total > 50.0).astype(int)))
            starts = edges[:-1][np.diff(edges) > 30]  # contacts of at least 0.3 s
            peaks = np.array([heel[a : a + 60].max() for a in starts if total[a + 15] > 50.0])[2:-2]
            fifth = len(peaks) // 5
            drift = float(peaks[-fifth:].mean() / peaks[:fifth].mean() - 1)
            found.append(Heel(path.stem, side, len(peaks), float(peaks.std() / peaks.mean()), drift))
    return found
