"""The sled's path after the fact, for recordings without a leg IMU: a smoother over velocity and bias.

A streaming filter learns only when the sled rests again how wrong its velocity had gone. Offline that is told backwards
too, to the velocity and to the accelerometer's bias (Rauch, Tung & Striebel 1965). How noisy the acceleration is shows
across the rail, where nobody pushes, and how far the rail nods in the sled's gyro.
"""

import numpy as np

from ..calibration.coupling import runs
from ..calibration.model import Calibration
from ..calibration.mounting import smooth
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
STOOD_M2PS = 2e-6
"""Density of the noise in how a sled at rest stands, (m/s)2 s: over a second that is known to 1.4 mm/s."""
PUSH_S = 0.25
"""What goes across the rail from one such stretch of movement to the next is noise, and as much goes along it."""
MEDIAN_SQUARE = 1.386
"""Of two independent normal deviates, summed up."""
UNKNOWN_MPS2 = 0.1
"""Noise of a reading in motion where too little movement shows it."""
MOST_NOISE = 4e-4
"""Its density, (m/s2)2 s, at most: what goes across more than that is no rumble, but another way than the rail's."""
TURN_S, SLOW_S = 0.25, 6.0
"""What a sled turns within such times, it turns as it goes: it rattles faster, and its gyro's bias wanders slower."""
NODS = 0.5
"""The share of its turns that goes with its velocity, from which on a rail is taken to nod."""
BIAS_WALK = 3e-4
"""What the bias adds in a second, m/s2."""
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
    t_s: np.ndarray, imu: np.ndarray, c: Calibration, stood_s: list[tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Position (m) and velocity (m/s) at t_s (n,), increasing, of a sled whose IMU reads imu (n, 6).

    Gravity is taken off by the calibration, up to a slow bias. The gyro may be missing (NaN). stood_s: from when to
    when a filter that knew only the past took the sled to stand; where its velocity says otherwise, it went.
    """
    if len(t_s) < 3:
        return np.zeros(len(t_s)), np.zeros(len(t_s))
    force = imu[:, :3]
    along, floor = force @ c.rail - c.gravity_along_mps2, c.sled_floor_mps2
    across = force @ np.linalg.svd(c.rail[None, :])[2][1:].T
    calm = _quiet(t_s, along, floor)
    for first_s, last_s in stood_s:
        calm[np.searchsorted(t_s, first_s) : np.searchsorted(t_s, last_s, "right")] = True
    ends = np.zeros(len(t_s), np.int64)  # at the first reading of a possible rest, where it ends
    means = np.zeros(len(t_s))  # and the acceleration in it
    for start, end in runs(calm):
        if t_s[end - 1] - t_s[start] >= REST_S:
            ends[start], means[start] = end, along[start:end].mean()
    step_s = np.diff(t_s)
    variance = np.concatenate([[0.0], _noise_density(t_s, across, ~calm, floor) * step_s])
    gap = np.flatnonzero(step_s > GAP_PERIODS * np.median(step_s))
    variance[gap + 1] += (0.5 * np.diff(along)[gap] * step_s[gap]) ** 2
    velocity, stands = _smoothed(t_s, along, variance, ends, means, floor, 0.0, False)
    lean = _lean(t_s, velocity, imu[:, 3:] @ np.cross(c.rail, force.mean(axis=0)))
    if lean != 0.0:
        velocity, _ = _smoothed(t_s, along, variance, stands, means, floor, lean, True)
    return integrated(t_s, velocity), velocity


def _lean(t_s: np.ndarray, velocity: np.ndarray, turning: np.ndarray) -> float:
    """By how much (m/s2) gravity along the rail changes for each metre that the sled goes, 0 on a rail that is stiff.

    turning (n,): how fast gravity along it changes as the sled's gyro says (m/s3).
    """
    if not np.isfinite(turning).all():
        return 0.0
    both = np.stack([velocity, turning], axis=1)
    went, turned = (smooth(both, t_s, TURN_S, 2) - smooth(both, t_s, SLOW_S)).T
    together, power = float(went @ turned), float(went @ went)
    return together / power if together**2 > NODS * power * float(turned @ turned) else 0.0


def _noise_density(t_s: np.ndarray, across: np.ndarray, moving: np.ndarray, floor: float) -> float:
    """Density ((m/s2)2 s) of the noise in the acceleration of a sled in motion, at the pace of people's pushes.

    By the median, since knocks are few. At least that of a sled at rest. across (n, 2), moving: mask (n,).
    """
    period_s = float(np.median(np.diff(t_s)))
    n = max(1, round(PUSH_S / period_s))
    k = len(t_s) // n
    means = across[: k * n].reshape(k, n, 2).mean(axis=1)
    goes = moving[: k * n].reshape(k, n).sum(axis=1) == n
    changes = np.diff(means, axis=0)[goes[1:] & goes[:-1]]
    if len(changes) < 4:
        return UNKNOWN_MPS2**2 * period_s
    square = float(np.median(np.sum(changes**2, axis=1))) / MEDIAN_SQUARE
    return min(max(0.5 * PUSH_S * square, floor**2 * period_s), MOST_NOISE)


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
def _smoothed(t_s, along, variance, ends, means, floor, lean, sure):
    """Velocity (n,): forwards through the readings, standing where it may rest and does, and backwards again; and those
    of the rests that were some.

    variance (n,): what the way from the reading before adds to the velocity in motion. ends (n,): not 0 where a
    possible rest begins; means (n,): the acceleration over it. lean: see `_lean`. sure: all rests are.

    In weights, inverse covariances, block by block down the diagonal (Rauch, Tung & Striebel 1965, in the form for
    which nothing grows): where gravity pulls more the farther a sled goes, what is not known of it grows without end.
    """
    n = len(t_s)
    kept = np.zeros((n, 6))  # how velocity and bias before follow from those after: constants, and factors of both
    stands = np.zeros(n, np.int64)
    p, q, r = START_SD_MPS**-2, 0.0, BIAS_SD_MPS2**-2  # weight of the velocity, of both together, of the bias
    e, g = 0.0, 0.0  # the same times what they are
    until, rested = 0, -1
    for i in range(n):
        dt = t_s[i] - t_s[i - 1] if i > 0 else 0.0
        if i > 0:
            w = 1.0 / ((floor * dt) ** 2 if i < until else variance[i])
            u = 1.0 / (BIAS_WALK**2 * dt)
            tilt, given = lean * dt, 0.5 * dt * (along[i] + along[i - 1])
            m, o, k = p + w + tilt * tilt * u, q - dt * w + tilt * u, r + dt * dt * w + u
            size = m * k - o * o
            y, z = e - w * given, g + dt * w * given
            y, z = (k * y - o * z) / size, (m * z - o * y) / size
            vv, vb = w * (k + dt * o) / size, u * (tilt * k - o) / size
            bv, bb = -w * (dt * m + o) / size, u * (m - tilt * o) / size
            kept[i] = y, z, vv, vb, bv, bb
            e, g = w * (given + y - dt * z), u * (tilt * y + z)
            p, q, r = w * (1.0 - vv + dt * bv), -w * (vb - dt * bb), u * (1.0 - tilt * vb - bb)
        if ends[i] > 0:
            size = p * r - q * q
            speed, bias = (r * e - q * g) / size, (p * g - q * e) / size
            slow = rested < 0 or abs(speed) < REST_MPS + REST_PER_S * (t_s[i] - t_s[rested])
            if sure or (slow and (rested < 0 or abs(means[i] - bias) < STEADY_MPS2)):
                until = stands[i] = ends[i]
        if i < until:
            rested = i
            p += max(dt, 1e-3) / STOOD_M2PS
    v = np.zeros(n)
    size = p * r - q * q
    v[n - 1], bias = (r * e - q * g) / size, (p * g - q * e) / size
    for i in range(n - 1, 0, -1):
        y, z, vv, vb, bv, bb = kept[i]
        v[i - 1], bias = y + vv * v[i] + vb * bias, z + bv * v[i] + bb * bias
    return v, stands
