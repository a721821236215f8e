"""The rep state machine: strokes from turning points, reps from pairs of strokes, sets from rests.

One *measure* of motion is followed, growing as the leg extends: the sled's position where there is one, else flexion,
else the leg's pitch (its sign is free: pairs do not depend on it, only which stroke is called the lowering does).

* A *stroke* is a monotone movement from one extremum to the next; it is over when the measure has come back from its
  running extremum by `stroke`. The hysteresis is local, so slow drift does not matter.
* A *rep* is a pair of strokes, lowering and press in either order. A set that begins with a press clearly shorter
  than the lowering behind it began with unracking, which is no part of a rep. A stroke left over at the end of a set
  is the re-racking. A second stroke much shorter than the first is a dip on the way: the first goes on.
* A rep is reported when it is certain: at the next turn, after a stand, or at the end of the set. `rep` in the state
  is provisional (events.py says how it is settled).
* A set ends after a rest, or once the legs have left a resting sled.

Beside the strokes runs a quick live view for detectors and displays (heading, phase, depth, bottoms), with a small
hysteresis of its own.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from presscue import wire
from presscue.events import HALFWAY, REP, SET, next_row, report
from presscue.strokes import PAST, deepest, least_flexion, remember, stroke_span, top_speed

NOTHING, SLED, FLEXION, PITCH = range(4)
"""Measures."""
IDLE, LOWERING, BOTTOM, PRESSING, TOP = range(5)
"""Phases."""
PRESS_FIRST, UNKNOWN_ORDER, LOWERING_FIRST = 1, 0, -1

LEG, PADS = wire.LEG, wire.PADS


class Params(NamedTuple):
    """What counts as a movement. Larger thresholds: fewer ghosts, but short reps are missed."""

    order: int = UNKNOWN_ORDER  # which stroke a rep begins with on this machine, if known; see `usual_order`
    stroke_m: float = 0.07  # least stroke; travel from 90 to 5 degrees is 0.23-0.27 m (domain.md)
    stroke_deg: float = 25.0  # the same in flexion
    stroke_pitch_deg: float = 12.0  # the same in leg pitch, about half of flexion
    rep_factor: float = 1.4  # a rep's strokes are at least this many least strokes; larger: fewer foot shuffles count
    speed_mps: float = 0.03  # slower is standing; beyond the velocity error of the sled alone (1-2 cm/s)
    speed_dps: float = 8.0  # the same in flexion
    speed_pitch_dps: float = 5.0  # the same in pitch
    share_of_typical: float = 0.35  # least stroke as a part of this lifter's typical one
    unrack_share: float = 0.85  # a first press below this part of the lowering behind it is unracking (order unknown)
    partial_share: float = 0.6  # a second stroke below this part of the first does not complete the rep
    put_down_s: float = 4.0  # standing this long at the bottom, the sled is on its stops; larger: longer pauses pass
    stand_s: float = 1.0  # standing this long after the second stroke completes the rep; larger: reported later
    rest_s: float = 8.0  # standing this long ends the set
    away_s: float = 3.0  # legs off a resting sled this long end the set


def usual_order(rail_deg: float) -> int:
    """The order usual on a machine of this incline: inclined sleds are unracked and then lowered, level and
    vertical ones begin with the press. `reps.step` lets clear evidence overrule it."""
    return LOWERING_FIRST if 15.0 < rail_deg < 75.0 else PRESS_FIRST


STATE = np.dtype(
    [
        ("measure", "i8"),
        ("t_s", "f8"),
        ("y", "f8"),  # the measure: m, or degrees towards straight
        ("speed", "f8"),  # its rate, > 0 while pressing
        # for detectors and displays
        ("active", "i8"),  # 1 from the first movement of a set to its end
        ("moving", "i8"),
        ("phase", "i8"),
        ("rep", "i8"),  # provisional index of the rep under way or just made, -1 outside a set
        ("depth", "f8"),  # 0 at the top, 1 at the bottom of a typical stroke
        ("bottoms", "i8"),  # lowerings ended so far, by the live view
        ("bottom_s", "f8"),  # when the last of them ended, and how long it took
        ("lowering_s", "f8"),
        ("lowering", "f8"),  # its travel, as a part of the typical one (1 if there is none yet)
        # live view
        ("heading", "i8"),
        ("edge", "f8"),  # extremum since the heading turned, and when the heading turned
        ("turn_s", "f8"),
        ("top", "f8"),
        ("bottom", "f8"),
        ("at_bottom", "i8"),
        ("halfway", "i8"),
        ("fastest", "f8"),  # since the heading turned
        ("brisk_s", "f8"),  # last time at a tenth of that
        # strokes
        ("direction", "i8"),
        ("high", "f8"),
        ("high_s", "f8"),
        ("low", "f8"),
        ("low_s", "f8"),
        ("typical", "f8"),
        ("spent", "i8"),  # 1 once the present stroke completed a rep
        ("first", "i8"),  # direction of the first stroke of a pair, 0 = none
        ("first_from", "f8"),
        ("first_from_s", "f8"),
        ("first_to", "f8"),
        ("first_to_s", "f8"),
        # sets
        ("settled", "i8"),  # 1 once it is known which stroke the set's reps begin with
        ("moved_s", "f8"),
        ("on_s", "f8"),  # last time the legs were on the sled
        ("reps", "i8"),  # confirmed over the recording
        ("sets", "i8"),
        ("set_reps", "i8"),
        ("set_start_s", "f8"),
        ("set_end_s", "f8"),
        ("last_set_end_s", "f8"),
        ("fastest_mean", "f8"),
        ("slowest_mean", "f8"),
        ("noted", "i8"),  # readings remembered in past
        ("past", "f8", (PAST, 3)),
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,): element 0 is the record that `step` takes; copying the array saves the state."""
    state = np.zeros(1, STATE).view(np.recarray)
    state.rep = -1
    state.t_s = -math.inf
    state.last_set_end_s = math.nan
    return state


