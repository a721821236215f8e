"""When is there something to calibrate on? How far leg and sled have moved, from raw readings in any mounting.

Runs before anything is known of the frames, so it looks at sizes only: how far the leg has turned while the sled was
being accelerated too, and how much velocity the sled has been given. A walk with the strap on turns the leg but leaves
the sled alone, and counts for nothing.
"""

import math

import numpy as np

from presscue import wire
from presscue.compiled import njit

SLED = wire.SLED
LEG = wire.LEG

FIRST_TURN_RAD = 2.2  # two repetitions turn the shank by about 3
SLED_ONLY_MPS = 0.6  # a repetition gives and takes about 0.8
TOGETHER_S = 2.5  # a leg's turn counts if the sled was accelerated this short a time ago
SILENT_S = 1.0  # an IMU silent for longer does not count as there

STATE = np.dtype(
    [
        ("sled_t_s", "f8"),
        ("leg_t_s", "f8"),
        ("slow_x", "f8"),
        ("slow_y", "f8"),
        ("slow_z", "f8"),
        ("fast_x", "f8"),
        ("fast_y", "f8"),
        ("fast_z", "f8"),
        ("moved_t_s", "f8"),  # the sled was last accelerated
        ("rate", "f8"),  # of the leg, smoothed, rad/s
        ("turned_rad", "f8"),  # by the leg together with the sled (or at all, without a sled), since `reset`
        ("pushed_mps", "f8"),  # velocity given to the sled, since `reset`
    ]
)


def new_state() -> np.ndarray:
    """Shape (1,), nothing seen."""
    state = np.zeros(1, STATE)
    for name in ("sled_t_s", "leg_t_s", "moved_t_s"):
        state[name] = -1e9
    return state


@njit
def step(s, t, source, v):
    """One reading v (6,) of `source` at t (s)."""
    if source == SLED:
        dt = t - s.sled_t_s
        slow = min(dt / 3.0, 1.0)
        fast = min(dt / 0.08, 1.0)
        s.slow_x += slow * (v[0] - s.slow_x)
        s.slow_y += slow * (v[1] - s.slow_y)
        s.slow_z += slow * (v[2] - s.slow_z)
        s.fast_x += fast * (v[0] - s.fast_x)
        s.fast_y += fast * (v[1] - s.fast_y)
        s.fast_z += fast * (v[2] - s.fast_z)
        push = math.sqrt((s.fast_x - s.slow_x) ** 2 + (s.fast_y - s.slow_y) ** 2 + (s.fast_z - s.slow_z) ** 2)
        if push > 0.15 and dt < SILENT_S:
            s.moved_t_s = t
            s.pushed_mps += push * dt
        s.sled_t_s = t
    elif source == LEG:
        dt = t - s.leg_t_s
        s.rate += min(dt / 0.08, 1.0) * (math.sqrt(v[3] ** 2 + v[4] ** 2 + v[5] ** 2) - s.rate)
        alone = t - s.sled_t_s > SILENT_S
        if s.rate > 0.2 and dt < SILENT_S and (alone or t - s.moved_t_s < TOGETHER_S):
            s.turned_rad += s.rate * dt
        s.leg_t_s = t


@njit
def enough(s, turn_rad):
    """Whether there has been enough movement for a fit: the leg's turn, or the sled's pushes where there is no leg."""
    newest = max(s.sled_t_s, s.leg_t_s)
    if newest - s.leg_t_s > SILENT_S:
        return s.pushed_mps >= SLED_ONLY_MPS * turn_rad / FIRST_TURN_RAD
    return s.turned_rad >= turn_rad
