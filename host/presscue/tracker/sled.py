"""Sled motion from its own IMU: position, velocity and accelerometer bias, with zero-velocity updates at rest."""

import math

from presscue.compiled import njit
from presscue.estimation.estimator import update_entry
from presscue.tracker.shaking import learn_standing, rattles, shakes_as, watch_shaking
from presscue.tracker.state import LOST_S
from presscue.tracker.turning import watch_turns

STILL_S = 0.15  # how long the sled's acceleration must stay at its floor
STARTING_S, STARTED_SD_MPS = 0.4, 0.005  # over so long before a sled is seen to move its pushes count, to so much
DEAD_S = 2.0  # memory of the sled's dead-reckoned velocity, and
STOOD_SD_MPS = 0.002  # how surely a sled at rest stands, out of a set: in one, a slow turn is as quiet
SLOW_MPS = 0.015  # the velocity of the linkage below which a quiet sled stands in any case
TURN_MPS = 0.003  # the linkage's velocity below which the sled turns
TURN_M2PS = 2e-6  # density of the noise in the linkage's velocity, at a turn
BENT_S, OWN_S = 0.5, 0.02  # for how long it is off alike by its geometry: for half a stroke; and by its own count
LATE_S, JOLTED_S = 0.02, 0.1  # it may be so late, for so long alike
OFF_MPS, OFF_S = 0.01, 0.5  # if off by three deviations and this, the linkage is broken; after so long, it was the sled
BROKEN, ASTRAY_S = 10.0, 0.1
ASTRAY_SD_MPS = 0.03
PUSHED_M2PS3, FLOOR_S = 5e-5, 0.01  # what integration adds in a set: rumble cancels out, not all of the noise does
UNSEEN_MPS4 = 4.0  # bends in the acceleration between two readings
GAP_S = 0.05  # after so long without one the linkage says how far and how fast the sled has gone: a slam stops in less
GOING_MPS = 0.1  # one that goes so fast: the leg may leave one that stands
FOLDING_HZ, ROUGH_S = 200.0, 0.2  # a rail's rumble folds down where readings are rarer; memory of how rough it is
UNSURE_SD = 2.0  # deviations of the bias that are no movement of a sled which the leg has let go
BIAS_WALK = 1e-3  # m/s2 per root second
TIED_S = 60.0  # how slowly the sled's place follows the linkage's


@njit
def linked_density(s, dt, linked_mps, unsure_mps, bent_mps):
    """Density (m2/s) of the noise in the linkage's velocity, dt after the last; see step_sled. It is not white: what is
    wrong in the geometry is wrong through a stroke, however often it is read. Where it suddenly contradicts the sled's
    own filter, a hip or a heel has gone: the linkage counts for little, but if that lasts, the filter has gone astray.
    """
    off_mps = linked_mps - s.sled.x[1]
    late_mps = LATE_S * (s.sled_fast - s.sled.x[2])
    own, bent, late = unsure_mps * unsure_mps, bent_mps * bent_mps, late_mps * late_mps
    density = TURN_M2PS + 2.0 * (BENT_S * bent + JOLTED_S * late + OWN_S * own)
    if off_mps * off_mps < 9.0 * (s.sled.P[1, 1] + bent + own + OFF_MPS**2):
        s.astray_s = 0.0
        return density
    s.astray_s += dt
    if s.astray_s < OFF_S:
        return BROKEN * density
    s.sled.P[1, 1] += min(dt / ASTRAY_S, 1.0) * off_mps * off_mps
    return density


