"""Valgus and varus: the knee falls inward, or is pushed outward, against this lifter's own baseline (domain.md).

What counts as out of plane, and against what, is plane.py's; here one sign of it is held against a limit.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import BEGUN, ENDED, VALGUS_LEFT, VALGUS_RIGHT, VARUS_LEFT, VARUS_RIGHT, certainty, report


class Params(NamedTuple):
    """How far out of plane, and for how long."""

    limit_deg: float = 10.0  # fault beyond this, either way; larger: only grosser faults
    hysteresis_deg: float = 3.0  # over once this far within the limit; larger: fewer, longer events
    dwell_s: float = 0.1  # beyond the limit for this long; larger: surer, later
    stood_s: float = 0.5  # a sled that has stood for longer is not judged; larger: pauses too, and getting up
    sd_deg: float = 1.5  # error of the rotation against the baseline, for the confidence alone
    span_deg: float = 10.0  # this far beyond the limit is severity 1
    right: bool = False  # the right leg carries the IMU


STATE = np.dtype(
    [
        ("sign", "f8"),  # 1 valgus, -1 varus
        ("beyond", "i8"),
        ("lasting", "i8"),
        ("rep", "i8"),
        ("onset_s", "f8"),
        ("last_s", "f8"),  # last time beyond the limit
        ("most_deg", "f8"),
    ]
)


def new_state(sign: float) -> np.ndarray:
    """A state array (1,) that has seen nothing: sign 1 for valgus, -1 for varus."""
    state = np.zeros(1, STATE).view(np.recarray)
    state["sign"] = sign
    return state


@njit
def step(p, s, x, rep, out):
    """Severity: how far beyond the limit. Confidence: that the truth is beyond it, by the most rotation so far."""
    turned = s.sign * x.valgus_deg
    known = rep.active == 1 and not math.isnan(turned)
    if s.lasting == 1 and (not known or turned < p.limit_deg - p.hysteresis_deg):
        s.lasting = 0
        say(p, s, x.t_s, s.last_s, out)
    if not known or turned <= p.limit_deg:
        s.beyond = 0
        return
    if s.lasting == 0 and x.t_s - rep.moved_s > p.stood_s:
        s.beyond = 0
        return
    if s.beyond == 0:
        s.beyond = 1
        if s.lasting == 0:
            s.onset_s = x.t_s
            s.most_deg = turned
    s.last_s = x.t_s
    s.most_deg = max(s.most_deg, turned)
    if s.lasting == 0 and x.t_s - s.onset_s >= p.dwell_s:
        s.lasting = 1
        s.rep = rep.rep
        say(p, s, x.t_s, math.nan, out)


@njit
def say(p, s, t_s, end_s, out):
    action = BEGUN if math.isnan(end_s) else ENDED
    inward, outward = (VALGUS_RIGHT, VARUS_RIGHT) if p.right else (VALGUS_LEFT, VARUS_LEFT)
    over = s.most_deg - p.limit_deg
    fault = inward if s.sign > 0.0 else outward
    report(out, action, fault, s.rep, t_s, s.onset_s, end_s, over / p.span_deg, certainty(over, p.sd_deg))
