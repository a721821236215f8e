"""Lockout seen coming: where will this press end, and when is the soft bend lost?

Every end angle from hyperextension to a deep bend is held against what is seen, Bayes' rule does the rest:

* prior: where this lifter's clean presses ended, and how often they lock out;
* speed: what part of its top speed a press still has with this part of its way to go. Before anything is learnt, that
  of a minimum-jerk movement (Flash & Hogan 1985); then this lifter's own deceleration;
* force: to stop within the rest of the way at this speed takes a deceleration; one far beyond what this lifter's clean
  presses ended with is not to be expected. It tells a slam long before its speed falls.

A prediction is made once in a press, when lockout is likely enough and due within the horizon: the time that a cue
takes to be felt, and the lifter to act on it. It comes true or not; both are said. Nothing that is learnt here moves
the limit of lockout.py.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue import wire
from presscue.compiled import njit
from presscue.events import BEGUN, ENDED, LOCKOUT_AHEAD, report

PADS = wire.PADS
BINS = 12
WAY = 0.6
"""The shape of a press is known for its last part: BINS of WAY / BINS of the way each."""
DEEP = 48
"""Degrees below which speeds of a press are remembered."""
FIRST_DEG, STEP_DEG, ENDS = -6.0, 2.0, 18
"""End angles that are held against each other."""


class Params(NamedTuple):
    """When a lockout counts as coming."""

    soft_bend_deg: float = 8.0  # that of lockout.py
    latency_s: float = 0.075  # from detection to the actuator; the design's budget until it is measured
    reaction_s: float = 0.3  # what a human under load needs at the least (domain.md); larger: earlier, less sure
    sure: float = 0.8  # probability of a lockout from which it is said; larger: fewer false ones, later
    every_s: float = 0.01  # how often it is worked out
    begin_deg: float = 45.0  # a press is looked at below this flexion
    slow_dps: float = 6.0  # a knee slower than this is about to stop
    resumed: float = 0.25  # then it trembles, below this part of the press's top speed or on a sled that stands
    worst_sd_deg: float = 8.0  # flexion less certain than this is not judged
    speed_sd: float = 0.12  # least spread of the speed's share between presses
    force_sd: float = 0.5  # spread of the deceleration, as a logarithm
    end_sd_deg: float = 1.5  # least spread of own ends


STATE = np.dtype(
    [
        ("t_s", "f8"),
        ("pressing", "i8"),
        ("said", "i8"),  # 1 once a prediction has been made in this press
        ("stopped", "i8"),  # 1 once it has come to a stand
        ("rep", "i8"),
        ("onset_s", "f8"),
        ("due_deg", "f8"),  # end of the press as predicted
        ("sure", "f8"),
        ("deep_deg", "f8"),  # where the press began
        ("least_deg", "f8"),  # and how far it has come
        ("peak_dps", "f8"),
        ("force_dps2", "f8"),  # greatest v2 / 2r so far, of a press whose end is known
        ("speeds", "f8", DEEP),  # when the knee passed each degree
        # learnt
        ("presses", "i8"),
        ("lockouts", "i8"),
        ("ends", "f8", 2),  # clean ends: mean and variance
        ("shares", "f8", (BINS, 2)),  # share of the top speed: mean and variance
        ("own_dps2", "f8"),
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    state = np.zeros(1, STATE).view(np.recarray)
    state["ends"][0] = 17.0, 5.0**2
    left = (np.arange(BINS) + 0.5) * WAY / BINS
    y = np.linspace(0.0, 1.0, 2001)
    way = y**3 * (10.0 - 15.0 * y + 6.0 * y * y)
    y = np.interp(left, way, y)
    state["shares"][0, :, 0] = 16.0 * (y * (1.0 - y)) ** 2
    state["shares"][0, :, 1] = 0.15**2
    state["own_dps2"] = 150.0
    return state


@njit
def share_at(s, left, which):
    """Mean (0) or variance (1) of the speed's share with `left` of the way to go."""
    at = left / WAY * BINS - 0.5
    if at >= BINS - 1:
        return s.shares[BINS - 1, which]
    if at <= 0.0:
        if which == 1:
            return s.shares[0, 1]
        return s.shares[0, 0] * max(left, 0.0) / (0.5 * WAY / BINS)
    i = int(at)
    return s.shares[i, which] + (at - i) * (s.shares[i + 1, which] - s.shares[i, which])


@njit
def time_to(p, s, flexion, end):
    """Seconds from `flexion` to the soft bend, in a press that ends at `end`."""
    steps = 6
    whole = max(s.deep_deg - end, 1.0)
    gone = (flexion - p.soft_bend_deg) / steps
    total = 0.0
    for k in range(steps):
        at = flexion - (k + 0.5) * gone
        total += gone / (max(share_at(s, (at - end) / whole, 0), 0.05) * s.peak_dps)
    return total


