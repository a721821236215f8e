"""Rotation of the leg IMU about the two axes in the leg's plane, which a leg in its plane does not make."""

import math

from presscue.compiled import njit
from presscue.estimator import GRAVITY_MPS2
from presscue.tracker.state import DEGREES, LOST_S

CALM_RADPS, CALM_S = 0.05, 0.2  # a leg that turns no faster, for so long, shows the gyro's bias
BIAS_S = 5.0  # memory of that bias, in seconds of rest
TILT_S, CALM_TILT_S = 5.0, 0.5  # how fast gravity corrects the tilt: in movement it shakes, at rest it is right

TURN, TILT, BIAS_1, BIAS_2, SLOW_1, SLOW_2, CALM_T, RESTED = range(8)
"""State.plane: rotation about the vertical and about the horizontal in the leg's plane (rad); gyro bias and smoothed
rate along the two in-plane axes of the IMU (rad/s); since when the leg has been calm, and for how long in all (s)."""


@njit
def step_plane(s, t, dt, rate, rate1, rate2, across):
    """Out-of-plane rotation: rate about the flexion axis and rates about the in-plane axes (rad/s), specific force
    along the flexion axis (m/s2). A flexion axis turned out of its place by (turn, tilt) feels gravity times tilt."""
    out = s.plane
    tilt = min(max(across / GRAVITY_MPS2, -1.0), 1.0)
    if dt > LOST_S:
        out[TILT] = tilt
        out[SLOW_1] = rate1
        out[SLOW_2] = rate2
        out[CALM_T] = t
        return
    low = min(dt / 0.1, 1.0)
    out[SLOW_1] += low * (rate1 - out[SLOW_1])
    out[SLOW_2] += low * (rate2 - out[SLOW_2])
    off = abs(out[SLOW_1] - out[BIAS_1]) + abs(out[SLOW_2] - out[BIAS_2])
    if off > CALM_RADPS or abs(rate) > CALM_RADPS:
        out[CALM_T] = t
    calm = t - out[CALM_T] > CALM_S
    if calm:
        out[RESTED] = min(out[RESTED] + dt, BIAS_S)
        part = dt / out[RESTED]
        out[BIAS_1] += part * (rate1 - out[BIAS_1])
        out[BIAS_2] += part * (rate2 - out[BIAS_2])
    cosine, sine = math.cos(s.pitch[0]), math.sin(s.pitch[0])
    first, second = dt * (rate1 - out[BIAS_1]), dt * (rate2 - out[BIAS_2])
    out[TURN] += cosine * first - sine * second
    out[TILT] += sine * first + cosine * second
    out[TILT] += min(dt / (CALM_TILT_S if calm else TILT_S), 1.0) * (tilt - out[TILT])


@njit
def write_plane(m, s, f):
    """Out-of-plane rotation about the rail and across it; without a linkage about the vertical and the horizontal."""
    f.calm = 1.0 if f.t_s - s.plane[CALM_T] > CALM_S else 0.0
    turn, tilt = s.plane[TURN] * DEGREES * m.inward, s.plane[TILT] * DEGREES * m.inward
    if m.linked:
        size = math.hypot(m.leg.up_u, m.leg.up_w)
        sine, cosine = m.leg.up_u / size, m.leg.up_w / size
        f.inward_deg = sine * turn - cosine * tilt
        f.twist_deg = cosine * turn + sine * tilt
    else:
        f.inward_deg = turn
        f.twist_deg = tilt
