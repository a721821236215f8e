"""How far the sled goes from turn to turn, by its own acceleration alone.

Where the shank's turning comes to an end the sled stands, whatever the geometry. Integrated twice from one such moment
to the next, with what velocity is left over taken for a constant bias, its acceleration says how far it went: to 1 to
3 mm of a clean stroke in simulation. Reading by reading, rumble hides most of that from the filter.

It does not quite stand where it turns. Four seconds between 5 and 10 mm/s, which is a slow lowering's end, make a way 2
to 4 cm short: so the shank's rates at the ends are kept, and `ways_off_m` makes speeds of them.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue.calibration.spread import FLATTEST
from presscue.compiled import njit
from presscue.estimation.linkage import pose

TURNING_RADPS = 0.05  # a stroke is a turning as fast as this,
GOING_RADPS = 0.02  # down to where it is slower than this
LEAST_RAD = 0.2  # the shank turns by more in a stroke
SHORTEST_S, LONGEST_S = 0.4, 6.0
RESTING_RADPS, REST_S = 0.015, 0.3
ABOUT_S = 0.1  # before and after a stroke's end: the shank's rate there
GAP_S = 0.06  # without a reading for longer it is not known what happened
COLOUR = 2.0  # what noise that is not white may add to the same of white noise
SEEN_IN, SEEN_LESS = 4, 4.0  # strokes whose biases show how much there is so slow, tremor left out: so many times that
LEAST_SD_M = 0.005  # of a way: the geometry is no better
DRIFT_MPS2 = 0.01  # what the bias may change by within a stroke: rails bend, and gravity then leaks in
ODD_M = 0.012  # a bias so far from usual, by its effect on the way: it did not begin or end at a stand


class Ways(NamedTuple):
    """Strokes: readings at which they begin and end (k,), indices, the sled's way along the rail (k,), m, as if it
    stood there, its standard deviation (k,), how long they take (k,), s, and the shank's rates at both ends (k,),
    rad/s."""

    start: np.ndarray
    end: np.ndarray
    way_m: np.ndarray
    sd_m: np.ndarray
    length_s: np.ndarray
    first_radps: np.ndarray
    last_radps: np.ndarray

    def among(self, kept: np.ndarray) -> "Ways":
        """Those whose first and last reading is among those kept (n,), a mask, counted anew."""
        here = kept[self.start] & kept[self.end]
        place = np.cumsum(kept) - 1
        return Ways(place[self.start[here]], place[self.end[here]], *(each[here] for each in self[2:]))


NONE = Ways(np.zeros(0, np.int64), np.zeros(0, np.int64), *np.zeros((5, 0)))


@njit
def ways_off_m(links, tissue, phi, start, end, way_m, length_s, first_radps, last_radps):
    """By how much (k,) the sled went farther in each stroke by this geometry, with flexion phi (n,) at the readings,
    than by itself; all else as in Ways. A way taken from acceleration as if the sled stood at both ends is short by
    the mean of its speeds there, times how long it takes."""
    off = np.empty(len(way_m))
    for i in range(len(way_m)):
        first, last = pose(links, phi[start[i]]), pose(links, phi[end[i]])
        begun = first.D1 * first_radps[i] / min(first.theta1 + tissue, -FLATTEST)
        ended = last.D1 * last_radps[i] / min(last.theta1 + tissue, -FLATTEST)
        off[i] = last.D - first.D - 0.5 * (begun + ended) * length_s[i] - way_m[i]
    return off


def ways_of(
    sled_t_s: np.ndarray,
    along_mps2: np.ndarray,
    noise_mps2: np.ndarray,
    leg_t_s: np.ndarray,
    rate_radps: np.ndarray,
    breaks_s: np.ndarray,
) -> Ways:
    """The strokes in readings of the sled (n,), gravity removed, with their noise (n,), taken for white, and of the
    leg's rate (m,); start and end count the leg's readings. None goes over one of breaks_s."""
    found = measured(sled_t_s, along_mps2, noise_mps2, leg_t_s, rate_radps, breaks_s)
    if not len(found):
        return NONE
    start, end, way_m, density, bias, length_s = found.T
    level = np.median(np.concatenate([bias, rests(leg_t_s, rate_radps, sled_t_s, along_mps2)]))
    usual = np.abs(bias - level) * length_s**2 / 2.0 < np.hypot(ODD_M, 2.0 * np.sqrt(density * length_s**3 / 12.0))
    if len(found) >= SEEN_IN:
        density = np.minimum(density, SEEN_LESS * np.median((bias - level) ** 2 * length_s))
    sd_m = np.sqrt(LEAST_SD_M**2 + (DRIFT_MPS2 * length_s**2 / 12.0) ** 2 + density * length_s**3 / 12.0)
    readings = [each[usual].astype(np.int64) for each in (start, end)]
    ends = [np.array([at(float(leg_t_s[k]), leg_t_s, rate_radps) for k in each]) for each in readings]
    return Ways(*readings, *(each[usual] for each in (way_m, sd_m, length_s)), *ends)


def at(moment_s: float, t_s: np.ndarray, values: np.ndarray) -> float:
    """Noisy values (n,) at a moment, by a parabola through those about it: where a leg comes to rest their mean is more
    than there is."""
    near = slice(*np.searchsorted(t_s, (moment_s - ABOUT_S, moment_s + ABOUT_S)))
    powers = (t_s[near, None] - moment_s) ** np.arange(3)
    return float(np.linalg.lstsq(powers, values[near], rcond=None)[0][0])


@njit
def measured(sled_t_s, along, noise, leg_t_s, rate, breaks_s):
    """Of each stroke (k, 6), all as in `ways_of`: its first and last reading, the way, the density of noise in the
    acceleration, the bias that was taken out, how long it took."""
    found = []
    for first, last in strokes(rate):
        a, b = leg_t_s[first], leg_t_s[last]
        low, high = np.searchsorted(sled_t_s, a, side="right"), np.searchsorted(sled_t_s, b)
        t_s = np.empty(high - low + 2)
        t_s[0], t_s[1:-1], t_s[-1] = a, sled_t_s[low:high], b
        turned = integrated(leg_t_s[first : last + 1], rate[first : last + 1])[-1]
        gap_s = max(np.max(t_s[1:] - t_s[:-1]), np.max(leg_t_s[first + 1 : last + 1] - leg_t_s[first:last]))
        broken = np.any((breaks_s > a) & (breaks_s <= b))
        if broken or gap_s > GAP_S or abs(turned) < LEAST_RAD or not SHORTEST_S < b - a < LONGEST_S:
            continue
        velocity = integrated(t_s, np.interp(t_s, sled_t_s, along))
        bias = velocity[-1] / (b - a)
        density = COLOUR**2 * np.mean(noise[low:high] ** 2) * (b - a) / (high - low)
        way_m = integrated(t_s, velocity - bias * (t_s - a))[-1]
        found.append((float(first), float(last), way_m, density, bias, b - a))
    out = np.empty((len(found), 6))
    for i in range(len(found)):
        out[i] = np.array(found[i])
    return out


@njit
def rests(leg_t_s, rate, sled_t_s, along):
    """What the sled's acceleration (n,) shows wherever the leg (m,) does not turn, once for each REST_S: (k,)."""
    still = np.interp(sled_t_s, leg_t_s, (np.abs(rate) < RESTING_RADPS).astype(np.float64)) == 1.0
    many = max(1, round(REST_S / np.median(np.diff(sled_t_s))))
    out, i, n = [0.0 for _ in range(0)], 0, len(along)
    while i < n:
        end = i
        while end < n and still[end]:
            end += 1
        parts = (end - i) // many
        for k in range(parts):
            out.append(np.mean(along[i + (end - i) * k // parts : i + (end - i) * (k + 1) // parts]))
        i = end + 1
    return np.array(out)


@njit
def integrated(t_s, values):
    """The integral (n,) of values (n,) at t_s (n,) from the first on."""
    out = np.zeros(len(values))
    for i in range(1, len(values)):
        out[i] = out[i - 1] + 0.5 * (values[i] + values[i - 1]) * (t_s[i] - t_s[i - 1])
    return out


@njit
def strokes(rate):
    """First and last reading of each stretch of turning (n,) in one sense that comes to an end on both sides."""
    out = []
    i, n = 0, len(rate)
    while i < n:
        if abs(rate[i]) < TURNING_RADPS:
            i += 1
            continue
        sense = math.copysign(1.0, rate[i])
        first = last = i
        while last + 1 < n and sense * rate[last] > GOING_RADPS:
            last += 1
        i = last + 1
        while first > 0 and sense * rate[first] > GOING_RADPS:
            first -= 1
        while first > 0 and 0.0 < sense * rate[first - 1] < sense * rate[first]:
            first -= 1
        while last + 1 < n and 0.0 < sense * rate[last + 1] < sense * rate[last]:
            last += 1
        if max(abs(rate[first]), abs(rate[last])) < GOING_RADPS:
            out.append((first, last))
    return out
