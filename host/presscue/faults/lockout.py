"""Lockout: the knee straightened under load. Fault below a soft bend, over once the safe band is left (domain.md)."""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import BEGUN, ENDED, LOCKOUT, certainty, report


class Params(NamedTuple):
    """soft_bend_deg and band_deg belong together: a larger gap needs a deeper bend before the next fault."""

    soft_bend_deg: float = 8.0  # fault below this flexion; larger: more faults, earlier
    band_deg: float = 12.0  # the fault is over, and another possible, above this flexion
    caution: float = 0.5  # so many standard deviations of flexion are added to the limit
    caution_deg: float = 1.0  # but at most this; larger: more faults where flexion is uncertain
    dwell_s: float = 0.03  # below the limit for this long; larger: surer, later
    worst_sd_deg: float = 8.0  # flexion less certain than this is not judged


STATE = np.dtype(
    [
        ("armed", "i8"),  # the knee has been bent beyond the band under load
        ("below", "i8"),
        ("lasting", "i8"),
        ("rep", "i8"),
        ("onset_s", "f8"),
        ("last_s", "f8"),  # last time below the limit
        ("least_deg", "f8"),
        ("sd_deg", "f8"),
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    return np.zeros(1, STATE).view(np.recarray)


@njit
def step(p, s, x, rep, out):
    """Severity: how much of the soft bend is lost. Confidence: that it is so in truth, by the least flexion so far."""
    flexion = x.flexion_deg
    known = rep.active == 1 and not math.isnan(flexion) and not x.flexion_sd_deg > p.worst_sd_deg
    if s.lasting == 1 and (not known or flexion > p.band_deg):
        s.lasting = 0
        say(p, s, x.t_s, s.last_s, out)
    if not known:
        s.armed = 0
        s.below = 0
        return
    if flexion > p.band_deg:
        s.armed = 1
    sd = 0.0 if math.isnan(x.flexion_sd_deg) else x.flexion_sd_deg
    limit = p.soft_bend_deg + min(p.caution * sd, p.caution_deg)
    if flexion >= limit:
        s.below = 0
        return
    if s.below == 0:
        s.below = 1
        if s.lasting == 0:
            s.onset_s = x.t_s
            s.least_deg = flexion
    s.last_s = x.t_s
    if flexion <= s.least_deg:
        s.least_deg = flexion
        s.sd_deg = sd
    if s.armed == 1 and s.lasting == 0 and x.t_s - s.onset_s >= p.dwell_s:
        s.armed = 0
        s.lasting = 1
        s.rep = rep.rep
        say(p, s, x.t_s, math.nan, out)


@njit
def say(p, s, t_s, end_s, out):
    action = BEGUN if math.isnan(end_s) else ENDED
    lost = p.soft_bend_deg - s.least_deg
    report(out, action, LOCKOUT, s.rep, t_s, s.onset_s, end_s, lost / p.soft_bend_deg, certainty(lost + 0.5, s.sd_deg))