@njit
def weigh(p, s, flexion, speed):
    """Probability of a lockout, and the end of the press if it is one."""
    often = (1.0 + s.lockouts) / (8.0 + s.presses)
    spread = max(s.ends[1], p.end_sd_deg**2)
    share = speed / s.peak_dps
    locked, clean, moment = 0.0, 0.0, 0.0
    for k in range(ENDS):
        end = FIRST_DEG + k * STEP_DEG
        left = flexion - end
        if left <= 0.0:
            break
        if end < p.soft_bend_deg:
            weight = often * STEP_DEG / (p.soft_bend_deg - FIRST_DEG)
        else:
            off = end - s.ends[0]
            weight = (1.0 - often) * (
                0.95 * STEP_DEG * math.exp(-0.5 * off * off / spread) / math.sqrt(2.0 * math.pi * spread) + 0.05 / 12
            )
        part = left / max(s.deep_deg - end, 1.0)
        off = share - share_at(s, part, 0)
        var = max(share_at(s, part, 1), p.speed_sd**2)
        weight *= math.exp(-0.5 * off * off / var) / math.sqrt(var)
        force = speed * speed / (2.0 * left)
        if force > s.own_dps2:
            off = math.log(force / s.own_dps2) / p.force_sd
            weight *= math.exp(-0.5 * off * off)
        if end < p.soft_bend_deg:
            locked += weight
            moment += weight * end
        else:
            clean += weight
    if not locked > 0.0:
        return 0.0, 0.0
    return locked / (locked + clean), moment / locked


@njit
def step(p, s, x, rep, out):
    """Severity: how much of the soft bend is expected to be lost. Confidence: the probability of a lockout."""
    if x.source == PADS:
        return
    flexion = x.flexion_deg
    known = rep.active == 1 and not math.isnan(flexion) and not x.flexion_sd_deg > p.worst_sd_deg
    if s.pressing == 1 and (not known or rep.heading <= 0):
        if known:
            learn(p, s)
        if s.said == 1:
            say(p, s, ENDED, x.t_s, x.t_s, out)
        s.pressing = 0
    if not known:
        return
    if s.pressing == 0:
        if rep.heading <= 0:
            s.deep_deg = max(flexion, s.deep_deg) if rep.heading < 0 else flexion
            return
        s.pressing = 1
        s.said = 0
        s.stopped = 0
        s.deep_deg = max(flexion, s.deep_deg)
        s.least_deg = flexion
        s.peak_dps = 0.0
        s.speeds[:] = 0.0
    speed = -x.rate_dps
    s.peak_dps = max(s.peak_dps, speed)
    if flexion < s.least_deg:
        s.least_deg = flexion
        if 0.0 <= flexion < DEEP:
            s.speeds[int(flexion)] = speed
    if speed < p.slow_dps:
        s.stopped = 1
    elif speed > p.resumed * s.peak_dps and rep.moving == 1:
        s.stopped = 0
    if s.said != 0 or s.stopped == 1 or x.t_s - s.t_s < p.every_s or not p.soft_bend_deg < flexion < p.begin_deg:
        return
    s.t_s = x.t_s
    if s.deep_deg - flexion < 15.0:
        return
    sure, end = weigh(p, s, flexion, speed)
    if sure < p.sure:
        return
    due_s = time_to(p, s, flexion, end)
    if due_s > p.latency_s + p.reaction_s:
        return
    s.said = 1
    s.rep = rep.rep
    s.onset_s = x.t_s + due_s
    s.due_deg = end
    s.sure = sure
    say(p, s, BEGUN, x.t_s, math.nan, out)


@njit
def say(p, s, action, t_s, end_s, out):
    report(out, action, LOCKOUT_AHEAD, s.rep, t_s, s.onset_s, end_s, 1.0 - s.due_deg / p.soft_bend_deg, s.sure)


@njit
def learn(p, s):
    """A press is over: its end, how its speed fell, and what it took to stop it."""
    end = s.least_deg
    if s.deep_deg - end < 30.0 or not s.peak_dps > 0.0:
        s.deep_deg = 0.0
        return
    s.presses += 1
    if end < p.soft_bend_deg:
        s.lockouts += 1
    else:
        n = min(s.presses - s.lockouts, 8)
        off = end - s.ends[0]
        gain = 1.0 / (n + 1.0)
        s.ends[0] += gain * off
        s.ends[1] += gain * (off * off - s.ends[1])
    whole = s.deep_deg - end
    gain = 1.0 / (min(s.presses, 6) + 2.0)
    force = 0.0
    for k in range(BINS):
        at = end + (k + 0.5) * WAY / BINS * whole
        if at < 1.0 or at >= DEEP:
            continue
        speed = s.speeds[int(at)]
        if speed <= 0.0:
            continue
        off = speed / s.peak_dps - s.shares[k, 0]
        s.shares[k, 0] += gain * off
        s.shares[k, 1] += gain * (off * off - s.shares[k, 1])
        force = max(force, speed * speed / (2.0 * (at - end)))
    if end >= p.soft_bend_deg:
        s.own_dps2 += 0.3 * (max(force, 50.0) - s.own_dps2)
    s.deep_deg = 0.0
