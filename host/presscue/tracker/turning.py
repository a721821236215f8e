"""A sled alone turns where it turned before. That holds its place, which integration lets drift.

Strokes of one set end at nearly the same places, at the top above all: near straight, ten degrees of the knee are a
centimetre of the sled. So each turn tells how far the place has drifted since the last one there, and by how they went
together, how wrong velocity and bias have become. A turn elsewhere, of half a rep or on the stops, counts for little.
"""

from presscue.compiled import njit
from presscue.estimation.estimator import update_entry

BACK_M = 0.05  # a turn is seen once the sled has come back by so much
BELOW, ABOVE = 0, 1
SD_M = (0.06, 0.03)  # of where people turn, below and above
GATE = 10.0  # of these and the filter's own: beyond, a turn is likely to be another one
FOLLOWS = 0.3  # how much of what is left of a turn's departure is how the lifter turns now
LONGEST_M = 1.0  # no leg moves a sled so far: the filter has gone astray
MEAN_S = 5.0  # over which pushes cancel out, and the bias is left
ASTRAY_SD_MPS, ASTRAY_SD_MPS2 = 0.3, 0.1


@njit
def watch_turns(s, dt, along, still):
    """After each reading of a sled without a leg, dt after the last. along: as in step_sled."""
    here_m = s.sled.x[0]
    s.mean_mps2 += min(dt / MEAN_S, 1.0) * (along - s.mean_mps2)
    if still:
        if s.way > 0 and s.farthest_m - s.began_m > BACK_M:
            _turned(s, ABOVE, here_m)
        s.way = 0
        s.began_m = s.farthest_m = s.sled.x[0]
    elif s.way == 0:
        if abs(here_m - s.began_m) > BACK_M:
            s.way = 1 if here_m > s.began_m else -1
            s.farthest_m = here_m
            if s.way < 0 and s.turns_known[ABOVE] == 0:
                _turned(s, ABOVE, s.began_m)
    elif abs(here_m - s.began_m) > LONGEST_M:
        _begin_anew(s)
    elif s.way * (here_m - s.farthest_m) > 0.0:
        s.farthest_m = here_m
    elif s.way * (s.farthest_m - here_m) > BACK_M:
        by_m = _turned(s, ABOVE if s.way > 0 else BELOW, s.farthest_m)
        s.way = -s.way
        s.began_m = s.farthest_m + by_m
        s.farthest_m = s.sled.x[0]


@njit
def _turned(s, end, place_m):
    """The sled has turned at a place, at this end of its way. Returns by how much it was elsewhere, m."""
    if s.turns_known[end] == 0:
        s.turns_known[end] = 1
        s.turned_m[end] = place_m
        return 0.0
    before_m = s.sled.x[0]
    update_entry(s.sled, 0, s.turned_m[end] - place_m, SD_M[end] ** 2, GATE)
    by_m = s.sled.x[0] - before_m
    s.turned_m[end] += FOLLOWS * (place_m + by_m - s.turned_m[end])
    return by_m


@njit
def _begin_anew(s):
    """Nothing is known of place and velocity."""
    x, P = s.sled.x, s.sled.P
    P[:, :] = 0.0
    P[0, 0] = LONGEST_M**2
    x[1], P[1, 1] = 0.0, ASTRAY_SD_MPS**2
    x[2], P[2, 2] = s.mean_mps2, ASTRAY_SD_MPS2**2
    s.turned = s.ran = 0.0
    s.way = 0
    s.began_m = x[0]
