"""Whether the strap has turned on the leg: within a set, or from one set to the next."""

import math
from dataclasses import replace

import numpy as np

from presscue import advice
from presscue.advice import Remark
from presscue.calibration.belief import MOUNT, after_rest, believable, vector
from presscue.calibration.minimum import minimise, taken
from presscue.calibration.model import Calibration
from presscue.calibration.surprise import Problem

CREPT_RAD = 0.07  # within one set
TURNED_GAIN = 20.0  # weighted squares of innovation that a turn must save; two faulty reps of a strap that sat: 9


def mount_curve(problem: Problem, p: np.ndarray, window_s: float = 4.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the mount seems to be over time, against that of p: t_s (k,), off_rad (k,), sd_rad (k,), by windows.

    One step of Gauss-Newton in the mount alone; large turns come out too small, but with their sign.
    """
    step = 0.01
    q = p.copy()
    q[MOUNT] += step
    white = problem.whitened(p)
    slope = (problem.whitened(q) - white) / step
    fair = np.abs(white) < 6.0
    bins = np.floor((problem.t_s - problem.t_s[0]) / window_s).astype(int)
    weight = np.bincount(bins, np.sum(fair * slope**2, axis=1))
    pull = np.bincount(bins, -np.sum(fair * slope * white, axis=1))
    when = np.bincount(bins, problem.t_s) / np.maximum(np.bincount(bins), 1)
    seen = weight > 0.0
    sd = 1.0 / np.sqrt(weight[seen])
    return when[seen], pull[seen] / weight[seen], sd


def turned_by(problem: Problem, p: np.ndarray) -> float:
    """How far (rad) the mount of p is off over a whole set: a few steps in the mount alone."""
    p = p.copy()
    start = p[MOUNT]
    for _ in range(4):
        _, off_rad, _ = mount_curve(problem, p, math.inf)
        if not len(off_rad):  # no reading agrees with p near enough to say
            break
        p[MOUNT] += float(np.clip(off_rad[0], -0.2, 0.2))
        if abs(off_rad[0]) < 0.005:
            break
    return float(p[MOUNT] - start)


def crept(problem: Problem, c: Calibration) -> Calibration:
    """Whether the mount has changed within a set: by a step, after which it is found anew, or little by little."""
    t_s, off_rad, sd_rad = mount_curve(problem, vector(c))
    step_rad, at_s, sharp = _step(t_s, off_rad, sd_rad)

    if abs(step_rad) < CREPT_RAD:
        return c
    since_s = float(at_s)
    before, rest = problem.before(since_s), problem.after(since_s)
    old = taken(c, before, minimise(before, vector(c), 6))
    rest = replace(rest, belief=after_rest(old, slipped=True), hold_psi=None)
    start = vector(old)
    start[MOUNT] += turned_by(rest, start)
    new = taken(c, rest, minimise(rest, start, 12))
    turned_deg = math.degrees(abs(new.leg.mount_rad - old.leg.mount_rad))
    if turned_deg < math.degrees(CREPT_RAD) or not believable(problem.belief, new):
        return c
    if rest.gain(vector(c), vector(new), ways=True) < TURNED_GAIN:
        return c
    remark = Remark(advice.LEG_TURNED if sharp else advice.LEG_LOOSE, since_s, turned_deg)
    return replace(new, remarks=(*c.remarks, remark))


def _step(t_s: np.ndarray, off_rad: np.ndarray, sd_rad: np.ndarray) -> tuple[float, float, bool]:
    """The one step that explains most of a curve: its size, when it is, and whether it is a step, not a slope."""
    weight = 1.0 / (sd_rad**2 + 0.01**2)
    best, size, at_s = math.inf, 0.0, math.nan
    for k in range(2, len(t_s) - 1):
        left, right = (np.average(off_rad[part], weights=weight[part]) for part in (slice(0, k), slice(k, None)))
        left_over = np.sum(weight * (off_rad - np.where(np.arange(len(t_s)) < k, left, right)) ** 2)
        if left_over < best:
            best, size, at_s = float(left_over), float(right - left), float(0.5 * (t_s[k - 1] + t_s[k]))
    if len(t_s) < 4:
        return 0.0, math.nan, False
    line = np.polyfit(t_s, off_rad, 1, w=np.sqrt(weight))
    slope_left = float(np.sum(weight * (off_rad - np.polyval(line, t_s)) ** 2))
    return size, at_s, best <= slope_left