@njit(cache=True)
def least_stroke(p, s):
    """Travel that makes a stroke, in the unit of the measure."""
    least = p.stroke_m if s.measure == SLED else (p.stroke_deg if s.measure == FLEXION else p.stroke_pitch_deg)
    return max(least, p.share_of_typical * s.typical)


@njit(cache=True)
def least_rep(p, s):
    """Travel that a rep's strokes have at least."""
    least = p.stroke_m if s.measure == SLED else (p.stroke_deg if s.measure == FLEXION else p.stroke_pitch_deg)
    return p.rep_factor * least


@njit(cache=True)
def least_speed(p, s):
    """Speed below which the measure stands."""
    return p.speed_mps if s.measure == SLED else (p.speed_dps if s.measure == FLEXION else p.speed_pitch_dps)


@njit(cache=True)
def is_unracking(p, s, first, second):
    """Whether a set's first press of this length, before a lowering of that length, only took the sled off its stops.

    On a machine whose order is known, it takes clear evidence to say otherwise.
    """
    if s.settled == 1 or (s.first < 0 and s.measure != PITCH):
        return False
    share = p.unrack_share
    if p.order == LOWERING_FIRST:
        share = 1.3
    elif p.order == PRESS_FIRST:
        share = 0.6
    return first < share * second


@njit(cache=True)
def report_rep(p, s, t, second_from_s, second_to, second_to_s, out):
    """A rep of the remembered first stroke and a second one; its own times are found in the past."""
    floor = 0.5 * least_speed(p, s)
    begin1, end1 = stroke_span(s, s.first, s.first_from_s, s.first_to_s, floor)
    begin2, end2 = stroke_span(s, -s.first, second_from_s, second_to_s, floor)
    if begin2 < end1:
        begin2 = end1 = 0.5 * (begin2 + end1)
    if s.first > 0:
        press, press_s, lowering_s = abs(s.first_to - s.first_from), end1 - begin1, end2 - begin2
        press_from_s, press_to_s, bottom_s = s.first_from_s, s.first_to_s, end2
    else:
        press, press_s, lowering_s = abs(second_to - s.first_to), end2 - begin2, end1 - begin1
        press_from_s, press_to_s, bottom_s = second_from_s, second_to_s, end1
    mean = press / press_s if s.measure == SLED and press_s > 0.0 else math.nan
    n = next_row(out)
    if n >= 0:
        row = out.rows[n]
        row.action = REP
        row.set = s.sets
        row.rep = s.reps
        row.t_s = t
        row.start_s = begin1
        row.bottom_s = bottom_s
        row.end_s = end2
        row.max_flexion_deg = deepest(s, begin1, end2)
        row.end_flexion_deg = least_flexion(s, press_from_s, press_to_s)
        row.travel_m = press if s.measure == SLED else math.nan
        row.eccentric_s = lowering_s
        row.pause_s = begin2 - end1
        row.concentric_s = press_s
        row.mean_velocity_mps = mean
        row.peak_velocity_mps = top_speed(s, press_from_s, press_to_s) if s.measure == SLED else math.nan
    if s.set_reps == 0 or mean > s.fastest_mean:
        s.fastest_mean = mean
    if s.set_reps == 0 or mean < s.slowest_mean:
        s.slowest_mean = mean
    s.typical = press if s.typical == 0.0 else s.typical + 0.4 * (press - s.typical)
    s.reps += 1
    s.set_reps += 1
    s.settled = 1
    s.first = 0


