"""Angle of the leg IMU about the flexion axis: gyro with its bias and scale, corrected by gravity."""

import math

from presscue.compiled import njit
from presscue.estimation.estimator import GRAVITY_MPS2, update_entry
from presscue.estimation.linkage import wrapped
from presscue.tracker.state import LOST_S
from presscue.tracker.steps import walks

SHAKING_S = 0.05  # a leg that turns (rad/s) accelerates too: gravity is believed the less, rad
FAR_RAD = 0.2  # an angle so far from gravity's tells nothing of the gyro


@njit
def step_pitch(m, s, t, rate, f1, f2):
    """Pitch filter: rate about the flexion axis (rad/s), in-plane specific force (m/s2)."""
    x, P = s.pitch.x, s.pitch.P
    dt = t - s.leg_t_s
    if s.leg_t_s < -1e8:
        x[0] = -math.atan2(f2, f1)
        s.pitch_zero = x[0]
        P[0, 0] = 0.05**2
    elif dt > LOST_S:
        x[0] -= wrapped(math.atan2(f2, f1) + x[0])
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
    if s.on == 1 and t - s.sled_t_s < LOST_S:
        angle = x[0] + math.atan2(m.leg.up_w, m.leg.up_u)
        f1 -= math.cos(angle) * m.leg.carried * s.sled_low
        f2 += math.sin(angle) * m.leg.carried * s.sled_low
    size = math.sqrt(f1 * f1 + f2 * f2)
    if size > 0.3 * GRAVITY_MPS2:
        spread = 0.05 + abs(size - GRAVITY_MPS2) / GRAVITY_MPS2 + SHAKING_S * abs(rate)
        residual = -wrapped(math.atan2(f2, f1) + x[0])
        if walks(s, t) or abs(residual) > FAR_RAD:  # a walk turns the leg about other axes too
            x[0] += P[0, 0] / (P[0, 0] + spread * spread) * residual
        else:
            update_entry(s.pitch, 0, residual, spread * spread, math.inf)
