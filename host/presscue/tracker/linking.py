"""When the linkage filter starts and stops, and how flexion goes on while one of the two IMUs is lost."""

import math

from presscue import wire
from presscue.compiled import njit
from presscue.estimator import ACCELERATION, PHI, RATE, begin, flexion_at_rest
from presscue.linkage import flexion_of, pose
from presscue.tracker.state import (
    BUSY_T,
    BY_SLED,
    F1_LOW,
    F2_LOW,
    FILTER_T,
    LEG_NIS,
    LEG_T,
    LOST_S,
    MOVED_T,
    ON,
    SLED_D,
    SLED_NIS,
    SLED_T,
    STOOD_D,
    WAIT_T,
)

SLED = wire.SLED

UNSURE_RAD = 0.17  # flexion less sure than this is not told, where an IMU is lost
PARKED_S = 3.0  # a sled that stands so long after the leg IMU was lost says nothing of the leg any more
MOUNT_SD_RAD = 0.002  # the fit's mount is kept: free, rumble would push flexion and mount apart
QUIET_S = 0.2  # how long the leg must rest before the linkage filter starts
SURPRISE = 12.0  # mean squared innovation at which linkage and readings no longer agree
SURPRISE_S = 0.3  # its averaging time


@njit
def surprise(old, white, dt):
    """Running mean of the squared innovation, each capped so that one clank is not the end."""
    return old + min(dt / SURPRISE_S, 1.0) * (min(white * white, 40.0) - old)


@njit
def switch_on(m, s, t):
    """The linkage filter runs from here, unsurprised so far."""
    s.aux[ON] = 1.0
    s.aux[FILTER_T] = t
    s.aux[SLED_NIS] = 1.0
    s.aux[LEG_NIS] = 1.0
    s.aux[STOOD_D] = pose(m.links, s.x[PHI]).D


@njit
def stop_linkage(s, t):
    s.aux[ON] = 0.0
    s.aux[BY_SLED] = 0.0
    s.aux[BUSY_T] = t
    s.aux[WAIT_T] = t


@njit
def go_on_by_sled(m, s):
    """The leg IMU is lost: from here on the sled's own filter says where the leg is. Its place is as sure as flexion
    was."""
    at = pose(m.links, s.x[PHI])
    sd = max(abs(at.D1), 0.02) * math.sqrt(s.P[PHI, PHI])
    for j in range(3):
        s.sled_P[0, j] = 0.0
        s.sled_P[j, 0] = 0.0
    s.sled_P[0, 0] = sd * sd
    s.aux[SLED_D] = at.D - s.sled[0]
    s.aux[ON] = 0.0
    s.aux[BY_SLED] = 1.0


@njit
def by_sled(m, s):
    """Flexion and its standard deviation (rad) from the sled's place alone."""
    D = s.sled[0] + s.aux[SLED_D]
    sd = math.sqrt(max(s.sled_P[0, 0], 0.0))
    return flexion_of(m.links, D), 0.5 * (flexion_of(m.links, D - sd) - flexion_of(m.links, D + sd))


@njit
def go_on_by_both(m, s, t, rate):
    """The leg IMU is back while the sled still knows the place. rate: about the flexion axis (rad/s)."""
    phi, sd = by_sled(m, s)
    begin(s.x, s.P, phi, max(sd, 0.02), m.leg.mount_rad, MOUNT_SD_RAD)
    s.x[RATE] = rate / (pose(m.links, phi).theta1 + m.leg.tissue)
    s.P[RATE, RATE] = 0.3**2
    s.P[ACCELERATION, ACCELERATION] = 8.0**2
    s.aux[BY_SLED] = 0.0
    switch_on(m, s, t)


@njit
def maybe_start(m, s, t, still):
    """Start the linkage filter from gravity once the leg rests (or, after 2 s on a moving sled, as well as can be)."""
    aux = s.aux
    if aux[WAIT_T] < -1e8:
        aux[WAIT_T] = t
    rests = t - aux[BUSY_T] >= QUIET_S
    if not rests and (still or t - aux[WAIT_T] < 2.0):
        return
    aux[WAIT_T] = t
    phi = flexion_at_rest(m.links, m.leg, aux[F1_LOW], aux[F2_LOW])
    if math.isnan(phi):
        return
    begin(s.x, s.P, phi, 0.07 if rests else 0.2, m.leg.mount_rad, MOUNT_SD_RAD)
    switch_on(m, s, t)


@njit
def watch_linkage(m, s, t, source, dt):
    """After a reading of `source`, dt seconds after its last: stop the linkage filter where it no longer fits, or hand
    over to the sled's own filter where the leg IMU is lost, and stop that when it has become unsure."""
    aux = s.aux
    if aux[ON] == 1.0:
        unsure = s.P[PHI, PHI] > UNSURE_RAD**2 and max(t - aux[SLED_T], t - aux[LEG_T], dt) > LOST_S
        wild = s.x[PHI] < -0.35 or s.x[PHI] > 2.4
        if unsure or wild or max(aux[SLED_NIS], aux[LEG_NIS]) > SURPRISE:
            stop_linkage(s, t)
        elif source == SLED and t - aux[LEG_T] > LOST_S and dt <= LOST_S:
            go_on_by_sled(m, s)
    elif aux[BY_SLED] == 1.0:
        parked = t - aux[MOVED_T] > PARKED_S
        if parked or t - aux[SLED_T] > LOST_S or by_sled(m, s)[1] > UNSURE_RAD:
            stop_linkage(s, t)
