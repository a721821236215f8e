"""How the sensors sit, from raw readings: the rail in the sled IMU, the flexion axis in the leg IMU, what is rest.

Nothing about the mounting is assumed. Gravity at rest and the direction in which the sled's acceleration varies give
the rail; the axis about which the leg turns while the sled moves gives the plane of the leg.
"""

import math
from dataclasses import replace

import numpy as np

from presscue import advice
from presscue.advice import Remark
from presscue.calibration.belief import STRAP_M
from presscue.calibration.model import Calibration, History, NoFit, Priors
from presscue.compiled import njit
from presscue.estimation.estimator import GRAVITY_MPS2, Leg

ACCELEROMETER_SD_MPS2 = 0.1  # bias of a part as it is soldered
GYRO_BIAS_SD_RADPS = 0.001  # what a rest of a second leaves open
RAIL_OFF_DEG = 6.0
ONE_WAY = 0.5  # the share of its movement that a sled makes along one direction, at the least
IDLE_LEG_RADPS, TURNING_SLED_RADPS = 0.08, 0.35
HOLD_TURN_RADPS, HOLD_SPREAD_MPS2 = 0.08, 0.6
STROKE_S = 0.5  # what is quicker is hardly a push of people: rumble, which has other directions
SMOOTH_S, THIN_HZ = 0.04, 52.0  # of readings from which movement is learnt
HARDEST_MPS2 = 3.0  # of a push; what is more is a clank, whose ringing counts for no more than that
BRISK_RADPS, BRISK_S = 1.5, 1.5  # a leg that turns so fast may be walking, and so long before and after
CALM_RAD, BRISK_RAD = 1.5, 10.0  # how far it has to turn otherwise, and how far in all where it never does
HELD_READINGS = 10  # of a hold, at the least


def smooth(values: np.ndarray, t_s: np.ndarray, window_s: float, times: int = 1) -> np.ndarray:
    """Moving average over about window_s, so many times in succession, same shape; edges use what there is."""
    return averaged(values, 2 * int(0.5 * window_s / max(interval_s(t_s), 1e-4)) + 1, times)


def averaged(values: np.ndarray, n: int, times: int) -> np.ndarray:
    """Moving average of values (k, m) over n of them, so many times in succession; as they are where there are less."""
    if n == 1 or len(values) < n:
        return values
    values = np.ascontiguousarray(values, float)
    for _ in range(times):
        values = moving_average(values, n)
    return values


@njit
def interval_s(t_s):
    """The usual time between readings t_s (n,)."""
    return np.median(t_s[1:] - t_s[:-1])


