"""Pages of a session file, thousands at once: what `wire.PageDecoder` finds, without an object for each message."""

from binascii import crc32
from typing import NamedTuple

import numpy as np

from .. import wire
from .messages import Messages

FEW, MANY = 16, 4096
"""Pages looked at in one go: few behind a damaged place, twice as many each time all were intact."""

_HEAD = np.dtype([("start", "V3"), ("used", "u1"), ("boot", "<u2"), ("session", "<u4"), ("number", "<u4")])
_START = np.frombuffer(wire.PAGE_START, np.uint8)
_CHECK_AT = wire.PAGE_SIZE - 4
_NONE = np.zeros(0, np.int64)


class Opened(NamedTuple):
    """Intact pages: their messages in order, and their numbers in the file, shape (pages,)."""

    messages: Messages
    numbers: np.ndarray


class PageReader:
    """Bytes of a session file in, intact pages out, in any chunking; good and bad_bytes as `wire.PageDecoder` counts.

    Keeps less than one page.
    """

    def __init__(self):
        self._part = b""
        self._pages = FEW
        self.good = 0
        self.bad_bytes = 0

    def feed(self, data: bytes) -> Opened:
        """Pages completed by `data`."""
        buffer = self._part + data
        found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        at = 0
        while (there := (len(buffer) - at) // wire.PAGE_SIZE) > 0:
            tried = min(there, self._pages)
            intact, numbers, starts, sizes = _open(buffer, at, tried)
            if intact:
                found.append((numbers, starts, sizes))
                self.good += intact
                at += intact * wire.PAGE_SIZE
            if intact == tried:
                self._pages = min(2 * self._pages, MANY)
                continue
            self._pages = FEW
            next_at = buffer.find(wire.PAGE_START, at + 1)
            if next_at < 0:
                # Nothing here starts a page, but the last bytes may be the first of one.
                next_at = len(buffer) - len(wire.PAGE_START) + 1
            self.bad_bytes += next_at - at
            at = next_at
        self._part = buffer[at:]
        numbers, starts, sizes = (np.concatenate([_NONE, *(run[part] for run in found)]) for part in range(3))
        return Opened(Messages(buffer, starts, sizes), numbers)

    def finish(self) -> None:
        """Call at the end of the file: a torn tail counts as dropped."""
        self.bad_bytes += len(self._part)
        self._part = b""


def _open(buffer: bytes, at: int, count: int) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """Of `count` pages from `at` on: how many are intact up to the first that is not; of these the numbers, and the
    offsets and sizes of their messages."""
    size = wire.PAGE_SIZE
    flat = np.frombuffer(buffer, np.uint8)
    pages = flat[at : at + count * size].reshape(count, size)
    heads = np.ascontiguousarray(pages[:, : _HEAD.itemsize]).view(_HEAD)[:, 0]
    checks = np.ascontiguousarray(pages[:, _CHECK_AT:]).view("<u4")[:, 0]
    view = memoryview(buffer)
    crcs = np.fromiter((crc32(view[a : a + _CHECK_AT]) for a in range(at, at + count * size, size)), np.uint32, count)
    good = (pages[:, : len(_START)] == _START).all(axis=1) & (checks == crcs) & (heads["used"] <= wire.PAGE_ROOM)
    intact = _leading(good)
    # Length bytes chain the messages of a page: all pages are walked in step, one message each at a time.
    page = np.arange(intact)
    place = at + page * size + wire.PAGE_BODY
    end = place + heads["used"][:intact]
    starts, sizes, owners = [], [], []
    while len(page := page[place < end]):
        place, end = place[place < end], end[place < end]
        length = flat[place].astype(np.int64)
        whole = (length > 0) & (length <= wire.MESSAGE_MAX) & (place + 1 + length <= end)
        if not whole.all():
            good[page[~whole]] = False
            page, place, end, length = page[whole], place[whole], end[whole], length[whole]
        starts.append(place + 1)
        sizes.append(length)
        owners.append(page)
        place = place + 1 + length
    intact = _leading(good)
    all_starts, all_sizes = np.concatenate([_NONE, *starts]), np.concatenate([_NONE, *sizes])
    order = np.argsort(all_starts, kind="stable")
    order = order[np.concatenate([_NONE, *owners])[order] < intact]
    return intact, heads["number"][:intact].astype(np.int64), all_starts[order], all_sizes[order]


def _leading(good: np.ndarray) -> int:
    """How many are True before the first that is not."""
    return len(good) if good.all() else int(np.argmin(good))
