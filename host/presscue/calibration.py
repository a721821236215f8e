"""What a calibration is, what is known before it, and the readings it is made from."""

import math
from dataclasses import dataclass, field

import numpy as np

from presscue.estimator import GRAVITY_MPS2, Leg
from presscue.linkage import Links


class NoFit(Exception):
    """The readings so far do not allow a calibration; the text says why."""


@dataclass(frozen=True)
class Calibration:
    """What the core needs to measure. Vectors in the sensor's own axes; has_sled and has_leg say which part counts.

    rail: (3,) unit vector, outward along the rail; gravity_along_mps2: specific force at rest along it.
    axis: (3,) unit vector of flexion in the leg IMU; first, second: (3,) in-plane axes (second = axis x first).
    apart: leg and sled are both there but not as shank and sled, so that the linkage does not apply.
    sled_floor_mps2: deviation of the sled's acceleration along the rail from its running mean, at rest.
    """

    effective_s: float
    has_sled: bool
    has_leg: bool
    rail: np.ndarray = field(default_factory=lambda: np.zeros(3))
    gravity_along_mps2: float = 0.0
    axis: np.ndarray = field(default_factory=lambda: np.zeros(3))
    first: np.ndarray = field(default_factory=lambda: np.zeros(3))
    gyro_bias_radps: float = 0.0
    links: Links = Links(0.42, 0.42, 0.1)
    leg: Leg = Leg(0.27, 0.0, 0.0, 0.0, 1.0)
    sd: np.ndarray = field(default_factory=lambda: np.zeros(6))  # thigh, shank, height, strap, tissue, mount
    sled_floor_mps2: float = 0.05
    cost: float = math.nan
    apart: bool = False

    @property
    def linked(self) -> bool:
        """Whether leg and sled are measured together, so that flexion is known."""
        return self.has_sled and self.has_leg and not self.apart

    @property
    def rail_deg(self) -> float:
        """Incline of the rail."""
        return math.degrees(math.asin(max(-1.0, min(1.0, self.gravity_along_mps2 / GRAVITY_MPS2))))

    @property
    def second(self) -> np.ndarray:
        return np.cross(self.axis, self.first)

    def values(self) -> np.ndarray:
        """All numbers but effective_s, shape (27,): what a calibration message carries."""
        vectors = (self.rail, self.axis, self.first, np.array(self.links), np.array(self.leg), self.sd)
        scalars = (self.gravity_along_mps2, self.gyro_bias_radps, self.sled_floor_mps2, self.cost)
        return np.concatenate([*vectors, np.array(scalars)])

    @property
    def layout(self) -> int:
        """How `values` is to be read: bit 0 sled, bit 1 leg, bit 2 apart."""
        return int(self.has_sled) | int(self.has_leg) << 1 | int(self.apart) << 2

    @staticmethod
    def from_values(effective_s: float, layout: int, values: np.ndarray) -> "Calibration":
        """The calibration of a message. Raises ValueError if it is not one of this version's."""
        if len(values) != 27 or layout not in (1, 2, 3, 7):
            raise ValueError(f"calibration of layout {layout} with {len(values)} values is not known")
        v = [float(each) for each in values]
        a = np.array(v)
        return Calibration(
            effective_s, bool(layout & 1), bool(layout & 2), a[:3], v[23], a[3:6], a[6:9], v[24], Links(*v[9:12]),
            Leg(*v[12:17]), a[17:23], v[25], v[26], bool(layout & 4),
        )  # fmt: skip


@dataclass(frozen=True)
class Priors:
    """What is known before the first rep. Lengths in m, angle in degrees, hold in s on the node clock.

    on_shank: the leg IMU sits where the linkage expects it. leg: "left" or "right", which leg carries it.
    """

    height_m: float | None = None
    rail_deg: float | None = None
    hold_s: tuple[float, float] | None = None
    on_shank: bool = True
    leg: str | None = None


@dataclass(frozen=True)
class History:
    """Readings so far. t_s (n,), values (n, 6) in SI units for each IMU; empty where there is none."""

    sled_t_s: np.ndarray
    sled: np.ndarray
    leg_t_s: np.ndarray
    leg: np.ndarray
