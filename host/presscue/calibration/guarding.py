"""Limits for a node to guard by itself while no host is there: from a calibration into its integers (SPEC.md).

The node has no linkage: it follows the angle of gravity in the leg's plane. By the calibration that angle is known for
every flexion, so a limit of flexion is a limit of the angle.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue import wire
from presscue.calibration.model import Calibration
from presscue.estimation.linkage import pose, wrapped
from presscue.session import Session
from presscue.session import events as ev

MIDDLE_DEG = 32.0
"""Flexion that parts a rep: a lockout counts after a deeper bend, a depth after a higher rise."""
CAUTION_DEG = 1.5
"""A knee that straightens is cued so much earlier, one that bends too far so much later: the node errs by a degree."""
HEEL_SHARE = 0.35
"""Of its usual load, below which a heel is lifted: as in faults/heel_lift.py."""
PART = 4096
TILT = 16384


class Limits(NamedTuple):
    """Fields of a guard_limits message behind its token."""

    axes: bytes
    bias: int
    gain: int
    straight: int
    middle: int
    deep: int
    heel_left: int
    heel_right: int


OFF = Limits(bytes(18), 0, 0, 0, 0, 0, 0, 0)


def limits_of(
    c: Calibration, limits_deg: tuple[float, float], gyro_scale_radps: float, period_s: float
) -> Limits | None:
    """What the node is to guard; None where the calibration does not tell a flexion.

    limits_deg: soft bend, deepest flexion. gyro_scale_radps, period_s: of a count and of a reading of the leg's IMU.
    """
    if not c.linked:
        return None
    soft_deg, deepest_deg = (limit + CAUTION_DEG for limit in limits_deg)
    at = [_gravity_rad(c, math.radians(deg)) for deg in (soft_deg, MIDDLE_DEG, deepest_deg)]
    half = at[0] + 0.5 * wrapped(at[2] - at[0])
    sign = 1.0 if wrapped(at[2] - at[0]) > 0.0 else -1.0
    along = math.cos(half) * c.first + math.sin(half) * c.second
    across = sign * (math.cos(half) * c.second - math.sin(half) * c.first)
    axes = np.round(PART * np.array([-sign * c.axis, along, across])).astype("<i2").tobytes()
    unit_rad = gyro_scale_radps * period_s / 64.0
    straight, middle, deep = (round(sign * wrapped(each - half) / unit_rad) for each in at)
    heel = round(256 * HEEL_SHARE)
    bias = round(-sign * c.gyro_bias_radps / gyro_scale_radps * 64.0)
    return Limits(axes, bias, round(4.0 / (TILT * unit_rad)), straight, middle, deep, heel, heel)


def _gravity_rad(c: Calibration, phi: float) -> float:
    """Direction of gravity in the leg IMU's plane, from `first` to `second`, at a flexion (rad)."""
    psi = pose(c.links, phi).theta + c.leg.mount_rad + c.leg.tissue * phi
    return math.atan2(c.leg.up_w, c.leg.up_u) - psi


class GuardDuty:
    """Sees to it that a node guards by the calibration in use. limits_deg: soft bend, deepest flexion.

    `ready`: the node has the limits. `cued`: what it has cued by itself, as it told when a host was back.
    """

    def __init__(self, session: Session, limits_deg: tuple[float, float]):
        self._session = session
        self._limits_deg = limits_deg
        self._told: Calibration | None = None
        self.ready = False
        self.cued: list[ev.GuardCue] = []

    def hear(self, event: ev.SessionEvent) -> None:
        """Take note of what the node says."""
        if isinstance(event, ev.Rebooted):
            self.ready, self._told = False, None
        elif isinstance(event, ev.Result) and event.ours and event.command == "guard_limits":
            self.ready = event.code == "ok"
        elif isinstance(event, ev.GuardCue):
            self.cued.append(event)

    def ask(self, calibration: Calibration | None) -> bytes | None:
        """What to send: the limits, if the node does not have those of this calibration."""
        leg = self._session.channels.layout(wire.LEG)
        if calibration is None or calibration is self._told or leg is None or leg.channels != 6:
            return None
        self._told = calibration
        limits = limits_of(calibration, self._limits_deg, float(leg.scale[3]), leg.period_s)
        return None if limits is None else self._session.guard_limits(limits)
