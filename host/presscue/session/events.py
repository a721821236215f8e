"""What a session says happened. `message` is the raw message, for the recording.

Times ending in `_s` are on the *session clock*: the node's clock, carried on without a step back over reboots.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..results import Samples


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """The node said who it is. device: its unique id in hexadecimal."""

    message: bytes
    protocol: int
    boot: int
    version: tuple[int, int, int]
    t_s: float
    device: str
    name: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A row of the channel table that is new or changed. complete: its source can now be converted."""

    message: bytes
    source: int
    complete: bool


class Readings(NamedTuple):
    """Samples in order: feed them to the core. (A tuple, for speed: an hour has half a million.)"""

    message: bytes
    samples: Samples


@dataclass(frozen=True, slots=True)
class LateReadings:
    """Samples that were missing and arrived afterwards: for the recording, not for the core, whose time has passed."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Rebooted:
    """The node restarted; its clock began anew, the session clock goes on at `resumes_s` (the true pause is unknown).

    The event of the message that told it follows, hence the empty `message` here.
    """

    boot: int
    resumes_s: float
    message: bytes = b""


@dataclass(frozen=True, slots=True)
class Status:
    """Health of the node. faults: names of the parts (wire.PARTS) that are not working. Counts are since boot."""

    message: bytes
    t_s: float
    state: str
    faults: tuple[str, ...]
    dropped_messages: int
    fifo_overruns: int
    bus_errors: int
    bad_frames: int
    loop_max_us: int
    battery_mv: int
    heap_free: int
    cues_played: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to a part of the node: names from wire.PARTS and wire.NOTICES."""

    message: bytes
    t_s: float
    part: str
    code: str
    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a command: one of wire.RESULTS. ours: its token is one we are waiting for."""

    message: bytes
    command: str
    token: int
    code: str
    text: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping: host_us as we sent it, node_us as the node's clock stood."""

    message: bytes
    token: int
    host_us: int
    node_us: int


@dataclass(frozen=True, slots=True)
class CueSent:
    """A cue command, read from a recording. pattern: one of wire.PATTERNS."""

    message: bytes
    cue: int
    pattern: str
    priority: int
    strength: int
    ttl_ms: int
    detected_s: float


@dataclass(frozen=True, slots=True)
class CueAck:
    """What became of a cue: outcome from wire.OUTCOMES, by from wire.BY, the actuator's start time."""

    message: bytes
    cue: int
    outcome: str
    by: str
    start_s: float


@dataclass(frozen=True, slots=True)
class GuardCue:
    """A cue that the node gave by itself, no host being there. kind: one of wire.GUARDED. A CueAck by the guard, of the
    same number, says what became of it."""

    message: bytes
    cue: int
    t_s: float
    kind: str


@dataclass(frozen=True, slots=True)
class Header:
    """The first message of a session file. session: its id. wall_ms: Unix time at the start."""

    message: bytes
    format: int
    wall_ms: int
    session: int
    device: str
    version: tuple[int, int, int]
    name: str


@dataclass(frozen=True, slots=True)
class ProfileText:
    """The profile a recording was made with, whole. message: its last part."""

    message: bytes
    toml: str


@dataclass(frozen=True, slots=True)
class CalibrationRead:
    """A calibration from a recording, in effect from effective_s. layout numbers the meaning of values, shape (n,)."""

    message: bytes
    effective_s: float
    layout: int
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Mark:
    """A remark of the recording laptop: code from wire.MARKS."""

    message: bytes
    wall_ms: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log on the node. state: one of wire.ENTRY_STATES; clock: one of wire.CLOCKS. start_us: on the clock of `boot`.

    wall_ms: Unix time at its start, 0 if the node does not know. sets: 32 is that or more. boots_ago: 0 for the
    present boot, 255 for that or more.
    """

    message: bytes
    session: int
    boot: int
    state: str
    clock: str
    sets: int
    boots_ago: int
    start_us: int
    wall_ms: int
    length_s: float
    size: int


@dataclass(frozen=True, slots=True)
class LogStatus:
    """What the node's recorder does (one of wire.LOG_STATES). Sizes in bytes: of all, of logs that must be kept, of
    what is erased for the next sets. stalls: times the writing held up the node, the longest for stall_max_s."""

    message: bytes
    t_us: int
    state: str
    size: int
    kept: int
    ready: int
    stalls: int
    stall_max_s: float


@dataclass(frozen=True, slots=True)
class Health:
    """How awake a node is (one of wire.POWER), after how many minutes it sleeps (0: never), what ended its last sleep
    (one of wire.WAKES), whether USB powers it, and how many pages its flash did not keep since it was switched on."""

    message: bytes
    power: str
    sleep_min: int
    woke: str
    usb: bool
    spoilt: int


@dataclass(frozen=True, slots=True)
class LogData:
    """A block of a log, its check sum found right: data from `offset` on."""

    message: bytes
    session: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class LogSum:
    """The CRC-32 of a whole log."""

    message: bytes
    session: int
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """All that the node has of the samples messages first to end of a boot has been sent; reason (wire.REASONS): why it
    does not have the others."""

    message: bytes
    boot: int
    first: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """The node's half of the proof that both have the key: its nonce, and its own proof."""

    message: bytes
    token: int
    nonce: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class KeySlot:
    """A slot of the node that holds a key. key_id tells keys apart; owner is the computer's name."""

    message: bytes
    slot: int
    key_id: bytes
    owner: str


@dataclass(frozen=True, slots=True)
class AccessCounts:
    """What hosts on the radio have tried since boot: admissions, proofs that were wrong, commands without a seal, with
    a wrong one, with an old one, and messages over the number allowed."""

    message: bytes
    admitted: int
    refused: int
    unsealed: int
    forged: int
    replayed: int
    flooded: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """A whole message of a type this program does not know: kept in the recording for one that does."""

    message: bytes


SessionEvent = (
    NodeInfo
    | Channel
    | Readings
    | LateReadings
    | Rebooted
    | Status
    | Notice
    | Result
    | Pong
    | CueSent
    | CueAck
    | GuardCue
    | Header
    | ProfileText
    | CalibrationRead
    | Mark
    | LogEntry
    | LogStatus
    | Health
    | LogData
    | LogSum
    | Fetched
    | Challenge
    | KeySlot
    | AccessCounts
    | Unknown
)