@njit
def moving_average(values, n):
    """Average of the n readings, an odd number, about each of values (k, m)."""
    k, m = values.shape
    sums = np.zeros((k + 1, m))
    for i in range(k):
        for j in range(m):
            sums[i + 1, j] = sums[i, j] + values[i, j]
    out = np.empty((k, m))
    for i in range(k):
        low, high = max(i - n // 2, 0), min(i + n - n // 2, k)
        for j in range(m):
            out[i, j] = (sums[high, j] - sums[low, j]) / (high - low)
    return out


def thinned(t_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Readings t_s (n,), values (n, k), smoothed without delay, of which about THIN_HZ a second are kept."""
    each_s = max(interval_s(t_s), 1e-4)
    every = max(1, round(1.0 / (THIN_HZ * each_s)))
    return t_s[::every], averaged(values, 2 * int(0.5 * SMOOTH_S / each_s) + 1, 2)[::every]


def principal(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Direction of largest second moment of values (n, 3), and its share of the whole."""
    moment, axes = np.linalg.eigh(values.T @ values)
    return axes[:, 2], float(moment[2] / max(moment.sum(), 1e-12))


def angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    """Angle between two axes (3,), sign left out."""
    return math.degrees(math.acos(min(1.0, abs(float(a @ b)))))


def direction_sd_deg(values: np.ndarray, direction: np.ndarray, parts: int = 4) -> float:
    """Standard deviation of a principal direction (3,): how far those of equally strong parts of
    values (n, 3) lie apart."""
    power = np.cumsum(np.sum(values**2, axis=1))
    edges = np.searchsorted(power, power[-1] * np.arange(1, parts) / parts)
    pieces = [piece for piece in np.split(values, edges) if len(piece) > 2]
    off = [angle_deg(principal(piece)[0], direction) for piece in pieces]
    return math.sqrt(sum(each**2 for each in off) / max(len(off) * (len(off) - 1), 1))


def quiet(t_s: np.ndarray, imu: np.ndarray, window_s: float = 0.3) -> np.ndarray:
    """Mask (n,) of the readings at which an IMU rests, judged against its own quietest stretches."""
    spread = np.sqrt(np.sum(smooth((imu - smooth(imu, t_s, window_s)) ** 2, t_s, window_s)[:, :3], axis=1))
    turning = np.linalg.norm(smooth(imu[:, 3:], t_s, window_s), axis=1)
    floor = max(float(np.quantile(spread, 0.05)), 0.01)
    return (spread < 3.0 * floor) & (turning < float(np.quantile(turning, 0.05)) + 0.06)


def resting_force(t_s: np.ndarray, sled: np.ndarray) -> np.ndarray:
    """Specific force (3,) on the sled at rest. Raises NoFit if it has not rested."""
    rest = quiet(t_s, sled)
    if not rest.any():
        raise NoFit("the sled has not rested yet")
    return np.median(sled[rest, :3], axis=0)


def pushes(sled: np.ndarray, force: np.ndarray) -> np.ndarray:
    """Specific force beyond that at rest (3,) of the sled's readings (n, 6), clanks cut off: (n, 3)."""
    return np.clip(sled[:, :3] - force, -HARDEST_MPS2, HARDEST_MPS2)


def rail_frame(t_s: np.ndarray, sled: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Rail direction (3,) in the sled IMU, the specific force at rest along it (m/s2), and how much of the sled's
    acceleration goes along it (at least a third).

    On an inclined rail outward is upward. On a level one the sign is open, and outward is taken as it comes.
    """
    force = resting_force(t_s, sled)
    rail, share = principal(smooth(sled[:, :3] - force, t_s, STROKE_S, 2))
    rail = outward(rail, force)
    return rail, float(rail @ force), share


def outward(rail: np.ndarray, force: np.ndarray) -> np.ndarray:
    """The direction of the rail (3,) that is up, by the force (3,) on a sled at rest."""
    return -rail if rail @ force < 0 else rail


def rail_by_leg(history: History, c: Calibration, moving: np.ndarray) -> tuple[np.ndarray, float]:
    """Rail direction (3,), outward as that of c, and the specific force at rest along it (m/s2), by that part of the
    sled's acceleration which the leg's turns account for: a rail that rumbles, sampled slowly, shakes the sled as much
    as people move it, in all directions, but not in time with the leg.

    By regression on the acceleration and squared rate of the leg's turn, each also times its angle; the sled nods with
    the angle. moving: mask over the leg's readings. Raises NoFit where hardly anything is accounted for.
    """
    t_s, leg = history.leg_t_s, history.leg
    rate = smooth(leg[:, 3:] @ c.axis[:, None] - c.gyro_bias_radps, t_s, 0.1, 2)[:, 0]
    spin = np.gradient(rate, t_s)
    held = smooth(leg[:, :3], t_s, 0.3)
    angle = np.unwrap(-np.arctan2(held @ c.second, held @ c.first))
    force = resting_force(history.sled_t_s, history.sled)
    low = smooth(pushes(history.sled, force), history.sled_t_s, 0.1, 3)
    felt = np.stack([np.interp(t_s[moving], history.sled_t_s, low[:, k]) for k in range(3)], axis=1)
    angle, spin, square = angle[moving] - np.median(angle[moving]), spin[moving], rate[moving] ** 2
    terms = np.stack([np.ones(len(angle)), angle, spin, square, spin * angle, square * angle], axis=1)
    fitted = terms[:, 2:] @ np.linalg.lstsq(terms, felt, rcond=None)[0][2:]
    rail, share = principal(fitted)
    if share < ONE_WAY:
        raise NoFit("the sled's acceleration has no one direction yet")
    rail = -rail if rail @ c.rail < 0.0 else rail
    return rail, float(rail @ force)


def plane_of(t_s: np.ndarray, leg: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First in-plane axis (3,) of a leg IMU that turns about an axis (3,), and its gyro's bias (3,), by its rests."""
    rest = resting(t_s, leg)
    up = np.median(leg[rest, :3], axis=0)
    first = up - (up @ axis) * axis
    if np.linalg.norm(first) < 0.3 * GRAVITY_MPS2:
        raise NoFit("the leg turns about the vertical, so gravity cannot show its angle")
    return first / np.linalg.norm(first), np.median(leg[rest, 3:], axis=0)


def resting(t_s: np.ndarray, leg: np.ndarray) -> np.ndarray:
    """Mask (n,) of the leg's rests. Raises NoFit if there is none."""
    rest = quiet(t_s, leg)
    if not rest.any():
        raise NoFit("the leg has not rested yet")
    return rest


def axis_alone(t_s: np.ndarray, leg: np.ndarray) -> tuple[np.ndarray, float]:
    """Flexion axis (3,) of a leg IMU that is not on a sled known of, its sign open, and standard deviation in deg.

    By what it turns away from any brisk turn, since steps and a leg that is lifted turn about other axes too; by all of
    it where it never turns otherwise. Raises NoFit while it has hardly turned so.
    """
    turning = smooth(leg[:, 3:] - np.median(leg[resting(t_s, leg), 3:], axis=0), t_s, 0.05)
    size = np.linalg.norm(turning, axis=1)
    calm = smooth((size > BRISK_RADPS)[:, None].astype(float), t_s, 2.0 * BRISK_S)[:, 0] <= 0.0
    if size[calm].sum() * interval_s(t_s) > CALM_RAD:
        turning = turning[calm]
    elif size.sum() * interval_s(t_s) < BRISK_RAD:
        raise NoFit("the leg has turned but briskly so far, as in a walk")
    axis, share = principal(turning)
    if share < 0.7:
        raise NoFit("the leg does not turn about one axis yet")
    return axis, direction_sd_deg(turning, axis)


def sled_floor(t_s: np.ndarray, along: np.ndarray) -> float:
    """Deviation (m/s2) of a resting sled's acceleration from its running mean."""
    a = along[:, None]
    spread = np.sqrt(smooth((a - smooth(a, t_s, 0.3)) ** 2, t_s, 0.3))
    return max(float(np.quantile(spread, 0.1)), 0.005)


def moved_in_hold(held: np.ndarray) -> bool:
    """Whether the leg moved in its readings (n, 6) of a straight-leg hold."""
    spread = np.sqrt(np.mean((held - held.mean(axis=0)) ** 2, axis=0))
    return bool(np.linalg.norm(spread[3:]) > HOLD_TURN_RADPS or np.linalg.norm(spread[:3]) > HOLD_SPREAD_MPS2)


def not_swapped(history: History) -> None:
    """Raises NoFit if it is the sled's sensor that turns, and the leg's that does not."""
    sled, leg = (
        float(np.quantile(np.linalg.norm(smooth(gyr - np.median(gyr, axis=0), t_s, 0.1), axis=1), 0.9))
        for t_s, gyr in ((history.sled_t_s, history.sled[:, 3:]), (history.leg_t_s, history.leg[:, 3:]))
    )
    if sled > TURNING_SLED_RADPS and leg < IDLE_LEG_RADPS:
        raise NoFit("the sensors are exchanged", (Remark(advice.SWAPPED, float(history.leg_t_s[0])),))


def with_sled(c: Calibration, history: History) -> Calibration:
    """Add the rail, by the sled alone."""
    rail, gravity_along, share = rail_frame(history.sled_t_s, history.sled)
    if share < ONE_WAY:
        raise NoFit("the sled's acceleration has no one direction yet")
    return on_rail(history, c, rail, gravity_along)


def on_rail(history: History, c: Calibration, rail: np.ndarray, gravity_along_mps2: float) -> Calibration:
    """Add a rail (3,), gravity along it, how quiet the sled is along it at rest, and how surely it is known."""
    c = replace(c, rail=rail, gravity_along_mps2=gravity_along_mps2)
    low = smooth(pushes(history.sled, np.median(history.sled[:, :3], axis=0)), history.sled_t_s, 0.08)
    rail_sd = math.radians(direction_sd_deg(low, c.rail))
    level = math.sqrt(max(1.0 - (c.gravity_along_mps2 / GRAVITY_MPS2) ** 2, 0.05))
    sd_deg = math.degrees(math.hypot(ACCELEROMETER_SD_MPS2 / GRAVITY_MPS2 / level, rail_sd))
    return replace(c, sled_floor_mps2=sled_floor(history.sled_t_s, along_rail(history, c)), rail_sd_deg=sd_deg)


def along_rail(history: History, c: Calibration) -> np.ndarray:
    """The sled's acceleration along the rail (n,), m/s2."""
    return history.sled[:, :3] @ c.rail - c.gravity_along_mps2


def turn_rate(history: History, c: Calibration) -> np.ndarray:
    """The leg's rate about the flexion axis (n,), rad/s."""
    return history.leg[:, 3:] @ c.axis - c.gyro_bias_radps


def leg_readings(history: History, c: Calibration) -> np.ndarray:
    """The same and in-plane specific force, shape (n, 3)."""
    force = history.leg[:, :3]
    return np.stack([turn_rate(history, c), force @ c.first, force @ c.second], axis=1)


def with_leg(c: Calibration, history: History, axis: np.ndarray, sd_deg: float) -> Calibration:
    """Add the flexion axis (3,), to a standard deviation of so much, and what its rests tell then."""
    first, bias = plane_of(history.leg_t_s, history.leg, axis)
    rest = history.leg[quiet(history.leg_t_s, history.leg), 3:] @ axis
    parts = [float(np.median(part)) for part in np.array_split(rest, 4) if len(part)]
    bias_sd = math.hypot(GYRO_BIAS_SD_RADPS, float(np.std(parts)) / math.sqrt(len(parts)))
    return replace(
        c, axis=axis, first=first, gyro_bias_radps=float(bias @ axis), gyro_bias_sd_radps=bias_sd, axis_sd_deg=sd_deg
    )


def upright(history: History, priors: Priors, c: Calibration, moving: np.ndarray) -> Leg:
    """Where up is in the leg's plane: along the rail as the sled says, across the plane as the leg IMU says."""
    said = priors.rail_deg is not None and abs(abs(c.rail_deg) - priors.rail_deg) <= RAIL_OFF_DEG
    along = math.sin(math.radians(priors.rail_deg if said and priors.rail_deg is not None else c.rail_deg))
    across = float(np.median(history.leg[moving, :3] @ c.axis)) / GRAVITY_MPS2
    upward = math.sqrt(max(1.0 - along * along - across * across, 0.0))
    return Leg(STRAP_M, 0.0, 0.0, along, upward if priors.on_shank else -upward, 1.0 if priors.on_shank else 0.0)
