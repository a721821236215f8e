"""Sled motion from its own IMU: position, velocity and accelerometer bias, with zero-velocity updates at rest."""

import math

import numpy as np

from presscue.compiled import njit
from presscue.estimator import update
from presscue.tracker.state import ALONG, DEAD_MPS, LOST_S, MOVED_T, SLED_FAST, SLED_LOW, SLED_T

STILL_S = 0.15  # how long the sled's acceleration must stay at its floor
DEAD_S = 2.0  # memory of the sled's dead-reckoned velocity, and
SLOW_MPS = 0.015  # the velocity of the linkage below which a quiet sled stands in any case
LINKED_MPS = 0.03  # how well the linkage filter knows the sled's velocity, for the sled's own filter


@njit
def step_sled(m, s, t, along, linked_mps):
    """Sled filter: along is specific force along the rail without gravity (m/s2), linked_mps the velocity that the
    linkage filter sees (NaN while it is off). Returns True while the sled is still."""
    aux, x, P = s.aux, s.sled, s.sled_P
    dt = t - aux[SLED_T]
    if dt > LOST_S:
        x[1] = 0.0
        P[1, :] = 0.0
        P[:, 1] = 0.0
        P[1, 1] = 0.3**2 if aux[SLED_T] > -1e8 else 0.02**2
        if not math.isnan(linked_mps):
            x[1] = aux[DEAD_MPS] = linked_mps
            P[1, 1] = LINKED_MPS**2
        aux[SLED_LOW] = along
        aux[SLED_FAST] = along
        aux[MOVED_T] = t
    else:
        a = 0.5 * (along + aux[ALONG]) - x[2]
        x[0] += dt * (x[1] + 0.5 * dt * a)
        x[1] += dt * a
        half = 0.5 * dt * dt
        for j in range(3):
            P[0, j] += dt * P[1, j] - half * P[2, j]
            P[1, j] -= dt * P[2, j]
        for i in range(3):
            P[i, 0] += dt * P[i, 1] - half * P[i, 2]
            P[i, 1] -= dt * P[i, 2]
        P[0, 0] += 1e-10
        P[1, 1] += (m.noise.sled_mps2 * dt) ** 2
        P[2, 2] += (1e-3) ** 2 * dt
        aux[SLED_LOW] += min(dt / 0.15, 1.0) * (along - aux[SLED_LOW])
        aux[SLED_FAST] += min(dt / 0.04, 1.0) * (along - aux[SLED_FAST])
        if math.isnan(linked_mps):
            aux[DEAD_MPS] = x[1]
        else:
            aux[DEAD_MPS] += dt * a + min(dt / DEAD_S, 1.0) * (linked_mps - aux[DEAD_MPS])
            update(x, P, np.array([0.0, 1.0, 0.0]), linked_mps - x[1], LINKED_MPS**2, math.inf)
    aux[ALONG] = along
    jolt = abs(along - x[2]) > 0.2 + 5.0 * m.floor_mps2
    drift = abs(aux[SLED_FAST] - x[2]) > 0.08 + 2.0 * m.floor_mps2
    pull = abs(aux[SLED_LOW] - x[2]) > 0.03 + 0.6 * m.floor_mps2
    if jolt or drift or pull:
        aux[MOVED_T] = t
    still = t - aux[MOVED_T] >= STILL_S
    if still:
        # At constant speed the sled is as quiet as at rest: only a velocity that may be zero is set to zero. In a set
        # the leg says how fast the sled goes, if it goes; the sled's own pushes since it last stood say whether.
        if math.isnan(linked_mps):
            may_stand = x[1] * x[1] < 9.0 * (P[1, 1] + 0.02**2)
        else:
            may_stand = abs(linked_mps) < SLOW_MPS or abs(aux[DEAD_MPS]) < abs(aux[DEAD_MPS] - linked_mps)
        if may_stand or t - aux[MOVED_T] > 8.0:
            update(x, P, np.array([0.0, 1.0, 0.0]), -x[1], 0.002**2, math.inf)
            aux[DEAD_MPS] = 0.0
        else:
            still = False
    return still
