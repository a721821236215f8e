"""Tempo: uncontrolled lowering, or a bounce at the bottom (domain.md). Both are known only at the bottom."""

from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import BEGUN, TEMPO, report
from presscue.reps.measure import SLED
from presscue.reps.strokes import steepest


class Params(NamedTuple):
    """How fast is too fast."""

    lowering_s: float = 1.0  # fault below this; larger: more lowerings are too fast
    bounce_mps2: float = 4.0  # fault above this turn-round acceleration; larger: only harder bounces
    rebound_s: float = 0.12  # after the bottom, the turn is judged this much later
    window_s: float = 0.08  # acceleration is the slope of the speed over this time: longer than any clank
    blur: float = 0.85  # what such a slope and the filter leave of a bounce's peak
    part: float = 0.5  # lowerings shorter than this part of the typical one are not judged (re-racking)
    whole: float = 0.8  # shorter than this they may still be: told only once the sled has come back up by half


STATE = np.dtype([("bottoms", "i8"), ("waiting", "i8"), ("rep", "i8"), ("bottom_s", "f8"), ("missing_s", "f8")])


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    return np.zeros(1, STATE).view(np.recarray)


@njit
def step(p, s, x, rep, out):
    """At most one event for each bottom. Severity: the part of the time that is missing, or the acceleration beyond
    the limit as a part of it. Confidence: 0.5 at the limit, 1 a tenth of a second or 2 m/s2 beyond it."""
    if s.missing_s > 0.0 and rep.heading > 0 and rep.halfway == 1 and rep.bottoms == s.bottoms:
        tell_haste(p, s, x.t_s, out)
    if rep.bottoms != s.bottoms or rep.active == 0:
        s.missing_s = 0.0
    if rep.bottoms != s.bottoms:
        s.bottoms = rep.bottoms
        s.waiting = 0
        if rep.lowering >= p.part:
            s.bottom_s = rep.bottom_s
            s.rep = rep.rep
            s.waiting = 1
            s.missing_s = p.lowering_s - rep.lowering_s
            if s.missing_s > 0.0:
                s.waiting = 0
                if rep.lowering >= p.whole:
                    tell_haste(p, s, x.t_s, out)
    if s.waiting == 1 and x.t_s >= s.bottom_s + p.rebound_s:
        s.waiting = 0
        if rep.measure == SLED:
            peak = steepest(rep, s.bottom_s - p.rebound_s, s.bottom_s + p.rebound_s, p.window_s) / p.blur
            over = peak - p.bounce_mps2
            if over > 0.0:
                say(s, x.t_s, over / p.bounce_mps2, 0.5 + 0.25 * over, out)


@njit
def tell_haste(p, s, t_s, out):
    say(s, t_s, s.missing_s / p.lowering_s, 0.5 + 5.0 * s.missing_s, out)
    s.missing_s = 0.0


@njit
def say(s, t_s, severity, confidence, out):
    report(out, BEGUN, TEMPO, s.rep, t_s, s.bottom_s, s.bottom_s, severity, confidence)