@njit
def step_sled(m, s, t, along, linked_mps, linked_m, unsure_mps, bent_mps, alone):
    """Sled filter: along is specific force along the rail without gravity (m/s2), linked_mps the velocity that the
    linkage filter sees, unsure_mps and bent_mps its standard deviation by that filter's own count and by its geometry,
    and linked_m its place (NaN while it is off). alone: the leg does not go as the sled does. Returns True while the
    sled is still.

    In a set the linkage says when the sled turns; its velocity elsewhere, and its place, are only as good as the
    geometry. From turn to turn the sled's acceleration says more, once what a nodding sled adds is known (nod.py).
    """
    x, P = s.sled.x, s.sled.P
    dt = t - s.sled_t_s
    way_m = linked_m - s.linked_m
    bridged = GAP_S < dt <= LOST_S and not math.isnan(way_m)
    if dt > LOST_S or bridged:
        x[1] = 0.0
        P[1, :] = 0.0
        P[:, 1] = 0.0
        P[1, 1] = 0.3**2 if s.sled_t_s > -1e8 else 0.02**2
        if not math.isnan(linked_mps):
            x[0] = x[0] + way_m if bridged else linked_m
            x[1] = s.dead_mps = linked_mps
            P[1, 1] = ASTRAY_SD_MPS**2
        s.sled_low = along
        s.sled_fast = along
        s.along_change = 0.0
        s.moved_t_s = t
    else:
        watch_shaking(m, s, dt, along)
        a = 0.5 * (along + s.along) - x[2]
        tilt = dt * s.lean
        x[2] += tilt * x[1]
        x[0] += dt * (x[1] + 0.5 * dt * a)
        x[1] += dt * a
        half = 0.5 * dt * dt
        for j in range(3):
            P[0, j] += dt * P[1, j] - half * P[2, j]
            P[2, j] += tilt * P[1, j]
            P[1, j] -= dt * P[2, j]
        for i in range(3):
            P[i, 0] += dt * P[i, 1] - half * P[i, 2]
            P[i, 2] += tilt * P[i, 1]
            P[i, 1] -= dt * P[i, 2]
        P[0, 0] += 1e-10
        s.sled_rough += min(dt / ROUGH_S, 1.0) * ((along - s.along) ** 2 - s.sled_rough)
        if math.isnan(linked_mps):
            P[1, 1] += (m.noise.sled_mps2 * dt) ** 2
        else:
            folded = s.sled_rough * min(max(dt * FOLDING_HZ - 1.0, 0.0), 1.0)
            P[1, 1] += (PUSHED_M2PS3 + FLOOR_S * m.floor_mps2**2 + folded * dt) * dt
        P[1, 1] += (UNSEEN_MPS4 * dt * dt * dt) ** 2
        P[2, 2] += BIAS_WALK**2 * dt
        s.sled_low += min(dt / 0.15, 1.0) * (along - s.sled_low)
        s.sled_fast += min(dt / 0.04, 1.0) * (along - s.sled_fast)
        if math.isnan(linked_mps):
            s.dead_mps = x[1]
            s.astray_s = 0.0
        else:
            s.dead_mps += dt * a + min(dt / DEAD_S, 1.0) * (linked_mps - s.dead_mps)
            density = linked_density(s, dt, linked_mps, unsure_mps, bent_mps)
            if t - s.moved_t_s < STILL_S or abs(linked_mps) < TURN_MPS:  # a quiet sled goes on as it went, or stands
                update_entry(s.sled, 1, linked_mps - x[1], density / max(dt, 1e-3), math.inf)
                x[0] += min(dt / TIED_S, 1.0) * (linked_m - x[0])
    s.along = along
    s.linked_m = linked_m if abs(x[1]) > GOING_MPS else math.nan
    jolt = abs(along - x[2]) > 0.2 + 5.0 * m.floor_mps2
    bias = UNSURE_SD * math.sqrt(P[2, 2]) if m.has_leg and math.isnan(linked_mps) else 0.0
    drift = abs(s.sled_fast - x[2]) > 0.08 + 2.0 * m.floor_mps2 + bias
    pull = abs(s.sled_low - x[2]) > 0.03 + 0.6 * m.floor_mps2 + bias
    if jolt or drift or pull:
        s.moved_t_s = t
    still = t - s.moved_t_s >= STILL_S and not (math.isnan(linked_mps) and rattles(s))
    if still:
        # At constant speed the sled is as quiet as at rest: only a velocity that may be zero is set to zero. In a set
        # the leg says how fast the sled goes, if it goes; the sled's own pushes since it last stood say whether.
        if math.isnan(linked_mps):
            like = shakes_as(s, x[1])
            may_stand = like < 0 or (like == 0 and x[1] * x[1] < 9.0 * (P[1, 1] + 0.02**2))
        else:
            may_stand = abs(linked_mps) < SLOW_MPS or abs(s.dead_mps) < abs(s.dead_mps - linked_mps)
        if may_stand or alone or t - s.moved_t_s > 8.0:
            if not abs(linked_mps) > SLOW_MPS:  # what has pushed the sled since the leg began to move is not forgotten
                s.dead_mps = 0.0
            if math.isnan(linked_mps):
                learn_standing(s, dt)
                update_entry(s.sled, 1, -x[1], STOOD_SD_MPS**2, math.inf)
                s.started_mps += dt * (along - x[2] - s.started_mps / STARTING_S)
        else:
            still = False
    if not m.has_leg:
        watch_turns(s, dt, along, still)
    if not still and s.started_mps != 0.0:
        x[1] += s.started_mps  # a slow start is as quiet as rest
        P[1, 1] += STARTED_SD_MPS**2
        s.started_mps = 0.0
    return still
