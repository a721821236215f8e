"""A hip that has left the seat, as far as a seat pad says when: how far it is up, from where the sled is then.

The shank's turn gives flexion only while the hip is where the calibration has it. A hip l higher stands for an ankle l
lower: at the same turn of the shank the knee is bent less, and the sled stands farther out than the linkage says. The
sled's own filter knows its place to some millimetres, and the difference that is usual at that flexion is learnt while
the lifter sits. In which direction a hip leaves the seat is not known; straight up from the rail is taken.
"""

import math

from presscue.compiled import njit

LIGHT, SEATED = 0.65, 0.75  # of the pad's usual force: below the first the hip may be off, from the second on it sits
USUAL_S, RISE_S, STALE_S = 10.0, 1.0, 0.5  # memory of what is usual, up faster; without a reading so long it sits
PER_BIN_RAD = math.pi / 18.0
GAP_S, BIN_S = 0.5, 3.0  # memory of the difference just before, and of its usual course
HIP_MPS = 0.06  # how fast the hip may move, per root second
MOST_M = 0.08
PLACE_SD_M, PLACE_S = 0.004, 0.3  # how well the sled's place is known, and for how long it is off alike
DOWN_S = 0.1


@njit
def step_seat_pad(s, t, force):
    """One reading of the seat pad (any scale): whether the hip may be off the seat."""
    if math.isnan(force) or s.on == 0:
        return
    dt = min(t - s.seat_t_s, 0.2)
    s.seat_t_s = t
    if s.seat_usual <= 0.0:
        s.seat_usual = force
        return
    s.seat_light = 1 if force < (SEATED if s.seat_light == 1 else LIGHT) * s.seat_usual else 0
    if s.seat_light == 0:
        s.seat_usual += min(dt / (RISE_S if force > s.seat_usual else USUAL_S), 1.0) * (force - s.seat_usual)


@njit
def light(s, t):
    """Whether the hip may be off the seat."""
    return s.seat_light == 1 and t - s.seat_t_s < STALE_S


@njit
def step_hip(m, s, t, dt, phi, at):
    """After dt seconds of a linkage at flexion phi (rad), pose `at`: how far the hip is up."""
    place = min(max(phi / PER_BIN_RAD, 0.0), len(s.gap_usual) - 1.001)
    k = int(place)
    part = place - k
    gap = s.sled.x[0] + s.sled_D - at.D - ((1.0 - part) * s.gap_usual[k] + part * s.gap_usual[k + 1])
    if not light(s, t):
        s.hip_m -= min(dt / DOWN_S, 1.0) * s.hip_m
        s.hip_var = 0.0
        s.gap_m += min(dt / GAP_S, 1.0) * (gap - s.gap_m)
        s.gap_usual[k] += (1.0 - part) * dt / BIN_S * (gap - s.gap_m)
        s.gap_usual[k + 1] += part * dt / BIN_S * (gap - s.gap_m)
        return
    s.hip_var += HIP_MPS**2 * dt
    slope = at.D1 * hip_turn(m, at) + mirror(m) * m.links.height_m / at.D
    gain = s.hip_var * slope / (slope * slope * s.hip_var + PLACE_SD_M**2 * PLACE_S / max(dt, 1e-3))
    s.hip_m = min(max(s.hip_m + gain * (gap - s.gap_m - slope * s.hip_m), 0.0), MOST_M)
    s.hip_var *= 1.0 - gain * slope


@njit
def mirror(m):
    """-1 for an IMU on the thigh, whose linkage is the mirrored leg: a hip that goes up goes down there."""
    return 1.0 if m.leg.carried == 1.0 else -1.0


@njit
def hip_turn(m, at):
    """By how much more the knee is bent than the linkage has it, for each metre that the hip is up: rad/m, negative on
    a shank, positive on a thigh."""
    return mirror(m) / (at.D * (at.theta1 + m.leg.tissue))
