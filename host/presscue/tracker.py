"""From one reading to one frame: sled motion, leg rotation, and, where both are there, the linkage filter.

Four small filters run side by side, each on what it alone can know:
* sled: position, velocity and accelerometer bias along the rail, with zero-velocity updates while the sled is still;
* pitch: angle of the leg IMU about the flexion axis, with gyro bias and gyro scale, corrected by gravity;
* plane: rotation of the leg IMU about the two axes in the leg's plane, which a leg in its plane does not make. The
  gyro carries it from reading to reading; gravity holds the tilt, and only rest, which shows the gyro's bias, the turn
  about the vertical;
* linkage (estimator.py): flexion, whenever sled and leg move as one. When its innovations say that they do not (the
  leg is off the sled, a sensor slipped), it stops, and starts afresh from gravity once the leg rests.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue import wire
from presscue.calibration import Calibration, Priors
from presscue.compiled import njit
from presscue.estimator import (
    ACCELERATION,
    GRAVITY_MPS2,
    PHI,
    RATE,
    Leg,
    N,
    Noise,
    begin,
    carry_over,
    flexion_at_rest,
    predict,
    update,
    update_leg,
    update_sled,
)
from presscue.linkage import Links, pose, wrapped

SLED = wire.SLED
LEG = wire.LEG
PADS = wire.PADS
DEGREES = 180.0 / math.pi

LOST_S = 0.3  # an IMU silent for longer is not measured
UNSURE_RAD = 0.17  # flexion less sure than this is not told, where an IMU is lost
RETURN_S = 1.7  # of the two seconds to wait on a moving sled, for a leg IMU that is back
PARKED_S = 3.0  # a sled that stands so long after the leg IMU was lost says nothing of the leg any more
STILL_S = 0.15  # how long the sled's acceleration must stay at its floor
MOUNT_SD_RAD = 0.002  # the fit's mount is kept: free, rumble would push flexion and mount apart
QUIET_S = 0.2  # how long the leg must rest before the linkage filter starts
DEAD_S = 2.0  # memory of the sled's dead-reckoned velocity, and
SLOW_MPS = 0.015  # the velocity of the linkage below which a quiet sled stands in any case
LINKED_MPS = 0.03  # how well the linkage filter knows the sled's velocity, for the sled's own filter
SURPRISE = 12.0  # mean squared innovation at which linkage and readings no longer agree
SURPRISE_S = 0.3  # its averaging time
STEP_RAD, STEP_RADPS, STEP_S = 0.26, 1.05, 0.65  # a swing of the shank so far, and so fast or short, is a step
TURNED_BACK_RAD = 0.1  # a swing is over when the shank has come back by this
STEPPING_S = 2.5  # how long after a step the leg is taken to be off the sled
ALONE_M, ALONE_MPS = 0.03, 0.06  # the leg goes this far this fast on a sled that stands: it is off the sled
CALM_RADPS, CALM_S = 0.05, 0.2  # a leg that turns no faster, for so long, shows the gyro's bias
BIAS_S = 5.0  # memory of that bias, in seconds of rest
TILT_S, CALM_TILT_S = 5.0, 0.5  # how fast gravity corrects the tilt: in movement it shakes, at rest it is right
RUMBLE, WOBBLE = 4.0, 0.3  # fast movements shake more: surprise is judged per (1 + this times m/s, rad/s)


class Model(NamedTuple):
    """A calibration in the form that the compiled steps take."""

    has_sled: bool
    has_leg: bool
    linked: bool
    rail: np.ndarray
    along: float
    floor_mps2: float
    axis: np.ndarray
    first: np.ndarray
    second: np.ndarray
    gyro_bias: float
    links: Links
    leg: Leg
    noise: Noise
    inward: float  # sign of an inward rotation about the rail, seen from the flexion axis; NaN: which leg is not known


INWARD = {"left": 1.0, "right": -1.0, None: math.nan}


def model_of(c: Calibration, priors: Priors | None = None) -> Model:
    """The model of a calibration. All arrays are contiguous: another layout would be compiled for anew."""
    rail, axis, first, second = (np.ascontiguousarray(vector) for vector in (c.rail, c.axis, c.first, c.second))
    return Model(
        c.has_sled,
        c.has_leg,
        c.linked,
        rail,
        c.gravity_along_mps2,
        c.sled_floor_mps2,
        axis,
        first,
        second,
        c.gyro_bias_radps,
        c.links,
        c.leg,
        Noise(),
        INWARD[priors.leg if priors is not None else None],
    )


class State(NamedTuple):
    """All that the tracker remembers, as float64 arrays; copying them saves it."""

    x: np.ndarray  # linkage filter (N,), (N, N)
    P: np.ndarray
    sled: np.ndarray  # position, velocity, bias; covariance
    sled_P: np.ndarray
    pitch: np.ndarray  # angle, bias, scale; covariance
    pitch_P: np.ndarray
    plane: np.ndarray
    aux: np.ndarray


(
    ON, SLED_T, LEG_T, SLED_NIS, LEG_NIS, SLED_LOW, MOVED_T, F1_LOW, F2_LOW,
    RATE_LOW, BUSY_T, PITCH_ZERO, OFFSET, LINKED, FILTER_T, ALONG, WAIT_T, SLED_FAST, STOOD_D, DEAD_MPS,
    SWING, SWING_TOP, SWING_TOP_T, SWING_LOW, SWING_LOW_T, STEP_T, BY_SLED, SLED_D, AUX,
) = range(29)  # fmt: skip

TURN, TILT, BIAS_1, BIAS_2, SLOW_1, SLOW_2, CALM_T, RESTED = range(8)
"""State.plane: rotation about the vertical and about the horizontal in the leg's plane (rad); gyro bias and smoothed
rate along the two in-plane axes of the IMU (rad/s); since when the leg has been calm, and for how long in all (s)."""


def new_state() -> State:
    """A tracker that has seen nothing."""
    aux = np.zeros(AUX)
    for i in (SLED_T, LEG_T, MOVED_T, BUSY_T, FILTER_T, WAIT_T, STEP_T):
        aux[i] = -1e9
    sled_P = np.diag([1e-6, 1e-4, 0.03**2])
    pitch_P = np.diag([1.0, 0.02**2, 0.02**2])
    return State(np.zeros(N), np.zeros((N, N)), np.zeros(3), sled_P, np.zeros(3), pitch_P, np.zeros(8), aux)


@njit
def step_sled(m, s, t, along, linked_mps):
    """Sled filter: along is specific force along the rail without gravity (m/s2), linked_mps the velocity that the
    linkage filter sees (NaN while it is off). Returns True while the sled is still."""
    aux, x, P = s.aux, s.sled, s.sled_P
    dt = t - aux[SLED_T]
    if dt > LOST_S:
        x[1] = 0.0
        P[1, :] = 0.0
        P[:, 1] = 0.0
        P[1, 1] = 0.3**2 if aux[SLED_T] > -1e8 else 0.02**2
        if not math.isnan(linked_mps):
            x[1] = aux[DEAD_MPS] = linked_mps
            P[1, 1] = LINKED_MPS**2
        aux[SLED_LOW] = along
        aux[SLED_FAST] = along
        aux[MOVED_T] = t
    else:
        a = 0.5 * (along + aux[ALONG]) - x[2]
        x[0] += dt * (x[1] + 0.5 * dt * a)
        x[1] += dt * a
        half = 0.5 * dt * dt
        for j in range(3):
            P[0, j] += dt * P[1, j] - half * P[2, j]
            P[1, j] -= dt * P[2, j]
        for i in range(3):
            P[i, 0] += dt * P[i, 1] - half * P[i, 2]
            P[i, 1] -= dt * P[i, 2]
        P[0, 0] += 1e-10
        P[1, 1] += (m.noise.sled_mps2 * dt) ** 2
        P[2, 2] += (1e-3) ** 2 * dt
        aux[SLED_LOW] += min(dt / 0.15, 1.0) * (along - aux[SLED_LOW])
        aux[SLED_FAST] += min(dt / 0.04, 1.0) * (along - aux[SLED_FAST])
        if math.isnan(linked_mps):
            aux[DEAD_MPS] = x[1]
        else:
            aux[DEAD_MPS] += dt * a + min(dt / DEAD_S, 1.0) * (linked_mps - aux[DEAD_MPS])
            update(x, P, np.array([0.0, 1.0, 0.0]), linked_mps - x[1], LINKED_MPS**2, math.inf)
    aux[ALONG] = along
    jolt = abs(along - x[2]) > 0.2 + 5.0 * m.floor_mps2
    drift = abs(aux[SLED_FAST] - x[2]) > 0.08 + 2.0 * m.floor_mps2
    pull = abs(aux[SLED_LOW] - x[2]) > 0.03 + 0.6 * m.floor_mps2
    if jolt or drift or pull:
        aux[MOVED_T] = t
    still = t - aux[MOVED_T] >= STILL_S
    if still:
        # At constant speed the sled is as quiet as at rest: only a velocity that may be zero is set to zero. In a set
        # the leg says how fast the sled goes, if it goes; the sled's own pushes since it last stood say whether.
        if math.isnan(linked_mps):
            may_stand = x[1] * x[1] < 9.0 * (P[1, 1] + 0.02**2)
        else:
            may_stand = abs(linked_mps) < SLOW_MPS or abs(aux[DEAD_MPS]) < abs(aux[DEAD_MPS] - linked_mps)
        if may_stand or t - aux[MOVED_T] > 8.0:
            update(x, P, np.array([0.0, 1.0, 0.0]), -x[1], 0.002**2, math.inf)
            aux[DEAD_MPS] = 0.0
        else:
            still = False
    return still


@njit
def step_pitch(m, s, t, rate, f1, f2):
    """Pitch filter: rate about the flexion axis (rad/s), in-plane specific force (m/s2)."""
    aux, x, P = s.aux, s.pitch, s.pitch_P
    dt = t - aux[LEG_T]
    measured = -math.atan2(f2, f1)
    if aux[LEG_T] < -1e8:
        x[0] = measured
        aux[PITCH_ZERO] = measured
        P[0, 0] = 0.05**2
    elif dt > LOST_S:
        x[0] += wrapped(measured - x[0])
        P[0, :] = 0.0
        P[:, 0] = 0.0
        P[0, 0] = 0.1**2
    else:
        x[0] += dt * (rate * (1.0 + x[2]) - x[1])
        turn = dt * rate
        for j in range(3):
            P[0, j] += -dt * P[1, j] + turn * P[2, j]
        for i in range(3):
            P[i, 0] += -dt * P[i, 1] + turn * P[i, 2]
        P[0, 0] += (0.01 * dt) ** 2 + 1e-12
        P[1, 1] += (2e-4) ** 2 * dt
        P[2, 2] += (1e-4) ** 2 * dt
    # Gravity shows the angle as far as the leg does not accelerate; in a linked set the sled's part is known.
    if aux[LINKED] == 1.0 and t - aux[SLED_T] < LOST_S:
        angle = x[0] + math.atan2(m.leg.up_w, m.leg.up_u)
        f1 -= math.cos(angle) * aux[SLED_LOW]
        f2 += math.sin(angle) * aux[SLED_LOW]
        measured = -math.atan2(f2, f1)
    size = math.hypot(f1, f2)
    if size > 0.3 * GRAVITY_MPS2:
        spread = 0.05 + abs(size - GRAVITY_MPS2) / GRAVITY_MPS2 + 0.05 * abs(rate)
        residual = wrapped(measured - x[0])
        update(x, P, np.array([1.0, 0.0, 0.0]), residual, spread * spread, math.inf)


@njit
def step_plane(s, t, dt, rate, rate1, rate2, across):
    """Out-of-plane rotation: rate about the flexion axis and rates about the in-plane axes (rad/s), specific force
    along the flexion axis (m/s2). A flexion axis turned out of its place by (turn, tilt) feels gravity times tilt."""
    out = s.plane
    tilt = min(max(across / GRAVITY_MPS2, -1.0), 1.0)
    if dt > LOST_S:
        out[TILT] = tilt
        out[SLOW_1] = rate1
        out[SLOW_2] = rate2
        out[CALM_T] = t
        return
    low = min(dt / 0.1, 1.0)
    out[SLOW_1] += low * (rate1 - out[SLOW_1])
    out[SLOW_2] += low * (rate2 - out[SLOW_2])
    off = abs(out[SLOW_1] - out[BIAS_1]) + abs(out[SLOW_2] - out[BIAS_2])
    if off > CALM_RADPS or abs(rate) > CALM_RADPS:
        out[CALM_T] = t
    calm = t - out[CALM_T] > CALM_S
    if calm:
        out[RESTED] = min(out[RESTED] + dt, BIAS_S)
        part = dt / out[RESTED]
        out[BIAS_1] += part * (rate1 - out[BIAS_1])
        out[BIAS_2] += part * (rate2 - out[BIAS_2])
    cosine, sine = math.cos(s.pitch[0]), math.sin(s.pitch[0])
    first, second = dt * (rate1 - out[BIAS_1]), dt * (rate2 - out[BIAS_2])
    out[TURN] += cosine * first - sine * second
    out[TILT] += sine * first + cosine * second
    out[TILT] += min(dt / (CALM_TILT_S if calm else TILT_S), 1.0) * (tilt - out[TILT])


@njit
def write_plane(m, s, f):
    """Out-of-plane rotation about the rail and across it; without a linkage about the vertical and the horizontal."""
    f.calm = 1.0 if f.t_s - s.plane[CALM_T] > CALM_S else 0.0
    turn, tilt = s.plane[TURN] * DEGREES * m.inward, s.plane[TILT] * DEGREES * m.inward
    if m.linked:
        size = math.hypot(m.leg.up_u, m.leg.up_w)
        sine, cosine = m.leg.up_u / size, m.leg.up_w / size
        f.inward_deg = sine * turn - cosine * tilt
        f.twist_deg = cosine * turn + sine * tilt
    else:
        f.inward_deg = turn
        f.twist_deg = tilt


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
def flexion_of(links, D):
    """Flexion (rad) at the rail coordinate D (m): 0 beyond what the leg reaches."""
    k = 2.0 * links.thigh_m * links.shank_m
    cosine = (D * D + links.height_m**2 - links.thigh_m**2 - links.shank_m**2) / k
    return math.acos(min(max(cosine, -1.0), 1.0))


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
    s.aux[ON] = 1.0
    s.aux[FILTER_T] = t
    s.aux[SLED_NIS] = 1.0
    s.aux[LEG_NIS] = 1.0
    s.aux[STOOD_D] = pose(m.links, phi).D


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
    aux[ON] = 1.0
    aux[FILTER_T] = t
    aux[SLED_NIS] = 1.0
    aux[LEG_NIS] = 1.0
    aux[STOOD_D] = pose(m.links, phi).D


@njit
def surprise(old, white, dt):
    """Running mean of the squared innovation, each capped so that one clank is not the end."""
    return old + min(dt / SURPRISE_S, 1.0) * (min(white * white, 40.0) - old)


@njit
def step(m, s, f, t, source, v):
    """One reading v (6,) or pads (3,) of `source` at t (s): updates state s and frame record f."""
    aux = s.aux
    f.t_s = t
    f.source = source
    dt = t - (aux[LEG_T] if source == LEG else aux[SLED_T])
    if source == SLED and m.has_sled:
        along = v[0] * m.rail[0] + v[1] * m.rail[1] + v[2] * m.rail[2] - m.along
        linked_mps = math.nan
        if aux[ON] == 1.0:
            predict(s.x, s.P, t - aux[FILTER_T], m.noise)
            aux[FILTER_T] = t
            if t - aux[LEG_T] < 0.5 * LOST_S:
                linked_mps = pose(m.links, s.x[PHI]).D1 * s.x[RATE]
        still = step_sled(m, s, t, along, linked_mps)
        f.still = 1.0 if still else 0.0
        if aux[ON] == 1.0:
            at = pose(m.links, s.x[PHI])
            away = t - aux[SLED_T] > LOST_S
            white = update_sled(s.x, s.P, m.links, m.noise, along) / (1.0 + RUMBLE * abs(at.D1 * s.x[RATE]))
            aux[SLED_NIS] = surprise(aux[SLED_NIS], white, 0.0 if away else t - aux[SLED_T])
            D = pose(m.links, s.x[PHI]).D
            if not still or away:
                aux[STOOD_D] = D
            elif abs(linked_mps) > ALONE_MPS and abs(D - aux[STOOD_D]) > ALONE_M:
                stop_linkage(s, t)
        aux[SLED_T] = t
    elif source == LEG and m.has_leg:
        rate = v[3] * m.axis[0] + v[4] * m.axis[1] + v[5] * m.axis[2] - m.gyro_bias
        f1 = v[0] * m.first[0] + v[1] * m.first[1] + v[2] * m.first[2]
        f2 = v[0] * m.second[0] + v[1] * m.second[1] + v[2] * m.second[2]
        step_pitch(m, s, t, rate, f1, f2)
        f.pitch_deg = (s.pitch[0] - aux[PITCH_ZERO]) * DEGREES
        watch_steps(s, t)
        rate1 = v[3] * m.first[0] + v[4] * m.first[1] + v[5] * m.first[2]
        rate2 = v[3] * m.second[0] + v[4] * m.second[1] + v[5] * m.second[2]
        step_plane(s, t, dt, rate, rate1, rate2, v[0] * m.axis[0] + v[1] * m.axis[1] + v[2] * m.axis[2])
        write_plane(m, s, f)
        low = 1.0 if dt > LOST_S else min(dt / 0.1, 1.0)
        aux[F1_LOW] += low * (f1 - aux[F1_LOW])
        aux[F2_LOW] += low * (f2 - aux[F2_LOW])
        aux[RATE_LOW] += low * (rate - aux[RATE_LOW])
        if abs(aux[RATE_LOW]) > 0.1 or abs(rate) > 0.3:
            aux[BUSY_T] = t
        if aux[BY_SLED] == 1.0 and t - aux[SLED_T] < LOST_S:
            go_on_by_both(m, s, t, rate)
        elif m.linked and aux[ON] == 0.0 and t - aux[SLED_T] < LOST_S:
            if LOST_S < dt < 1e8:
                aux[BUSY_T], aux[WAIT_T] = t, t - RETURN_S
            maybe_start(m, s, t, f.still == 1.0)
        if aux[ON] == 1.0:
            predict(s.x, s.P, t - aux[FILTER_T], m.noise)
            aux[FILTER_T] = t
            white3 = np.zeros(3)
            update_leg(s.x, s.P, m.links, m.leg, m.noise, rate, f1, f2, white3)
            white = math.sqrt((white3[0] ** 2 + white3[1] ** 2 + white3[2] ** 2) / 3.0)
            white /= 1.0 + WOBBLE * abs(s.x[RATE])
            aux[LEG_NIS] = surprise(aux[LEG_NIS], white, 0.0 if dt > LOST_S else dt)
        aux[LEG_T] = t
    elif source == PADS:
        f.heel_left = v[0]
        f.heel_right = v[1]
        f.seat = v[2]
        return
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
    write_frame(m, s, f, t)


@njit
def write_frame(m, s, f, t):
    """Put what the filters know into the frame; NaN for what they do not."""
    aux = s.aux
    if t - aux[LEG_T] > LOST_S:
        f.pitch_deg = math.nan
        f.inward_deg = math.nan
        f.twist_deg = math.nan
    if aux[ON] == 1.0:
        at = pose(m.links, s.x[PHI])
        if aux[LINKED] == 0.0:
            aux[OFFSET] += s.sled[0] - at.D  # position goes on from where it was
            aux[LINKED] = 1.0
        w = s.x[RATE]
        f.flexion_deg = s.x[PHI] * DEGREES
        f.flexion_sd_deg = math.sqrt(max(s.P[PHI, PHI], 0.0)) * DEGREES
        f.rate_dps = w * DEGREES
        f.position_m = at.D + aux[OFFSET]
        f.velocity_mps = at.D1 * w
        f.acceleration_mps2 = at.D1 * s.x[ACCELERATION] + at.D2 * w * w
        if t - aux[SLED_T] > LOST_S:
            f.still = math.nan
        f.engaged = 1.0 if max(t - aux[SLED_T], t - aux[LEG_T]) < LOST_S else math.nan
        return
    if aux[LINKED] == 1.0:
        aux[OFFSET] += pose(m.links, s.x[PHI]).D - s.sled[0]
        aux[LINKED] = 0.0
    if aux[BY_SLED] == 1.0:
        phi, sd = by_sled(m, s)
        f.flexion_deg = phi * DEGREES
        f.flexion_sd_deg = sd * DEGREES
        f.rate_dps = s.sled[1] / min(pose(m.links, phi).D1, -0.02) * DEGREES
    else:
        f.flexion_deg = math.nan
        f.flexion_sd_deg = math.nan
        f.rate_dps = math.nan
    both = m.linked and t - aux[SLED_T] < LOST_S and t - aux[LEG_T] < LOST_S
    f.engaged = 0.0 if both or t - aux[STEP_T] < STEPPING_S else math.nan
    if m.has_sled and t - aux[SLED_T] < LOST_S:
        f.position_m = s.sled[0] + aux[OFFSET]
        f.velocity_mps = s.sled[1]
        f.acceleration_mps2 = aux[SLED_LOW] - s.sled[2]
    else:
        f.position_m = math.nan
        f.velocity_mps = math.nan
        f.acceleration_mps2 = math.nan
        f.still = math.nan


@njit
def recalibrate(s, old, new):
    """Carry the running linkage filter from one calibration to the next; it restarts where it cannot."""
    if s.aux[ON] == 1.0 and old.linked and new.linked:
        before = pose(old.links, s.x[PHI]).D
        if carry_over(s.x, old.links, old.leg, new.links, new.leg):
            s.aux[OFFSET] += before - pose(new.links, s.x[PHI]).D
        else:
            stop_linkage(s, s.aux[LEG_T])
