"""When the linkage filter starts and stops, and how flexion goes on while one of the two IMUs is lost."""

import math

from presscue import wire
from presscue.compiled import njit
from presscue.estimation.estimator import ACCELERATION, PHI, RATE, begin, flexion_at_rest, update, update_entry
from presscue.estimation.linkage import flexion_of, pose
from presscue.tracker.state import LOST_S
from presscue.tracker.steps import walks

SLED = wire.SLED

APART_MPS, APART_SHARE = 0.02, 0.25  # how well gravity and gyro of the leg alone tell the velocity of a sled it is on
TURN_SD = 0.03  # how surely the geometry tells the shank's turn per flexion; some -0.5, less the more it is bent
FOLDED, FOLLOWED_MPS = 0.15, 0.05  # where it is less the sled says how fast the knee bends, to so much a reading
UNSURE_RAD = 0.17  # flexion less sure than this is not told, where an IMU is lost
PARKED_S = 3.0  # a sled that stands so long after the leg IMU was lost says nothing of the leg any more
MOUNT_SD_RAD = 0.002  # the fit's mount is kept: free, rumble would push flexion and mount apart
QUIET_S = 0.2  # how long the leg must rest before the linkage filter starts
SURPRISE = 12.0  # mean squared innovation at which linkage and readings no longer agree
PLACE_SD_M = 0.02  # how surely the linkage knows the sled's place, its geometry being what it is
LET_GO_MPS = 0.1  # how far off the sled's velocity may be when the leg on it was not
NODDED_M = 0.25  # of a sled that nods, the way by which a rail bent under the load, and is straight without it
SURPRISE_S = 0.3  # its averaging time


@njit
def surprise(old, white, dt):
    """Running mean of the squared innovation, each capped so that one clank is not the end."""
    return old + min(dt / SURPRISE_S, 1.0) * (min(white * white, 40.0) - old)


@njit
def folds(m, at):
    """Whether the leg is bent so far that the shank hardly turns any more: its turn then tells nothing of the sled."""
    return at.theta1 + m.leg.tissue > -FOLDED


@njit
def follow_sled(s, at):
    """The linkage filter of a leg that folds: it would end on the wrong side of the fold, and bend as it presses."""
    s.link.row[:] = 0.0
    s.link.row[RATE] = at.D1
    update(s.link, s.sled.x[1] - at.D1 * s.link.x[RATE], s.sled.P[1, 1] + FOLLOWED_MPS**2, 4.0)


@njit
def linked_sd_mps(m, s, at):
    """How surely the linkage filter knows the sled's velocity: by its own count, and by its geometry."""
    by_geometry = abs(at.D1 * s.link.x[RATE]) * TURN_SD / abs(at.theta1 + m.leg.tissue)
    return abs(at.D1) * math.sqrt(max(s.link.P[RATE, RATE], 0.0)), by_geometry


@njit
def switch_on(m, s, t):
    """The linkage filter runs from here, unsurprised so far. It says where the sled has gone in its absence."""
    s.on = 1
    s.filter_t_s = t
    s.sled_nis = 1.0
    s.leg_nis = 1.0
    s.sled_off = s.rate_off = s.first_off = s.second_off = 0.0
    at = pose(m.links, s.link.x[PHI])
    s.stood_D = at.D
    if not math.isnan(s.sled_D):
        variance = PLACE_SD_M**2 + at.D1 * at.D1 * s.link.P[PHI, PHI]
        update_entry(s.sled, 0, at.D - s.sled_D - s.sled.x[0], variance, 3.0)
    place_sled(s, PLACE_SD_M)
    s.sled_D = at.D - s.sled.x[0]


@njit
def place_sled(s, sd_m):
    """The sled's place is as sure as that from here on; what was known of it before says nothing more."""
    for j in range(3):
        s.sled.P[0, j] = 0.0
        s.sled.P[j, 0] = 0.0
    s.sled.P[0, 0] = sd_m * sd_m


@njit
def stop_linkage(s, t):
    if s.on == 1:
        place_sled(s, PLACE_SD_M)
        s.sled.P[1, 1] += LET_GO_MPS**2
        s.sled.P[2, 2] += (NODDED_M * s.lean) ** 2
    s.on = 0
    s.by_sled = 0
    s.busy_t_s = t
    s.wait_t_s = t


