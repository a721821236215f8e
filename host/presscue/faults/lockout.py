"""Lockout: the knee straightened under load. Fault below a soft bend, over once the safe band is left (domain.md)."""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import BEGUN, LOCKOUT, certainty
from presscue.faults import excess


class Params(NamedTuple):
    """soft_bend_deg and band_deg belong together: a larger gap needs a deeper bend before the next fault."""

    soft_bend_deg: float = 8.0  # fault below this flexion; larger: more faults, earlier
    band_deg: float = 12.0  # the fault is over, and another possible, above this flexion
    bent_s: float = 0.1  # for this long: flesh rings at 7 Hz and more, and flexion with it, but above for less
    caution: float = 0.5  # so many standard deviations of flexion are added to the limit
    caution_deg: float = 1.0  # but at most this; larger: more faults where flexion is uncertain
    dwell_s: float = 0.03  # below the limit for this long; larger: surer, later
    fast_mps: float = 0.1  # or at all, while the sled still goes so fast: flesh that rings soon hides it; larger: fewer
    worst_sd_deg: float = 8.0  # flexion less certain than this is not judged


STATE = np.dtype([("armed", "i8"), ("within_s", "f8"), *excess.FIELDS])
"""armed: the knee has been bent beyond the band under load. within_s: it was last not."""


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    state = np.zeros(1, STATE).view(np.recarray)
    state["within_s"] = math.inf
    return state


@njit
def step(p, s, x, rep, out):
    """Severity: how much of the soft bend is lost. Confidence: that it is so in truth, by the least flexion so far."""
    flexion, sd = x.flexion_deg, x.flexion_sd_deg
    known = rep.active == 1 and not math.isnan(flexion) and not sd > p.worst_sd_deg
    if not known or flexion <= p.band_deg or s.within_s > x.t_s:
        s.within_s = x.t_s
    bent = x.t_s - s.within_s >= p.bent_s
    if not known:
        s.armed = 0
    elif bent:
        s.armed = 1
    limit = p.soft_bend_deg + min(p.caution * (0.0 if math.isnan(sd) else sd), p.caution_deg)
    below, back = known and flexion < limit, not known or bent
    dwell_s = 0.0 if x.velocity_mps > p.fast_mps else p.dwell_s
    action = excess.judge(
        s, x.t_s, rep.rep, p.soft_bend_deg - flexion, excess.flexion_sd_deg(x), below, back, s.armed == 1, dwell_s
    )
    if action == excess.NOTHING:
        return
    if action == BEGUN:
        s.armed = 0
    excess.say(s, action, LOCKOUT, x.t_s, s.most / p.soft_bend_deg, certainty(s.most, s.sd), out)
