"""Seat lift without a seat pad, an estimate: the hip has moved where the sled is not where the leg's turn says.

Over one rep the sled's way is known to a millimetre from its own IMU, which stands at both ends, and the leg's turn
to a tenth of a degree from its gyro. The linkage makes of the turn where the sled would be if the hip were fixed. What
differs is fitted by a drift, by an error of the angle at the bottom, and by a step where the knee is bent most: the
step is the hip's way, out for a hip that goes along, in for one that goes up from the rail. The linkage is known to
some per cent only, so the step of a clean rep is not zero, but in reps as deep it repeats to a millimetre or two within
a set: what counts is the difference from what is usual in the set. So it can be said once the set is over, and of lifts
in the lesser part of its reps.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from presscue.calibration import Calibration, History
from presscue.compiled import njit
from presscue.events import certainty
from presscue.linkage import pose
from presscue.mounting import along_rail, turn_rate
from presscue.results import Event, Output, Rep, SetResult
from presscue.ways import integrated

STEP_AT, STEP_WIDTH = 0.92, 0.05  # parts of the rep's turn: where a lift is looked for, and how soft its edges are
MARGIN_S = 0.15  # before and after a rep the sled stands
RATE_HZ = 50.0
GAP_S = 0.06  # without a reading for longer, the rep is not judged
JERKED_MPS = 0.05  # nor one at whose ends the sled did not stand
LEAST_REPS = 4
LOW_PART = 0.8  # of the steps, the lowest, tell what is usual: most lifts make one larger
LEAST_M = 0.005  # steps below are never a lift; larger: only higher lifts
LEAST_IN_M = 0.015  # the same where the sled is farther in, as legs that are stopped hard make it seem too
SPREADS = 2.5  # nor are those below so many standard deviations of the set's reps
ALIKE_DEG, STRANGE_DEG = 5.0, 12.0  # reps so far from the usual depth are as usual; and nothing is known of them
UNLIKE_M = 0.002  # in between, how much less is known for each degree
SPAN_M = 0.02  # so far beyond the limit is severity 1
SD_M = 0.001  # of one rep's step; a set of a few may agree by chance
FLEXION_RAD = np.linspace(-0.3, 2.4, 271)
SPOILING = frozenset(("valgus", "varus", "heel_lift", "slam"))
"""Faults that move the leg against the sled by themselves: a rep with one is not judged."""


class Step(NamedTuple):
    """The step of a rep (m), from when until when its knee is bent most, and how far."""

    rep: int
    start_s: float
    end_s: float
    step_m: float
    max_flexion_deg: float


class Way(NamedTuple):
    """From one stand with the leg extended down and up to the next (s), and the knee's greatest flexion in between."""

    rep: int
    start_s: float
    end_s: float
    max_flexion_deg: float


class Watch:
    """The reps of the set under way, what else was found in them, and whether the set is over."""

    def __init__(self) -> None:
        self.over = False
        self._reps: list[Rep] = []
        self._events: dict[tuple, Event] = {}

    def note(self, result: Output) -> None:
        """Take in what the core has found."""
        match result:
            case Rep():
                self._reps.append(result)
            case Event():
                self._events[result.key] = result
            case SetResult():
                self.over = True

    @property
    def since_s(self) -> float:
        """From when on readings are wanted; inf if none are."""
        return min((rep.start_s for rep in self._reps), default=math.inf) - 1.0

    def lifts(self, history: History, c: Calibration, now_s: float) -> list[Event]:
        """The seat lifts of the set, which has just ended; needs a linked calibration."""
        spoilt = {event.rep for event in self._events.values() if event.kind in SPOILING and not event.predicted}
        return lifts(history, c, [way for way in ways(self._reps) if way.rep not in spoilt], now_s)


def ways(reps: list[Rep]) -> list[Way]:
    """What is judged of a set's reps (in order): the rep, or, where reps begin with the press, its lowering and the
    press of the next one, since hips lift at the bottom."""
    found = []
    for rep, following in zip(reps, [*reps[1:], None], strict=True):
        if not rep.bottom_s - rep.start_s > rep.eccentric_s + 0.5 * rep.concentric_s:
            found.append(Way(rep.rep, rep.start_s, rep.end_s, rep.max_flexion_deg))
        elif following is not None:
            end_s = following.start_s + following.concentric_s
            found.append(Way(rep.rep, rep.end_s - rep.eccentric_s, end_s, rep.max_flexion_deg))
    return found


