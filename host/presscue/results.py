"""What the core says: blocks of samples go in, these come out. Plain frozen data, no behaviour."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

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


class Stretch(NamedTuple):
    """Many blocks of `Samples`, in the order in which they came, as arrays: no object for each.

    source, size, lost: shape (blocks,) int64, as in Samples; size: readings of the block. t_s: shape (n,), the blocks'
    readings one behind the other. values: shape (n, 6); of pads the first three columns count.
    """

    source: np.ndarray
    size: np.ndarray
    lost: np.ndarray
    t_s: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, blocks: Iterable[Samples]) -> "Stretch":
        """The same blocks; one of more than BLOCK_MAX readings becomes several."""
        blocks = [part for block in blocks for part in _parts(block)]
        if not blocks:
            return _NOTHING
        if len(blocks) == 1 and blocks[0].values.shape[1] == 6:
            one = blocks[0]
            return cls(np.array([one.source]), np.array([len(one.t_s)]), np.array([one.lost]), one.t_s, one.values)
        size = [len(block.t_s) for block in blocks]
        values = np.empty((sum(size), 6))
        end = 0
        for block, n in zip(blocks, size, strict=True):
            values[end : end + n, : block.values.shape[1]] = block.values
            end += n
        return cls(
            np.array([block.source for block in blocks]), np.array(size), np.array([block.lost for block in blocks]),
            np.concatenate([block.t_s for block in blocks]), values,
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence["Stretch"]) -> "Stretch":
        """One behind the other."""
        return cls(*(np.concatenate(arrays) for arrays in zip(_NOTHING, *parts, strict=True)))

    def of_source(self, source: int) -> np.ndarray:
        """Which readings are a source's: shape (n,) of bool."""
        return np.repeat(self.source == source, self.size)


BLOCK_MAX = 1 << 12
"""Readings of one block of a stretch; a node sends at most 255 in one message."""


def _parts(block: Samples) -> list[Samples]:
    if len(block.t_s) <= BLOCK_MAX:
        return [block]
    return [
        Samples(
            block.source, block.t_s[at : at + BLOCK_MAX], block.values[at : at + BLOCK_MAX], 0 if at else block.lost
        )
        for at in range(0, len(block.t_s), BLOCK_MAX)
    ]


_NOTHING = Stretch(
    np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 6))
)  # fmt: skip


@dataclass(frozen=True)
class Rep:
    """One lowering and one press under load. Times in s on the node clock; NaN where not measured.

    left_share: left part of what both heel pads read, mean over the rep.
    """

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
    range_deg: float = math.nan
    mean_propulsive_velocity_mps: float = math.nan
    left_share: float = math.nan


@dataclass(frozen=True)
class SetResult:
    """A run of reps ended by rest.

    velocity_loss: 1 - slowest/fastest mean concentric velocity (Sanchez-Medina & Gonzalez-Badillo 2011).
    """

    set: int
    start_s: float
    end_s: float
    reps: int
    rest_before_s: float | None
    velocity_loss: float | None


@dataclass(frozen=True)
class Event:
    """A fault. end_s is NaN while it lasts; the same `key` is reported again when it ends.

    predicted: it was still to come when it was detected: onset_s is the expected onset, end_s when it was known whether
    it came, and confirmed says so (None until then). The lockout that a prediction was right about is an event of its
    own. lead_s, of both: from the prediction to the onset as it was; NaN where there is no such pair.
    estimated: inferred from other sensors than the fault's own.
    """

    kind: Kind
    side: Side | None
    rep: int | None
    onset_s: float
    detected_s: float
    end_s: float
    severity: float
    confidence: float
    late: bool = False
    predicted: bool = False
    confirmed: bool | None = None
    lead_s: float = math.nan
    estimated: bool = False

    @property
    def key(self) -> tuple[str, str | None, float, bool]:
        """What the event is known by, however often it is said."""
        return self.kind, self.side, self.onset_s, self.predicted


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
class Advice:
    """Something the user should set right: what was recognised, what to do, since when it is so."""

    t_s: float
    code: str
    text: str
    action: str
    since_s: float


@dataclass(frozen=True)
class CalibrationWanted:
    """The core asks for a fit over its history since `since_s` up to `until_s`; it takes effect at `effective_s`.

    since_s: the end of the last set, -inf in the first one.
    """

    until_s: float
    effective_s: float
    since_s: float = -math.inf


Output = Rep | SetResult | Event | Cue | Note | Advice | CalibrationWanted
