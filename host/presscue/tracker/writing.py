"""The frame of a reading: what the filters know, NaN for what they do not."""

import math

from presscue.calibration.model import STATED_DEG
from presscue.calibration.surprise import HOLD_SD_RAD
from presscue.compiled import njit
from presscue.estimation.estimator import ACCELERATION, PHI, RATE
from presscue.estimation.linkage import flexion_at, pose, wrapped
from presscue.tracker.linking import by_sled
from presscue.tracker.seat import hip_turn
from presscue.tracker.sled import GAP_S
from presscue.tracker.state import DEGREES, LOST_S
from presscue.tracker.steps import walks

STRAIGHT_DEG, HALF_DEG, DEEP_DEG = STATED_DEG
DEEPEST_RAD = 2.27  # no leg on a sled is bent farther
LEVEL_MPS2 = 2.5  # gravity along the rail of 15 degrees: on a leveller one the load hangs on a cable


@njit
def write_estimate(m, s, f):
    """Flexion of a leg alone, by its angle since it was held straight; NaN where no leg on a sled is so."""
    psi = s.pitch.x[0] + math.atan2(m.leg.up_w, m.leg.up_u)
    phi = flexion_at(m.links, m.leg.tissue, wrapped(psi - m.leg.mount_rad))
    if phi > DEEPEST_RAD:
        phi = math.nan
    per = -1.0 / (pose(m.links, phi).theta1 + m.leg.tissue)
    f.flexion_deg = phi * DEGREES
    f.flexion_sd_deg = abs(per) * HOLD_SD_RAD * DEGREES
    f.rate_dps = -s.rate * per * DEGREES


@njit
def geometry_sd(m, flexion_deg):
    """What the calibration leaves open of flexion, degrees; between the flexions where it is told, in proportion."""
    first, middle, last = m.flexion_sd_deg
    part = (flexion_deg - STRAIGHT_DEG) / (HALF_DEG - STRAIGHT_DEG)
    if part <= 1.0:
        return first + max(part, 0.0) * (middle - first)
    return middle + min((flexion_deg - HALF_DEG) / (DEEP_DEG - HALF_DEG), 1.0) * (last - middle)


@njit
def write_frame(m, s, f, t):
    """Put what the filters know into the frame; NaN for what they do not."""
    away = not m.has_sled or t - s.sled_t_s > LOST_S
    level = m.along < LEVEL_MPS2
    f.thrust = math.nan if away or level else 1.0 + (s.sled_fast - s.sled.x[2]) / m.along
    if t - s.leg_t_s > LOST_S:
        f.pitch_deg = math.nan
        f.inward_deg = math.nan
        f.twist_deg = math.nan
    if s.on == 1:
        at = pose(m.links, s.link.x[PHI])
        w = s.link.x[RATE]
        f.flexion_deg = (s.link.x[PHI] + s.hip_m * hip_turn(m, at)) * DEGREES
        f.flexion_sd_deg = math.sqrt(max(s.link.P[PHI, PHI], 0.0)) * DEGREES
        f.rate_dps = w * DEGREES
        f.acceleration_mps2 = at.D1 * s.link.x[ACCELERATION] + at.D2 * w * w
        if t - s.sled_t_s > LOST_S:
            f.position_m = at.D - s.sled_D
            f.velocity_mps = at.D1 * w
            f.still = math.nan
        elif t - s.sled_t_s > GAP_S and not math.isnan(s.linked_m):
            f.position_m = s.sled.x[0] + at.D - s.sled_D - s.linked_m
            f.velocity_mps = at.D1 * w
        else:
            f.position_m = s.sled.x[0] + (t - s.sled_t_s) * s.sled.x[1]
            f.velocity_mps = s.sled.x[1]
        f.engaged = 1.0 if max(t - s.sled_t_s, t - s.leg_t_s) < LOST_S else math.nan
        f.geometry_sd_deg = geometry_sd(m, f.flexion_deg)
        return
    if s.by_sled == 1:
        phi, sd = by_sled(m, s)
        f.flexion_deg = phi * DEGREES
        f.flexion_sd_deg = sd * DEGREES
        f.rate_dps = s.sled.x[1] / min(pose(m.links, phi).D1, -0.02) * DEGREES
    elif m.estimated and t - s.leg_t_s < LOST_S and not walks(s, t):
        write_estimate(m, s, f)
    else:
        f.flexion_deg = math.nan
        f.flexion_sd_deg = math.nan
        f.rate_dps = math.nan
    f.geometry_sd_deg = geometry_sd(m, f.flexion_deg)
    both = m.linked and t - s.sled_t_s < LOST_S and t - s.leg_t_s < LOST_S
    off = s.apart == 1 if both else walks(s, t) or (m.estimated and math.isnan(f.flexion_deg))
    f.engaged = 0.0 if off else math.nan
    if m.has_sled and t - s.sled_t_s < LOST_S:
        f.position_m = s.sled.x[0]
        f.velocity_mps = s.sled.x[1]
        f.acceleration_mps2 = s.sled_low - s.sled.x[2]
    else:
        f.position_m = math.nan
        f.velocity_mps = math.nan
        f.acceleration_mps2 = math.nan
        f.still = math.nan
