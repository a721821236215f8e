"""Strokes into reps, reps into sets.

* A *stroke* is a monotone movement from one extremum to the next; it is over when the measure has come back from its
  running extremum by `least_stroke`. The hysteresis is local, so slow drift does not matter. One that begins in the
  straight-leg hold, or as it ends, puts the sled on its stops; one longer than a leg is none.
* A *rep* is a pair of strokes, lowering and press in either order; which comes first is settled in order.py, and
  strokes wait until it is. A press before a set's first lowering is then unracking, a stroke left over at its end
  re-racking: no part of a rep. A second stroke much shorter than the first is a dip on the way: the first goes on.
* A rep is reported when it is certain: at the next turn, after a stand, or at the end of the set.
"""

import math

from presscue.compiled import njit
from presscue.events import SET, next_row
from presscue.reps.figures import report_rep
from presscue.reps.measure import PITCH, SLED
from presscue.reps.order import (
    KEPT,
    LOWERING_FIRST,
    PATIENCE_S,
    PRESS_FIRST,
    SURE,
    WAITING,
    from_before,
    press_first_odds,
)
from presscue.reps.phases import IDLE
from presscue.reps.strokes import FLEX, MARGIN_S, extreme_flexion, measured_share

AFTER_HOLD_S = 1.5  # a leg held straight begins to bend so soon after the hold
AFTER_OFF_S = 0.3  # one that is back on the sled goes on so soon to where it pushes
BRIEF_S = 0.15  # no leg moves a sled by a stroke in less: what is measured has jumped
BENT = 0.5  # a knee that turns by less than this part of a least stroke has made none
NEARLY = 0.75  # of the first stroke, after which the second completes a rep if it stops there
KNOWN_SHARE = 0.8  # of a stroke in which flexion has to be measured
BELOW = 0.25  # of a least stroke, by which a sled that stands is below where it rests
PUT_DOWN_S = 1.0  # and once the sled has stood for so long, it is on its stops


@njit
def least_second(p, s, first):
    """How long a stroke has to be to complete a rep that began with a stroke of this length. One to an unusual depth
    is followed by usual ones."""
    usual = s.typical
    if usual == 0.0 and s.waiting > 2:
        usual = abs(s.strokes[1].end - s.strokes[1].start)
    return p.partial_share * (first if usual == 0.0 else min(first, p.unusual_share * usual))


@njit
def bend_deg(s, from_s, to_s):
    """How far the knee turned between two times; NaN where less than most of it was measured."""
    from_s, to_s = from_s - MARGIN_S, to_s + MARGIN_S
    if measured_share(s, FLEX, from_s, to_s) < KNOWN_SHARE:
        return math.nan
    return extreme_flexion(s, 1.0, from_s, to_s) - extreme_flexion(s, -1.0, from_s, to_s)


@njit
def turns_knee(p, s, from_s, to_s):
    """Whether the knee turns between two times, as far as that is known. Where it does not, it is the sled's filter
    that has gone astray."""
    return not bend_deg(s, from_s, to_s) < BENT * p.stroke_deg


@njit
def completes(p, s, from_s, to_s, length):
    """Whether a second stroke of this length, between two times, completes the rep that the last waiting one began.
    Half a rep from the top is a third of the way for the sled, but half of it for the knee."""
    first = s.strokes[s.waiting - 1]
    if not turns_knee(p, s, from_s, to_s):
        return False
    if length >= least_second(p, s, abs(first.end - first.start)):
        return True
    return bend_deg(s, from_s, to_s) >= p.partial_share * bend_deg(s, first.start_s, first.end_s)


@njit
def drop(s, n):
    """The first n waiting strokes wait no more."""
    for i in range(n, s.waiting):
        s.strokes[i - n] = s.strokes[i]
    s.waiting -= n


@njit
def settle(p, s, t, now, out):
    """Find the order if it can be told, or must be now; pair off what waits once it is known."""
    if s.waiting == 0:
        return
    if s.settled == 0:
        either = s.strokes[0].direction > 0 or s.measure == PITCH
        odds = press_first_odds(p, s) if either else from_before(p, s)
        if not either:
            odds = odds if odds > SURE else -KEPT
        s.leaning = PRESS_FIRST if odds > 0.0 else LOWERING_FIRST
        waits = s.waiting < WAITING and t - s.strokes[0].start_s < PATIENCE_S
        if waits and not now and abs(odds) < SURE:
            return
        s.settled = 1
        if s.measure == PITCH and odds <= 0.0:
            drop(s, 1)
    if s.measure != PITCH and s.strokes[0].direction != s.leaning:
        drop(s, 1)  # unracking, or the rest of a rep of which the first stroke was lost
    while s.waiting >= 2:
        report_rep(p, s, t, s.strokes[0], s.strokes[1], out)
        s.found = s.leaning
        drop(s, 2)


