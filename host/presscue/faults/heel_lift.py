"""Heel lift: a heel leaves the platform, mostly near the bottom. Each foot is judged by itself.

A pad's gain is unknown and creeps, so nothing is judged in newtons. What a foot's own clean reps put on its heel is
learnt as level x shape: the level of this set, and the shape over depth, lowering and pressing apart. The level comes
from the first moments of each set, when heels are flat, so that lifts in the very first reps are found too: until a
shape is learnt it is taken as even, which is within a third of what heels do. The seat's pad is judged in the same way
(seat_lift.py).
"""

import math
from typing import NamedTuple

import numpy as np

from presscue import wire
from presscue.compiled import njit
from presscue.events import BEGUN, ENDED, HEEL_LEFT, HEEL_RIGHT, SEAT_LIFT, report

PADS = wire.PADS
BINS = 8
DEEP_DEG = 90.0
LIGHT, BACK = 1, 2
SILENT_S = 0.5  # a pad silent for longer is not measured
GOING_S = 0.05  # what has moved within so long goes on
OUT = 0.25  # of a least stroke: a sled that creeps out so far is pressed


class Params(NamedTuple):
    """When a heel counts as lifted."""

    share: float = 0.35  # of the foot's own usual reading at this phase; larger: lighter lifts count, ghosts too
    back_share: float = 0.5  # the lift is over above this
    dwell_s: float = 0.1  # below the share for this long while the sled moves; larger: surer, later
    moved: float = 0.14  # and until the sled has moved by this part of a least stroke; larger: surer, later
    turned_deg: float = 0.3  # and the leg has turned by so much with it, where it is measured; larger: surer, later
    thrown: float = 0.6  # a sled that feels less than this part of its push at rest is light; larger: fewer ghosts
    borne: float = 0.6  # the other heel carries above this part of its usual; larger: fewer lifts told in a pause
    stood_s: float = 1.5  # a sled that stands this long under a light heel has been put down; larger: ghosts
    paused_s: float = 0.0  # so long after the last movement counts as movement; larger: pauses too, and getting up
    warm_s: float = 0.3  # of movement from which a set's level is taken; larger: steadier, blind for longer
    clean_share: float = 0.5  # parts of a rep below this share are not learnt
    level_rate: float = 0.5  # how much of a clean rep goes into the level
    shape_rate: float = 0.3  # and into the shape; larger: learns sooner, forgets sooner
    rise_s: float = 0.3  # how fast a level that was taken too low is raised


STATE = np.dtype(
    [
        ("fault", "i8"),  # HEEL_LEFT, HEEL_RIGHT or SEAT_LIFT
        ("t_s", "f8"),
        ("active", "i8"),
        ("warm_s", "f8"),  # movement seen in this set
        ("level", "f8"),
        ("profile", "f8", (2, BINS)),
        ("sums", "f8", (2, BINS)),
        ("counts", "f8", (2, BINS)),
        ("cycle", "i8"),
        ("dirty", "i8"),  # this cycle has a lift
        ("learnt", "i8"),  # clean cycles
        ("below", "i8"),  # LIGHT: below the share; BACK: above it again, and the sled has not moved on yet
        ("lasting", "i8"),
        ("rep", "i8"),
        ("onset_s", "f8"),
        ("went_s", "f8"),  # for how long the sled had moved by then, or the knee
        ("last_s", "f8"),  # last time below the share
        ("ratio", "f8"),  # the last reading, as a part of the usual one
        ("held_s", "f8"),  # movement since the onset
        ("idle_s", "f8"),  # standing since the onset
        ("firm_s", "f8"),  # for how long the other heel has carried
        ("measure", "i8"),  # of the motion at the onset, and its value
        ("onset_y", "f8"),
        ("turned_deg", "f8"),  # how far the leg has turned since, on a sled that does not stand
        ("pitch_deg", "f8"),  # at the last reading
        ("flexion_deg", "f8"),
        ("least", "f8"),  # smallest part of the usual reading
    ]
)


def new_state(fault: int) -> np.ndarray:
    """A state array (1,) of one pad: fault is HEEL_LEFT, HEEL_RIGHT or SEAT_LIFT."""
    state = np.zeros(1, STATE).view(np.recarray)
    state.fault = fault
    state["profile"] = 1.0
    return state


