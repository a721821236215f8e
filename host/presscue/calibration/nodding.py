"""A sled that nods, in the readings of a fit: what gravity adds to its acceleration is taken out.

As in tracker/nod.py, but with hindsight, and before any velocity is known: how the sled's gyro goes with the leg's turn
is learnt by regression over the movements, with the angle to the third power, for the sled's place is bent over it.
"""

import numpy as np

from presscue.calibration.coupling import Spans
from presscue.calibration.model import Calibration, History
from presscue.calibration.ways import integrated

MOST_MPS3 = 1.0  # gravity's change as the sled turns by 6 degrees a second: no rail gives way faster, that is a knock
BEFORE_S = 0.25  # the leg rests at the beginning of a movement: from so long its angle is known
POWERS = 3


def turns(history: History, c: Calibration) -> np.ndarray:
    """How fast the sled's turns change gravity along the rail of c (n,), m/s3, gyro bias included; NaN without one."""
    return history.sled[:, 3:] @ np.cross(c.rail, history.sled[:, :3].mean(axis=0))


def leaked(sled_t_s: np.ndarray, turn: np.ndarray, leg_t_s: np.ndarray, leg: np.ndarray, moves: Spans) -> np.ndarray:
    """What the sled's turns add to its acceleration along the rail (n,), m/s2, in each of `moves`; 0 elsewhere and
    without a gyro. turn (n,): as `turns`; leg (m, 3): as `leg_readings`."""
    out = np.zeros(len(sled_t_s))
    if not np.isfinite(turn).all():
        return out
    rate = leg[:, 0]
    pieces, rows, seen = [], [], []
    for span in moves:
        inside, during = (_between(t_s, *span) for t_s in (sled_t_s, leg_t_s))
        at, t_s, own = sled_t_s[inside], leg_t_s[during], rate[during]
        if len(t_s) < 2 or not len(at):
            continue
        first, second = leg[_between(leg_t_s, t_s[0], t_s[0] + BEFORE_S), 1:].mean(axis=0)
        angle = integrated(t_s, own) - np.arctan2(second, first)
        here = np.interp(at, t_s, angle)
        powers = np.vander(here, POWERS, increasing=True)
        row = np.interp(at, t_s, own)[:, None] * powers
        drift = np.stack([np.ones(len(at)), at - at[0]], axis=1)
        both = np.column_stack([row, np.clip(turn[inside] - np.median(turn[inside]), -MOST_MPS3, MOST_MPS3)])
        both -= drift @ np.linalg.lstsq(drift, both, rcond=None)[0]
        rows.append(both[:, :-1])
        seen.append(both[:, -1])
        pieces.append((inside, here, powers))
    if not pieces:
        return out
    per = np.linalg.lstsq(np.concatenate(rows), np.concatenate(seen), rcond=1e-6)[0]
    for inside, here, powers in pieces:
        added = here * (powers @ (per / np.arange(1, POWERS + 1)))
        out[inside] = added - added[0]
    return out


def _between(t_s: np.ndarray, since_s: float, until_s: float) -> slice:
    """Where t_s (n,), rising, is from one time to another."""
    return slice(int(np.searchsorted(t_s, since_s)), int(np.searchsorted(t_s, until_s, side="right")))