@njit
def into_place(p, s, start_s):
    """Whether what began then is no stroke of a set: it puts the sled on its stops after the straight-leg hold, or
    brings the leg back to where it pushes."""
    return start_s < max(p.held_s + AFTER_HOLD_S, s.off_s + AFTER_OFF_S)


@njit
def end_stroke(p, s, t, out):
    """The present stroke is over: it waits for another, completes a rep, or is a dip within one."""
    if s.direction > 0:
        start, start_s, end, end_s = s.low, s.low_s, s.high, s.high_s
    else:
        start, start_s, end, end_s = s.high, s.high_s, s.low, s.low_s
    s.set_end_s = min(end_s, s.moved_s)
    if s.spent == 1:
        s.spent = 0
        return
    if into_place(p, s, start_s):
        s.waiting = 0
        return
    length = s.high - s.low
    if length < 0.5 * s.least or end_s - start_s < BRIEF_S:
        return  # it was not the sled that moved
    if s.measure == SLED and length > p.longest_m:
        settle(p, s, t, True, out)
        s.waiting = 0
        return
    if s.waiting > 0:
        last = s.strokes[s.waiting - 1]
        if last.direction == s.direction:
            last.end, last.end_s = end, end_s
            return
        if not completes(p, s, start_s, end_s, length):
            return
    elif not turns_knee(p, s, start_s, end_s):
        return
    stroke = s.strokes[s.waiting]
    stroke.direction = s.direction
    stroke.start, stroke.start_s = start, start_s
    stroke.end, stroke.end_s = end, end_s
    s.waiting += 1
    settle(p, s, t, False, out)


@njit
def forget_strokes(p, s, t, out):
    """The leg walks: what has not become a rep by now was getting up."""
    settle(p, s, t, True, out)
    s.waiting = 0
    s.spent = 0
    s.direction = 0
    s.high = s.low = s.y


@njit
def end_set(p, s, t, out):
    """Close the set; what is left over was re-racking. Without a rep it was no set."""
    if s.direction != 0 and s.high - s.low >= s.least:
        end_stroke(p, s, t, out)
    settle(p, s, t, True, out)
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
    s.waiting = 0
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
        s.waiting = 0
        s.direction = 0
        s.high = s.low = s.rested = y
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
    stood_s = t - max(s.moved_s, s.turned_s)
    if s.direction == 0 and s.set_reps == 0 and stood_s >= PUT_DOWN_S:
        s.high = s.low = s.rested = y  # the set has not begun: what stirred the sled was no stroke
        s.high_s = s.low_s = s.set_start_s = t
    at_end = (s.direction < 0 and y - s.low < 0.5 * least) or (
        s.measure == PITCH and s.direction > 0 and s.high - y < 0.5 * least  # the sign is free: either may be down
    )
    paused = s.set_reps > 0 and s.measure != PITCH and y < s.rested - BELOW * least  # deeper than where it rests
    if at_end and stood_s >= p.put_down_s and not paused:
        # Put down: what follows begins anew, with unracking where there is any.
        if s.high - s.low >= least:
            end_stroke(p, s, t, out)
        settle(p, s, t, True, out)
        s.waiting = 0
        s.settled = 0
        s.direction = 0
        s.spent = 0
        s.high = s.low = s.rested = y
        s.high_s = s.low_s = t
        if s.set_reps == 0:
            end_set(p, s, t, out)  # it has not begun yet
        return
    if t - s.moved_s >= p.stand_s and s.settled == 1 and nearly_done(s):
        end_stroke(p, s, t, out)
        s.spent = 1 if s.waiting == 0 else 0


@njit
def nearly_done(s):
    """Whether the present stroke, were it over, would complete a rep: it is nearly as long as the first."""
    if s.waiting == 0 or s.direction != -s.strokes[s.waiting - 1].direction:
        return False
    last = s.strokes[s.waiting - 1]
    return s.high - s.low >= max(s.least, NEARLY * abs(last.end - last.start))


@njit
def break_off(p, s, t, out):
    """The motion cannot be followed on, since its sensors were lost or others measure it now: what is certain of it."""
    if nearly_done(s):
        end_stroke(p, s, t, out)
    settle(p, s, t, True, out)


@njit
def provisional_rep(p, s):
    """The rep under way: the next one as soon as the live view has turned away from a complete second stroke. As long
    as the order is not settled, by the likelier one."""
    s.rep = s.reps
    if s.spent == 1:
        if s.heading == s.direction:
            s.rep = s.reps - 1
        return
    if s.waiting == 0:
        return
    unracked = 1 if s.settled == 0 and s.leaning == LOWERING_FIRST else 0
    done = s.waiting - unracked
    s.rep = s.reps + done // 2
    last = s.strokes[s.waiting - 1]
    if done % 2 == 1 and s.direction == -last.direction and s.heading == last.direction:
        second = s.high - s.low
        from_s, to_s = min(s.high_s, s.low_s), max(s.high_s, s.low_s)
        if second >= s.least and completes(p, s, from_s, to_s, second):
            s.rep += 1
