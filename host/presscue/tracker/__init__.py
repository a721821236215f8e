"""From one reading to one frame: sled motion, leg rotation, and, where both are there, the linkage filter.

Four small filters run side by side, each on what it alone can know:
* sled: position, velocity and accelerometer bias along the rail, with zero-velocity updates while the sled is still;
* pitch: angle of the leg IMU about the flexion axis, with gyro bias and gyro scale, corrected by gravity;
* plane: rotation of the leg IMU about the two axes in the leg's plane, which a leg in its plane does not make. The
  gyro carries it from reading to reading; gravity holds the tilt, and only rest, which shows the gyro's bias, the turn
  about the vertical;
* linkage (estimator.py): flexion, whenever sled and leg move as one. When its innovations say that they do not (the
  leg is off the sled, a sensor slipped), it stops, and starts afresh from gravity once the leg rests (linking.py).
  Two things it cannot know are told to it: how far the leg's plane has fallen (out_of_plane.py), and, where a seat pad
  says that the hip is off, how far (seat.py).
"""

import math

from presscue import wire
from presscue.compiled import njit
from presscue.estimation.estimator import PHI, RATE, SLED_BIAS, carry_over, predict, update_leg, update_sled
from presscue.estimation.linkage import pose
from presscue.tracker.linking import (
    folds,
    follow_sled,
    go_on_by_both,
    goes_apart,
    linked_sd_mps,
    maybe_start,
    stop_linkage,
    surprise,
    watch_linkage,
)
from presscue.tracker.nod import lean
from presscue.tracker.out_of_plane import fallen, step_plane, write_plane
from presscue.tracker.pitch import step_pitch
from presscue.tracker.seat import light, step_hip, step_seat_pad
from presscue.tracker.sled import TURN_MPS, step_sled
from presscue.tracker.state import DEGREES, LOST_S, Model, model_of, new_state
from presscue.tracker.steps import watch_steps
from presscue.tracker.writing import write_frame

__all__ = ["Model", "model_of", "new_state", "recalibrate", "step"]

SLED = wire.SLED
LEG = wire.LEG
PADS = wire.PADS

RETURN_S = 1.7  # of the two seconds to wait on a moving sled, for a leg IMU that is back
ALONE_M, ALONE_MPS = 0.03, 0.1  # the leg goes this far this fast on a sled that stands: it is off the sled
RUMBLE, WOBBLE = 4.0, 0.3  # fast movements shake more: surprise is judged per (1 + this times m/s, rad/s)
RINGING_S = 0.06  # what the readings make up for within so long is flesh or rail that rings, not another motion
LEAN_ALONE = 0.5  # of a nod, for a sled alone: what gravity adds goes on by itself where no leg holds the place
JOLT = 1.0  # and a sled that is thrown (m/s2) throws the flesh on the shank


@njit
def step_sled_reading(m, s, f, t, v):
    """One reading v of the sled IMU."""
    along = v[0] * m.rail[0] + v[1] * m.rail[1] + v[2] * m.rail[2] - m.along
    dt = t - s.sled_t_s
    away = dt > LOST_S
    if not away:
        s.lean = lean(s, m.rail, dt, v) if s.on == 1 or s.by_sled == 1 or not m.has_leg else 0.0
        s.lean *= 1.0 if m.has_leg else LEAN_ALONE
    linked_mps = linked_m = unsure_mps = bent_mps = math.nan
    if s.on == 1:
        if not away:
            s.link.x[SLED_BIAS] += dt * s.lean * s.sled.x[1]
        predict(s.link, t - s.filter_t_s, m.noise)
        s.filter_t_s = t
    at = pose(m.links, s.link.x[PHI])
    if s.on == 1 and t - s.leg_t_s < 0.5 * LOST_S and not folds(m, at):
        linked_mps, linked_m = at.D1 * s.link.x[RATE], at.D - s.sled_D
        unsure_mps, bent_mps = linked_sd_mps(m, s, at)
        if light(s, t) and abs(linked_mps) > TURN_MPS:
            bent_mps = math.inf
    alone = s.apart == 1 and t - s.leg_t_s < 0.5 * LOST_S
    still = step_sled(m, s, t, along, linked_mps, linked_m, unsure_mps, bent_mps, alone)
    f.still = 1.0 if still else 0.0
    if s.on == 1:
        if folds(m, at):
            follow_sled(s, at)
            at = pose(m.links, s.link.x[PHI])
        white = update_sled(s.link, at, m.noise, along) / (1.0 + RUMBLE * abs(at.D1 * s.link.x[RATE]))
        dt = 0.0 if away else dt
        s.sled_off += min(dt / RINGING_S, 1.0) * (white - s.sled_off)
        s.sled_nis = surprise(s.sled_nis, s.sled_off, dt)
        at = pose(m.links, s.link.x[PHI])
        step_hip(m, s, t, dt, s.link.x[PHI], at)
        if not still or away:
            s.stood_D = at.D
        elif abs(linked_mps) > ALONE_MPS and abs(at.D - s.stood_D) > ALONE_M:
            stop_linkage(s, t)
    s.sled_t_s = t


