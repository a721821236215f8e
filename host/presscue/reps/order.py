"""Which stroke the reps of a set begin with, the lowering or the press: the odds, by what machines and people do.

A set mostly begins with a press from where the sled rests. Two kinds of machine look alike then:

* On catches, as on most inclined presses, the sled rests higher up than the lifter goes, and may be anywhere there:
  the press takes it off them, and reps begin with the lowering.
* On stops or a stack, as on most level and vertical ones, it rests where the lifter begins, with bent knees, and the
  lowerings end there or a little above: reps begin with the press.

So the start, the ends of the lowerings behind it, the machine's incline and the sets before speak for one or the other.
They are waited for until the odds are clear or three lowerings are seen: one alone may be a half rep, or too deep.
"""

import math

import numpy as np

from presscue.compiled import njit
from presscue.reps.measure import PITCH
from presscue.reps.strokes import extreme_flexion

PRESS_FIRST, UNKNOWN_ORDER, LOWERING_FIRST = 1, 0, -1
"""Orders of a rep's strokes."""

STROKE = np.dtype(
    [
        ("direction", "i8"),  # 1 up, -1 down
        ("start", "f8"),
        ("start_s", "f8"),
        ("end", "f8"),
        ("end_s", "f8"),
    ]
)
LOWERINGS = 3  # to wait for
WAITING = 2 * LOWERINGS
"""So many strokes may wait for the order."""
PATIENCE_S = 30.0  # and so long, since the past that their figures are read from is not kept for ever

SURE = 2.5  # log odds that are clear: one in twelve
INCLINED, UPRIGHT = -2.3, 1.6  # of ten inclined machines one begins with the press, of six level or vertical ones five
KEPT = 5.0  # log odds of an order found earlier: one set in a hundred and fifty is the other way round
ODD = 0.02  # of sets begin unlike others of their order: a stroke was missed, or the sled had been left elsewhere
UNUSUAL = 0.2  # of lowerings are half ones, or too deep; of medians of three less, by this part
AT_REST_S = 0.1  # about a turn, in which flexion there is looked for

CATCHES_DEG, CATCH_SD_DEG = (20.0, 75.0), 5.0  # where catches are: off straight, above a usual depth
BEGIN_DEG, BEGIN_SD_DEG = 82.0, 9.0  # a press that begins a rep begins at about 90 degrees (domain.md), or short of it
DEPTH_DEG, DEPTH_SD_DEG, ANY_SD_DEG = 80.0, 10.0, 15.0  # where lowerings end: usual, unusual ones
PAST_STOPS_DEG, SHORT_DEG = 5.0, 6.0  # by flexion as measured they end so far beyond the start, or before it, on stops
ABOVE_CATCHES_DEG = 3.0
PAST_STOPS, SHORT, ABOVE_CATCHES = 0.2, 0.2, 0.2  # the same as parts of a stroke, by a sled alone that drifts


@njit
def bell(x, mean, sd):
    return math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * math.sqrt(2.0 * math.pi))


@njit
def below(x, limit, sd):
    """Probability that a reading x is below the limit in truth."""
    return 0.5 * (1.0 + math.erf((limit - x) / (sd * math.sqrt(2.0))))


@njit
def about(x, mean, sd_less, sd_more):
    """A bell with two sides."""
    sd = sd_less if x < mean else sd_more
    return 2.0 * sd / (sd_less + sd_more) * bell(x, mean, sd)


@njit
def resting(start_deg):
    """Densities of the flexion at which a sled rests: on catches, and where reps begin with the press."""
    low, high = CATCHES_DEG
    on_catches = below(start_deg, high, CATCH_SD_DEG) * (1.0 - below(start_deg, low, CATCH_SD_DEG)) / (high - low)
    return on_catches + 1e-5, bell(start_deg, BEGIN_DEG, BEGIN_SD_DEG) + 5e-4


@njit
def by_start(start_deg):
    """Log odds of the press coming first: flexion where the sled rested."""
    on_catches, pressed = resting(start_deg)
    return math.log(pressed / on_catches)


@njit
def by_flexion(start_deg, deep_deg, unusual):
    """The same, and where lowerings end."""
    stray = unusual * bell(deep_deg, DEPTH_DEG, ANY_SD_DEG)
    deeper = below(start_deg, deep_deg, ABOVE_CATCHES_DEG) * bell(deep_deg, DEPTH_DEG, DEPTH_SD_DEG)
    on_stops = about(deep_deg, start_deg, SHORT_DEG, PAST_STOPS_DEG)
    return by_start(start_deg) + math.log(((1.0 - unusual) * on_stops + stray) / ((1.0 - unusual) * deeper + stray))


@njit
def by_share(share, unusual):
    """The same where flexion is not known: the first press as a part of the lowerings behind it."""
    stray = 0.3 * unusual
    lowered = (1.0 - unusual) * below(share, 1.0, ABOVE_CATCHES) + stray
    pressed = (1.0 - unusual) * about(share, 1.0, PAST_STOPS, SHORT) + stray
    return math.log(pressed / lowered)


@njit
def tempered(odds):
    """What log odds are worth, since a set may be an odd one."""
    ratio = math.exp(odds)
    return math.log((ratio * (1.0 - ODD) + ODD) / (1.0 - ODD + ODD * ratio))


@njit
def middle(values, n):
    """Median of the first n values, n from 1 to 3; the lesser of two."""
    if n == 1:
        return values[0]
    low, high = min(values[0], values[1]), max(values[0], values[1])
    return low if n == 2 else min(max(low, values[2]), high)


@njit
def from_before(p, s):
    """Log odds of the press coming first, before anything of this set is seen. An order in which reps have been made
    stays: what speaks against it in a later set has done so in that one."""
    if s.found == UNKNOWN_ORDER:
        return INCLINED if p.order == LOWERING_FIRST else (UPRIGHT if p.order == PRESS_FIRST else 0.0)
    return KEPT if s.found == PRESS_FIRST else -KEPT


@njit
def press_first_odds(p, s):
    """Log odds that the waiting strokes, of which the first is a press (or, by pitch, may be one), begin with a rep."""
    odds = from_before(p, s)
    first = s.strokes[0]
    n = s.waiting // 2
    if s.measure == PITCH and n == 0:
        return 0.0
    start_deg = extreme_flexion(s, 1.0, first.start_s - AT_REST_S, first.start_s + AT_REST_S)
    if n == 0:
        return odds if math.isnan(start_deg) else odds + tempered(by_start(start_deg))
    deep, way = np.zeros(LOWERINGS), np.zeros(LOWERINGS)
    for i in range(n):
        lowering = s.strokes[2 * i + 1]
        deep[i] = extreme_flexion(s, 1.0, lowering.end_s - AT_REST_S, lowering.end_s + AT_REST_S)
        way[i] = abs(lowering.end - lowering.start)
    deep_deg = middle(deep, n)
    unusual = UNUSUAL / n
    if math.isnan(start_deg + deep.sum()):
        return odds + tempered(by_share(abs(first.end - first.start) / middle(way, n), unusual))
    return odds + tempered(by_flexion(start_deg, deep_deg, unusual))
