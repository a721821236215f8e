"""Slam: lockout reached fast, or hyperextension (domain.md). Known before the knee is straight."""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import BEGUN, SLAM, certainty, report


class Params(NamedTuple):
    """A smooth 2 s press passes 15 degrees at 0.06 m/s."""

    gate_deg: float = 15.0  # flexion at which the sled's speed is judged
    speed_mps: float = 0.15  # fault above this; larger: only harder slams
    straight_deg: float = 0.0  # fault below this flexion; smaller: only hyperextension beyond it
    caution: float = 1.0  # standard deviations by which flexion must be below straight
    zero_sd_deg: float = 2.0  # of what is called straight: a hold is so to a degree of the shank, two of the knee
    dwell_s: float = 0.05  # and for how long: after a stop flesh rings at 10 to 15 Hz; larger: surer, later
    armed_deg: float = 25.0  # one slam until the knee has been bent this far again
    span_mps: float = 0.3  # this much above the limit is severity 1
    worst_sd_deg: float = 8.0  # flexion less certain than this is not judged


STATE = np.dtype([("armed", "i8"), ("flexion_deg", "f8"), ("beyond_s", "f8")])  # beyond_s: since when, NaN: it is not


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    state = np.zeros(1, STATE).view(np.recarray)
    state["beyond_s"] = math.nan
    return state


@njit
def step(p, s, x, rep, out):
    """Severity: speed beyond the limit, at least 0.5 for hyperextension. A slam is a moment: onset, detection and
    end are the reading that passed the gate (or that has been beyond straight for long enough)."""
    flexion, sd = x.flexion_deg, x.flexion_sd_deg
    if rep.active == 0 or math.isnan(flexion) or sd > p.worst_sd_deg:
        s.armed = 0
        return
    if flexion > p.armed_deg:
        s.armed = 1
    passed = s.armed == 1 and flexion <= p.gate_deg and s.flexion_deg > p.gate_deg
    s.flexion_deg = flexion
    if s.armed == 0:
        return
    if passed and x.velocity_mps > p.speed_mps:
        s.armed = 0
        over = x.velocity_mps - p.speed_mps
        report(out, BEGUN, SLAM, rep.rep, x.t_s, x.t_s, x.t_s, over / p.span_mps, certainty(over, 0.02))
        return
    if not flexion < p.straight_deg - p.caution * math.hypot(p.zero_sd_deg, 0.0 if math.isnan(sd) else sd):
        s.beyond_s = math.nan
    elif math.isnan(s.beyond_s):
        s.beyond_s = x.t_s
    elif x.t_s - s.beyond_s >= p.dwell_s:
        s.armed = 0
        beyond = p.straight_deg - flexion
        report(out, BEGUN, SLAM, rep.rep, x.t_s, x.t_s, x.t_s, 0.5 + 0.1 * beyond, certainty(beyond, sd))
