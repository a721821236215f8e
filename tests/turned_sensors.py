"""Rendered tables in which a sensor turns on its mount, or stands in for another."""

from collections.abc import Callable

import numpy as np

from presscue.simulator.render import IMU_COLUMNS

Table = dict[str, np.ndarray]


def rotations(axis, angle_rad: np.ndarray) -> np.ndarray:
    """Rotations (n, 3, 3) about one axis."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    a = angle_rad[:, None, None]
    return np.eye(3) + np.sin(a) * skew + (1.0 - np.cos(a)) * (skew @ skew)


def turned(table: Table, which: str, axis, angle_deg: Callable[[np.ndarray], np.ndarray]) -> Table:
    """The table of a sensor whose housing turns by angle_deg(time_s) about `axis` (3,) of its own."""
    angle = np.radians(angle_deg(table["time_s"]))
    turn, columns = rotations(axis, angle), IMU_COLUMNS[which]
    values = np.stack([table[name] for name in columns], axis=1)
    rate = np.gradient(angle, table["time_s"])[:, None] * np.asarray(axis) / np.linalg.norm(axis)
    force, gyro = (np.einsum("nji,nj->ni", turn, part) for part in (values[:, :3], values[:, 3:]))
    return table | dict(zip(columns, np.hstack([force, gyro + rate]).T, strict=True))


def ramp(start_s: float, end_s: float, turn_deg: float) -> Callable[[np.ndarray], np.ndarray]:
    """From 0 to turn_deg."""
    return lambda t_s: turn_deg * np.clip((t_s - start_s) / (end_s - start_s), 0.0, 1.0)


def swapped(table: Table) -> Table:
    """The sled's sensor on the leg and the leg's on the sled."""
    pairs = list(zip(IMU_COLUMNS["sled"], IMU_COLUMNS["leg"], strict=True))
    return table | {a: table[b] for a, b in pairs} | {b: table[a] for a, b in pairs}
