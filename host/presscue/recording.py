"""Session files: pages of messages in order of arrival, behind a preamble that says how to read them.

A file begins with its *preamble*: header, profile, channel table. The preamble is repeated, so that no single lost page
makes a file unreadable. Everything else stands as it arrived, or, for what the laptop itself did (cues, calibrations,
marks), when it was done.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import wire
from .errors import PathTaken, RecordingError, SaveError
from .locking import hold
from .readings import channels
from .readings.messages import Messages
from .readings.packed import expanded
from .readings.pages import PageReader
from .session import Session
from .session.events import Header, NodeInfo, ProfileText

FORMAT = 1
"""Version of the session file format, in its header."""

SUFFIX = ".presscue"

FLUSH_US = 500_000
"""A crash costs at most this much of the stream."""

PREAMBLE_AGAIN = 8
PREAMBLE_EVERY = 256
"""Pages after which the preamble is repeated: soon once, for short files, then regularly (0.4 % of the file)."""

_PROFILE_PART = wire.MESSAGE_MAX - len(wire.encode("profile", 0, 1))
_BUFFER_MAX = 64 * wire.PAGE_SIZE
_CHUNK = 1 << 20


def calibration_message(effective_us: int, layout: int, values: np.ndarray) -> bytes:
    """A calibration for the recording, in effect from effective_us (session clock). values: shape (n,), f32, n <= 54.

    Live must feed the core what `Session` reads back from this message, so that a replay gives the same bits.
    """
    return wire.encode("calibration", effective_us, layout, tail=np.asarray(values, "<f4").tobytes())


def mark_message(wall_ms: int, code: str, text: str = "") -> bytes:
    """A remark for the recording: code from wire.MARKS; a text too long for a message is cut."""
    return wire.encode("mark", wall_ms, wire.MARKS.index(code), tail=text.encode()[:200])


class Recorder:
    """Writes one session file, which must not exist yet. After a SaveError what was written before is whole.

    Until it is closed the file is locked (`locking.is_held`), so that others see that it is being recorded.
    """

    def __init__(
        self, path: Path, info: NodeInfo, rows: Sequence[bytes], *, wall_ms: int, session: int, profile: str = ""
    ):
        """rows: `ChannelTable.messages`. session: its id, 32 bits. profile: TOML text. Raises SaveError, PathTaken."""
        self.path = path
        device = bytes.fromhex(info.device)
        name = info.name.encode()[:64]
        self._head = [wire.encode("header", FORMAT, wall_ms, session, device, *info.version, tail=name)]
        self._head += _profile_parts(profile)
        self._rows = {row[1:3]: row for row in rows}
        self._pages = wire.PageWriter(info.boot, session)
        self._buffer = bytearray()
        self._preamble_at = PREAMBLE_AGAIN
        self._flushed_us = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "xb", buffering=0)  # noqa: SIM115 - closed by `close`
        except OSError as error:
            if isinstance(error, FileExistsError) and path.exists():
                raise PathTaken(f"{path}: exists already and is not overwritten; name another file") from None
            raise SaveError(f"{path}: cannot record there: {error.strerror}") from None
        hold(self._file)
        self._write_preamble()
        self.add(info.message)
        self.flush()

    def add(self, message: bytes) -> None:
        """Append a message; an empty one is nothing. Raises SaveError, once, when the disk does not take it."""
        if not message or self._file.closed:
            return
        flush = False
        if message[0] == channels.CHANNEL:
            self._rows[message[1:3]] = message
        elif message[0] == channels.SAMPLES and (head := channels.read_head(message)):
            boot, t_us = head[1], head[4]
            flush = boot != self._pages.boot or t_us - self._flushed_us >= FLUSH_US
            if boot != self._pages.boot:
                self.flush()
                self._pages.boot = boot
            if flush:
                self._flushed_us = t_us
        self._put(message)
        if flush:
            self.flush()
        if self._pages.number >= self._preamble_at:
            self._preamble_at = self._pages.number + PREAMBLE_EVERY
            self._write_preamble()

    def flush(self) -> None:
        """Hand all there is to the operating system, the page begun included."""
        page = self._pages.flush()
        if page is not None:
            self._buffer += page
        self._write_buffer()

    def close(self) -> None:
        """End the file: it is on the disk when this returns."""
        if self._file.closed:
            return
        self.flush()
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from None
        self._file.close()

    def _write_preamble(self) -> None:
        for message in [*self._head, *(self._rows[key] for key in sorted(self._rows))]:
            self._put(message)

    def _put(self, message: bytes) -> None:
        page = self._pages.add(message)
        if page is not None:
            self._buffer += page
            if len(self._buffer) >= _BUFFER_MAX:
                self._write_buffer()

    def _write_buffer(self) -> None:
        try:
            while self._buffer:
                del self._buffer[: self._file.write(self._buffer)]
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> SaveError:
        """Cut a page torn by the failure off, end the recording, and say so."""
        try:
            size = os.fstat(self._file.fileno()).st_size
            self._file.truncate(size - size % wire.PAGE_SIZE)
        except OSError:
            pass  # the torn page is left: reading skips it
        self._file.close()
        return SaveError(f"{self.path}: recording ended: {error.strerror}; what was recorded until now is intact")


def _profile_parts(toml: str) -> list[bytes]:
    data = toml.encode()
    parts = [data[at : at + _PROFILE_PART] for at in range(0, len(data), _PROFILE_PART)]
    return [wire.encode("profile", number, len(parts), tail=part) for number, part in enumerate(parts)]


@dataclass
class Loss:
    """What reading has found damaged so far."""

    bad_bytes: int = 0
    missing_pages: int = 0
    pages: int = 0

    def __bool__(self) -> bool:
        return bool(self.bad_bytes or self.missing_pages)

    def __str__(self) -> str:
        return f"{self.bad_bytes} damaged bytes, {self.missing_pages} pages missing, {self.pages} pages intact"


@dataclass
class Recording:
    """A session file opened for reading.

    header and profile (TOML text) are None where no copy survived. preamble: header, profile and channel rows as
    messages. loss is complete once `messages` is exhausted.
    """

    path: Path
    header: Header | None = None
    profile: str | None = None
    preamble: list[bytes] = field(default_factory=list)
    loss: Loss = field(default_factory=Loss)

    def messages(self) -> Iterator[Messages]:
        """All intact messages in order of arrival, in chunks; the preamble first."""
        self.loss = Loss()
        yield Messages.of(self.preamble)
        yield from self._scan(self.loss)

    def _scan(self, loss: Loss) -> Iterator[Messages]:
        reader = PageReader()
        expected = 0
        try:
            with open(self.path, "rb") as file:
                while True:
                    data = file.read(_CHUNK)
                    messages, numbers = reader.feed(data)
                    if not data:
                        reader.finish()
                    if len(numbers):
                        steps = np.diff(numbers, prepend=expected - 1) - 1
                        loss.missing_pages += int(steps[steps > 0].sum())
                        expected = int(numbers[-1]) + 1
                    loss.pages, loss.bad_bytes = reader.good, reader.bad_bytes
                    yield expanded(messages)
                    if not data:
                        return
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be read: {error.strerror}") from None


def read_recording(path: Path) -> Recording:
    """Open a session file: find its preamble, wherever a copy of it is whole. Raises RecordingError."""
    recording = Recording(path)
    session = Session()
    parts: dict[bytes, bytes] = {}
    loss = Loss()
    for chunk in recording._scan(loss):
        rest = list(chunk[chunk.types() != channels.SAMPLES])
        for event in session.receive_messages(rest):
            if isinstance(event, Header) and recording.header is None:
                recording.header = event
            elif isinstance(event, ProfileText) and recording.profile is None:
                recording.profile = event.toml
        parts.update((message[:3], message) for message in rest if message[0] == wire.TYPES["profile"])
        if loss.pages > PREAMBLE_EVERY:
            break
    if not loss.pages:
        raise RecordingError(f"{path}: {_why_unreadable(path)}")
    if recording.header is not None:
        if recording.header.format > FORMAT:
            raise RecordingError(f"{path}: a session file of format {recording.header.format}: update presscue")
        recording.preamble.append(recording.header.message)
    if recording.profile is not None:
        recording.preamble += [parts[key] for key in sorted(parts)]
    recording.preamble += session.channels.messages
    return recording


def _why_unreadable(path: Path) -> str:
    with open(path, "rb") as file:
        start = file.read(len(wire.PAGE_START))
    if not start:
        return "is empty"
    if start.startswith(wire.PAGE_MAGIC) and len(start) == 3 and start[2] > wire.PAGE_FORMAT:
        return f"written by a newer presscue (page format {start[2]}): update presscue"
    return "not a presscue session file, or nothing in it is intact"


def came_late(messages: Messages) -> int:
    """Readings that stand behind later ones of the same boot: fetched, after the link had lost them."""
    heads, _ = channels.read_heads(messages)
    late = 0
    for boot in np.unique(heads["boot"]):
        of = heads["boot"] == boot
        order = heads["order"][of].astype(np.int64)
        late += int(heads["count"][of][order < np.maximum.accumulate(order)].sum())
    return late


def in_order_of_sequence(messages: Messages) -> Messages:
    """The messages with samples in the order in which the node made them, each once; all others keep their places.

    Boots stand in the order of their first appearance. This is what a session without drops would have recorded.
    """
    heads, whole = channels.read_heads(messages)
    boots = np.full(len(messages), -1, np.int64)  # -1: not tied to a boot
    boots[whole] = heads["boot"]
    for at in np.flatnonzero(~whole).tolist():
        decoded = wire.decode(messages[at])
        if decoded is not None:
            boots[at] = decoded[1].get("boot", -1)
    tied = np.flatnonzero(boots >= 0)
    if (boots[tied] == boots[tied[:1]]).all() and (np.diff(heads["order"].astype(np.int64)) > 0).all():
        return messages  # nothing came late
    _, firsts, which = np.unique(boots[tied], return_index=True, return_inverse=True)
    epochs = np.zeros(len(messages), np.int64)
    epochs[tied] = np.argsort(np.argsort(firsts))[which]
    newest = np.maximum.accumulate(epochs)
    epochs = np.where(boots >= 0, epochs, newest)  # what is not tied to a boot stays with the newest
    orders = np.full(len(messages), -1, np.int64)
    orders[whole] = heads["order"]
    parts = []
    for epoch in range(len(firsts) or 1):
        there = np.flatnonzero(epochs == epoch)
        place = np.flatnonzero(orders[there] >= 0)
        _, first = np.unique(orders[there[place]], return_index=True)
        repeated = np.ones(len(there), bool)
        repeated[orders[there] < 0] = False
        kept = np.sort(first)
        repeated[place[kept]] = False
        moved = there.copy()
        moved[place[kept]] = there[place[first]]  # the places stay, those with an order trade them
        parts.append(moved[~repeated])
    return messages[np.concatenate(parts)]
