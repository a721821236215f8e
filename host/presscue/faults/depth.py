"""Too deep: the knee past 90 degrees, or past this lifter's own limit (domain.md)."""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import BEGUN, DEPTH, ENDED, certainty, report


class Params(NamedTuple):
    """Flexion that is too deep, and for how long."""

    max_flexion_deg: float = 90.0  # fault above this; larger: deeper reps pass
    hysteresis_deg: float = 4.0  # over once this far below the limit; larger: fewer, longer events
    dwell_s: float = 0.01  # above the limit for this long; larger: surer, later
    worst_sd_deg: float = 8.0  # flexion less certain than this is not judged
    span_deg: float = 20.0  # this far beyond the limit is severity 1


STATE = np.dtype(
    [
        ("above", "i8"),
        ("lasting", "i8"),
        ("rep", "i8"),
        ("onset_s", "f8"),
        ("last_s", "f8"),  # last time above the limit
        ("most_deg", "f8"),
        ("sd_deg", "f8"),
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    return np.zeros(1, STATE).view(np.recarray)


@njit
def step(p, s, x, rep, out):
    """Severity: how far beyond the limit. Confidence: that the truth is beyond it, by the most flexion so far."""
    flexion = x.flexion_deg
    known = rep.active == 1 and not math.isnan(flexion) and not x.flexion_sd_deg > p.worst_sd_deg
    if s.lasting == 1 and (not known or flexion < p.max_flexion_deg - p.hysteresis_deg):
        s.lasting = 0
        say(p, s, x.t_s, s.last_s, out)
    sd = 0.0 if math.isnan(x.flexion_sd_deg) else x.flexion_sd_deg
    if not known or flexion <= p.max_flexion_deg:
        s.above = 0
        return
    if s.above == 0:
        s.above = 1
        if s.lasting == 0:
            s.onset_s = x.t_s
            s.most_deg = flexion
    s.last_s = x.t_s
    if flexion >= s.most_deg:
        s.most_deg = flexion
        s.sd_deg = sd
    if s.lasting == 0 and x.t_s - s.onset_s >= p.dwell_s:
        s.lasting = 1
        s.rep = rep.rep
        say(p, s, x.t_s, math.nan, out)


@njit
def say(p, s, t_s, end_s, out):
    action = BEGUN if math.isnan(end_s) else ENDED
    over = s.most_deg - p.max_flexion_deg
    report(out, action, DEPTH, s.rep, t_s, s.onset_s, end_s, over / p.span_deg, certainty(over, s.sd_deg))
