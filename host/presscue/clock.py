"""Node time to host time, from pings. Pure.

What the node's clock showed when it answered, less the host's time of sending, is the offset plus the way there; the
host's time of arrival, less what the node showed, is the way back minus the offset. Of each the least in memory counts:
both ways are then as short as they ever were, though not in the same exchange, and half their sum bounds the error.
The skew is the one under which that sum is greatest: any other makes the ways look longer at one end, shorter at the
other, and the least of them too short (the envelope of Moon, Skelly and Towsley 1999, for both ways at once).
"""

from collections import deque

import numpy as np

EXCHANGES = 128
"""Exchanges remembered, one a second. Crystals wander little in that time."""

BASELINE_US = 5_000_000
"""Over less time a skew cannot be told from chance."""

SKEW_MAX = 200e-6
"""Two crystals are together off by less; a fit that says more is not believed."""

_STEPS = 32


class NodeClock:
    """Offset and skew of one boot of a node. Start a new one after a reboot."""

    def __init__(self):
        self._exchanges: deque[tuple[float, float, float]] = deque(maxlen=EXCHANGES)
        self._origin: tuple[float, float] | None = None
        self._offset_us = 0.0
        self.skew = 0.0
        """node seconds per host second, less one"""
        self.round_trip_us = float("nan")
        """The shortest way there and the shortest way back. NaN before the first pong."""

    @property
    def known(self) -> bool:
        return self._origin is not None

    @property
    def error_us(self) -> float:
        """How far `host_us` may be off: the two ways may share the round trip as unevenly as they like."""
        return self.round_trip_us / 2

    def add(self, sent_us: int, node_us: int, received_us: int) -> None:
        """Take one exchange: host time of sending, node time in the answer, host time of arrival."""
        if received_us < sent_us:
            return
        if self._origin is None:
            self._origin = ((sent_us + received_us) / 2, float(node_us))
        host0_us, node0_us = self._origin
        self._exchanges.append((sent_us - host0_us, node_us - node0_us, received_us - host0_us))
        self._fit()

    def host_us(self, node_us: float) -> float:
        """Host time of a node time. Only once `known`."""
        assert self._origin is not None
        host0_us, node0_us = self._origin
        return host0_us + (node_us - node0_us - self._offset_us) / (1.0 + self.skew)

    def _fit(self) -> None:
        sent_us, node_us, received_us = np.array(self._exchanges).T

        def ways(skew: float) -> tuple[float, float]:
            """The shortest way there, the offset in it, and the shortest way back, the offset taken from it."""
            there_us = node_us - sent_us * (1.0 + skew)
            back_us = received_us * (1.0 + skew) - node_us
            return float(there_us.min()), float(back_us.min())

        self.skew = 0.0
        if sent_us[-1] - sent_us[0] >= BASELINE_US:
            low, high = -SKEW_MAX, SKEW_MAX
            for _ in range(_STEPS):  # the sum is concave in the skew
                third = (high - low) / 3
                if sum(ways(low + third)) < sum(ways(high - third)):
                    low += third
                else:
                    high -= third
            if SKEW_MAX - abs(low) > 1e-6:
                self.skew = (low + high) / 2
        there_us, back_us = ways(self.skew)
        self._offset_us = (there_us - back_us) / 2
        self.round_trip_us = there_us + back_us