@njit
def step_leg_reading(m, s, f, t, v):
    """One reading v of the leg IMU."""
    dt = t - s.leg_t_s
    rate = v[3] * m.axis[0] + v[4] * m.axis[1] + v[5] * m.axis[2] - m.gyro_bias
    f1 = v[0] * m.first[0] + v[1] * m.first[1] + v[2] * m.first[2]
    f2 = v[0] * m.second[0] + v[1] * m.second[1] + v[2] * m.second[2]
    step_pitch(m, s, t, rate, f1, f2)
    f.pitch_deg = (s.pitch.x[0] - s.pitch_zero) * DEGREES
    s.rate = rate - s.pitch.x[1]
    watch_steps(m, s, t)
    rate1 = v[3] * m.first[0] + v[4] * m.first[1] + v[5] * m.first[2]
    rate2 = v[3] * m.second[0] + v[4] * m.second[1] + v[5] * m.second[2]
    step_plane(s, t, dt, rate, rate1, rate2, v[0] * m.axis[0] + v[1] * m.axis[1] + v[2] * m.axis[2])
    write_plane(m, s, f)
    low = 1.0 if dt > LOST_S else min(dt / 0.1, 1.0)
    s.f1_low += low * (f1 - s.f1_low)
    s.f2_low += low * (f2 - s.f2_low)
    s.rate_low += low * (rate - s.rate_low)
    if abs(s.rate_low) > 0.1 or abs(rate) > 0.3:
        s.busy_t_s = t
    s.apart = 1 if m.linked and s.on == 0 and s.by_sled == 0 and goes_apart(m, s) else 0
    if s.by_sled == 1 and t - s.sled_t_s < LOST_S:
        go_on_by_both(m, s, t, rate)
    elif m.linked and s.on == 0 and t - s.sled_t_s < LOST_S:
        if LOST_S < dt < 1e8:
            s.busy_t_s, s.wait_t_s = t, t - RETURN_S
        maybe_start(m, s, t, f.still == 1.0, rate)
    if s.on == 1:
        predict(s.link, t - s.filter_t_s, m.noise)
        s.filter_t_s = t
        leg, turning = fallen(m, s, dt, f.valgus_deg)
        by_rate, by_first, by_second = update_leg(s.link, m.links, leg, m.noise, rate - turning, f1, f2)
        dt = 0.0 if dt > LOST_S else dt
        part = min(dt / RINGING_S, 1.0)
        shaken = 1.0 + WOBBLE * abs(s.link.x[RATE]) + JOLT * abs(s.sled_fast - s.sled.x[2])
        s.rate_off += part * (by_rate / shaken - s.rate_off)
        s.first_off += part * (by_first / shaken - s.first_off)
        s.second_off += part * (by_second / shaken - s.second_off)
        white = math.sqrt((s.rate_off**2 + s.first_off**2 + s.second_off**2) / 3.0)
        s.leg_nis = surprise(s.leg_nis, white, dt)
    s.leg_t_s = t


@njit
def step(m, s, f, t, source, v):
    """One reading v (6,) or pads (3,) of `source` at t (s): updates state s and frame record f."""
    f.t_s = t
    f.source = source
    if source == PADS:
        f.heel_left = v[0]
        f.heel_right = v[1]
        f.seat = v[2]
        step_seat_pad(s, t, v[2])
        return
    dt = t - (s.leg_t_s if source == LEG else s.sled_t_s)
    if source == SLED and m.has_sled:
        step_sled_reading(m, s, f, t, v)
    elif source == LEG and m.has_leg:
        step_leg_reading(m, s, f, t, v)
    watch_linkage(m, s, t, source, dt)
    write_frame(m, s, f, t)


@njit
def recalibrate(s, old, new):
    """Carry the running linkage filter from one calibration to the next; it restarts where it cannot."""
    if s.on == 1 and old.linked and new.linked:
        before = pose(old.links, s.link.x[PHI]).D
        if carry_over(s.link.x, old.links, old.leg, new.links, new.leg):
            s.sled_D += pose(new.links, s.link.x[PHI]).D - before
        else:
            stop_linkage(s, s.leg_t_s)
    if s.on == 0 and s.by_sled == 0:
        s.sled_D = math.nan
