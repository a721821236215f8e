"""What the core says: blocks of samples go in, these come out. Plain frozen data, no behaviour."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["lockout", "slam", "depth", "heel_lift", "seat_lift", "valgus", "varus", "tempo", "imbalance"]
Side = Literal["left", "right", "both"]


@dataclass(frozen=True)
class Samples:
    """A run of readings of one source, in SI units, at the reading's own times.

    source: wire.SLED, wire.LEG or wire.PADS. t_s: shape (n,), increasing, node clock. values: shape (n, 6)
    for an IMU (specific force x y z in m/s2, angular rate x y z in rad/s) or (n, 3) for pads (heel left,
    heel right, seat; any monotone scale; NaN where there is no such pad). lost: readings missing before this run.
    """

    source: int
    t_s: np.ndarray
    values: np.ndarray
    lost: int = 0


@dataclass(frozen=True)
class Rep:
    """One lowering and one press under load. Times in s on the node clock; NaN where not measured."""

    set: int
    rep: int
    start_s: float
    bottom_s: float
    end_s: float
    max_flexion_deg: float
    end_flexion_deg: float
    travel_m: float
    eccentric_s: float
    pause_s: float
    concentric_s: float
    mean_concentric_velocity_mps: float
    peak_concentric_velocity_mps: float
    late: bool = False


@dataclass(frozen=True)
class SetResult:
    """A run of reps ended by rest. velocity_loss: 1 - slowest/fastest mean concentric velocity."""

    set: int
    start_s: float
    end_s: float
    reps: int
    rest_before_s: float | None
    velocity_loss: float | None


@dataclass(frozen=True)
class Event:
    """A fault. end_s is NaN while it lasts; the same (kind, side, onset_s) is reported again when it ends."""

    kind: Kind
    side: Side | None
    rep: int | None
    onset_s: float
    detected_s: float
    end_s: float
    severity: float
    confidence: float
    late: bool = False


@dataclass(frozen=True)
class Cue:
    """A buzz decided by the policy. detected_s: time of the sample that completed the detection."""

    cue: int
    detected_s: float
    kind: str
    pattern: str
    priority: int
    strength: int
    ttl_ms: int
    reason: str


@dataclass(frozen=True)
class Note:
    """Something a user should read once: a sensor lost, data refused, a fit not trusted."""

    t_s: float
    text: str


@dataclass(frozen=True)
class CalibrationWanted:
    """The core asks for a fit over its history up to `until_s`; the answer takes effect at `effective_s`."""

    until_s: float
    effective_s: float


Output = Rep | SetResult | Event | Cue | Note | CalibrationWanted