@njit
def go_on_by_sled(m, s):
    """The leg IMU is lost: from here on the sled's own filter says where the leg is. Its place is as sure as flexion
    was."""
    at = pose(m.links, s.link.x[PHI])
    place_sled(s, max(abs(at.D1), 0.02) * math.sqrt(s.link.P[PHI, PHI]))
    s.sled_D = at.D - s.sled.x[0]
    s.on = 0
    s.by_sled = 1


@njit
def by_sled(m, s):
    """Flexion and its standard deviation (rad) from the sled's place alone."""
    D = s.sled.x[0] + s.sled_D
    sd = math.sqrt(max(s.sled.P[0, 0], 0.0))
    return flexion_of(m.links, D), 0.5 * (flexion_of(m.links, D - sd) - flexion_of(m.links, D + sd))


@njit
def begin_moving(m, s, phi, phi_sd, rate):
    """The linkage filter from a leg that turns: flexion (rad), rate about the flexion axis (rad/s)."""
    begin(s.link, phi, phi_sd, m.leg.mount_rad, MOUNT_SD_RAD)
    s.link.x[RATE] = rate / (pose(m.links, phi).theta1 + m.leg.tissue)
    s.link.P[RATE, RATE] = 0.3**2
    s.link.P[ACCELERATION, ACCELERATION] = 8.0**2


@njit
def go_on_by_both(m, s, t, rate):
    """The leg IMU is back while the sled still knows the place. rate: about the flexion axis (rad/s)."""
    phi, sd = by_sled(m, s)
    begin_moving(m, s, phi, max(sd, 0.02), rate)
    s.by_sled = 0
    switch_on(m, s, t)


@njit
def goes_apart(m, s):
    """Whether the leg turns otherwise than a leg on the sled does, as far as both are known without the linkage."""
    phi = flexion_at_rest(m.links, m.leg, s.f1_low, s.f2_low)
    if math.isnan(phi):
        return True
    at = pose(m.links, phi)
    sled_mps = s.sled.x[1]
    off_mps = at.D1 * s.rate_low / (at.theta1 + m.leg.tissue) - sled_mps
    return off_mps * off_mps > 9.0 * (s.sled.P[1, 1] + APART_MPS**2 + (APART_SHARE * sled_mps) ** 2)


@njit
def maybe_start(m, s, t, still, rate):
    """Start the linkage filter from gravity once the leg rests, or, after 2 s on a sled that moves as the leg turns
    (rate about the flexion axis, rad/s), as well as can be. Plates that shake the sled while the leg walks are no
    moving sled."""
    if s.wait_t_s < -1e8:
        s.wait_t_s = t
    rests = t - s.busy_t_s >= QUIET_S
    if not rests and (still or walks(s, t) or t - s.wait_t_s < 2.0 or s.apart == 1):
        return
    phi = flexion_at_rest(m.links, m.leg, s.f1_low, s.f2_low)
    if math.isnan(phi):
        return
    if rests:
        begin(s.link, phi, 0.07, m.leg.mount_rad, MOUNT_SD_RAD)
    else:
        begin_moving(m, s, phi, 0.2, rate)
    s.wait_t_s = t
    switch_on(m, s, t)


@njit
def watch_linkage(m, s, t, source, dt):
    """After a reading of `source`, dt seconds after its last: stop the linkage filter where it no longer fits, or hand
    over to the sled's own filter where the leg IMU is lost, and stop that when it has become unsure."""
    if s.on == 1:
        unsure = s.link.P[PHI, PHI] > UNSURE_RAD**2 and max(t - s.sled_t_s, t - s.leg_t_s, dt) > LOST_S
        wild = s.link.x[PHI] < -0.35 or s.link.x[PHI] > 2.4
        if unsure or wild or max(s.sled_nis, s.leg_nis) > SURPRISE:
            stop_linkage(s, t)
        elif source == SLED and t - s.leg_t_s > LOST_S and dt <= LOST_S:
            go_on_by_sled(m, s)
    elif s.by_sled == 1:
        parked = t - s.moved_t_s > PARKED_S
        if parked or t - s.sled_t_s > LOST_S or by_sled(m, s)[1] > UNSURE_RAD:
            stop_linkage(s, t)
