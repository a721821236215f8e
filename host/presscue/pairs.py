"""Strokes into reps, reps into sets.

* A *stroke* is a monotone movement from one extremum to the next; it is over when the measure has come back from its
  running extremum by `least_stroke`. The hysteresis is local, so slow drift does not matter. One that begins in the
  straight-leg hold, or as it ends, puts the sled on its stops; one longer than a leg is none.
* A *rep* is a pair of strokes, lowering and press in either order. A set that begins with a press clearly shorter
  than the lowering behind it began with unracking, which is no part of a rep. A stroke left over at the end of a set
  is the re-racking. A second stroke much shorter than the first is a dip on the way: the first goes on.
* A rep is reported when it is certain: at the next turn, after a stand, or at the end of the set.
"""

import math

from presscue.compiled import njit
from presscue.events import REP, SET, next_row
from presscue.measure import PITCH, SLED, least_speed
from presscue.phases import IDLE
from presscue.strokes import (
    FLEX,
    LEFT,
    MARGIN_S,
    extreme_flexion,
    mean_of,
    measured_share,
    propulsive_speed,
    stroke_span,
    top_speed,
)

PRESS_FIRST, UNKNOWN_ORDER, LOWERING_FIRST = 1, 0, -1
"""Orders of a rep's strokes."""

AFTER_HOLD_S = 1.5  # a leg held straight begins to bend so soon after the hold
AFTER_OFF_S = 0.3  # one that is back on the sled goes on so soon to where it pushes
BENT = 0.5  # a knee that turns by less than this part of a least stroke has made none
KNOWN_SHARE = 0.8  # of a stroke in which flexion has to be measured
PUT_DOWN_S = 1.0  # and once the sled has stood for so long, it is on its stops


@njit
def is_unracking(p, s, first, second):
    """Whether a set's first press of this length, before a lowering of that length, only took the sled off its stops.

    On a machine whose order is known, it takes clear evidence to say otherwise.
    """
    if s.settled == 1 or (s.first < 0 and s.measure != PITCH):
        return False
    share = p.unrack_share
    if p.order == LOWERING_FIRST:
        share = 2.0 if s.lowered_first == 1 else 1.3
    elif p.order == PRESS_FIRST:
        share = 0.4
    return first < share * second


@njit
def least_second(p, s, first):
    """How long a stroke has to be to complete a rep that began with a stroke of this length. One to an unusual depth
    is followed by usual ones."""
    return p.partial_share * (first if s.typical == 0.0 else min(first, p.unusual_share * s.typical))


@njit
def bend_deg(s, from_s, to_s):
    """How far the knee turned between two times; NaN where less than most of it was measured."""
    from_s, to_s = from_s - MARGIN_S, to_s + MARGIN_S
    if measured_share(s, FLEX, from_s, to_s) < KNOWN_SHARE:
        return math.nan
    return extreme_flexion(s, 1.0, from_s, to_s) - extreme_flexion(s, -1.0, from_s, to_s)


@njit
def completes(p, s, from_s, to_s, length):
    """Whether a second stroke of this length, between two times, completes the rep that the remembered one began. Half
    a rep from the top is a third of the way for the sled, but half of it for the knee. Where the knee does not turn,
    it is the sled's filter that has gone astray."""
    bent_deg = bend_deg(s, from_s, to_s)
    if bent_deg < BENT * p.stroke_deg:
        return False
    if length >= least_second(p, s, abs(s.first_to - s.first_from)):
        return True
    return bent_deg >= p.partial_share * bend_deg(s, s.first_from_s, s.first_to_s)


@njit
def report_rep(p, s, t, second_from_s, second_to, second_to_s, out):
    """A rep of the remembered first stroke and a second one; its own times are found in the past."""
    floor = 0.5 * least_speed(p, s)
    begin1, end1 = stroke_span(s, s.first, s.first_from_s, s.first_to_s, floor)
    begin2, end2 = stroke_span(s, -s.first, second_from_s, second_to_s, floor)
    if begin2 < end1:
        begin2 = end1 = 0.5 * (begin2 + end1)
    if s.first > 0:
        press, press_s, lowering_s = abs(s.first_to - s.first_from), end1 - begin1, end2 - begin2
        push_from_s, push_to_s = begin1, end1
        press_from_s, press_to_s, bottom_s = s.first_from_s, s.first_to_s, end2
        lower_from_s, lower_to_s = second_from_s, second_to_s
    else:
        press, press_s, lowering_s = abs(second_to - s.first_to), end2 - begin2, end1 - begin1
        push_from_s, push_to_s = begin2, end2
        press_from_s, press_to_s, bottom_s = second_from_s, second_to_s, end1
        lower_from_s, lower_to_s = s.first_from_s, s.first_to_s
    length = abs(second_to - s.first_to)
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
        row.max_flexion_deg = extreme_flexion(s, 1.0, lower_from_s, lower_to_s + MARGIN_S)
        row.end_flexion_deg = extreme_flexion(s, -1.0, press_from_s, press_to_s)
        row.travel_m = max(length, abs(s.first_to - s.first_from)) if s.measure == SLED else math.nan
        row.eccentric_s = lowering_s
        row.pause_s = begin2 - end1
        row.concentric_s = press_s
        row.mean_velocity_mps = mean
        row.peak_velocity_mps = top_speed(s, press_from_s, press_to_s) if s.measure == SLED else math.nan
        brake_mps2 = p.brake_mps2 if s.measure == SLED else math.nan
        row.propulsive_velocity_mps = propulsive_speed(s, push_from_s, push_to_s, brake_mps2)
        row.left_share = mean_of(s, LEFT, begin1, end2)
    if s.set_reps == 0:
        s.lowered_first = 1 if s.first < 0 else 0
    if s.set_reps == 0 or not mean <= s.fastest_mean:
        s.fastest_mean = mean
    if s.set_reps == 0 or not mean >= s.slowest_mean:
        s.slowest_mean = mean
    s.typical = press if s.typical == 0.0 else s.typical + 0.4 * (press - s.typical)
    s.reps += 1
    s.set_reps += 1
    s.settled = 1
    s.first = 0


