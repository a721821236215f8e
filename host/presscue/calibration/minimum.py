"""The geometry that surprises the filter least, by Levenberg-Marquardt, and how sure it is."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from presscue.calibration.belief import MOUNT
from presscue.calibration.model import Calibration
from presscue.calibration.spread import covariance_of, with_spread
from presscue.calibration.surprise import Problem
from presscue.estimation.linkage import pose

HOLD_SHARE = 0.5  # of the hold's variance in the fit, where it is said how sure that is: what is off is off by less


class Minimum(NamedTuple):
    """Where the residuals are smallest: p, their squares' sum, and the jacobian (n, 6) and residuals (n,) near it."""

    p: np.ndarray
    cost: float
    jacobian: np.ndarray
    residuals: np.ndarray


def first_guesses(problem: Problem) -> list[np.ndarray]:
    """Where to start: the leg at its most extended was near straight, softly bent, or well bent."""
    extended = problem.extended(0.02)
    guesses = []
    for degrees in (3.0, 15.0, 30.0):
        p = problem.belief.mean.copy()
        p[MOUNT] = extended - pose(problem.split(p)[0], math.radians(degrees)).theta
        guesses.append(p)
    return guesses


def minimise(problem: Problem, p: np.ndarray, steps: int) -> Minimum:
    """Levenberg-Marquardt with forward differences, at most so many steps."""
    scale = np.array([1e-3, 1e-3, 2e-3, 2e-3, 1e-3, 1e-3])
    farthest = 4.0 / np.sqrt(np.diag(problem.belief.information))
    r = problem.residuals(p)
    cost = float(r @ r)
    damping = 1e-2
    jacobian = np.empty((len(r), len(p)))
    for _ in range(steps):
        for k in range(len(p)):
            q = p.copy()
            q[k] += scale[k]
            jacobian[:, k] = (problem.residuals(q) - r) / scale[k]
        normal = jacobian.T @ jacobian
        slope = jacobian.T @ r
        for _ in range(6):
            step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slope)
            step = np.clip(step, -farthest, farthest)
            trial = problem.residuals(p + step)
            if float(trial @ trial) < cost:
                break
            damping *= 5.0
        else:
            break
        gain = cost - float(trial @ trial)
        p, r, cost = p + step, trial, float(trial @ trial)
        damping = max(damping / 10.0, 1e-6)
        if gain < 1e-4 * cost:
            break
    return Minimum(p, cost, jacobian, r)


def minimise_trusting(problem: Problem, p: np.ndarray, steps: int) -> Minimum:
    """`minimise`, and then again with less trust in what surprises under what was found."""
    found = minimise(problem, p, steps)
    for _ in range(3):
        found = minimise(problem.trusting(found.p), found.p, 6)
    return found


def covariance(problem: Problem, found: Minimum) -> np.ndarray:
    """Of p (6, 6), by how much the windows of readings, and the sled's ways, disagree at a minimum."""
    n, ways = 3 * len(problem.t_s), len(problem.ways.way_m)
    gradients = found.jacobian * found.residuals[:, None]
    window = np.repeat(problem.windows, 3)
    windows = np.stack([np.bincount(window, each) for each in gradients[:n].T], axis=1)[np.bincount(window) > 0]
    strokes = gradients[n : n + ways]
    extended = found.jacobian[n + ways + len(found.p) :]
    share = 1.0 if problem.hold_psi is None else HOLD_SHARE
    normal = found.jacobian.T @ found.jacobian
    known = strokes.T @ strokes + share * extended.T @ extended
    return covariance_of(normal, windows, known, problem.belief.covariance, problem.belief.information)


def taken(frames: Calibration, problem: Problem, found: Minimum) -> Calibration:
    """The calibration of a minimum."""
    links, leg = problem.split(found.p)
    normal = found.jacobian.T @ found.jacobian
    c = replace(frames, links=links, leg=leg, information=normal, cost=found.cost / len(problem.t_s))
    return with_spread(c, covariance(problem, found))
