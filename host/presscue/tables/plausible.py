"""Can these be the units the column names promise? Rates, gravity and the two against each other. Pure."""

import numpy as np

RATE_MIN_HZ, RATE_MAX_HZ = 20.0, 1000.0

WINDOW = 1 << 15
"""Readings judged at once: 160 s at 208 Hz, and the last ones of the recording."""

RATE_INTERVALS = 20
"""Fewer intervals (or blocks) say nothing about rate and units."""

GRAVITY_LOW_MPS2, GRAVITY_HIGH_MPS2 = 5.0, 20.0
"""Between them lies the median of |specific force| of anything that is carried about on Earth."""

GYRO_MAX_RADPS = 35.0
"""Above the largest range of the common chips, 2000 deg/s. Shocks may spoil single readings: 10 make a unit."""
GYRO_READINGS = 10

BLOCK_S = 0.2
EXPLAINED = 0.1
"""Share of the claimed rotation that gravity follows: near 1 in rad/s, 1/57 if the numbers are degrees."""
SHOWN = 0.3
"""How much the direction of the force turns at all, against the claim: more than that even where it does not follow. A
leg that walks swings like a pendulum, along which the force stays: share 0, but 2 times the turning."""
TURNING_RADPS = 0.2
"""Claimed rotation, less its median, that is enough to judge by: the unit is 57 times off, so this is not delicate."""
BIAS_RADPS = 0.6
"""The same with the median left in: above any gyro's bias at rest (20 deg/s)."""


class Implausible(ValueError):
    """Numbers that cannot be what the column names say. The text says of what sensor, and what to do."""


def rate_hz(t_s: np.ndarray, sensor: str) -> float:
    """Readings per second from their times, shape (n,). Raises Implausible outside 20-1000 Hz."""
    rate = 1.0 / float(np.median(np.diff(t_s)))
    if RATE_MIN_HZ * 0.99 <= rate <= RATE_MAX_HZ * 1.01:
        return rate
    for unit, factor in (("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)):
        if RATE_MIN_HZ <= rate * factor <= RATE_MAX_HZ:
            raise Implausible(
                f"time_s looks like {unit}: {sensor} would have {rate:.3g} readings a second; divide by {factor:.0f}"
            )
    raise Implausible(
        f"{sensor}: {rate:.4g} readings a second by time_s; presscue takes {RATE_MIN_HZ:g} to {RATE_MAX_HZ:g}"
    )


def check_force(acc_mps2: np.ndarray, sensor: str) -> None:
    """Specific force, shape (n, 3). Raises Implausible unless gravity is in it, in m/s2."""
    median = float(np.median(np.linalg.norm(acc_mps2, axis=1)))
    if GRAVITY_LOW_MPS2 <= median <= GRAVITY_HIGH_MPS2:
        return
    if 0.7 <= median <= 1.5:
        raise Implausible(f"{sensor}_acc looks like g, not m/s2 (median {median:.2f}): multiply by 9.80665")
    if 700 <= median <= 1500:
        raise Implausible(f"{sensor}_acc looks like milli-g, not m/s2 (median {median:.0f}): multiply by 0.00980665")
    raise Implausible(
        f"{sensor}_acc cannot be m/s2 with gravity in it: its median is {median:.3g}, gravity alone is 9.8"
    )


def check_rotation(t_s: np.ndarray, acc_mps2: np.ndarray, gyr_radps: np.ndarray, sensor: str) -> None:
    """Angular rate, shape (n, 3), at times t_s (n,) against its range and against the turning of gravity.

    Gravity in the sensor's axes turns by -rate x gravity. Over blocks of BLOCK_S, the share of that claim which is
    seen in the specific force (least squares) is near 1, unless the unit is wrong or the sensor swings; a swinging one
    turns the force otherwise.
    """
    peaks = int(np.count_nonzero(np.abs(gyr_radps).max(axis=1, initial=0.0) > GYRO_MAX_RADPS))
    wrong = peaks >= GYRO_READINGS
    period_s = float(np.median(np.diff(t_s)))
    size = max(1, round(BLOCK_S / period_s))
    count = len(t_s) // size
    if not wrong and count > RATE_INTERVALS:
        span_s, force, rate = (
            np.add.reduceat(array[: count * size], np.arange(0, count * size, size), axis=0) / size
            for array in (t_s[:, None], acc_mps2, gyr_radps)
        )
        up = force / np.maximum(np.linalg.norm(force, axis=1, keepdims=True), 1e-9)
        step_s = np.diff(span_s, axis=0)
        usable = step_s[:, 0] < 1.5 * size * period_s  # no gap within
        wrong = any(
            _turns_unseen(up, rate - bias, step_s, usable, least)
            for bias, least in ((np.median(rate, axis=0), TURNING_RADPS), (np.zeros(3), BIAS_RADPS))
        )
    if wrong:
        raise Implausible(f"{sensor}_gyr looks like degrees per second, not rad/s: multiply by 0.0174533")


def _turns_unseen(up: np.ndarray, rate: np.ndarray, step_s: np.ndarray, usable: np.ndarray, least_radps: float) -> bool:
    """Whether the blocks' rates claim a good deal of turning that their gravity directions do not show."""
    mid_rate = (rate[1:] + rate[:-1]) / 2
    mid_up = (up[1:] + up[:-1]) / 2
    claimed = -np.cross(mid_rate, mid_up)[usable]
    seen = (np.diff(up, axis=0) / step_s)[usable]
    power = float(np.sum(claimed**2))
    if len(claimed) <= RATE_INTERVALS or power < least_radps**2 * len(claimed):
        return False
    follows = abs(float(np.sum(claimed * seen))) > EXPLAINED * power
    return not follows and float(np.sum(seen**2)) < SHOWN**2 * power
