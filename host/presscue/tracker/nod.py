"""A sled that nods: rails give way, rollers wear, and gravity then leaks into the sled's own acceleration.

By half a degree over its way that is as much as a slow lifter's pushes, and it comes with the sled's place, as they do,
so that no filter can tell the two apart. The sled's gyro sees it. Summed up, its turns would bring in its bias, which
wanders; but by how much the sled turns for each metre is the same in every rep, and is learnt by regression on its
velocity.
"""

import math

from presscue.calibration.nodding import MOST_MPS3
from presscue.compiled import njit

UP_S = 5.0  # over which pushes cancel out, and gravity is left
SLOW_S = 3.0  # what changes slower than this is the gyro's bias
MEMORY_S = 120.0
UNSURE_M2PS = 2e-3  # summed squares of the velocity from which on the turns are believed rather than a stiff rail


@njit
def lean(s, rail, dt, v):
    """By how much (m/s2) gravity along the rail (3 floats) changes for each metre that the sled goes.

    v (6 floats): the sled's reading, dt after the last, NaN in the last three where there is no gyro.
    """
    first = s.up_s == 0.0
    s.up_s = min(s.up_s + dt, UP_S)
    part = dt / max(s.up_s, 1e-6)
    for k in range(3):
        s.up[k] += part * (v[k] - s.up[k])
    up = s.up
    turn = v[3] * (rail[1] * up[2] - rail[2] * up[1])
    turn += v[4] * (rail[2] * up[0] - rail[0] * up[2])
    turn += v[5] * (rail[0] * up[1] - rail[1] * up[0])
    if math.isnan(turn):
        return 0.0
    if first:
        s.turn_slow = turn
    off, speed = turn - s.turn_slow, s.sled.x[1] - s.speed_slow
    slow = min(dt / SLOW_S, 1.0)
    s.turn_slow += slow * off
    s.speed_slow += slow * speed
    if abs(off) < MOST_MPS3:
        kept = 1.0 - dt / MEMORY_S
        s.turned = kept * s.turned + dt * speed * off
        s.ran = kept * s.ran + dt * speed * speed
    return s.turned / (s.ran + UNSURE_M2PS)