@njit(cache=True)
def end_stroke(p, s, t, out):
    """The present stroke is over: it begins a pair, completes one, or is a dip within one."""
    if s.direction > 0:
        start, start_s, end, end_s = s.low, s.low_s, s.high, s.high_s
    else:
        start, start_s, end, end_s = s.high, s.high_s, s.low, s.low_s
    s.set_end_s = end_s
    if s.spent == 1:
        s.spent = 0
        return
    length = s.high - s.low
    first = abs(s.first_to - s.first_from)
    if s.first == -s.direction:
        if is_unracking(p, s, first, length):
            s.settled = 1
        elif min(length, first) < least_rep(p, s) or length < p.partial_share * first:
            if length <= first:
                return
            # else the first was a shuffle, and this may begin a pair
        else:
            report_rep(p, s, t, start_s, end, end_s, out)
            return
    elif s.first == s.direction:
        s.first_to, s.first_to_s = end, end_s
        return
    s.first = s.direction
    s.first_from, s.first_from_s = start, start_s
    s.first_to, s.first_to_s = end, end_s


@njit(cache=True)
def end_set(p, s, t, out):
    """Close the set; what is left over was re-racking. Without a rep it was no set."""
    if s.direction != 0 and s.high - s.low >= least_stroke(p, s):
        end_stroke(p, s, t, out)
    if s.set_reps > 0:
        n = next_row(out)
        if n >= 0:
            row = out.rows[n]
            row.action = SET
            row.set = s.sets
            row.rep = s.set_reps
            row.t_s = t
            row.start_s = s.set_start_s
            row.end_s = s.set_end_s
            row.rest_before_s = s.set_start_s - s.last_set_end_s
            row.velocity_loss = 1.0 - s.slowest_mean / s.fastest_mean if s.set_reps > 1 else math.nan
        s.last_set_end_s = s.set_end_s
        s.sets += 1
    s.set_reps = 0
    s.first = 0
    s.spent = 0
    s.settled = 0
    s.active = 0
    s.direction = 0
    s.heading = 0
    s.phase = IDLE
    s.rep = -1


@njit(cache=True)
def follow_strokes(p, s, t, out):
    """Running extremes of the present stroke, and its end."""
    y = s.y
    least = least_stroke(p, s)
    if y >= s.high:
        s.high, s.high_s = y, t
    if y <= s.low:
        s.low, s.low_s = y, t
    if s.direction >= 0 and s.high - y >= least and s.high_s < t:
        if s.direction > 0:
            end_stroke(p, s, t, out)
        s.direction = -1
        s.low, s.low_s = y, t
    elif s.direction <= 0 and y - s.low >= least and s.low_s < t:
        if s.direction < 0:
            end_stroke(p, s, t, out)
        s.direction = 1
        s.high, s.high_s = y, t
    if s.direction < 0 and t - s.moved_s >= p.put_down_s and y - s.low < 0.5 * least:
        # Put down: what follows begins anew, with unracking where there is any.
        if s.high - s.low >= least:
            end_stroke(p, s, t, out)
        s.first = 0
        s.settled = 0
        s.direction = 0
        s.spent = 0
        s.high = s.low = y
        s.high_s = s.low_s = t
        return
    # After a stand, a second stroke that is nearly as long as the first completes the rep.
    known = s.settled == 1 or (s.first < 0 and s.measure != PITCH)
    ready = known and s.first != 0 and s.first == -s.direction
    if ready and t - s.moved_s >= p.stand_s:
        length = s.high - s.low
        if length >= max(least_rep(p, s), 0.75 * abs(s.first_to - s.first_from)):
            end_stroke(p, s, t, out)
            s.spent = 1 if s.first == 0 else 0


