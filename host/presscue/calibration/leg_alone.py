"""Knee flexion from a leg IMU alone, an estimate: a straight-leg hold shows the IMU's angle at flexion 0, and the usual
leg (belief.py) how much the segment turns as the knee bends. No sled says how long thigh and shank are, how high the
foot stands and how far flesh turns the strap: so the estimate errs in proportion to flexion, and says by how much.
"""

import math
from dataclasses import replace

import numpy as np

from presscue import advice
from presscue.advice import Remark
from presscue.calibration.belief import SHANK, TISSUE, usual
from presscue.calibration.model import STATED_DEG, Calibration, History, NoFit, Priors
from presscue.calibration.mounting import HELD_READINGS, interval_s, moved_in_hold, smooth
from presscue.estimation.estimator import GRAVITY_MPS2, Leg
from presscue.estimation.linkage import Links, flexion_at, pose

SLOW_RADPS, FAST_RADPS = 0.1, 1.2  # how fast the segment turns in a set
SINCE_RAD = 1.0  # and how far it has to since the hold: most of a repetition, or onto the stops and off them
STRAIGHT_RAD = 0.14  # legs reach so far beyond the hold at the most, of the IMU's angle; else it was none
REACHED = 0.03  # by so large a part of the readings
AT_RAD = 1.2  # where the prior's part in flexion is weighed


def with_hold(history: History, priors: Priors, c: Calibration) -> Calibration:
    """Add where the leg is straight, and the sign of the flexion axis, to a calibration of the leg alone; the same with
    a remark where the hold was none. Raises NoFit while the hold, or what is made of it, is still to come."""
    t_s, leg = history.leg_t_s, history.leg
    if priors.hold_s is None:
        return c
    if t_s[-1] <= priors.hold_s[1]:
        raise NoFit("the straight-leg hold is not over yet")
    held = leg[(t_s >= priors.hold_s[0]) & (t_s <= priors.hold_s[1])]
    if len(held) <= HELD_READINGS:
        return c
    if moved_in_hold(held):
        return replace(c, remarks=(Remark(advice.HOLD_MOVED, priors.hold_s[0]),))
    middle = np.median(held[:, :3], axis=0)
    size = float(np.hypot(middle @ c.first, middle @ c.second))
    if size < 0.3 * GRAVITY_MPS2:
        return c
    force = smooth(leg[:, :3], t_s, 0.2)
    turning = np.abs(smooth(leg[:, 3:] @ c.axis[:, None] - c.gyro_bias_radps, t_s, 0.1)[:, 0])
    turns = (t_s > priors.hold_s[1]) & (turning > SLOW_RADPS) & (turning < FAST_RADPS)
    straight_rad = -math.atan2(middle @ c.second, middle @ c.first)
    off_rad = -np.arctan2(force @ c.second, force @ c.first)[turns] - straight_rad
    off_rad = np.mod(off_rad + np.pi, 2.0 * np.pi) - np.pi
    if turning[turns].sum() * interval_s(t_s) < SINCE_RAD:
        raise NoFit("the leg has hardly moved since the straight-leg hold")
    if np.median(off_rad) > 0.0:  # the other way round, so that it falls as the knee bends
        c = replace(c, axis=-c.axis, gyro_bias_radps=-c.gyro_bias_radps)
        straight_rad, off_rad = -straight_rad, -off_rad
    beyond_rad = float(np.quantile(off_rad, 1.0 - REACHED))
    belief = usual(priors)
    thigh_m, shank_m, height_m, strap_m, *_ = (float(each) for each in belief.mean)
    links = Links(thigh_m, shank_m, height_m)
    if beyond_rad > STRAIGHT_RAD:
        bent_deg = math.degrees(beyond_rad / -pose(links, 0.3).theta1)
        return replace(c, remarks=(Remark(advice.HOLD_BENT, priors.hold_s[0], bent_deg),))
    mount_rad = math.pi / 2.0 + straight_rad - pose(links, 0.0).theta
    leg_of = Leg(strap_m, 0.0, mount_rad, 0.0, 1.0, 1.0 if priors.on_shank else 0.0)
    sd = 1.0 / np.sqrt(np.diag(belief.information))
    c = replace(c, links=links, leg=leg_of, sd=sd, covariance=belief.covariance, estimated=True)
    per_deg = geometry_sd(c)
    return replace(c, flexion_sd_deg=(per_deg * STATED_DEG[0], per_deg * STATED_DEG[1], per_deg * STATED_DEG[2]))


def geometry_sd(c: Calibration) -> float:
    """What the prior leaves open in flexion, rad per rad."""
    at_rad = pose(c.links, AT_RAD).theta - pose(c.links, 0.0).theta
    parts = [c.sd[TISSUE] * AT_RAD / abs(pose(c.links, AT_RAD).theta1)]
    for k in range(SHANK + 2):
        lengths = list(c.links)
        lengths[k] += float(c.sd[k])
        other = Links(*lengths)
        parts.append(flexion_at(other, 0.0, pose(other, 0.0).theta + at_rad) - AT_RAD)
    return float(np.linalg.norm(parts)) / AT_RAD
