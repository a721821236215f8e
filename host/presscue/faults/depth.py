"""Too deep: the knee past 90 degrees, or past this lifter's own limit (domain.md)."""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import DEPTH, certainty
from presscue.faults import excess
from presscue.reps.phases import BOTTOM, LOWERING


class Params(NamedTuple):
    """Flexion that is too deep, and for how long."""

    max_flexion_deg: float = 90.0  # fault above this; larger: deeper reps pass
    hysteresis_deg: float = 4.0  # over once this far below the limit; larger: fewer, longer events
    caution: float = 0.15  # so many standard deviations of the calibration's part in flexion; larger: surer, fewer
    dwell_s: float = 0.01  # above the limit for this long; larger: surer, later
    pressed_mps: float = 0.03  # a sled that goes out faster than that takes no knee deeper
    stood_s: float = 1.0  # nor does one that has stood for so long: then the feet have moved
    worst_sd_deg: float = 8.0  # flexion less certain than this is not judged
    span_deg: float = 20.0  # this far beyond the limit is severity 1


STATE = np.dtype([*excess.FIELDS, ("armed", "i8")])


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    return np.zeros(1, STATE).view(np.recarray)


@njit
def step(p, s, x, rep, out):
    """Severity: how far beyond the limit. Confidence: that the truth is beyond it, by the most flexion so far.

    Only a knee that was seen straighter goes too deep: one that is found beyond the limit, on the stops or elsewhere,
    does not. And it does so as the sled comes down, not while it is pressed or rests.
    """
    known = rep.active == 1 and not math.isnan(x.flexion_deg) and not x.flexion_sd_deg > p.worst_sd_deg
    over = x.flexion_deg - p.max_flexion_deg
    back = not known or over < -p.hysteresis_deg
    if back:
        s.armed = 1 if known else 0
    doubt = 0.0 if math.isnan(x.geometry_sd_deg) else p.caution * x.geometry_sd_deg
    comes_down = (rep.phase == LOWERING or rep.phase == BOTTOM) and not x.velocity_mps > p.pressed_mps
    comes_down = comes_down and x.t_s - rep.moved_s < p.stood_s
    beyond, armed = known and over > doubt and (comes_down or s.beyond == 1), s.armed == 1
    action = excess.judge(s, x.t_s, rep.rep, over, excess.flexion_sd_deg(x), beyond, back, armed, p.dwell_s)
    if action != excess.NOTHING:
        excess.say(s, action, DEPTH, x.t_s, s.most / p.span_deg, certainty(s.most, s.sd), out)
