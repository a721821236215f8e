"""A sled sensor alone: its rail, and on a level one, where gravity does not show it, which way is outward.

A sled on a level rail stands on its stops, or where its stack lies: the lifter begins there with bent knees and comes
back there (order.py). So the half of its way in which it stands longer is the inner one.
"""

from dataclasses import replace

import numpy as np

from presscue.calibration.coupling import runs
from presscue.calibration.model import Calibration, History
from presscue.calibration.mounting import along_rail, quiet, with_sled
from presscue.calibration.ways import integrated

SHOWN_MPS2 = 0.85  # gravity along a rail of 5 degrees: less may be the part's bias, or a rail found some degrees off
LAST_S = 1.0  # of a movement that has not come to a stand: integration drifts


def fitted(c: Calibration, history: History) -> Calibration:
    """Add the rail, outward upward, or away from where it stands on a level one. Raises NoFit."""
    c = with_sled(c, history)
    if c.gravity_along_mps2 < SHOWN_MPS2 and _stands_outside(history.sled_t_s, history.sled, along_rail(history, c)):
        c = replace(c, rail=-c.rail, gravity_along_mps2=-c.gravity_along_mps2)
    return c


def _stands_outside(t_s: np.ndarray, sled: np.ndarray, along: np.ndarray) -> bool:
    """Whether the sled stands longer in the outer half of its way than in the inner one, by its readings (n, 6) and its
    acceleration along the rail (n,): integrated from stand to stand, velocity and bias told by both."""
    stands = runs(quiet(t_s, sled))
    place, here, last = [], 0.0, stands[0][1] - 1
    stood = [(0.0, t_s[last] - t_s[stands[0][0]])]
    for start, end in [*stands[1:], (len(t_s), 0)]:
        going = slice(last, min(start + 1, len(t_s)) if end else np.searchsorted(t_s, t_s[last] + LAST_S, "right"))
        velocity = integrated(t_s[going], along[going])
        if end:
            velocity -= velocity[-1] * np.linspace(0.0, 1.0, len(velocity))
        way = here + integrated(t_s[going], velocity)
        place += [way.min(), way.max()]
        if end:
            here, last = way[-1], end - 1
            stood.append((here, t_s[last] - t_s[start]))
    middle = 0.5 * (min(place) + max(place))
    return sum(lasts if where > middle else -lasts for where, lasts in stood) > 0.0
