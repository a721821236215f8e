"""Rotation of the leg IMU about the two axes in the leg's plane, which a leg in its plane does not make, and what it
does to flexion.

A knee that falls turns the leg's plane about the line from hip to foot, near the rail. Gravity in that plane is then
another. And the flexion axis that clean repetitions show leans a little towards the rail, since knees swing out as they
bend: a part of the turn reads as flexion.
"""

import math

from presscue.compiled import njit
from presscue.estimation.estimator import GRAVITY_MPS2, Leg
from presscue.tracker.state import DEGREES, LOST_S

CALM_RADPS, CALM_S = 0.05, 0.2  # a leg that turns no faster, for so long, is calm
STEADY_RADPS, STEADY_S = 0.015, 0.5  # one whose rates change no more, for so long, shows the gyro's bias
BIAS_S = 5.0  # memory of that bias, in seconds of rest
TILT_S, CALM_TILT_S = 5.0, 0.5  # how fast gravity corrects the tilt: in movement it shakes, at rest it is right
SETTLED_RAD = 0.03  # a tilt so near to what gravity says is right

LEAN_RAD, LEAN_SD_RAD = 0.09, 0.07  # of the flexion axis towards the rail; knees swing out by 5 to 10 degrees in a rep
OUT_RAD, OUT_SD_RAD = 0.2, 0.1  # how far out the leg's plane is turned anyway: hips are abducted, toes point out
ASIDE_SD, ASIDE_S = 0.03, 10.0  # how surely gravity along the axis is known, over so long
UPRIGHT_RAD = 0.07  # a leg turned out of its plane by less than this shows it
FASTEST_RADPS = 5.0  # no knee falls faster


@njit
def step_plane(s, t, dt, rate, rate1, rate2, across):
    """Out-of-plane rotation: rate about the flexion axis and rates about the in-plane axes (rad/s), specific force
    along the flexion axis (m/s2). A flexion axis turned out of its place by (turn, tilt) feels gravity times tilt."""
    tilt = min(max(across / GRAVITY_MPS2, -1.0), 1.0)
    if dt > LOST_S:
        s.tilt = tilt
        s.slow_1, s.slower_1 = rate1, rate1
        s.slow_2, s.slower_2 = rate2, rate2
        s.calm_t_s, s.unsteady_t_s = t, t
        s.rests = 0.0
        return
    low = min(dt / 0.1, 1.0)
    s.slow_1 += low * (rate1 - s.slow_1)
    s.slow_2 += low * (rate2 - s.slow_2)
    slower = min(dt / STEADY_S, 1.0)
    s.slower_1 += slower * (rate1 - s.slower_1)
    s.slower_2 += slower * (rate2 - s.slower_2)
    off = abs(s.slow_1 - s.bias_1) + abs(s.slow_2 - s.bias_2)
    if off > CALM_RADPS or abs(rate) > CALM_RADPS:
        s.calm_t_s = t
    calm = t - s.calm_t_s > CALM_S
    if not calm or abs(s.slow_1 - s.slower_1) + abs(s.slow_2 - s.slower_2) > STEADY_RADPS:
        s.unsteady_t_s = t
    if t - s.unsteady_t_s > STEADY_S:
        s.rested_s = min(s.rested_s + dt, BIAS_S)
        part = dt / s.rested_s
        s.bias_1 += part * (rate1 - s.bias_1)
        s.bias_2 += part * (rate2 - s.bias_2)
    cosine, sine = math.cos(s.pitch.x[0]), math.sin(s.pitch.x[0])
    first, second = dt * (rate1 - s.bias_1), dt * (rate2 - s.bias_2)
    s.turn += cosine * first - sine * second
    s.tilt += sine * first + cosine * second
    s.tilt += min(dt / (CALM_TILT_S if calm else TILT_S), 1.0) * (tilt - s.tilt)
    s.rests = 1.0 if calm and abs(tilt - s.tilt) < SETTLED_RAD else 0.0


@njit
def lean_of(m, aside):
    """By how much (rad) the flexion axis leans towards the rail. aside: up along it (g), outward > 0, which is both
    this and the turn of the leg's plane."""
    by_lean, by_turn = m.leg.up_u * LEAN_SD_RAD, m.leg.up_w * OUT_SD_RAD
    off = aside - m.leg.up_u * LEAN_RAD - m.leg.up_w * OUT_RAD
    return LEAN_RAD + LEAN_SD_RAD * by_lean * off / (by_lean**2 + by_turn**2 + ASIDE_SD**2)


@njit
def fallen(m, s, dt, valgus_deg):
    """After dt seconds in which the leg's plane came to be turned by valgus_deg (NaN: not known): the leg as the
    linkage has to see it, and what of its rate (rad/s) is that turn's. A thigh stays as it is."""
    leg = m.leg
    if math.isnan(valgus_deg) or math.isnan(m.inward) or leg.carried == 0.0 or dt > LOST_S:
        s.fallen = 0.0
        return leg, 0.0
    turn = valgus_deg * m.inward / DEGREES
    change = turn - s.fallen
    s.fallen = turn
    if abs(turn) < UPRIGHT_RAD:
        s.aside_s = min(s.aside_s + dt, ASIDE_S)
        s.aside += dt / s.aside_s * (s.tilt - s.aside)
    lean = m.inward * lean_of(m, s.aside * m.inward)
    # up = (up_u, up_w, aside) along the rail's course in the plane, across it and along the axis, turned back about the
    # rail, which is (cos lean, 0, sin lean) there
    sine, cosine = math.sin(turn), math.cos(turn)
    rail_u, rail_axis = math.cos(lean), math.sin(lean)
    along = rail_u * leg.up_u + rail_axis * s.aside
    up_u = leg.up_u * cosine + rail_axis * leg.up_w * sine + rail_u * along * (1.0 - cosine)
    up_w = leg.up_w * cosine - (rail_axis * leg.up_u - rail_u * s.aside) * sine
    rate = lean * change / dt if abs(change) < FASTEST_RADPS * dt else 0.0
    return Leg(leg.strap_m, leg.tissue, leg.mount_rad, up_u, up_w, leg.carried), rate


@njit
def write_plane(m, s, f):
    """Out-of-plane rotation about the rail and across it; without a linkage about the vertical and the horizontal."""
    f.calm = s.rests
    turn, tilt = s.turn * DEGREES * m.inward, s.tilt * DEGREES * m.inward
    if m.linked:
        size = math.sqrt(m.leg.up_u**2 + m.leg.up_w**2)
        sine, cosine = m.leg.up_u / size, m.leg.up_w / size
        f.inward_deg = sine * turn - cosine * tilt
        f.twist_deg = cosine * turn + sine * tilt
    else:
        f.inward_deg = turn
        f.twist_deg = tilt