@njit
def step(p, s, one, other, x, rep, out):
    """The pad of s; one and other: those of the heels that say whether the sled is on the feet, of a heel twice the
    other one. Severity: how much of the permitted share is lost. Confidence: the same margin, less before a clean
    rep."""
    if x.source != PADS:
        return
    value = x.heel_left if s.fault == HEEL_LEFT else (x.heel_right if s.fault == HEEL_RIGHT else x.seat)
    if math.isnan(value) and x.t_s - s.t_s < SILENT_S:
        return  # pads need not be read together
    dt = min(x.t_s - s.t_s, 0.1)
    s.t_s = x.t_s
    known = rep.active == 1 and not math.isnan(value)
    if not known:
        if s.lasting == 1:
            s.lasting = 0
            say(p, s, x.t_s, s.last_s, out)
        s.below = 0
        s.active = rep.active
        return
    if s.active == 0:  # a new set: the load, the feet and the pad may have changed
        s.active = 1
        s.warm_s = 0.0
        forget_cycle(s, rep)
    depth = rep.depth if math.isnan(x.flexion_deg) else x.flexion_deg / DEEP_DEG
    part = min(max(int(depth * BINS), 0), BINS - 1)
    way = 1 if rep.heading > 0 else 0
    shape = s.profile[way, part]
    if s.warm_s < p.warm_s:
        if rep.moving == 1:
            whole = s.warm_s + dt
            s.level = (s.level * s.warm_s + value / shape * dt) / whole if s.warm_s > 0.0 else value / shape
            s.warm_s = whole
        return
    usual = s.level * shape
    if not usual > 0.0:
        return
    if value > 1.5 * usual:
        s.level += min(dt / p.rise_s, 1.0) * (value / shape - s.level)
    ratio = value / usual
    if x.thrust < p.thrown:
        return  # a sled stopped at the end of a fast press is light on feet that stand flat
    follow_leg(s, x)
    judge(p, s, x, dt, ratio, borne(p, one, other, x.t_s), rep, out)
    s.ratio = ratio
    if s.below != LIGHT:
        s.went_s = s.went_s + dt if x.t_s - max(rep.moved_s, rep.turned_s) < GOING_S else 0.0
    if ratio > p.clean_share and rep.moving == 1:
        s.sums[way, part] += value
        s.counts[way, part] += 1.0
    if rep.bottoms != s.cycle:
        if s.dirty == 0:
            learn(p, s)
        forget_cycle(s, rep)


@njit
def judge(p, s, x, dt, ratio, on_feet, rep, out):
    """Hold one reading, as a part of the usual one, against the limits. on_feet: what `borne` says.

    A heel that is off while the other one carries is off, moving or not. Of two that are light together only movement
    counts, in time and in way: a sled put down takes the load off both, but stands at once. The clank may throw its
    filter, but the leg does not turn; it turns as it is taken off, but then the sled stands; a leg that sags on a sled
    put down takes the filter along, but creeps from a stand, and not far out. A seat that is light together
    with both heels is no lift either.
    """
    t_s = x.t_s
    if s.lasting == 1:
        s.dirty = 1
        if ratio > p.back_share:
            s.lasting = 0
            s.below = 0
            say(p, s, t_s, s.last_s, out)
        elif ratio < p.share:
            s.last_s = t_s
            s.least = min(s.least, ratio)
        return
    if ratio >= p.share:
        back(p, s, x, ratio, rep, out)
        return
    creeps = s.fault != SEAT_LIFT and not on_feet >= p.borne and rep.going == 0 and s.went_s < p.dwell_s
    creeps = creeps and rep.y - s.onset_y < OUT * rep.least
    if s.below != LIGHT:
        s.below = LIGHT
        since_s = dt * (p.share - ratio) / (s.ratio - ratio) if s.ratio > p.share else 0.0
        s.onset_s = t_s - since_s
        s.measure = rep.measure
        s.onset_y = rep.y - since_s * rep.speed
        s.turned_deg = 0.0
        s.held_s = since_s if rep.moving == 1 else 0.0
        s.idle_s = 0.0
        s.firm_s = 0.0
        s.least = ratio
    elif s.fault == SEAT_LIFT and on_feet < p.borne:
        return
    elif t_s - rep.moved_s < p.paused_s or (rep.moving == 1 and not creeps):
        s.held_s += dt
    else:
        s.idle_s += dt
    s.firm_s = s.firm_s + dt if on_feet >= p.borne else 0.0
    s.last_s = t_s
    s.least = min(s.least, ratio)
    lifted = gone_on(p, s, rep) and rep.direction != 0 and s.held_s >= p.dwell_s and s.idle_s < p.stood_s
    alone = s.fault != SEAT_LIFT and s.firm_s >= p.dwell_s and rep.rep > 0 and t_s - rep.moved_s < p.stood_s
    if lifted or alone:
        begin(p, s, t_s, rep, out)


