"""Which samples messages are new, late or repeated within one boot of the node, and what is missing."""

from bisect import bisect_right

import numpy as np

NEW, LATE, REPEATED = "new", "late", "repeated"

HOLES_MAX = 256
"""Stretches of missing messages remembered; beyond, the oldest is given up: what arrives from it counts as repeated."""

_SEQ_SPAN = 1 << 32


class BootSequence:
    """Order of messages and sequence numbers of readings since one boot."""

    def __init__(self, boot: int, offset_us: int):
        self.boot = boot
        self.offset_us = offset_us
        self.end_us = offset_us
        self.next_order = 0
        self._next_seq: dict[int, int] = {}
        self._holes: list[tuple[int, int]] = []  # [first, end) of missing orders, increasing

    def place(self, order: int) -> str:
        """Whether the message with this order number is NEW (ahead of all), LATE (was missing) or REPEATED."""
        expected = self.next_order
        if order >= expected:
            if order > expected:
                self._holes.append((expected, order))
                del self._holes[:-HOLES_MAX]
            self.next_order = order + 1
            return NEW
        at = bisect_right(self._holes, order, key=lambda hole: hole[0]) - 1
        if at < 0 or order >= self._holes[at][1]:
            return REPEATED
        first, end = self._holes[at]
        self._holes[at : at + 1] = [hole for hole in ((first, order), (order + 1, end)) if hole[0] < hole[1]]
        return LATE

    def pause(self) -> None:
        """The next readings do not follow on those before, and none between them are lost."""
        self._next_seq.clear()

    def lost(self, source: int, seq: int, count: int) -> int:
        """Readings of a source missing before `seq`, for a NEW message of `count` readings."""
        missing = (seq - self._next_seq.get(source, seq)) % _SEQ_SPAN
        self._next_seq[source] = seq + count
        return missing if missing < _SEQ_SPAN // 2 else 0

    def place_all(self, orders: np.ndarray) -> None:
        """`place` of messages that are all NEW: increasing, the first not below `next_order`."""
        before = np.concatenate([[self.next_order], orders[:-1] + 1])
        for at in np.flatnonzero(orders > before)[-HOLES_MAX:].tolist():
            self._holes.append((int(before[at]), int(orders[at])))
        del self._holes[:-HOLES_MAX]
        self.next_order = int(orders[-1]) + 1

    def lost_all(self, source: int, seq: np.ndarray, count: np.ndarray) -> np.ndarray:
        """`lost` of NEW messages of one source, in their order, shape (n,)."""
        before = np.concatenate([[self._next_seq.get(source, int(seq[0]))], seq[:-1] + count[:-1]])
        self._next_seq[source] = int(seq[-1] + count[-1])
        missing = (seq - before) % _SEQ_SPAN
        return np.where(missing < _SEQ_SPAN // 2, missing, 0)
