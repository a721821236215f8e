"""A calibration in a later set, for a tenth of what fitting anew would cost.

One run of the filter and one for each entry of p give gradient and normal matrix of the innovations there. The best
quadratic step says how much a fit could gain, and the sensitivity to the mount, by windows, whether the strap has
turned. Where all of that is well below what fit.py asks for before it believes a change, and the sled's own ways are
such as the geometry has them, the step is taken: so it is with nearly every set of feet put down anew. All else is left
to the fit.
"""

from dataclasses import replace

import numpy as np

from presscue.calibration.belief import MOUNT, after_rest, vector
from presscue.calibration.coupling import Spans, during
from presscue.calibration.model import Calibration, History
from presscue.calibration.mounting import angle_deg, principal, thinned
from presscue.calibration.spread import covariance_of, with_spread
from presscue.calibration.surprise import FIT_NOISE, INNOVATION_WEIGHT, Problem, huber, problem_of, seen_at, take_in
from presscue.compiled import njit
from presscue.estimation.estimator import FILTER, Leg
from presscue.estimation.linkage import Links

SAME_DEG = 6.0  # rail and flexion axis nearer than this to where they were
SAME_RAD = 0.07  # the mount over the whole set
EVEN_RAD = 0.06  # and between its parts before and after any time
GAIN = 9.0  # weighted squares that another geometry would save, by its best quadratic step, or of the ways too many
WINDOW_S = 4.0  # of the course of the mount
FAIR = 6.0  # innovations beyond say nothing of the mount
STEPS = np.array([1e-3, 1e-3, 2e-3, 2e-3, 1e-3, 1e-3])


def followed(history: History, c: Calibration, prior: Calibration, moves: Spans) -> Calibration | None:
    """c as the readings of a set have it, where that is one small step away; None where they give reason to fit it
    anew. prior: the one before the rest before it. moves: of `movements`. Raises NoFit if the sled has not moved."""
    if not frames_hold(history, c, moves):
        return None
    problem = problem_of(history, c, after_rest(prior), None, moves=moves)
    white, phi = problem.run(vector(c))
    problem = problem.trusting(vector(c), white)
    ways = problem.ways_residuals(vector(c), phi)
    if float(ways @ ways) >= GAIN + len(ways):
        return None
    normal, slopes, curve = sensitivities_of(problem, vector(c), white)
    if not mount_holds(curve):
        return None
    belief = problem.belief
    slope = slopes.sum(axis=0)
    known = normal + belief.information
    step = -np.linalg.solve(known, slope + belief.information @ (vector(c) - belief.mean))
    if -float(2.0 * slope @ step + step @ normal @ step) >= GAIN:
        return None
    links, leg = problem.split(vector(c) + step)
    windows = slopes + normal @ step / len(slopes)  # as they are after the step
    covariance = covariance_of(known, windows, np.zeros((6, 6)), belief.covariance, belief.information)
    return with_spread(replace(c, links=links, leg=leg, information=known), covariance)


def frames_hold(history: History, c: Calibration, moves: Spans) -> bool:
    """Whether rail and flexion axis are where they were, by the directions in which the readings vary most. moves: of
    `movements`."""
    force = thinned(history.sled_t_s, history.sled[:, :3])[1]
    leg_t_s, rate = thinned(history.leg_t_s, history.leg[:, 3:])
    moving = during(moves, leg_t_s)
    if not moving.any():
        return False
    directions = ((force - np.median(force, axis=0), c.rail), (rate[moving] - np.median(rate, axis=0), c.axis))
    return all(angle_deg(principal(values)[0], direction) < SAME_DEG for values, direction in directions)


def mount_holds(curve: np.ndarray) -> bool:
    """Whether the mount stayed, by its course: weight and pull (n, 2) in windows."""
    seen = curve[curve[:, 0] > 0.0]
    if abs(seen[:, 1].sum()) > SAME_RAD * seen[:, 0].sum():
        return False
    weight = 1.0 / (1.0 / seen[:, 0] + 0.01**2)
    early, sums = np.cumsum(weight), np.cumsum(weight * seen[:, 1] / seen[:, 0])
    cuts = slice(1, -2)  # two windows on either side
    before, after = sums[cuts] / early[cuts], (sums[-1] - sums[cuts]) / (early[-1] - early[cuts])
    return bool(np.all(np.abs(after - before) < EVEN_RAD))


def sensitivities_of(problem: Problem, p: np.ndarray, white: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At p: the innovations' normal matrix (6, 6), by windows their gradient (k, 6) and the mount's weight and pull.
    white (n, 3): the innovations there."""
    windows = 1 + int((problem.t_s[-1] - problem.t_s[0]) / WINDOW_S)
    normal, slopes, curve = np.zeros((6, 6)), np.zeros((windows, 6)), np.zeros((windows, 2))
    filters = np.zeros(6, FILTER).view(np.recarray)
    trust = np.ones(len(problem.t_s)) if problem.trust is None else problem.trust
    weights = INNOVATION_WEIGHT * np.sqrt(trust)
    sensitivities(
        *problem.seen, weights, white, problem.leg, p + np.diag(STEPS), FIT_NOISE, filters, normal, slopes, curve
    )
    return normal, slopes, curve


@njit
def sensitivities(
    kinds, t_s, readings, loud, starts, weights, white, sits, trials, noise, filters, normal, slopes, curve
):
    """See above. weights (n,) of the innovations. trials (6, 6): p with each entry one of STEPS away. filters (6,):
    room."""
    moved, row = np.zeros((6, 3)), np.zeros(6)
    for i in range(len(t_s)):
        seen = seen_at(kinds, t_s, readings, loud, starts, i)
        for k in range(6):
            p = trials[k]
            links, leg = Links(p[0], p[1], p[2]), Leg(p[3], p[4], p[5], sits.up_u, sits.up_w, sits.carried)
            moved[k, 0], moved[k, 1], moved[k, 2] = take_in(seen, links, leg, noise, filters[k])
        window = int((t_s[i] - t_s[0]) / WINDOW_S)
        for j in range(1 if kinds[i] == 0 else 3):
            here = weights[i] * huber(white[i, j])
            for k in range(6):
                row[k] = (weights[i] * huber(moved[k, j]) - here) / STEPS[k]
                slopes[window, k] += row[k] * here
                for other in range(k + 1):
                    normal[k, other] += row[k] * row[other]
            if abs(white[i, j]) < FAIR:
                turn = (moved[MOUNT, j] - white[i, j]) / STEPS[MOUNT]
                curve[window, 0] += turn * turn
                curve[window, 1] -= turn * white[i, j]
    for k in range(6):
        for other in range(k):
            normal[other, k] = normal[k, other]
