"""The leg press as a slider-crank: hip fixed, sled on the rail, thigh and shank between them.

In the sagittal plane, u runs along the rail away from the hip and w is perpendicular to it, on the knee's side.
The ankle sits at (D, h): h is its fixed height above the rail line through the hip. With knee flexion phi
(0 = straight) the law of cosines gives the hip-ankle distance d, and

    d^2   = Lt^2 + Ls^2 + 2 Lt Ls cos(phi)
    D     = sqrt(d^2 - h^2)
    theta = atan2(h, D) - atan2(Lt sin(phi), Ls + Lt cos(phi))

theta is the direction of the shank (knee to ankle) from u. All are smooth in phi, also at phi = 0, where D has its
maximum: that is why phi is the state and the sled's position is not.

The thigh's angle is that of the shank of a `mirrored` leg: hip and ankle change places, and w points the other way.
"""

import math
from typing import NamedTuple

from presscue.compiled import njit


class Links(NamedTuple):
    """Geometry in metres: thigh and shank lengths, height of the ankle above the rail line through the hip."""

    thigh_m: float
    shank_m: float
    height_m: float


def mirrored(links: Links) -> Links:
    """The same leg with thigh and shank exchanged: what turns in it as a shank is the thigh (hip to knee), w reversed.
    The rail coordinate stays the same."""
    return Links(links.shank_m, links.thigh_m, -links.height_m)


class Pose(NamedTuple):
    """Rail coordinate D (m) and shank angle theta (rad) with their first and second derivatives in phi (per rad), and
    theta's cosine and sine."""

    D: float
    D1: float
    D2: float
    theta: float
    theta1: float
    theta2: float
    cosine: float
    sine: float


@njit
def wrapped(angle):
    """The same angle (rad) within half a turn of zero."""
    return angle - 2.0 * math.pi * math.floor((angle + math.pi) / (2.0 * math.pi))


@njit
def pose(links, phi):
    """Pose of the linkage at flexion phi (rad). D is kept above 1 cm, so that a wild phi cannot fail."""
    thigh, shank, height = links.thigh_m, links.shank_m, links.height_m
    c = math.cos(phi)
    s = math.sin(phi)
    k = thigh * shank
    d2 = thigh * thigh + shank * shank + 2.0 * k * c
    D = math.sqrt(max(d2 - height * height, 1e-4))
    per_D, per_d2 = 1.0 / D, 1.0 / d2
    D1 = -k * s * per_D
    D2 = -(k * c + D1 * D1) * per_D
    ankle1 = thigh * (thigh + shank * c) * per_d2
    ankle2 = k * s * (thigh * thigh - shank * shank) * per_d2 * per_d2
    slope1 = -height * D1 * per_d2
    slope2 = -height * (D2 + 2.0 * k * s * D1 * per_d2) * per_d2
    along, across = shank + thigh * c, thigh * s
    theta = math.atan2(height, D) - math.atan2(across, along)
    per_reach2 = 1.0 / math.sqrt((D * D + height * height) * d2)
    cosine, sine = (D * along + height * across) * per_reach2, (height * along - D * across) * per_reach2
    return Pose(D, D1, D2, theta, slope1 - ankle1, slope2 - ankle2, cosine, sine)


@njit
def flexion_at(links, tissue, angle):
    """Flexion (rad, -0.3 to 2.5) at which theta + tissue * phi equals `angle`; NaN if none does.

    The left side falls as phi grows, but for short legs on a high platform only to about 2 rad: so the first place is
    stepped up to, and then closed in on, by Newton's steps where they stay within.
    """
    low, before = -0.3, pose(links, -0.3).theta - 0.3 * tissue
    if angle > before:
        return math.nan
    while low < 2.5:
        high = low + 0.1
        after = pose(links, high).theta + tissue * high
        if after >= before:
            return math.nan
        if after <= angle:
            break
        low, before = high, after
    else:
        return math.nan
    phi = low + (high - low) * (before - angle) / (before - after)
    for _ in range(35):
        at = pose(links, phi)
        off = at.theta + tissue * phi - angle
        if off > 0.0:
            low = phi
        else:
            high = phi
        step = off / (at.theta1 + tissue)
        if abs(step) < 1e-12:
            break
        phi = phi - step if low < phi - step < high else 0.5 * (low + high)
    return phi


@njit
def flexion_of(links, D):
    """Flexion (rad) at the rail coordinate D (m): 0 beyond what the leg reaches."""
    k = 2.0 * links.thigh_m * links.shank_m
    cosine = (D * D + links.height_m**2 - links.thigh_m**2 - links.shank_m**2) / k
    return math.acos(min(max(cosine, -1.0), 1.0))
