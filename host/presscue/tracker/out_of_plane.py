"""Rotation of the leg IMU about the two axes in the leg's plane, which a leg in its plane does not make."""

import math

from presscue.compiled import njit
from presscue.estimator import GRAVITY_MPS2
from presscue.tracker.state import DEGREES, LOST_S

CALM_RADPS, CALM_S = 0.05, 0.2  # a leg that turns no faster, for so long, shows the gyro's bias
BIAS_S = 5.0  # memory of that bias, in seconds of rest
TILT_S, CALM_TILT_S = 5.0, 0.5  # how fast gravity corrects the tilt: in movement it shakes, at rest it is right


@njit
def step_plane(s, t, dt, rate, rate1, rate2, across):
    """Out-of-plane rotation: rate about the flexion axis and rates about the in-plane axes (rad/s), specific force
    along the flexion axis (m/s2). A flexion axis turned out of its place by (turn, tilt) feels gravity times tilt."""
    tilt = min(max(across / GRAVITY_MPS2, -1.0), 1.0)
    if dt > LOST_S:
        s.tilt = tilt
        s.slow_1 = rate1
        s.slow_2 = rate2
        s.calm_t_s = t
        return
    low = min(dt / 0.1, 1.0)
    s.slow_1 += low * (rate1 - s.slow_1)
    s.slow_2 += low * (rate2 - s.slow_2)
    off = abs(s.slow_1 - s.bias_1) + abs(s.slow_2 - s.bias_2)
    if off > CALM_RADPS or abs(rate) > CALM_RADPS:
        s.calm_t_s = t
    calm = t - s.calm_t_s > CALM_S
    if calm:
        s.rested_s = min(s.rested_s + dt, BIAS_S)
        part = dt / s.rested_s
        s.bias_1 += part * (rate1 - s.bias_1)
        s.bias_2 += part * (rate2 - s.bias_2)
    cosine, sine = math.cos(s.pitch.x[0]), math.sin(s.pitch.x[0])
    first, second = dt * (rate1 - s.bias_1), dt * (rate2 - s.bias_2)
    s.turn += cosine * first - sine * second
    s.tilt += sine * first + cosine * second
    s.tilt += min(dt / (CALM_TILT_S if calm else TILT_S), 1.0) * (tilt - s.tilt)


@njit
def write_plane(m, s, f):
    """Out-of-plane rotation about the rail and across it; without a linkage about the vertical and the horizontal."""
    f.calm = 1.0 if f.t_s - s.calm_t_s > CALM_S else 0.0
    turn, tilt = s.turn * DEGREES * m.inward, s.tilt * DEGREES * m.inward
    if m.linked:
        size = math.hypot(m.leg.up_u, m.leg.up_w)
        sine, cosine = m.leg.up_u / size, m.leg.up_w / size
        f.inward_deg = sine * turn - cosine * tilt
        f.twist_deg = cosine * turn + sine * tilt
    else:
        f.inward_deg = turn
        f.twist_deg = tilt
