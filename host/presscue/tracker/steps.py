"""Whether a leg without a sled IMU walks: the shank swings farther and faster than in any press."""

from presscue.compiled import njit
from presscue.tracker.state import (
    LEG_T,
    LOST_S,
    STEP_T,
    SWING,
    SWING_LOW,
    SWING_LOW_T,
    SWING_TOP,
    SWING_TOP_T,
)

STEP_RAD, STEP_RADPS, STEP_S = 0.26, 1.05, 0.65  # a swing of the shank so far, and so fast or short, is a step
TURNED_BACK_RAD = 0.1  # a swing is over when the shank has come back by this


@njit
def watch_steps(s, t):
    """Without a sled IMU: does the shank swing as in walking, faster than any press?"""
    aux, pitch = s.aux, s.pitch[0]
    if t - aux[LEG_T] > LOST_S:
        aux[SWING] = 0.0
        aux[SWING_TOP] = aux[SWING_LOW] = pitch
        aux[SWING_TOP_T] = aux[SWING_LOW_T] = t
    if pitch >= aux[SWING_TOP]:
        aux[SWING_TOP], aux[SWING_TOP_T] = pitch, t
    if pitch <= aux[SWING_LOW]:
        aux[SWING_LOW], aux[SWING_LOW_T] = pitch, t
    size = aux[SWING_TOP] - aux[SWING_LOW]
    if aux[SWING] >= 0.0 and aux[SWING_TOP] - pitch > TURNED_BACK_RAD:
        lasted = aux[SWING_TOP_T] - aux[SWING_LOW_T]
        aux[SWING] = -1.0
        aux[SWING_LOW], aux[SWING_LOW_T] = pitch, t
    elif aux[SWING] <= 0.0 and pitch - aux[SWING_LOW] > TURNED_BACK_RAD:
        lasted = aux[SWING_LOW_T] - aux[SWING_TOP_T]
        aux[SWING] = 1.0
        aux[SWING_TOP], aux[SWING_TOP_T] = pitch, t
    else:
        return
    if size > STEP_RAD and lasted > 0.0 and (lasted < STEP_S or size > STEP_RADPS * lasted):
        aux[STEP_T] = t