def lifts(history: History, c: Calibration, found_ways: Iterable[Way], now_s: float) -> list[Event]:
    """Of the ways of one set, those in which the hip has moved. Severity: how far beyond the limit. Confidence: that
    the step is beyond it, by how well the others agree."""
    found = [step for way in found_ways if (step := step_of(history, c, way)) is not None]
    if len(found) < LEAST_REPS:
        return []
    low = np.sort([each.step_m for each in found])[: math.ceil(LOW_PART * len(found))]
    usual = float(np.median(low))
    sd = max(SD_M, 1.4826 * float(np.median(np.abs(low - usual))))
    deep_deg = float(np.median([each.max_flexion_deg for each in found]))
    events = []
    for rep, start_s, end_s, step_m, max_flexion_deg in found:
        off_deg = abs(max_flexion_deg - deep_deg)
        unlike_m = UNLIKE_M * max(off_deg - ALIKE_DEG, 0.0) if off_deg < STRANGE_DEG else math.inf
        least_m = LEAST_M if step_m > usual else LEAST_IN_M
        over = abs(step_m - usual) - max(least_m, SPREADS * sd) - unlike_m
        if over > 0.0:
            events.append(
                Event(
                    "seat_lift", None, rep, start_s, now_s, end_s, min(over / SPAN_M, 1.0), float(certainty(over, sd)),
                    estimated=True,
                )
            )  # fmt: skip
    return events


def step_of(history: History, c: Calibration, of: Way) -> Step | None:
    """The step of one way; None if the readings do not tell."""
    from_s, to_s = of.start_s - MARGIN_S, of.end_s + MARGIN_S
    t_s = np.arange(from_s, to_s, 1.0 / RATE_HZ)
    speed = _sum(history.sled_t_s, along_rail(history, c), t_s)
    turned = _sum(history.leg_t_s, turn_rate(history, c), t_s)
    if speed is None or turned is None or math.isnan(of.max_flexion_deg):
        return None
    way = t_s - t_s[0]
    speed -= way * speed[-1] / way[-1]
    edge = round(MARGIN_S * RATE_HZ)
    if max(np.ptp(speed[:edge]), np.ptp(speed[-edge:])) > JERKED_MPS:
        return None
    place = integrated(t_s, speed)
    psi, at = np.empty((2, len(FLEXION_RAD)))
    n = places(c.links, c.leg.tissue, FLEXION_RAD, psi, at)
    psi, at = psi[:n], at[:n]
    lowest = int(np.argmin(turned))
    deepest = float(np.interp(np.radians(of.max_flexion_deg), FLEXION_RAD[:n], psi))
    angle = turned - turned[lowest] + deepest
    if angle.max() > psi.max() or angle.min() < psi[-1]:
        return None
    order = slice(None, None, -1)  # psi falls as the knee bends
    off = place - np.interp(angle, psi[order], at[order])
    slope = np.interp(angle, psi[order], np.gradient(at, psi)[order])
    bent = (angle.max() - angle) / np.ptp(angle)
    step = 1.0 / (1.0 + np.exp((STEP_AT - bent) / STEP_WIDTH))
    columns = np.stack([np.ones(t_s.size), way - way.mean(), slope, step], axis=1)
    fitted = np.linalg.lstsq(columns, off, rcond=None)[0]
    step_m = -float(fitted[3]) if c.on_thigh else float(fitted[3])  # the hip takes the thigh's end along
    inside = np.flatnonzero(bent > STEP_AT)
    return Step(of.rep, float(t_s[inside[0]]), float(t_s[inside[-1]]), step_m, of.max_flexion_deg)


@njit
def places(links, tissue, flexion_rad, psi, at_m):
    """Fills the segment's angle as the strap shows it (rad) and the sled's place at each flexion, as far as the angle
    falls. Returns how many those are."""
    for i in range(len(flexion_rad)):
        here = pose(links, flexion_rad[i])
        psi[i] = here.theta + tissue * flexion_rad[i]
        at_m[i] = here.D
        if i > 0 and psi[i] >= psi[i - 1]:
            return i
    return len(flexion_rad)


def _sum(t_s: np.ndarray, values: np.ndarray, at_s: np.ndarray) -> np.ndarray | None:
    """The integral of readings from the first of at_s (n,) on; None where they have a gap or do not reach that far."""
    first, last = np.searchsorted(t_s, (at_s[0], at_s[-1]))
    first -= 1
    if first < 0 or last >= len(t_s) or np.diff(t_s[first : last + 1]).max() > GAP_S:
        return None
    t_s, values = t_s[first : last + 1], values[first : last + 1]
    total = np.interp(at_s, t_s, integrated(t_s, values))
    return total - total[0]