@njit(cache=True)
def follow_live(p, s, t, out):
    """Heading with a small hysteresis, phase, bottoms, half-way marks and the provisional rep."""
    y, speed, least = s.y, s.speed, least_stroke(p, s)
    nudge = 0.12 * least
    limit = least_speed(p, s)
    if s.heading > 0:
        s.edge = max(s.edge, y)
    elif s.heading < 0:
        s.edge = min(s.edge, y)
    else:
        s.edge = s.high if speed < 0.0 else s.low
    if s.heading >= 0 and speed < -limit and s.edge - y >= nudge:
        s.heading = -1
        s.top = s.edge
        s.edge, s.turn_s, s.fastest, s.brisk_s, s.at_bottom = y, t, 0.0, t, 0
    elif s.heading <= 0 and speed > limit and y - s.edge >= nudge:
        if s.heading == 0:
            s.top = s.edge
        s.heading = 1
        s.bottom = s.edge
        s.edge, s.turn_s, s.fastest, s.brisk_s, s.halfway = y, t, 0.0, t, 0
    s.fastest = max(s.fastest, abs(speed))
    if abs(speed) >= max(limit, 0.1 * s.fastest):
        s.brisk_s = t
    span = s.typical
    if span == 0.0:
        span = 3.2 * least
    if s.heading < 0:
        s.depth = min(max((s.top - y) / span, 0.0), 1.0)
        turned = speed > 0.0 and y - s.edge > 0.15 * nudge
        if s.at_bottom == 0 and s.top - s.edge >= least and (turned or t - s.brisk_s > 0.3):
            s.at_bottom = 1
            begin, end = stroke_span(s, s.heading, s.turn_s, t, 0.5 * limit)
            s.bottoms += 1
            s.bottom_s = min(end, t)
            s.lowering_s = end - begin
            s.lowering = (s.top - s.edge) / s.typical if s.typical > 0.0 else 1.0
        s.phase = BOTTOM if s.at_bottom == 1 else LOWERING
    elif s.heading > 0:
        s.depth = min(max(1.0 - (y - s.bottom) / span, 0.0), 1.0)
        way = s.top - s.bottom
        if s.halfway == 0 and way >= least and y - s.bottom >= 0.5 * way:
            s.halfway = 1
            report(out, HALFWAY, 0, s.rep, t, t, t, 0.0, 1.0)
        s.phase = PRESSING if t - s.brisk_s < 0.15 else TOP
    # The rep under way: the next one as soon as the live view has turned away from a complete second stroke.
    s.rep = s.reps
    if s.spent == 1:
        if s.heading == s.direction:
            s.rep = s.reps - 1
    elif s.first != 0 and s.direction == -s.first and s.heading == s.first:
        first, second = abs(s.first_to - s.first_from), s.high - s.low
        if second >= max(p.partial_share * first, least_rep(p, s)) and not is_unracking(p, s, first, second):
            s.rep = s.reps + 1


@njit(cache=True)
def shift(s, by):
    """Move all positions: the measure's zero has moved, the sled has not."""
    s.high += by
    s.low += by
    s.edge += by
    s.top += by
    s.bottom += by
    s.first_from += by
    s.first_to += by


@njit(cache=True)
def take_measure(p, s, x):
    """Choose the measure and bring y and speed up to date. False if this reading says nothing of the motion."""
    t = x.t_s
    dt = t - s.t_s
    if not math.isnan(x.position_m) and not math.isnan(x.velocity_mps):
        measure, y, speed = SLED, x.position_m, x.velocity_mps
    elif not math.isnan(x.flexion_deg) and not math.isnan(x.rate_dps):
        measure, y, speed = FLEXION, -x.flexion_deg, -x.rate_dps
    elif not math.isnan(x.pitch_deg):
        if x.source != LEG:
            return False
        measure, y, speed = PITCH, -x.pitch_deg, 0.0
        if s.measure == PITCH and dt > 0.0:
            raw = (y - s.y) / dt
            speed = s.speed + min(dt / 0.06, 1.0) * (raw - s.speed)
    else:
        return False
    if measure != SLED and x.engaged == 0.0:
        return False  # the leg moves without the sled
    if measure != s.measure:
        s.measure = measure
        s.typical = 0.0
        s.first = 0
        s.spent = 0
        s.direction = 0
        s.heading = 0
        s.high = s.low = s.edge = s.top = s.bottom = y
        s.high_s = s.low_s = s.moved_s = s.on_s = t
    elif measure == SLED:
        # What moves while the sled stands, or faster than a sled can, is the zero of the position.
        resting = x.still == 1.0 and math.isnan(x.flexion_deg)
        jump = dt < 0.1 and abs(y - s.y) > 0.03
        if resting or jump:
            shift(s, y - s.y)
        if resting:
            speed = 0.0
    s.y = y
    s.speed = speed
    s.t_s = t
    return True


@njit(cache=True)
def step(p, s, x, out):
    """One reading: p Params, s STATE record, x FRAME record, out Buffer."""
    if x.source == PADS or not take_measure(p, s, x):
        return
    t = x.t_s
    s.moving = 1 if abs(s.speed) >= least_speed(p, s) else 0
    if s.moving == 1:
        s.moved_s = t
    if x.engaged != 0.0:
        s.on_s = t
    remember(s, t, s.speed, x.flexion_deg)
    if s.active == 0:
        if s.moving == 0:
            s.high = s.low = s.y
            s.high_s = s.low_s = t
            return
        s.high = max(s.high, s.y)
        s.low = min(s.low, s.y)
        if s.high - s.low < 0.25 * least_stroke(p, s):
            return
        s.active = 1
        s.set_start_s = min(s.high_s, s.low_s)
    standing_s = t - s.moved_s
    if standing_s > p.rest_s or (standing_s > p.away_s and t - s.on_s > p.away_s):
        end_set(p, s, t, out)
        return
    follow_strokes(p, s, t, out)
    follow_live(p, s, t, out)


@njit(cache=True)
def finish(p, s, out):
    """The recording is over: what is certain now, and the set's end."""
    if s.active == 1:
        end_set(p, s, s.t_s, out)
