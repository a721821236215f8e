"""The sled's path after the fact, for recordings without a leg IMU: exact from rest to rest.

A streaming filter learns only when the sled rests again how wrong its velocity had gone. Offline the error is spread
back over the movement that made it, in proportion to what each step may have added: white noise, a share of the
acceleration (scale, alignment), and what was lost in a gap. For independent steps that is the best estimate.
"""

from itertools import pairwise

import numpy as np

QUIET_S = 0.3
QUIET_FLOORS = 2.0
"""Over so long the acceleration's deviation is below so many floors when the sled rests or moves at constant speed."""
QUIET_LEAST_MPS2 = 0.03
BIAS_STEP_MPS2 = 0.1
"""From one rest to the next the bias changes by less: a steady acceleration is no rest."""
REST_MPS, REST_PER_S = 0.05, 0.02
"""A quiet sled rests if its integrated velocity is below this, more by so much per second of movement: bias drifts."""
BIAS_S = 1.0
"""A rest of so long says as much of the bias as all others together."""
NOISE_MPS2, SCALE = 0.1, 0.03
GAP_PERIODS = 1.5


def sled_path(t_s: np.ndarray, along_mps2: np.ndarray, floor_mps2: float) -> tuple[np.ndarray, np.ndarray]:
    """Position (m) and velocity (m/s) at t_s (n,), increasing, of a sled with this acceleration along the rail (n,).

    Gravity is taken off already, up to a slow bias. floor_mps2: deviation of the acceleration at rest.
    """
    if len(t_s) < 3:
        return np.zeros(len(t_s)), np.zeros(len(t_s))
    rests = _rests(t_s, along_mps2, _quiet(t_s, along_mps2, floor_mps2))
    if not rests:
        return _integral(t_s, _integral(t_s, along_mps2)), _integral(t_s, along_mps2)
    bias = _bias(t_s, along_mps2, rests)
    clean = along_mps2 - bias
    velocity = np.zeros(len(t_s))
    edges = [(0, rests[0][0])] if rests[0][0] > 0 else []
    edges += [(before[1] - 1, after[0]) for before, after in pairwise(rests)]
    edges += [(rests[-1][1] - 1, len(t_s) - 1)]
    for first, last in edges:
        part = slice(first, last + 1)
        speed = _integral(t_s[part], clean[part])
        if last == rests[0][0]:  # before the first rest only the end is known
            speed -= speed[-1]
        elif last < len(t_s) - 1:
            share = _doubt(t_s[part], clean[part])
            speed -= speed[-1] * share
        velocity[part] = speed
    return _integral(t_s, velocity), velocity


def _quiet(t_s: np.ndarray, along: np.ndarray, floor: float) -> list[tuple[int, int]]:
    """Stretches [start, end) in which the acceleration hardly varies."""
    period_s = float(np.median(np.diff(t_s)))
    n = max(3, round(QUIET_S / period_s))
    limit = max(QUIET_FLOORS * floor, QUIET_LEAST_MPS2)
    padded = np.pad(along, (n // 2, n - 1 - n // 2), mode="edge")
    sums, squares = (np.concatenate([[0.0], np.cumsum(each)]) for each in (padded, padded**2))
    mean, power = (sums[n:] - sums[:-n]) / n, (squares[n:] - squares[:-n]) / n
    calm = power - mean**2 < limit**2
    flips = np.flatnonzero(np.diff(np.concatenate([[False], calm, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(flips[::2], flips[1::2], strict=True) if b - a >= n // 3]


def _rests(t_s: np.ndarray, along: np.ndarray, quiet: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the quiet stretches in which the sled stands; the first one is taken as one."""
    rests: list[tuple[int, int]] = []
    for start, end in quiet:
        if rests:
            before = rests[-1]
            bias = along[before[0] : before[1]].mean()
            if abs(along[start:end].mean() - bias) > BIAS_STEP_MPS2:
                continue
            part = slice(before[1] - 1, (start + end) // 2 + 1)
            speed = np.trapezoid(along[part] - bias, t_s[part])
            if abs(speed) > REST_MPS + REST_PER_S * (t_s[start] - t_s[before[1] - 1]):
                continue
        rests.append((start, end))
    return rests


def _bias(t_s: np.ndarray, along: np.ndarray, rests: list[tuple[int, int]]) -> np.ndarray:
    """The accelerometer's bias over time: the means of the rests, those of short ones drawn towards that of all."""
    means = np.array([along[start:end].mean() for start, end in rests])
    lasting_s = np.array([t_s[end - 1] - t_s[start] for start, end in rests])
    overall = np.average(means, weights=lasting_s)
    middles_s = [(t_s[start] + t_s[end - 1]) / 2 for start, end in rests]
    return np.interp(t_s, middles_s, overall + (means - overall) * lasting_s / (lasting_s + BIAS_S))


def _doubt(t_s: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Share of the velocity's variance that has come together at each time, from 0 to 1."""
    step_s = np.diff(t_s)
    mean = 0.5 * (along[1:] + along[:-1])
    variance = (NOISE_MPS2**2 + (SCALE * mean) ** 2) * step_s**2
    gap = step_s > GAP_PERIODS * np.median(step_s)
    variance[gap] += (0.5 * np.diff(along)[gap] * step_s[gap]) ** 2
    total = np.concatenate([[0.0], np.cumsum(variance)])
    return total / total[-1]


def _integral(t_s: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Running integral by trapezoids, 0 at the start."""
    return np.concatenate([[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(t_s))])
