"""Imbalance: one leg carries more than the other, over a whole set (domain.md). Never told of one rep.

What is compared is what the heels put on their pads. Two FSR pads differ in gain by more than two legs do, so with
them a set is held against this lifter's own earlier sets; only load cells compare left and right as they are. Healthy
people differ by 4-10 %, and repeat themselves to 14-23 %: that stands in the confidence.

The measure is (left - right) / (left + right), "bilateral asymmetry index 1" of Bishop et al. 2018.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue import wire
from presscue.compiled import njit
from presscue.events import BEGUN, IMBALANCE_LEFT, IMBALANCE_RIGHT, certainty, report

PADS = wire.PADS
CYCLES = 64
"""Reps of one set that are told apart; the rest is not looked at."""


class Params(NamedTuple):
    """When a set counts as unbalanced."""

    part: float = 0.15  # of the sum; larger: only greater differences
    sustained: float = 0.75  # of the reps must be beyond it, to the same side; larger: steadier imbalance only
    least_reps: int = 3  # a shorter set is not judged
    repeat_sd: float = 0.14  # how far the same person differs from set to set; larger: less confident
    absolute: bool = False  # load cells: left and right are compared as they are
    usual_left: float = math.nan  # left part that is usual for lifter and pads, from earlier sessions


STATE = np.dtype(
    [
        ("sets", "i8"),
        ("active", "i8"),
        ("reps", "i8"),  # before this set
        ("cycle", "i8"),
        ("left", "f8"),  # readings of this cycle, summed
        ("right", "f8"),
        ("cycles", "i8"),
        ("ratios", "f8", CYCLES),  # logarithm of left by right, of each cycle
        ("usual", "f8"),  # the same, mean of the sets before
        ("usual_sets", "i8"),
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    return np.zeros(1, STATE).view(np.recarray)


@njit
def step(p, s, x, rep, left, right, out):
    """left, right: states of heel_lift.py. What a lifted heel reads does not count."""
    if rep.sets != s.sets:
        s.sets = rep.sets
        end_set(p, s, x.t_s, rep.reps - s.reps, rep.last_set_end_s, out)
    if x.source != PADS:
        return
    if rep.active == 0:
        s.active = 0
        return
    if s.active == 0:
        s.active = 1
        s.reps = rep.reps
        s.cycles = 0
        s.left = 0.0
        s.right = 0.0
        s.cycle = rep.bottoms
    if rep.bottoms != s.cycle:
        s.cycle = rep.bottoms
        end_cycle(s)
    lifted = left.below == 1 or left.lasting == 1 or right.below == 1 or right.lasting == 1
    if rep.moving == 1 and not lifted and x.heel_left > 0.0 and x.heel_right > 0.0:
        s.left += x.heel_left
        s.right += x.heel_right


@njit
def end_cycle(s):
    if s.left > 0.0 and s.right > 0.0 and s.cycles < CYCLES:
        s.ratios[s.cycles] = math.log(s.left / s.right)
        s.cycles += 1
    s.left = 0.0
    s.right = 0.0


@njit
def end_set(p, s, t_s, reps, end_s, out):
    """Severity: how far beyond the limit, 1 at twice the limit. Confidence: that the difference is beyond it in truth.
    Side: the one that carries more."""
    n = s.cycles
    s.cycles = 0
    if min(n, reps) < p.least_reps:
        return
    mean = 0.0
    for k in range(n):
        mean += s.ratios[k] / n
    zero = 0.0
    if not p.absolute:
        if not math.isnan(p.usual_left):
            zero = math.log(p.usual_left / (1.0 - p.usual_left))
        elif s.usual_sets > 0:
            zero = s.usual
        else:
            keep(s, mean)
            return
    part = math.tanh(0.5 * (mean - zero))
    beyond, spread = 0, 0.0
    for k in range(n):
        own = math.tanh(0.5 * (s.ratios[k] - zero))
        beyond += 1 if own * part > 0.0 and abs(own) > p.part else 0
        spread += (own - part) ** 2 / n
    over = abs(part) - p.part
    if over <= 0.0 or beyond < p.sustained * n:
        keep(s, mean)
        return
    fault = IMBALANCE_LEFT if part > 0.0 else IMBALANCE_RIGHT
    sd = math.sqrt(p.repeat_sd**2 + spread / n)
    report(out, BEGUN, fault, -1, t_s, end_s, end_s, over / p.part, certainty(over, sd))


@njit
def keep(s, mean):
    """A balanced set goes into what is usual."""
    s.usual_sets += 1
    s.usual += (mean - s.usual) / s.usual_sets
