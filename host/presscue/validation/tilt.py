"""Tilt of a sensor that turns freely, for BROAD alone: the leg's own filter turns about one axis.

The same three thoughts as in tracker, in three dimensions: the gyro carries the orientation from reading to reading,
gravity holds the tilt over seconds, rest shows the gyro's bias. Specific force is averaged where the gyro says that the
sensor does not turn, in a frame carried along with it (as VQF does: Laidig & Seel 2023, Information Fusion 91), so that
accelerations to and fro cancel.
"""

import math

import numpy as np

from ..compiled import njit

GRAVITY_S = 3.0  # how long specific force is averaged; larger: less is left of accelerations, more of the gyro's bias
REST_S = 1.0  # rest that shows a bias
REST_RADPS = 0.035  # a gyro that differs no more from its mean over REST_S
REST_MPS2 = 0.5  # and specific force
BIAS_S = 2.0  # memory of the bias, in seconds of rest


@njit
def turned(q, x, y, z):
    """Vector x, y, z rotated by a unit quaternion (4,), w first."""
    w, a, b, c = q
    s, t, u = 2 * (b * z - c * y), 2 * (c * x - a * z), 2 * (a * y - b * x)
    return x + w * s + b * u - c * t, y + w * t + c * s - a * u, z + w * u + a * t - b * s


@njit
def product(p, q):
    """Quaternion p q."""
    return np.array(
        [
            p[0] * q[0] - p[1] * q[1] - p[2] * q[2] - p[3] * q[3],
            p[0] * q[1] + p[1] * q[0] + p[2] * q[3] - p[3] * q[2],
            p[0] * q[2] - p[1] * q[3] + p[2] * q[0] + p[3] * q[1],
            p[0] * q[3] + p[1] * q[2] - p[2] * q[1] + p[3] * q[0],
        ]
    )


@njit
def orientation(dt, force, rate):
    """Orientation (n, 4), sensor to a level frame of free heading, of specific force and rate (n, 3) every dt s."""
    n = force.shape[0]
    out = np.empty((n, 4))
    carried = np.array([1.0, 0.0, 0.0, 0.0])  # sensor to a frame that only the gyro carries
    level = np.array([1.0, 0.0, 0.0, 0.0])  # and from there to a level one
    bias, mean_rate, mean_force = np.zeros(3), rate[0].copy(), force[0].copy()
    mean, slope = np.zeros(3), np.zeros(3)  # of the force in the carried frame: a Butterworth filter of second order
    cut = math.sqrt(2.0) / GRAVITY_S
    still_s, rested_s = 0.0, 0.0
    for i in range(n):
        slow = min(dt / REST_S, 1.0)
        off_rate, off_force = 0.0, 0.0
        for k in range(3):
            mean_rate[k] += slow * (rate[i, k] - mean_rate[k])
            mean_force[k] += slow * (force[i, k] - mean_force[k])
            off_rate = max(off_rate, abs(rate[i, k] - mean_rate[k]))
            off_force = max(off_force, abs(force[i, k] - mean_force[k]))
        still_s = still_s + dt if off_rate < REST_RADPS and off_force < REST_MPS2 else 0.0
        if still_s > REST_S:
            rested_s = min(rested_s + dt, BIAS_S)
            for k in range(3):
                bias[k] += dt / rested_s * (mean_rate[k] - bias[k])
        wx, wy, wz = rate[i, 0] - bias[0], rate[i, 1] - bias[1], rate[i, 2] - bias[2]
        size = math.sqrt(wx * wx + wy * wy + wz * wz)
        if size > 1e-9:
            half = math.sin(0.5 * size * dt) / size
            carried = product(carried, np.array([math.cos(0.5 * size * dt), half * wx, half * wy, half * wz]))
            carried /= math.sqrt((carried * carried).sum())
        fx, fy, fz = turned(carried, force[i, 0], force[i, 1], force[i, 2])
        felt = np.array([fx, fy, fz])
        for k in range(3):
            if i * dt < GRAVITY_S:  # a plain mean until there is enough to forget
                mean[k] += (felt[k] - mean[k]) / (i + 1)
            else:
                slope[k] += dt * cut * (cut * (felt[k] - mean[k]) - math.sqrt(2.0) * slope[k])
                mean[k] += dt * slope[k]
        ux, uy, uz = turned(level, mean[0], mean[1], mean[2])
        size = math.sqrt(ux * ux + uy * uy + uz * uz)
        if size > 1e-6:
            w = math.sqrt(max(0.5 * (1.0 + uz / size), 1e-12))
            level = product(np.array([w, 0.5 * uy / size / w, -0.5 * ux / size / w, 0.0]), level)
            level /= math.sqrt((level * level).sum())
        out[i] = product(level, carried)
    return out


def inclination_error_deg(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Angle (n,) between the verticals of two orientations (n, 4), w first, as BROAD has it (Laidig et al. 2021)."""
    w1, x1, y1, z1 = found.T
    w2, x2, y2, z2 = true.T * np.array([[1], [-1], [-1], [-1]])
    w = w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2
    z = w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2
    return np.degrees(2.0 * np.arccos(np.clip(np.hypot(w, z), 0.0, 1.0)))
