"""Whether the leg walks: the shank swings farther and faster than in any press."""

from presscue.compiled import njit
from presscue.tracker.state import LOST_S

STEP_RAD, STEP_RADPS, STEP_S = 0.26, 1.05, 0.65  # a swing of the shank so far, and so fast or short, is a step
NEXT_S = 1.5  # one that follows another so soon, where flexion tells too: one alone may be a press in haste
STEPPING_S = 2.5  # how long after a step the leg is taken to be off the sled
TURNED_BACK_RAD = 0.1  # a swing is over when the shank has come back by this


@njit
def watch_steps(m, s, t):
    """Notes a step when a swing of the shank ends."""
    pitch = s.pitch.x[0]
    if t - s.leg_t_s > LOST_S:
        s.swing = 0
        s.swing_top = s.swing_low = pitch
        s.swing_top_t_s = s.swing_low_t_s = t
    if pitch >= s.swing_top:
        s.swing_top, s.swing_top_t_s = pitch, t
    if pitch <= s.swing_low:
        s.swing_low, s.swing_low_t_s = pitch, t
    size = s.swing_top - s.swing_low
    if s.swing >= 0 and s.swing_top - pitch > TURNED_BACK_RAD:
        lasted = s.swing_top_t_s - s.swing_low_t_s
        s.swing = -1
        s.swing_low, s.swing_low_t_s = pitch, t
    elif s.swing <= 0 and pitch - s.swing_low > TURNED_BACK_RAD:
        lasted = s.swing_low_t_s - s.swing_top_t_s
        s.swing = 1
        s.swing_top, s.swing_top_t_s = pitch, t
    else:
        return
    if size > STEP_RAD and lasted > 0.0 and (lasted < STEP_S or size > STEP_RADPS * lasted):
        if not m.estimated or t - s.brisk_t_s < NEXT_S:
            s.step_t_s = t
        s.brisk_t_s = t


@njit
def walks(s, t):
    """Whether the leg has made a step so short a time ago that it is taken to be off the sled."""
    return t - s.step_t_s < STEPPING_S
