"""Node time to host time, from pings. Pure.

What the node's clock showed when it answered, less the host's time of sending, is the offset plus the way there; the
host's time of arrival, less what the node showed, is the way back minus the offset. Of each the least in memory counts:
both ways are then as short as they ever were, though not in the same exchange.
The skew is the one under which that sum is greatest: any other makes the ways look longer at one end, shorter at the
other, and the least of them too short (the envelope of Moon, Skelly and Towsley 1999, for both ways at once). No way
takes less than no time: the offsets and skews under which none does bound the error.
"""

from collections import deque

import numpy as np

from presscue.compiled import njit

EXCHANGES = 128
"""Exchanges remembered, one a second. Crystals wander little in that time."""

BASELINE_US = 5_000_000
"""Over less time a skew cannot be told from chance."""

SKEW_MAX = 200e-6
"""Two crystals are together off by less; a fit that says more is not believed."""

_STEPS = 32
_SKEWS = 9
"""Of those possible, at which the error is looked at."""


@njit
def shortest_ways(exchanges, skew):
    """The shortest way there, the offset in it, and the shortest way back, the offset taken from it. exchanges (3, n):
    sent, node's, received."""
    there_us = back_us = np.inf
    for i in range(exchanges.shape[1]):
        there_us = min(there_us, exchanges[1, i] - exchanges[0, i] * (1.0 + skew))
        back_us = min(back_us, exchanges[2, i] * (1.0 + skew) - exchanges[1, i])
    return there_us, back_us


@njit
def skew_of(exchanges):
    """The skew at which the sum of the two ways is greatest; 0 where that is not to be believed."""
    low, high = -SKEW_MAX, SKEW_MAX
    for _ in range(_STEPS):  # the sum is concave in the skew
        third = (high - low) / 3
        if sum(shortest_ways(exchanges, low + third)) < sum(shortest_ways(exchanges, high - third)):
            low += third
        else:
            high -= third
    return (low + high) / 2 if SKEW_MAX - abs(low) > 1e-6 else 0.0


class NodeClock:
    """Offset and skew of one boot of a node. Start a new one after a reboot."""

    def __init__(self):
        self._exchanges: deque[tuple[float, float, float]] = deque(maxlen=EXCHANGES)
        self._origin: tuple[float, float] | None = None
        self._offset_us = 0.0
        self.skew = 0.0
        """node seconds per host second, less one"""
        self.round_trip_us = float("nan")
        """The shortest way there and the shortest way back: less than nothing if the node's clock has jumped. NaN
        before the first pong."""
        self._table = np.zeros((3, 0))
        self._settled = False

    @property
    def known(self) -> bool:
        return self._origin is not None

    def add(self, sent_us: int, node_us: int, received_us: int) -> None:
        """Take one exchange: host time of sending, node time in the answer, host time of arrival."""
        if received_us < sent_us:
            return
        if self._origin is None:
            self._origin = ((sent_us + received_us) / 2, float(node_us))
        host0_us, node0_us = self._origin
        self._exchanges.append((sent_us - host0_us, node_us - node0_us, received_us - host0_us))
        self._fit()

    @property
    def shortest_us(self) -> float:
        """The shortest exchange, from sending to the answer. Only once `known`."""
        return float((self._table[2] - self._table[0]).min())

    def host_us(self, node_us: float) -> float:
        """Host time of a node time. Only once `known`."""
        assert self._origin is not None
        host0_us, node0_us = self._origin
        return host0_us + (node_us - node0_us - self._offset_us) / (1.0 + self.skew)

    @property
    def error_us(self) -> float:
        """How far `host_us` may be off at the time of the last pong. NaN before the first."""
        error_us = abs(self.round_trip_us) / 2
        if not self._settled:
            return error_us
        node_us = self._exchanges[-1][1]
        for skew in np.linspace(self._furthest(-SKEW_MAX), self._furthest(SKEW_MAX), _SKEWS):
            there_us, back_us = self._ways(skew)
            turned_us = (skew - self.skew) * node_us - self._offset_us
            error_us = max(error_us, abs(turned_us + there_us), abs(turned_us - back_us))
        return error_us

    def _furthest(self, end: float) -> float:
        """The skew furthest from the one found, towards `end`, under which no way takes less than no time."""
        low, high = self.skew, end
        for _ in range(_STEPS // 2):
            middle = (low + high) / 2
            low, high = (middle, high) if sum(self._ways(middle)) >= 0 else (low, middle)
        return low

    def _ways(self, skew: float) -> tuple[float, float]:
        return shortest_ways(self._table, skew)

    def _fit(self) -> None:
        self._table = np.array(self._exchanges).T
        self._settled = self._exchanges[-1][0] - self._exchanges[0][0] >= BASELINE_US
        self.skew = skew_of(self._table) if self._settled else 0.0
        there_us, back_us = self._ways(self.skew)
        self._offset_us = (there_us - back_us) / 2
        self.round_trip_us = there_us + back_us
