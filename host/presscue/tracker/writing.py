"""The frame of a reading: what the filters know, NaN for what they do not."""

import math

from presscue.compiled import njit
from presscue.estimator import ACCELERATION, PHI, RATE
from presscue.linkage import pose
from presscue.tracker.linking import by_sled
from presscue.tracker.state import (
    BY_SLED,
    DEGREES,
    LEG_T,
    LINKED,
    LOST_S,
    OFFSET,
    ON,
    SLED_LOW,
    SLED_T,
    STEP_T,
)

STEPPING_S = 2.5  # how long after a step the leg is taken to be off the sled


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
