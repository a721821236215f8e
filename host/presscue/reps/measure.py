"""The measure of motion that reps are counted on, and how much of it counts.

It grows as the leg extends: the sled's position where there is one, else flexion, else the leg's pitch (its sign is
free: pairs of strokes do not depend on it, only which stroke is called the lowering does).
"""

import math

from presscue import wire
from presscue.compiled import njit
from presscue.reps.strokes import forget_speeds

NOTHING, SLED, FLEXION, PITCH = range(4)

LEG = wire.LEG

BLIND_S = 1.0  # after so long without any reading it is not known how far the sled has gone


@njit
def least_stroke(p, s):
    """Travel that makes a stroke, in the unit of the measure."""
    least = p.stroke_m if s.measure == SLED else (p.stroke_deg if s.measure == FLEXION else p.stroke_pitch_deg)
    return max(least, p.share_of_typical * s.typical)


@njit
def least_speed(p, s):
    """Speed below which the measure stands."""
    return p.speed_mps if s.measure == SLED else (p.speed_dps if s.measure == FLEXION else p.speed_pitch_dps)


@njit
def shift(s, by):
    """Move all positions: the measure's zero has moved, the sled has not."""
    s.high += by
    s.low += by
    s.edge += by
    s.rested += by
    s.place += by
    s.top += by
    s.bottom += by
    for i in range(s.waiting):
        s.strokes[i].start += by
        s.strokes[i].end += by
    s.blind_y += by


@njit
def make_up(s, by):
    """The linkage is back and says that the sled is `by` from where its own filter had taken it: so are the extrema
    that it seemed to reach meanwhile, but not beyond where the linkage went off."""
    if by > 0.0 and s.low_s > s.blind_s:
        s.low = max(s.low, min(s.blind_y, s.low + by))
    elif by < 0.0 and s.high_s > s.blind_s:
        s.high = min(s.high, max(s.blind_y, s.high + by))
    else:
        return
    if s.high - s.low < 0.5 * s.least:  # no stroke has begun
        s.high = s.low = s.y + by
        s.high_s = s.low_s = s.t_s
        forget_speeds(s, s.blind_s)


@njit
def measured_by(x):
    """The measure that this reading brings; NOTHING if it says nothing of the motion."""
    if not math.isnan(x.position_m) and not math.isnan(x.velocity_mps):
        return SLED
    if x.engaged == 0.0:
        return NOTHING  # the leg moves without the sled
    if not math.isnan(x.flexion_deg) and not math.isnan(x.rate_dps):
        return FLEXION
    return PITCH if not math.isnan(x.pitch_deg) and x.source == LEG else NOTHING


@njit
def is_blind(p, s, x):
    """Whether nothing was measured before this reading for so long that it is not known how far the sled has gone;
    longer without a word is a rest, which ends the set."""
    return BLIND_S < x.t_s - s.t_s < p.rest_s


@njit
def breaks_off(p, s, x):
    """Whether the motion cannot be followed on from what was measured before this reading."""
    measure = measured_by(x)
    return measure != NOTHING and (measure != s.measure or is_blind(p, s, x))


@njit
def take_measure(p, s, x):
    """Choose the measure and bring y and speed up to date. False if this reading says nothing of the motion."""
    t = x.t_s
    dt = t - s.t_s
    measure = measured_by(x)
    if measure == SLED:
        y, speed = x.position_m, x.velocity_mps
    elif measure == FLEXION:
        y, speed = -x.flexion_deg, -x.rate_dps
    elif measure == PITCH:
        y, speed = -x.pitch_deg, 0.0
        if s.measure == PITCH and dt > 0.0:
            raw = (y - s.y) / dt
            speed = s.speed + min(dt / 0.06, 1.0) * (raw - s.speed)
    else:
        return False
    if breaks_off(p, s, x):
        if measure != s.measure:
            s.typical = 0.0
        if is_blind(p, s, x):
            s.settled = 0
        s.measure = measure
        s.waiting = 0
        s.spent = 0
        s.direction = 0
        s.heading = 0
        s.high = s.low = s.edge = s.top = s.bottom = s.rested = s.place = y
        s.high_s = s.low_s = s.moved_s = s.placed_s = s.on_s = t
    elif measure == SLED:
        # What moves while the sled stands or the legs go elsewhere, or faster than a sled can, is the zero of the
        # position. Not so with the linkage: a jump there makes up for a movement that the sled alone has missed.
        alone = math.isnan(x.flexion_deg)
        resting = alone and (x.still == 1.0 or x.engaged == 0.0)
        jump = alone and dt < 0.1 and abs(y - s.y) > 0.03
        if resting or jump:
            shift(s, y - s.y)
        if resting:
            speed = 0.0
        if s.blind == 1 and not alone:
            make_up(s, y - s.y)
    alone = measure == SLED and math.isnan(x.flexion_deg)
    if alone and s.blind == 0:
        s.blind_s, s.blind_y = t, y
    s.blind = 1 if alone else 0
    s.y = y
    s.speed = speed
    s.t_s = t
    return True
