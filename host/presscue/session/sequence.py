"""Which samples messages are new, late or repeated within one boot of the node, and what is missing."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from .missing import ORDER_END, Jump, Missing, Stretch

NEW, LATE, REPEATED = "new", "late", "repeated"

HOLES_MAX = 256
"""Stretches of missing messages remembered; beyond, the oldest is given up: what arrives from it counts as repeated."""

_SEQ_SPAN = 1 << 32


class BootSequence:
    """Order of messages and sequence numbers of readings since one boot.

    whole: everything since the boot is of interest, not only what comes after the first message that is seen.
    """

    def __init__(self, boot: int, offset_us: int, whole: bool = False):
        self.boot = boot
        self.offset_us = offset_us
        self.end_us = offset_us
        self.next_order = 0
        self.whole = whole
        self.missing = Missing()
        self.over = False
        """There will be no more of it than what the node still has."""
        self.host_ahead_us: int | None = None
        """The host's clock less the node's, at least: by the pong that was quickest there."""
        self.began_us: dict[int, float] = {}
        """Node time of the first reading of each source since the boot."""
        self.ended_us: dict[int, tuple[float, int]] = {}
        """Node time behind the last reading known of each source, and its period in ns."""
        self._next_seq: dict[int, tuple[int, int]] = {}  # reading expected, order of the message before
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

    def lost(self, source: int, seq: int, count: int, order: int) -> int:
        """Readings of a source missing before `seq`, for a NEW message of `count` readings."""
        expected, before = self._expected(source, seq)
        self._next_seq[source] = (seq + count, order)
        missing = (seq - expected) % _SEQ_SPAN
        if not missing or missing >= _SEQ_SPAN // 2:
            return 0
        self.missing.jump(Jump(source, expected, expected + missing, before, order))
        return missing

    def _expected(self, source: int, seq: int) -> tuple[int, int]:
        return self._next_seq.get(source, (0 if self.whole else seq, -1))

    def timed(self, source: int, seq: int, t_us: int, count: int, period_ns: int) -> None:
        """When a message's readings were taken."""
        if source not in self.began_us:
            self.began_us[source] = t_us - seq * period_ns / 1000
        end_us = t_us + count * period_ns / 1000
        if source not in self.ended_us or end_us > self.ended_us[source][0]:
            self.ended_us[source] = (end_us, period_ns)

    def wanted(self) -> list[Stretch]:
        """Messages that the node may still have."""
        known = [hole for hole in self.holes() if hole not in self.missing.told]
        rest = (self.next_order, ORDER_END)
        return [*known, rest] if self.over and rest not in self.missing.told else known

    def holes(self) -> list[Stretch]:
        """Messages that are missing."""
        return [hole for hole in self._holes if hole[0] or self.whole]

    def dead_readings(self, after: "BootSequence", between: Sequence["BootSequence"] = ()) -> int:
        """Readings that there would have been between an earlier boot and this one, by the host's clock, but for those
        of the boots between, of which no pong came."""
        if self.host_ahead_us is None or after.host_ahead_us is None:
            return 0
        ahead_us = self.host_ahead_us - after.host_ahead_us
        dead = 0
        for source, (end_us, period_ns) in after.ended_us.items():
            if source in self.began_us:
                lived_us = sum(boot.ended_us[source][0] - boot.began_us[source] for boot in between
                               if source in boot.ended_us)  # fmt: skip
                dead += max(0, round((self.began_us[source] + ahead_us - end_us - lived_us) * 1000 / period_ns))
        return dead

    def place_all(self, orders: np.ndarray) -> None:
        """`place` of messages that are all NEW: increasing, the first not below `next_order`."""
        before = np.concatenate([[self.next_order], orders[:-1] + 1])
        for at in np.flatnonzero(orders > before)[-HOLES_MAX:].tolist():
            self._holes.append((int(before[at]), int(orders[at])))
        del self._holes[:-HOLES_MAX]
        self.next_order = int(orders[-1]) + 1

    def lost_all(self, source: int, seq: np.ndarray, count: np.ndarray, order: np.ndarray) -> np.ndarray:
        """`lost` of NEW messages of one source, in their order, shape (n,)."""
        expected, last = self._expected(source, int(seq[0]))
        before = np.concatenate([[expected], seq[:-1] + count[:-1]])
        self._next_seq[source] = (int(seq[-1] + count[-1]), int(order[-1]))
        missing = (seq - before) % _SEQ_SPAN
        missing = np.where(missing < _SEQ_SPAN // 2, missing, 0)
        for at in np.flatnonzero(missing).tolist():
            first = int(before[at])
            around = (int(order[at - 1]) if at else last, int(order[at]))
            self.missing.jump(Jump(source, first, first + int(missing[at]), *around))
        return missing
