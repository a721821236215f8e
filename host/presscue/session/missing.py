"""Readings that are missing in one boot: where, and why. Pure bookkeeping beside `BootSequence`.

A *jump* is a stretch of readings of one source that is not there, and the numbers (`order`) of the samples messages
around it. What arrives late is taken out of it again. What is left was lost for one of these reasons:

sensor     no message is missing there: the node itself never got these readings (a FIFO that ran over, a pulled cable)
link       messages are missing, and nobody has asked the node for them to the end
rest, full, reboot
           the node was asked and does not have them any more: one of wire.REASONS
"""

from collections import Counter
from typing import NamedTuple

ORDER_END = 0xFFFFFFFF
"""Behind all orders: a stretch that ends there asks for whatever a boot made after the last message known."""

Stretch = tuple[int, int]
"""Orders, [first, end)."""


class Jump(NamedTuple):
    """Readings first to end of a source, between the messages of orders after and before."""

    source: int
    first: int
    end: int
    after: int
    before: int


class Missing:
    """See the module."""

    def __init__(self):
        self.jumps: list[Jump] = []
        self.told: dict[Stretch, str] = {}
        """Stretches that the node was asked for and does not have, whole, and why."""

    def jump(self, jump: Jump) -> None:
        self.jumps.append(jump)

    def found(self, source: int, seq: int, count: int, order: int) -> int:
        """A message has come late: how many of its readings were missing."""
        was, jumps = 0, []
        for jump in self.jumps:
            first, end = max(jump.first, seq), min(jump.end, seq + count)
            if jump.source != source or first >= end:
                jumps.append(jump)
                continue
            was += end - first
            if jump.first < first:
                jumps.append(jump._replace(end=first, before=order))
            if end < jump.end:
                jumps.append(jump._replace(first=end, after=order))
        self.jumps = jumps
        return was

    def by_reason(self, holes: list[Stretch]) -> Counter[str]:
        """Readings that are missing. holes: the messages that are."""
        reasons: Counter[str] = Counter()
        for jump in self.jumps:
            around = [hole for hole in holes if hole[0] < jump.before and hole[1] > jump.after + 1]
            reason = self.told.get(around[-1], "link") if around else "sensor"
            reasons[reason] += jump.end - jump.first
        return reasons
