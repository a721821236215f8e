"""Valgus and varus: the knee falls inward, or is pushed outward, against this lifter's own baseline (domain.md).

What counts as out of plane, and against what, is plane.py's; here one sign of it is held against a limit.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import VALGUS_LEFT, VALGUS_RIGHT, VARUS_LEFT, VARUS_RIGHT, certainty
from presscue.faults import excess


class Params(NamedTuple):
    """How far out of plane, and for how long."""

    limit_deg: float = 10.0  # fault beyond this, either way; larger: only grosser faults
    hysteresis_deg: float = 3.0  # over once this far within the limit; larger: fewer, longer events
    dwell_s: float = 0.1  # beyond the limit for this long; larger: surer, later
    stood_s: float = 0.5  # a sled that has stood for longer is not judged; larger: pauses too, and getting up
    sd_deg: float = 1.5  # error of the rotation against the baseline, for the confidence alone
    span_deg: float = 10.0  # this far beyond the limit is severity 1
    right: bool = False  # the right leg carries the IMU


STATE = np.dtype([("sign", "f8"), *excess.FIELDS])  # sign: 1 valgus, -1 varus


def new_state(sign: float) -> np.ndarray:
    """A state array (1,) that has seen nothing: sign 1 for valgus, -1 for varus."""
    state = np.zeros(1, STATE).view(np.recarray)
    state["sign"] = sign
    return state


@njit
def step(p, s, x, rep, out):
    """Severity: how far beyond the limit. Confidence: that the truth is beyond it, by the most rotation so far."""
    over = s.sign * x.valgus_deg - p.limit_deg
    known = rep.active == 1 and not math.isnan(over)
    standing = s.lasting == 0 and x.t_s - rep.moved_s > p.stood_s
    back = not known or over < -p.hysteresis_deg
    action = excess.judge(
        s, x.t_s, rep.rep, over, p.sd_deg, known and over > 0.0 and not standing, back, True, p.dwell_s
    )
    if action == excess.NOTHING:
        return
    inward, outward = (VALGUS_RIGHT, VARUS_RIGHT) if p.right else (VALGUS_LEFT, VARUS_LEFT)
    fault = inward if s.sign > 0.0 else outward
    excess.say(s, action, fault, x.t_s, s.most / p.span_deg, certainty(s.most, s.sd), out)
