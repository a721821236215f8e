"""Angle of the leg IMU about the flexion axis: gyro with its bias and scale, corrected by gravity."""

import math

import numpy as np

from presscue.compiled import njit
from presscue.estimator import GRAVITY_MPS2, update
from presscue.linkage import wrapped
from presscue.tracker.state import LEG_T, LINKED, LOST_S, PITCH_ZERO, SLED_LOW, SLED_T


@njit
def step_pitch(m, s, t, rate, f1, f2):
    """Pitch filter: rate about the flexion axis (rad/s), in-plane specific force (m/s2)."""
    aux, x, P = s.aux, s.pitch, s.pitch_P
    dt = t - aux[LEG_T]
    measured = -math.atan2(f2, f1)
    if aux[LEG_T] < -1e8:
        x[0] = measured
        aux[PITCH_ZERO] = measured
        P[0, 0] = 0.05**2
    elif dt > LOST_S:
        x[0] += wrapped(measured - x[0])
        P[0, :] = 0.0
        P[:, 0] = 0.0
        P[0, 0] = 0.1**2
    else:
        x[0] += dt * (rate * (1.0 + x[2]) - x[1])
        turn = dt * rate
        for j in range(3):
            P[0, j] += -dt * P[1, j] + turn * P[2, j]
        for i in range(3):
            P[i, 0] += -dt * P[i, 1] + turn * P[i, 2]
        P[0, 0] += (0.01 * dt) ** 2 + 1e-12
        P[1, 1] += (2e-4) ** 2 * dt
        P[2, 2] += (1e-4) ** 2 * dt
    # Gravity shows the angle as far as the leg does not accelerate; in a linked set the sled's part is known.
    if aux[LINKED] == 1.0 and t - aux[SLED_T] < LOST_S:
        angle = x[0] + math.atan2(m.leg.up_w, m.leg.up_u)
        f1 -= math.cos(angle) * aux[SLED_LOW]
        f2 += math.sin(angle) * aux[SLED_LOW]
        measured = -math.atan2(f2, f1)
    size = math.hypot(f1, f2)
    if size > 0.3 * GRAVITY_MPS2:
        spread = 0.05 + abs(size - GRAVITY_MPS2) / GRAVITY_MPS2 + 0.05 * abs(rate)
        residual = wrapped(measured - x[0])
        update(x, P, np.array([1.0, 0.0, 0.0]), residual, spread * spread, math.inf)
