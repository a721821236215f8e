"""The leg's plane: out-of-plane rotation against what this lifter's leg does anyway.

A leg is not a hinge: with bending the knee swings out towards the toes, near straight the shank turns home, and an axis
found a degree wrong lets flexion leak out of the plane. All of that repeats in every rep as a smooth function of the
leg's angle. So the baseline is a second-degree curve of leg pitch with an offset for lowering against pressing, for
both components of the rotation, followed by a Kalman filter whose priors are what legs do: a few degrees over a stroke.
A knee that falls inward is too sudden for such a curve, in the very first press too; it is taken in only in small
bites, so that a faulty rep cannot become the baseline, while what stays (feet placed anew) does within a minute.
Before each set the curve is laid through the resting leg.
"""

import math

import numpy as np

from presscue import wire
from presscue.compiled import njit

LEG = wire.LEG

EVERY_S = 0.04  # a reading is learnt this often
READING_SD_DEG = 4.0  # of one that is: what follows within a second repeats the same error; larger: learns slower
REST_SD_DEG = 1.0  # how near the curve passes the resting leg at the start of a set
PRIOR_SD_DEG = (REST_SD_DEG, 5.0, 3.0, 1.0)  # offset; slope and curvature per 30 degrees of pitch; half way apart
WALK_DEG = (0.3, 0.05, 0.05, 0.05)  # how far each wanders, per sqrt(s); larger: follows drift and faults alike
PITCH_DEG = 30.0
GATE_DEG = 6.0  # what is further from the baseline is a fault or a movement of the feet
BITE_DEG = 1.5  # and counts as if it were so near, and DOUBT times as uncertain
DOUBT = 2.0
MOVED_S = 0.3  # a sled that moved so short a time ago is moving
CONE = math.sqrt(0.5)

N = 4
STATE = np.dtype(
    [
        ("inward", "f8", N),  # offset, slope, curvature, way
        ("twist", "f8", N),
        ("P", "f8", (N, N)),
        ("row", "f8", N),
        ("gain", "f8", N),
        ("pitch_deg", "f8"),  # where the curve's slope is taken
        ("learnt_s", "f8"),
        ("learnt_any", "i8"),  # 1 once there is more to the curve than its priors, which hold about a leg at rest
        ("laid", "i8"),  # 1 once the curve has been laid through a leg at rest, until the leg leaves the sled
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    state = np.zeros(1, STATE).view(np.recarray)
    state["P"] = np.diag(np.square(PRIOR_SD_DEG))
    return state


@njit
def step(s, x, rep):
    """One reading: learns the baseline and writes x.valgus_deg, NaN outside sets and where the leg is off the sled."""
    if x.source != LEG:
        return
    if math.isnan(x.inward_deg) or math.isnan(x.pitch_deg):
        x.valgus_deg = math.nan
        return
    z = (x.pitch_deg - s.pitch_deg) / PITCH_DEG
    way = 1.0 if rep.heading > 0 else (-1.0 if rep.heading < 0 else 0.0)
    inward = x.inward_deg - (s.inward[0] + z * (s.inward[1] + z * s.inward[2]) + way * s.inward[3])
    twist = x.twist_deg - (s.twist[0] + z * (s.twist[1] + z * s.twist[2]) + way * s.twist[3])
    # A linkage that has lost its way in a violent movement is no leg off the sled as long as the sled moves.
    off = x.engaged == 0.0 and x.t_s - rep.moved_s > MOVED_S
    if off:
        s.laid = 0
    elif x.calm == 1.0 and (rep.active == 0 or s.laid == 0):
        lay(s, x.pitch_deg, z, inward, twist)
        s.laid = 1
    if rep.active == 0 or s.laid == 0:
        x.valgus_deg = math.nan
        s.learnt_s = x.t_s
        return
    x.valgus_deg = fallen(inward, twist)
    if x.t_s - s.learnt_s >= EVERY_S:
        learn(s, min(x.t_s - s.learnt_s, 0.5), z, way, inward, twist)
        s.learnt_s = x.t_s


@njit
def lay(s, pitch_deg, z, inward, twist):
    """Lays the curve through a leg at rest, `inward` and `twist` off it, and takes its slope from there on: an offset
    far from where the leg moves would be a slope as well."""
    s.pitch_deg = pitch_deg
    for curve in (s.inward, s.twist):
        curve[0] += z * (curve[1] + z * curve[2])
        curve[1] += 2.0 * z * curve[2]
    s.inward[0] += inward
    s.twist[0] += twist
    if s.learnt_any == 1:
        s.P[1, 1] += 4.0 * z * (s.P[1, 2] + z * s.P[2, 2])
        s.P[1, 2] += 2.0 * z * s.P[2, 2]
        s.P[1, 3] += 2.0 * z * s.P[2, 3]
        s.P[2, 1] = s.P[1, 2]
        s.P[3, 1] = s.P[1, 3]
    for i in range(1, N):
        s.P[0, i] = 0.0
        s.P[i, 0] = 0.0
    s.P[0, 0] = REST_SD_DEG * REST_SD_DEG


@njit
def fallen(inward, twist):
    """How far the leg has turned out of its plane (deg), inward > 0, whichever the axis.

    A knee that falls inward with hip and foot in place turns the shank about the line from hip to ankle, near the rail;
    a shank that tips over its ankle turns about its own normal; the truth lies between. Turns about an axis within 45
    degrees of the rail count in full, others by their part in that sector.
    """
    a, b = CONE * (inward - twist), CONE * (inward + twist)
    into = math.sqrt(max(a, 0.0) ** 2 + max(b, 0.0) ** 2)
    out = math.sqrt(min(a, 0.0) ** 2 + min(b, 0.0) ** 2)
    return into if into >= out else -out


@njit
def learn(s, dt, z, way, inward, twist):
    """One step of the filter: both components share their row, variance and so their gain."""
    s.learnt_any = 1
    for i in range(N):
        s.P[i, i] += WALK_DEG[i] * WALK_DEG[i] * dt
    far = math.sqrt(inward * inward + twist * twist)
    sd = READING_SD_DEG
    if far > GATE_DEG:
        sd *= DOUBT
        inward *= BITE_DEG / far
        twist *= BITE_DEG / far
    row, gain = s.row, s.gain
    row[0] = 1.0
    row[1] = z
    row[2] = z * z
    row[3] = way
    total = sd * sd
    for i in range(N):
        gain[i] = 0.0
        for j in range(N):
            gain[i] += s.P[i, j] * row[j]
        total += row[i] * gain[i]
    for i in range(N):
        k = gain[i] / total
        s.inward[i] += k * inward
        s.twist[i] += k * twist
        for j in range(N):
            s.P[i, j] -= k * gain[j]
