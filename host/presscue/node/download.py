"""Logs from the node to the laptop: listed, downloaded, checked, and only then released for deletion.

What has come so far lies in a `.part` file beside the recordings; any later attempt goes on behind its last byte,
after whatever interruption. The recording gets its name only when it is whole and on the disk.
"""

import os
import time
from binascii import crc32
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .. import wire
from ..archive.places import free_path, stem_of
from ..errors import LinkError, LinkLost, PeerError, SaveError
from ..links import Link
from ..locking import hold, is_held
from ..recording import FORMAT, SUFFIX, mark_message
from ..session import Session
from ..session import events as ev
from .dating import Dating, date_logs

PART = ".part"
WINDOW = 1 << 15
"""Bytes asked for at a time, and more when half of them have come. So a node whose host has gone soon stops."""
READ_S = 0.1
HELLO_S = 1.0
ANSWER_S = 6.0
STALL_S = 1.0
"""Without a block for so long, the node is asked again from where we are."""
STALLS_MAX = 5
SUM_S = 60.0
PAUSE_S = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
PATIENCE_S = 300.0
LISTED = 16

Progress = Callable[[int], None]
"""Called with how many bytes of the log are here."""


class NodeLogs:
    """A node and its logs. reopen: opens the link again when it has gone; without it a lost link is lost.

    Raises LinkLost when the link stays away, PeerError when the node does not know what is asked, SaveError.
    """

    def __init__(
        self,
        link: Link,
        *,
        reopen: Callable[[], Link] | None = None,
        wall_ms: Callable[[], int] = lambda: int(time.time() * 1000),
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.link, self._reopen, self._wall_ms, self._sleep = link, reopen, wall_ms, sleep
        self.session = Session(link.envelope)
        self.received = 0
        """Bytes of log data that have come, repetitions included."""
        self.entries: list[ev.LogEntry] = []
        self.status: ev.LogStatus | None = None
        self.dates: dict[int, Dating] = {}
        self._ready = False

    @property
    def device(self) -> str:
        assert self.session.info is not None
        return self.session.info.device

    def listed(self) -> list[ev.LogEntry]:
        """All logs, oldest first; `status` and `dates` are up to date afterwards."""
        while True:
            try:
                return self._ask_list()
            except LinkLost as error:
                self._again(error)

    def pull(self, entry: ev.LogEntry, folder: Path, progress: Progress = lambda size: None) -> Path:
        """Download a log into `folder`, check it, name it, and tell the node that it is safe. Its path."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SaveError(f"{folder}: cannot be made: {error.strerror}") from None
        part = folder / f"pull-{self.device}-{entry.session}{PART}"
        if is_held(part):
            raise SaveError(f"{part}: another presscue is downloading this log")
        try:
            with open(part, "a+b") as file:
                hold(file)
                crc = self._download(entry, file, progress)
                os.fsync(file.fileno())
                path = _named(part, folder, stem_of(self.dates[entry.session].wall_ms, self.device))
        except OSError as error:
            raise SaveError(f"{part}: {error.strerror}; what has come is kept there") from None
        self._release(entry, crc)
        return path

    # --- one log ---

    def _download(self, entry: ev.LogEntry, file, progress: Progress) -> int:
        """The whole log in the part file; its check sum, which the node's agrees with."""
        head = self._head(entry)
        file.seek(0)
        if not _is_head_of(file.read(wire.PAGE_SIZE), entry, self.device):
            file.truncate(0)
            file.write(head)
        for _ in range(3):
            at = file.seek(0, os.SEEK_END) - len(head)
            if at > entry.size:
                file.truncate(len(head))
                at = 0
            while at < entry.size:
                try:
                    at = self._fetch(entry, file, at, progress)
                except LinkLost as error:
                    file.flush()
                    self._again(error)
                    at = file.seek(0, os.SEEK_END) - len(head)
            file.flush()
            crc, intact = _checked(file, len(head))
            if crc == self._sum(entry):
                return crc
            file.truncate(len(head) + intact)
        raise PeerError(f"{self.link.name}: log {entry.session} does not arrive as the node has it; try another cable")

    def _fetch(self, entry: ev.LogEntry, file, at: int, progress: Progress) -> int:
        """Blocks from `at` on, until all are here; where we are then."""
        self._make_ready()
        asked = at
        heard_s = self.link.now_s()
        again, stalls = True, 0
        while at < entry.size:
            if again or (asked - at <= WINDOW // 2 and asked < entry.size):
                asked = at if again else asked
                size = min(WINDOW, entry.size - asked)
                self._send(self.session.log_read(entry.session, asked, size))
                asked, again = asked + size, False
            for event in self._receive():
                if isinstance(event, ev.LogData) and event.session == entry.session:
                    self.received += len(event.data)
                    if event.offset == at:
                        file.write(event.data)
                        at += len(event.data)
                        heard_s, stalls = self.link.now_s(), 0
                        progress(at)
                    elif event.offset > at and self.link.now_s() - heard_s > READ_S:
                        again = True  # a block is missing
                        heard_s = self.link.now_s()
                elif isinstance(event, ev.Result) and event.command == "log_read" and event.code != "ok":
                    raise PeerError(f"{self.link.name}: log {entry.session} is no longer there")
            if self.link.now_s() - heard_s > STALL_S:
                again, stalls, heard_s = True, stalls + 1, self.link.now_s()
                if stalls == STALLS_MAX:
                    raise LinkLost(f"{self.link.name}: the node sends no more")
        return at

    def _sum(self, entry: ev.LogEntry) -> int:
        while True:
            try:
                self._make_ready()
                found = self._ask(self.session.log_check(entry.session), "log_check", SUM_S, ev.LogSum)
                assert isinstance(found, ev.LogSum)
                return found.crc
            except LinkLost as error:
                self._again(error)

    def _release(self, entry: ev.LogEntry, crc: int) -> None:
        """Tell the node that the copy is safe. If it cannot be told, its log just stays."""
        try:
            self._ask(self.session.log_verified(entry.session, crc), "log_verified", ANSWER_S, None)
        except LinkLost as error:
            self._again(error)
            if self._sum(entry) == crc:
                self._ask(self.session.log_verified(entry.session, crc), "log_verified", ANSWER_S, None)

    def _head(self, entry: ev.LogEntry) -> bytes:
        """The host's own page before the node's: when it was, and how that is known."""
        info, date = self.session.info, self.dates[entry.session]
        assert info is not None
        device = bytes.fromhex(info.device)
        writer = wire.PageWriter(entry.boot, entry.session)
        name = info.name.encode()[:64]
        writer.add(wire.encode("header", FORMAT, date.wall_ms, entry.session, device, *info.version, tail=name))
        writer.add(mark_message(self._wall_ms(), "dated", str(date)))
        page = writer.flush()
        assert page is not None
        return page

    # --- the link ---

    def _make_ready(self) -> None:
        """Know the node, and tell it the time."""
        if self._ready:
            return
        opened_s = asked_s = self.link.now_s()
        self._send(self.session.hello())
        while not any(isinstance(event, ev.NodeInfo) for event in self._receive()):
            now_s = self.link.now_s()
            if now_s - opened_s > ANSWER_S:
                raise PeerError(f"{self.link.name}: {self.session.unanswered()}")
            if now_s - asked_s > HELLO_S:
                asked_s = now_s
                self._send(self.session.hello())
        self._ask(self.session.clock(self._wall_ms()), "clock", ANSWER_S, None)
        self._ready = True

    def _ask_list(self) -> list[ev.LogEntry]:
        self._make_ready()
        entries: list[ev.LogEntry] = []
        while True:
            before = len(entries)
            after = entries[-1].session if entries else 0
            status = self._ask(self.session.log_list(after), "log_list", ANSWER_S, ev.LogStatus, entries)
            assert isinstance(status, ev.LogStatus)
            if len(entries) - before < LISTED:
                break
        self.entries, self.status = entries, status
        self.dates = date_logs(entries, self._wall_ms(), status.t_us)
        return entries

    def _ask(self, message: bytes, command: str, wait_s: float, wanted, entries: list | None = None):
        """Send a command; the event of type `wanted` (None: just the result) that answers it."""
        self._send(message)
        sent_s = self.link.now_s()
        found, result = None, None
        while self.link.now_s() - sent_s < wait_s:
            for event in self._receive():
                if isinstance(event, ev.LogEntry) and entries is not None:
                    entries.append(event)
                elif wanted is not None and isinstance(event, wanted):
                    found = event
                elif isinstance(event, ev.Result) and event.ours and event.command == command:
                    result = event
            if result is not None and result.code != "ok":
                raise PeerError(f"{self.link.name}: {command}: the node says {result.code}; is its firmware older?")
            if result is not None and (wanted is None or found is not None):
                return found
        raise LinkLost(f"{self.link.name}: the node does not answer")

    def _receive(self) -> list[ev.SessionEvent]:
        return self.session.receive(self.link.read(READ_S))

    def _send(self, message: bytes) -> None:
        self.link.write(self.session.send(message))

    def _again(self, error: LinkLost) -> None:
        """Open the link again, with growing pauses."""
        if self._reopen is None:
            raise error
        self.link.close()
        self._ready = False
        away_s = 0.0
        for attempt in range(1 << 30):
            pause_s = PAUSE_S[min(attempt, len(PAUSE_S) - 1)]
            away_s += pause_s
            if away_s > PATIENCE_S:
                raise LinkLost(f"{error}; given up after {PATIENCE_S / 60:.0f} minutes; pull again: it goes on there")
            self._sleep(pause_s)
            with suppress(LinkError):
                self.link = self._reopen()
                self.session.reconnected()
                return


def _checked(file, start: int) -> tuple[int, int]:
    """(CRC-32 of all behind `start`, how many bytes of it are whole pages up to the first damaged one)."""
    file.seek(start)
    crc, intact, at, whole = 0, 0, 0, True
    while page := file.read(wire.PAGE_SIZE):
        crc = crc32(page, crc)
        at += len(page)
        whole = whole and wire.page_open(page) is not None
        intact = at if whole else intact
    return crc, intact if intact < at else 0


def _is_head_of(page: bytes, entry: ev.LogEntry, device: str) -> bool:
    opened = wire.page_open(page)
    if opened is None or opened[:2] != (entry.boot, entry.session):
        return False
    decoded = wire.decode(opened[3][0])
    return decoded is not None and decoded[0] == "header" and decoded[1]["device"].hex() == device


def _named(part: Path, folder: Path, stem: str) -> Path:
    """Give the part its name; nothing is overwritten, and the folder knows when this returns."""
    while True:
        path = free_path(folder, stem, SUFFIX)
        try:
            os.link(part, path)
        except FileExistsError:
            continue
        except OSError:  # no hard links there
            part.rename(path)
        else:
            part.unlink()
        break
    with suppress(OSError):  # not every system opens folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    return path