@njit
def borne(p, one, other, t_s):
    """The larger part of its usual reading on one of two heels; NaN if neither is known."""
    ratio = math.nan
    for heel in (one, other):
        if heel.active == 1 and heel.warm_s >= p.warm_s and t_s - heel.t_s < SILENT_S and not heel.ratio <= ratio:
            ratio = heel.ratio
    return ratio


@njit
def follow_leg(s, x):
    """Add to the leg's turn, by its own IMU; where that is lost, a leg turns by half of what the knee bends."""
    turned_deg = x.pitch_deg - s.pitch_deg
    if math.isnan(turned_deg):
        turned_deg = 0.5 * (s.flexion_deg - x.flexion_deg)
    s.pitch_deg, s.flexion_deg = x.pitch_deg, x.flexion_deg
    if x.still != 1.0:
        s.turned_deg += math.inf if math.isnan(turned_deg) else turned_deg


@njit
def gone_on(p, s, rep):
    """Whether the sled has moved on since the onset, and the leg with it, where it is measured."""
    if p.moved > 0.0 and (abs(s.turned_deg) < p.turned_deg or rep.measure != s.measure):
        return False
    return abs(rep.y - s.onset_y) >= p.moved * rep.least


@njit
def begin(p, s, t_s, rep, out):
    s.lasting = 1
    s.dirty = 1
    s.rep = rep.rep
    say(p, s, t_s, math.nan, out)


@njit
def back(p, s, x, ratio, rep, out):
    """The heel is on again: one that was off a standing sled has been a lift if the sled is then pressed on. Not before
    the first repetition of a set is made: a sled that is taken off the rack is heavy and light by turns."""
    made = rep.rep - (rep.reps - rep.set_reps)
    if s.below == LIGHT and s.held_s + s.idle_s >= p.dwell_s:
        s.below = BACK
    if s.below == BACK and made > 0 and x.t_s - s.last_s < p.stood_s and s.idle_s < p.stood_s:
        if ratio > p.back_share and rep.direction > 0 and gone_on(p, s, rep):
            begin(p, s, x.t_s, rep, out)
    else:
        s.below = 0


@njit
def learn(p, s):
    """Take a clean cycle into level and shape."""
    total = 0.0
    n = 0
    for way in range(2):
        for part in range(BINS):
            if s.counts[way, part] > 0.0:
                total += s.sums[way, part] / s.counts[way, part] / s.profile[way, part]
                n += 1
    if n == 0 or total <= 0.0:
        return
    level = total / n
    s.level += p.level_rate * (level - s.level)
    s.learnt += 1
    for way in range(2):
        for part in range(BINS):
            if s.counts[way, part] > 0.0:
                mean = s.sums[way, part] / s.counts[way, part]
                s.profile[way, part] += p.shape_rate * (mean / level - s.profile[way, part])


@njit
def forget_cycle(s, rep):
    s.cycle = rep.bottoms
    s.dirty = 0
    s.sums[:] = 0.0
    s.counts[:] = 0.0


@njit
def say(p, s, t_s, end_s, out):
    action = BEGUN if math.isnan(end_s) else ENDED
    lost = 1.0 - s.least / p.share
    confidence = (0.5 + 0.5 * lost) * (1.0 if s.learnt > 0 else 0.8)
    report(out, action, s.fault, s.rep, t_s, s.onset_s, end_s, lost, confidence)
