"""What a calibration is, what is known before it, and the readings it is made from."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from presscue.advice import Remark
from presscue.estimation.estimator import GRAVITY_MPS2, Leg
from presscue.estimation.linkage import Links, mirrored

VALUES, EARLIER_VALUES = 33, 30  # without flexion's standard deviations
SURE = 64  # the bit of a layout that has them
REMARKS = 6  # that a message has room for
STATED_DEG = (10.0, 45.0, 90.0)  # flexions for which a standard deviation is told
LAYOUTS = (8, 9, 10, 11, 26, 27, 42, 58)


class NoFit(Exception):
    """The readings so far do not allow a calibration; the text says why, the remarks what the user can do."""

    def __init__(self, text: str, remarks: tuple[Remark, ...] = ()) -> None:
        super().__init__(text)
        self.remarks = remarks


@dataclass(frozen=True)
class Calibration:
    """What the core needs to measure. Vectors in the sensor's own axes; has_sled and has_leg say which part counts.

    rail: (3,) unit vector, outward along the rail; gravity_along_mps2: specific force at rest along it.
    axis: (3,) unit vector of flexion in the leg IMU; first, second: (3,) in-plane axes (second = axis x first).
    links: those of the mirrored leg (linkage.py) where the leg IMU is on the thigh.
    estimated: flexion follows from the leg alone, as far as the usual leg is this one's (leg_alone.py).
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
    estimated: bool = False
    rail_sd_deg: float = math.nan  # of the incline
    axis_sd_deg: float = math.nan
    gyro_bias_sd_radps: float = math.nan
    flexion_sd_deg: tuple[float, float, float] = (math.nan, math.nan, math.nan)  # at STATED_DEG
    covariance: np.ndarray = field(default_factory=lambda: np.eye(6), compare=False)  # of p in belief.py
    information: np.ndarray = field(default_factory=lambda: np.eye(6), compare=False)  # its weight in the next fit
    remarks: tuple[Remark, ...] = ()

    @property
    def usable(self) -> bool:
        """False: a fit was tried and the readings did not allow one."""
        return self.has_sled or self.has_leg

    @property
    def linked(self) -> bool:
        """Whether leg and sled are measured together, so that flexion is known."""
        return self.has_sled and self.has_leg

    @property
    def on_thigh(self) -> bool:
        """Whether the leg IMU is on the thigh."""
        return self.leg.carried == 0.0

    @property
    def rail_deg(self) -> float:
        """Incline of the rail."""
        return math.degrees(math.asin(max(-1.0, min(1.0, self.gravity_along_mps2 / GRAVITY_MPS2))))

    @property
    def second(self) -> np.ndarray:
        return np.cross(self.axis, self.first)

    def values(self) -> np.ndarray:
        """All numbers but effective_s and information, shape (33 + 3 remarks,): what a calibration message carries."""
        vectors = (self.rail, self.axis, self.first, np.array(self.links), np.array(self.leg[:5]), self.sd)
        scalars = (
            self.gravity_along_mps2, self.gyro_bias_radps, self.sled_floor_mps2, self.cost,
            self.rail_sd_deg, self.axis_sd_deg, self.gyro_bias_sd_radps, *self.flexion_sd_deg,
        )  # fmt: skip
        return np.concatenate([*vectors, np.array(scalars), remark_values(self.remarks, self.effective_s)])

    @property
    def layout(self) -> int:
        """How to read `values`: bit 0 sled, bit 1 leg, bits 3 and 6 always, bit 4 on the thigh, bit 5 estimated."""
        has = int(self.has_sled) | int(self.has_leg) << 1
        return SURE | 8 | has | int(self.on_thigh) << 4 | int(self.estimated) << 5

    def same_as(self, other: "Calibration") -> bool:
        """Whether both measure alike, to the bits of a message; remarks apart."""
        ours, theirs = (each.values()[:VALUES].astype("<f4") for each in (self, other))
        return self.layout == other.layout and np.array_equal(ours, theirs, equal_nan=True)

    def rounded(self) -> "Calibration":
        """The same to the precision of a message, so that a replay has the same bits."""
        values = self.values().astype("<f4")
        same = Calibration.from_values(self.effective_s, self.layout, values)
        return replace(same, covariance=self.covariance, information=self.information, remarks=self.remarks)

    @staticmethod
    def from_values(effective_s: float, layout: int, values: np.ndarray) -> "Calibration":
        """The calibration of a message. Raises ValueError if it is not one of this version's."""
        many = VALUES if layout & SURE else EARLIER_VALUES
        if len(values) < many or (len(values) - many) % 3 or layout & ~SURE not in LAYOUTS:
            raise ValueError(f"calibration of layout {layout} with {len(values)} values is not known")
        v = [float(each) for each in values]
        a = np.array(v)
        flexion = (v[30], v[31], v[32]) if layout & SURE else (math.nan, math.nan, math.nan)
        return Calibration(
            effective_s, bool(layout & 1), bool(layout & 2), a[:3], v[23], a[3:6], a[6:9], v[24], Links(*v[9:12]),
            Leg(*v[12:17], carried=0.0 if layout & 16 else 1.0), a[17:23], v[25], v[26], bool(layout & 32),
            v[27], v[28], v[29], flexion, remarks=remarks_of(a[many:], effective_s),
        )  # fmt: skip


def described(c: Calibration) -> dict[str, Any]:
    """A calibration for people: each quantity by its name with unit, its standard deviation beside it as `…_sd`."""
    found: dict[str, Any] = {"effective_s": c.effective_s, "has_sled": c.has_sled, "has_leg": c.has_leg}
    if c.has_sled:
        found |= {"rail_deg": c.rail_deg, "rail_deg_sd": c.rail_sd_deg, "rail_axis": c.rail}
        found |= {"sled_floor_mps2": c.sled_floor_mps2}
    if c.has_leg:
        found |= {"flexion_axis": c.axis, "flexion_axis_deg_sd": c.axis_sd_deg}
        found |= {"gyro_bias_radps": c.gyro_bias_radps, "gyro_bias_radps_sd": c.gyro_bias_sd_radps}
    if c.linked:
        strap = "strap_from_hip_m" if c.on_thigh else "strap_above_ankle_m"
        names = ("thigh_m", "shank_m", "ankle_height_m", strap, "tissue", "mount_deg")
        links = mirrored(c.links) if c.on_thigh else c.links
        numbers = (*links, c.leg.strap_m, c.leg.tissue, math.degrees(c.leg.mount_rad))
        sds = c.sd[[1, 0, 2, 3, 4, 5]] if c.on_thigh else c.sd
        for name, number, sd in zip(names, numbers, (*sds[:5], math.degrees(sds[5])), strict=True):
            found |= {name: number, f"{name}_sd": float(sd)}
        found["cost"] = c.cost
    if c.linked or c.estimated:
        found |= {f"flexion_at_{deg:.0f}_deg_sd": sd for deg, sd in zip(STATED_DEG, c.flexion_sd_deg, strict=True)}
    return found


def remark_values(remarks: tuple[Remark, ...], effective_s: float) -> np.ndarray:
    """Remarks as numbers, three each: number, since when before effective_s (s), size."""
    return np.array([(r.number, effective_s - r.since_s, r.size) for r in remarks[:REMARKS]]).reshape(-1)


def remarks_of(values: np.ndarray, effective_s: float) -> tuple[Remark, ...]:
    """Back again."""
    return tuple(Remark(int(n), effective_s - float(ago), float(size)) for n, ago, size in values.reshape(-1, 3))


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
