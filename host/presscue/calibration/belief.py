"""What is held of a lifter and a strap before the readings: what is usual for people, or what was fitted before a rest.

Link lengths, ankle height, strap place, soft-tissue term and mount angle are one vector p (6,); those of the mirrored
leg (linkage.py) where the IMU is on the thigh.
"""

import math
from dataclasses import dataclass

import numpy as np

from presscue.calibration.model import Calibration, Priors
from presscue.estimation.linkage import Links, mirrored

THIGH, SHANK, HEIGHT, STRAP, TISSUE, MOUNT = range(6)
OF_A_LEG = (THIGH, SHANK, HEIGHT, STRAP, TISSUE)  # the mount is anywhere
THIGH_PER_HEIGHT, SHANK_PER_HEIGHT = 0.245, 0.246  # Drillis & Contini 1966
SEGMENT_SD_M = 0.02
USUAL_HEIGHT_M, HEIGHT_SD_M = 1.73, 0.10
ANKLE_HEIGHT_M, ANKLE_HEIGHT_SD_M = 0.10, 0.10
STRAP_M, STRAP_SD_M = 0.27, 0.08  # from the ankle ("below the knee"), or from the hip
TISSUE_SD = 0.03  # rad per rad of flexion: 2.6 degrees at 90
ANY_MOUNT_SD_RAD = 100.0
BETWEEN_SETS_SD = (0.001, 0.001, 0.015, 0.002, 0.002, 0.004)  # feet are put down anew
SLIPPED_SD_RAD = 0.5
FARTHEST_SD = 3.0
EXTENDED_SHARE = 0.15  # of a movement on the sled: where a leg is extended so far, the knee is usually bent by
EXTENDED_RAD, EXTENDED_SD_RAD = 0.3, 0.13  # 17 degrees; an angle of leg or thigh: 15 of the knee


@dataclass(frozen=True)
class Belief:
    """What is held of p before the readings: mean (6,), the information (6, 6) that it weighs as, and its covariance
    (6, 6), which after a fit is not just the inverse (spread.py)."""

    mean: np.ndarray
    information: np.ndarray
    covariance: np.ndarray


def usual(priors: Priors) -> Belief:
    """Of a lifter not seen yet."""
    height = priors.height_m or USUAL_HEIGHT_M
    segment_sd = math.hypot(SEGMENT_SD_M, 0.0 if priors.height_m else SHANK_PER_HEIGHT * HEIGHT_SD_M)
    links = Links(THIGH_PER_HEIGHT * height, SHANK_PER_HEIGHT * height, ANKLE_HEIGHT_M)
    mean = np.array([*(links if priors.on_shank else mirrored(links)), STRAP_M, 0.0, 0.0])
    sd = np.array([segment_sd, segment_sd, ANKLE_HEIGHT_SD_M, STRAP_SD_M, TISSUE_SD, ANY_MOUNT_SD_RAD])
    return Belief(mean, np.diag(sd**-2), np.diag(sd**2))


def after_rest(c: Calibration, slipped: bool = False, moved: bool = False) -> Belief:
    """Of a lifter calibrated before and back from a rest. slipped: the strap has turned; moved: or sits anew."""
    sd = np.array(BETWEEN_SETS_SD)
    if slipped or moved:
        sd[MOUNT] = ANY_MOUNT_SD_RAD if moved else SLIPPED_SD_RAD
    if moved:
        sd[STRAP], sd[TISSUE] = STRAP_SD_M, TISSUE_SD
    more = np.diag(sd**2)
    return Belief(vector(c), np.linalg.inv(np.linalg.inv(c.information) + more), c.covariance + more)


def believable(belief: Belief, c: Calibration, of: tuple[int, ...] = (THIGH, SHANK, HEIGHT)) -> bool:
    """Whether these lengths of a calibration are such as may be found, by what was held of them before: a fit of
    readings that are of no leg on a sled ends anywhere."""
    sd = np.sqrt(np.diag(np.linalg.inv(belief.information)))
    off = np.abs(vector(c) - belief.mean) / sd
    return bool(np.all(off[list(of)] < FARTHEST_SD))


def vector(c: Calibration) -> np.ndarray:
    """p of a calibration."""
    return np.array([*c.links, c.leg.strap_m, c.leg.tissue, c.leg.mount_rad])
