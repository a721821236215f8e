"""The sled's path after the fact, for recordings without a leg IMU: a smoother over velocity and bias.

A streaming filter learns only when the sled rests again how wrong its velocity had gone. Offline that is told backwards
too, to the velocity and to the accelerometer's bias (Rauch, Tung & Striebel 1965).
"""

import numpy as np

from ..calibration.coupling import runs
from ..calibration.ways import integrated
from ..compiled import njit
from ..kernel import COLUMNS

STILL = COLUMNS.index("still")

QUIET_S = 0.3
QUIET_FLOORS = 2.0
"""Over so long the acceleration's deviation is below so many floors when the sled rests or moves at constant speed."""
QUIET_LEAST_MPS2 = 0.03
REST_S = 0.1
"""A rest lasts so long."""
REST_MPS, REST_PER_S = 0.05, 0.05
STEADY_MPS2 = 0.1
"""A sled that may rest does if its velocity is found to be below this, more by so much per second of movement, and its
acceleration over the rest: a steady push is as calm."""
STOOD_SD_MPS = 0.01
"""How surely a sled at rest stands, each reading."""
NOISE_MPS2, BIAS_WALK = 0.1, 3e-4
"""What a reading adds in motion, and the bias in a second, m/s2."""
BIAS_SD_MPS2, START_SD_MPS = 0.3, 0.7
GAP_PERIODS = 1.5


class Stood:
    """Traces of a core in, the times out in which its filter took the sled to stand."""

    def __init__(self):
        self.spans_s: list[tuple[float, float]] = []
        self._last_s = -np.inf

    def add(self, trace: np.ndarray) -> None:
        """Rows, shape (n, COLUMNS), in order. Rows that begin anew at an earlier time replace those from there on."""
        if not len(trace):
            return
        t_s = trace[:, 0]
        if t_s[0] < self._last_s:
            self.spans_s = [(first_s, min(last_s, t_s[0])) for first_s, last_s in self.spans_s if first_s < t_s[0]]
        self._last_s = t_s[-1]
        self.spans_s += [(t_s[start], t_s[end - 1]) for start, end in runs(trace[:, STILL] == 1.0)]


def sled_path(
    t_s: np.ndarray, along_mps2: np.ndarray, floor_mps2: float, stood_s: list[tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Position (m) and velocity (m/s) at t_s (n,), increasing, of a sled with this acceleration along the rail (n,).

    Gravity is taken off already, up to a slow bias. floor_mps2: deviation of the acceleration at rest. stood_s: from
    when to when a filter that knew only the past took the sled to stand; where its velocity says otherwise, it went.
    """
    if len(t_s) < 3:
        return np.zeros(len(t_s)), np.zeros(len(t_s))
    calm = _quiet(t_s, along_mps2, floor_mps2)
    for first_s, last_s in stood_s:
        calm[np.searchsorted(t_s, first_s) : np.searchsorted(t_s, last_s, "right")] = True
    ends = np.zeros(len(t_s), np.int64)  # at the first reading of a possible rest, where it ends
    means = np.zeros(len(t_s))  # and the acceleration in it
    for start, end in runs(calm):
        if t_s[end - 1] - t_s[start] >= REST_S:
            ends[start], means[start] = end, along_mps2[start:end].mean()
    step_s = np.diff(t_s)
    variance = np.concatenate([[0.0], (NOISE_MPS2 * step_s) ** 2])
    gap = np.flatnonzero(step_s > GAP_PERIODS * np.median(step_s))
    variance[gap + 1] += (0.5 * np.diff(along_mps2)[gap] * step_s[gap]) ** 2
    velocity = _smoothed(t_s, along_mps2, variance, ends, means, floor_mps2)
    return integrated(t_s, velocity), velocity


def _quiet(t_s: np.ndarray, along: np.ndarray, floor: float) -> np.ndarray:
    """Where the acceleration hardly varies, (n,)."""
    period_s = float(np.median(np.diff(t_s)))
    n = max(3, round(QUIET_S / period_s))
    limit = max(QUIET_FLOORS * floor, QUIET_LEAST_MPS2)
    padded = np.pad(along, (n // 2, n - 1 - n // 2), mode="edge")
    sums, squares = (np.concatenate([[0.0], np.cumsum(each)]) for each in (padded, padded**2))
    mean, power = (sums[n:] - sums[:-n]) / n, (squares[n:] - squares[:-n]) / n
    return power - mean**2 < limit**2


@njit
def _smoothed(t_s, along, variance, ends, means, floor):
    """Velocity (n,): forwards through the readings, standing where it may rest and does, and backwards again.

    variance (n,): what the way from the reading before adds to the velocity in motion. ends (n,): not 0 where a
    possible rest begins; means (n,): the acceleration over it.
    """
    n = len(t_s)
    v, b, vv, vb, bb = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    told = np.zeros((n, 5))  # the same five before the reading's own rest is known
    speed, bias, p, q, r = 0.0, 0.0, START_SD_MPS**2, 0.0, BIAS_SD_MPS2**2
    until, rested = 0, -1
    for i in range(n):
        dt = t_s[i] - t_s[i - 1] if i > 0 else 0.0
        if i > 0:
            speed += dt * (0.5 * (along[i] + along[i - 1]) - bias)
            added = (floor * dt) ** 2 if i < until else variance[i]
            p += dt * (dt * r - 2.0 * q) + added
            q -= dt * r
            r += BIAS_WALK**2 * dt
        told[i] = speed, bias, p, q, r
        if ends[i] > 0:
            slow = rested < 0 or abs(speed) < REST_MPS + REST_PER_S * (t_s[i] - t_s[rested])
            if slow and (rested < 0 or abs(means[i] - bias) < STEADY_MPS2):
                until = ends[i]
        if i < until:
            rested = i
            total = p + STOOD_SD_MPS**2
            to_speed, to_bias = p / total, q / total
            bias -= to_bias * speed
            speed -= to_speed * speed
            r -= to_bias * q
            p, q = (1.0 - to_speed) * p, (1.0 - to_speed) * q
        v[i], b[i], vv[i], vb[i], bb[i] = speed, bias, p, q, r
    for i in range(n - 2, -1, -1):
        dt = t_s[i + 1] - t_s[i]
        speed, bias, p, q, r = told[i + 1]
        off_v, off_b, size = v[i + 1] - speed, b[i + 1] - bias, p * r - q * q
        to_v, to_b = (r * off_v - q * off_b) / size, (p * off_b - q * off_v) / size
        v[i] += (vv[i] - dt * vb[i]) * to_v + vb[i] * to_b
        b[i] += (vb[i] - dt * bb[i]) * to_v + bb[i] * to_b
    return v
