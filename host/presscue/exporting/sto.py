"""The shank's orientation as an OpenSim storage file of quaternions, for OpenSense: a row every 10 ms.

Rotation in the plane of the movement, about the ground's z axis (OpenSim: x forward, y up, z to the right), from the
pose at the start. Bending the knee on a leg press tips the shank the negative way. What leaves the plane is left out:
its zero is the lifter's own.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow

from ..errors import UsageError
from ..profile import Profile
from .files import growing

RATE_HZ = 100.0
GAP_S = 0.5
"""Where nothing was measured for longer, there are no rows."""

BODIES = {"left": "tibia_l_imu", "right": "tibia_r_imu"}


def write_sto(path: Path, series: Iterable[pyarrow.RecordBatch], profile: Profile) -> int:
    """Write it; returns the rows. series: of tables.series. A leg of which the profile says nothing is taken as right.

    Raises UsageError for an IMU on the thigh, SaveError, and what the series raises.
    """
    if profile.segment == "thigh":
        raise UsageError(f"{path}: takes the orientation of a shank, and this IMU was on the thigh")
    parts = [[batch.column(name).to_numpy(zero_copy_only=False) for name in ("time_s", "leg_pitch_deg")]
             for batch in series]  # fmt: skip
    t_s, pitch_deg = np.concatenate([np.zeros((2, 0)), *parts], axis=1)
    known = np.isfinite(t_s) & np.isfinite(pitch_deg)
    rows_s, quaternions = orientation(t_s[known], pitch_deg[known])
    with growing(path) as part, open(part, "w", encoding="ascii", newline="\n") as file:
        file.write(f"DataRate={RATE_HZ:f}\nDataType=Quaternion\nversion=3\nOpenSimVersion=4.1\nendheader\n")
        file.write(f"time\t{BODIES[profile.leg or 'right']}\n")
        for at_s, quaternion in zip(rows_s, quaternions, strict=True):
            file.write(f"{at_s:.6f}\t{','.join(f'{value:.9g}' for value in quaternion)}\n")
    return len(rows_s)


def orientation(t_s: np.ndarray, pitch_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times at RATE_HZ, shape (m,), and unit quaternions w x y z, shape (m, 4), of pitches at increasing times (n,)."""
    if len(t_s) < 2:
        return np.zeros(0), np.zeros((0, 4))
    rows_s = np.arange(np.ceil(t_s[0] * RATE_HZ), np.floor(t_s[-1] * RATE_HZ) + 1) / RATE_HZ
    after = np.clip(np.searchsorted(t_s, rows_s), 1, len(t_s) - 1)
    rows_s = rows_s[t_s[after] - t_s[after - 1] <= GAP_S]
    half_rad = np.radians(np.interp(rows_s, t_s, pitch_deg)) / 2.0
    nothing = np.zeros_like(half_rad)
    return rows_s, np.stack([np.cos(half_rad), nothing, nothing, np.sin(half_rad)], axis=1)
