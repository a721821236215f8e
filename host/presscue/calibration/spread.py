"""How sure a fit is: of its geometry p (6,), and of the flexion that follows from it.

A fit weighs its innovations as if they were as large as the filter expects. They are not, nor independent of each
other, for no model is quite true: the inverse of the normal matrix then says less, or more, than is known. What each
window of readings says by itself shows it: their gradients add up to nothing at the minimum, and by how much they
differ is what chance makes of such readings (Huber 1967; clusters: Liang & Zeger 1986). A belief is as sure as it was
said to be, whatever weight it was given.

Flexion is far better known than the single lengths, which make up for each other: it takes the whole covariance.
"""

import math
from dataclasses import replace

import numpy as np

from presscue.calibration.model import STATED_DEG, Calibration
from presscue.compiled import njit
from presscue.estimation.linkage import Links, pose

FLATTEST = 0.15  # turn of the segment per flexion, at the least: a leg that folds says nothing of flexion
STEP = 1e-5


def covariance_of(
    normal: np.ndarray, windows: np.ndarray, known: np.ndarray, belief: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Covariance (6, 6) of p at a minimum. normal (6, 6): of all residuals. windows (n, 6): gradient of the innovations
    in each window; with few of them, as many more are taken as p has entries. known (6, 6): scatter of the gradient of
    what else was seen. belief, weight (6, 6): covariance of what was believed before, and the information it was given.
    """
    n, entries = windows.shape
    scatter = windows.T @ windows * (n / max(n - entries, 1)) + known + weight @ belief @ weight
    spread = np.linalg.solve(normal, np.linalg.solve(normal, scatter).T)
    return 0.5 * (spread + spread.T)


def with_spread(c: Calibration, covariance: np.ndarray) -> Calibration:
    """c, and how sure it is: covariance (6, 6) of p, and what follows from it."""
    c = replace(c, covariance=covariance, sd=np.sqrt(np.diag(covariance)))
    return replace(c, flexion_sd_deg=flexion_sd_deg(c))


def flexion_sd_deg(c: Calibration) -> tuple[float, float, float]:
    """Standard deviation of flexion at STATED_DEG by what a calibration leaves open, where gravity says how the IMU
    hangs."""
    p = np.array([*c.links, c.leg.tissue, c.leg.mount_rad])
    covariance = np.delete(np.delete(c.covariance, 3, 0), 3, 1)  # the strap's place does not turn it
    found = []
    for phi in np.radians(STATED_DEG):
        per_p = [(angle(p + step, phi) - angle(p - step, phi)) / (2.0 * STEP) for step in STEP * np.eye(5)]
        turn = (angle(p, phi + STEP) - angle(p, phi - STEP)) / (2.0 * STEP)
        row = np.array(per_p) / max(abs(turn), FLATTEST)
        found.append(math.degrees(math.sqrt(row @ covariance @ row)))
    return found[0], found[1], found[2]


@njit
def angle(p, phi):
    """The leg IMU's from the rail, rad, at flexion phi: p (5,) lengths, height, tissue and mount."""
    return pose(Links(p[0], p[1], p[2]), phi).theta + p[3] * phi + p[4]
