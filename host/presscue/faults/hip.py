"""Seat lift without a seat pad, an estimate: the hip has moved where the sled is not where the leg's turn says.

Over one rep the sled's way is known to a millimetre from its own IMU, which stands at both ends, and the leg's turn
to a tenth of a degree from its gyro. The linkage makes of the turn where the sled would be if the hip were fixed. What
differs is fitted by a drift, by an error of the angle at the bottom, and by a step where the knee is bent most: the
step is the hip's way, out for a hip that goes along, in for one that goes up from the rail. The linkage is known to
some per cent only, so the step of a clean rep is not zero, but in reps as deep it repeats to some millimetres within
a set: what counts is the difference from what most reps of the set agree on, against how well they do. So it can be
said once the set is over, and of lifts in the lesser part of its reps.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from presscue.calibration.model import Calibration, History
from presscue.calibration.mounting import along_rail, turn_rate
from presscue.calibration.ways import integrated
from presscue.compiled import njit
from presscue.estimation.linkage import pose
from presscue.events import certainty
from presscue.results import Event, Output, Rep, SetResult

STEP_AT, STEP_WIDTH = 0.92, 0.05  # parts of the rep's turn: where a lift is looked for, and how soft its edges are
MARGIN_S = 0.15  # before and after the ends of a rep it is looked for where the leg stands, extended
RATE_HZ = 50.0
GAP_S = 0.06  # without a reading for longer, the rep is not judged
LEAST_S = 0.5  # nor one shorter than this
UNEXPLAINED_M = 0.015  # nor where more than this (root mean square) is neither drift, angle nor step: no rep of a leg
FARTHEST_M = 0.12  # nor where the step is larger: no hip goes so far
LEAST_REPS = 3
USUAL_SD_M, USUAL_REPS = 0.0012, 2.0  # of clean reps' steps, before they are seen; and for how many it counts
TIMES_LEFT = 2.0  # at the least so many times what is left unexplained (median): slow reps drift, rails nod
ASTRAY = 4.0  # a step so many standard deviations from the others' does not tell what is usual
LEAST_M = 0.005  # steps below are never a lift; larger: only higher lifts
LEAST_IN_M = 0.018  # the same where the sled is farther in, as legs that are stopped hard make it seem too
SPREADS = 3.0  # nor are those below so many standard deviations
ALIKE_DEG, STRANGE_DEG = 5.0, 12.0  # reps so far from the usual depth are as usual; and nothing is known of them
UNLIKE_M = 0.0008  # in between, how much less is known (standard deviation) for each degree
SPAN_M = 0.02  # so far beyond the limit is severity 1
FLEXION_RAD = np.linspace(-0.3, 2.4, 271)
SPOILING = frozenset(("valgus", "varus", "heel_lift", "slam"))
"""Faults that move the leg against the sled by themselves: a rep with one is not judged."""


class Step(NamedTuple):
    """The step of a rep (m), from when until when its knee is bent most, how far, and what is left (m, root mean
    square)."""

    rep: int
    start_s: float
    end_s: float
    step_m: float
    max_flexion_deg: float
    left_m: float


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
    steps = [step for way in found_ways if (step := step_of(history, c, way)) is not None]
    deep_deg = float(np.median([step.max_flexion_deg for step in steps])) if steps else math.nan
    judged = [
        step
        for step in steps
        if abs(step.max_flexion_deg - deep_deg) < STRANGE_DEG
        and step.left_m < UNEXPLAINED_M
        and abs(step.step_m) < FARTHEST_M
    ]
    if len(judged) < LEAST_REPS:
        return []
    expected_m = max(USUAL_SD_M, TIMES_LEFT * float(np.median([step.left_m for step in judged])))
    usual, spread, reps = usual_of(np.array([step.step_m for step in judged]), expected_m)
    events = []
    for rep, start_s, end_s, step_m, max_flexion_deg, _ in judged:
        unlike_m = UNLIKE_M * max(abs(max_flexion_deg - deep_deg) - ALIKE_DEG, 0.0)
        sd = math.hypot(spread * math.sqrt(1.0 + 1.0 / reps), unlike_m)
        over = abs(step_m - usual) - max(LEAST_M if step_m > usual else LEAST_IN_M, SPREADS * sd)
        if over > 0.0:
            events.append(
                Event(
                    "seat_lift", None, rep, start_s, now_s, end_s, min(over / SPAN_M, 1.0), float(certainty(over, sd)),
                    estimated=True,
                )
            )  # fmt: skip
    return events


def usual_of(steps: np.ndarray, expected_m: float) -> tuple[float, float, float]:
    """What most of a set's steps (n,) agree on: their mean and standard deviation (m), and how many do.
    expected_m: that deviation, before they are seen.

    From the middle of the half that lies closest together, steps far off (Tukey's weights) are left out by and by.
    """
    ordered = np.sort(steps)
    half = max((len(ordered) + 1) // 2, 2)
    first = int(np.argmin(ordered[half - 1 :] - ordered[: len(ordered) - half + 1]))
    close = ordered[first : first + half]
    mean, sd = float(close.mean()), max(expected_m, float(np.ptp(close)))
    weights = np.ones(len(steps))
    for _ in range(8):
        weights = (1.0 - np.clip((steps - mean) / (ASTRAY * sd), -1.0, 1.0) ** 2) ** 2
        mean = float(weights @ steps / weights.sum())
        squares = USUAL_REPS * expected_m**2 + float(weights @ (steps - mean) ** 2)
        sd = math.sqrt(squares / (USUAL_REPS + max(float(weights.sum()) - 1.0, 0.0)))
    return mean, sd, max(float(weights.sum()), 1.0)


def step_of(history: History, c: Calibration, of: Way) -> Step | None:
    """The step of one way; None if the readings do not tell."""
    from_s, to_s = of.start_s - MARGIN_S, of.end_s + MARGIN_S
    t_s = np.arange(from_s, to_s, 1.0 / RATE_HZ)
    speed = _sum(history.sled_t_s, along_rail(history, c), t_s)
    turned = _sum(history.leg_t_s, turn_rate(history, c), t_s)
    if speed is None or turned is None or math.isnan(of.max_flexion_deg):
        return None
    edge = round(2.0 * MARGIN_S * RATE_HZ) + 1
    first, last = int(np.argmax(turned[:edge])), len(t_s) - edge + int(np.argmax(turned[-edge:]))
    if last - first < LEAST_S * RATE_HZ:
        return None
    t_s, speed, turned = (values[first : last + 1] for values in (t_s, speed, turned))
    way = t_s - t_s[0]
    speed = speed - speed[0] - way * (speed[-1] - speed[0]) / way[-1]  # the sled stands where the leg does
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
    left_m = float(np.sqrt(np.mean((off - columns @ fitted) ** 2)))
    return Step(of.rep, float(t_s[inside[0]]), float(t_s[inside[-1]]), step_m, of.max_flexion_deg, left_m)


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