@njit
def into_place(p, s, start_s):
    """Whether what began then is no stroke of a set: it puts the sled on its stops after the straight-leg hold, or
    brings the leg back to where it pushes."""
    return start_s < max(p.held_s + AFTER_HOLD_S, s.off_s + AFTER_OFF_S)


@njit
def end_stroke(p, s, t, out):
    """The present stroke is over: it begins a pair, completes one, or is a dip within one."""
    if s.direction > 0:
        start, start_s, end, end_s = s.low, s.low_s, s.high, s.high_s
    else:
        start, start_s, end, end_s = s.high, s.high_s, s.low, s.low_s
    s.set_end_s = min(end_s, s.moved_s)
    if s.spent == 1:
        s.spent = 0
        return
    if into_place(p, s, start_s):
        s.first = 0
        return
    length = s.high - s.low
    if length < 0.5 * s.least:
        return  # it was not the sled that moved
    if s.measure == SLED and length > p.longest_m:
        s.first = 0
        return
    first = abs(s.first_to - s.first_from)
    if s.first == -s.direction:
        if is_unracking(p, s, first, length):
            s.settled = 1
        elif not completes(p, s, start_s, end_s, length):
            return
        else:
            report_rep(p, s, t, start_s, end, end_s, out)
            return
    elif s.first == s.direction:
        s.first_to, s.first_to_s = end, end_s
        return
    s.first = s.direction
    s.first_from, s.first_from_s = start, start_s
    s.first_to, s.first_to_s = end, end_s


@njit
def forget_strokes(s):
    """The leg walks: what has not become a rep by now was getting up."""
    s.first = 0
    s.spent = 0
    s.direction = 0
    s.high = s.low = s.y


@njit
def end_set(p, s, t, out):
    """Close the set; what is left over was re-racking. Without a rep it was no set."""
    if s.direction != 0 and s.high - s.low >= s.least:
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


@njit
def follow_strokes(p, s, t, out):
    """Running extremes of the present stroke, and its end."""
    y = s.y
    least = s.least
    if into_place(p, s, min(s.high_s, s.low_s)) and t - s.moved_s >= PUT_DOWN_S:
        s.first = 0
        s.direction = 0
        s.high = s.low = y
        s.high_s = s.low_s = t
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
    at_end = (s.direction < 0 and y - s.low < 0.5 * least) or (
        s.measure == PITCH and s.direction > 0 and s.high - y < 0.5 * least  # the sign is free: either may be down
    )
    if at_end and t - max(s.moved_s, s.turned_s) >= p.put_down_s:
        # Put down: what follows begins anew, with unracking where there is any.
        if s.high - s.low >= least:
            end_stroke(p, s, t, out)
        s.first = 0
        s.settled = 0
        s.direction = 0
        s.spent = 0
        s.high = s.low = y
        s.high_s = s.low_s = t
        if s.set_reps == 0:
            end_set(p, s, t, out)  # it has not begun yet
        return
    # After a stand, a second stroke that is nearly as long as the first completes the rep.
    known = s.settled == 1 or (s.first < 0 and s.measure != PITCH)
    ready = known and s.first != 0 and s.first == -s.direction
    if ready and t - s.moved_s >= p.stand_s:
        length = s.high - s.low
        if length >= max(least, 0.75 * abs(s.first_to - s.first_from)):
            end_stroke(p, s, t, out)
            s.spent = 1 if s.first == 0 else 0


@njit
def provisional_rep(p, s):
    """The rep under way: the next one as soon as the live view has turned away from a complete second stroke."""
    s.rep = s.reps
    if s.spent == 1:
        if s.heading == s.direction:
            s.rep = s.reps - 1
    elif s.first != 0 and s.direction == -s.first and s.heading == s.first:
        first, second = abs(s.first_to - s.first_from), s.high - s.low
        from_s, to_s = min(s.high_s, s.low_s), max(s.high_s, s.low_s)
        if second >= s.least and completes(p, s, from_s, to_s, second) and not is_unracking(p, s, first, second):
            s.rep = s.reps + 1
