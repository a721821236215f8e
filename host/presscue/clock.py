"""Node time to host time, from pings. Pure.

The midpoint between a ping's sending and its answer's arrival is the best guess of when the node looked at its clock;
the error is at most half the round trip. So the fit keeps, for each stretch of time, the exchange with the shortest
round trip, and weighs exchanges down by what their round trip exceeds the best.
"""

from dataclasses import dataclass

STRETCH_US = 5_000_000
STRETCHES = 24
"""Exchanges remembered: the best of each 5 s, for 2 minutes. Crystals wander little in that time."""

SKEW_MAX = 200e-6
"""Two crystals are together off by less; a fit that says more has too short a baseline to be believed."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One ping and its pong. round_trip_us, host_us (midpoint) and node_us in microseconds."""

    host_us: float
    node_us: float
    round_trip_us: float


class NodeClock:
    """Offset and skew of one boot of a node. Start a new one after a reboot."""

    def __init__(self):
        self._best: list[Exchange] = []
        self._origin: tuple[float, float] | None = None
        self._at_us = 0.0
        self._offset_us = 0.0
        self.skew = 0.0
        """node seconds per host second, less one"""

    @property
    def known(self) -> bool:
        return self._origin is not None

    @property
    def round_trip_us(self) -> float:
        """The shortest round trip in memory; half of it bounds the error. NaN before the first pong."""
        return min((e.round_trip_us for e in self._best), default=float("nan"))

    def add(self, sent_us: int, node_us: int, received_us: int) -> None:
        """Take one exchange: host time of sending, node time in the answer, host time of arrival."""
        if received_us < sent_us:
            return
        if self._origin is None:
            self._origin = ((sent_us + received_us) / 2, float(node_us))
        host0_us, node0_us = self._origin
        exchange = Exchange((sent_us + received_us) / 2 - host0_us, node_us - node0_us, float(received_us - sent_us))
        last = self._best[-1] if self._best else None
        if last is not None and last.host_us // STRETCH_US == exchange.host_us // STRETCH_US:
            if exchange.round_trip_us < last.round_trip_us:
                self._best[-1] = exchange
        else:
            self._best.append(exchange)
            del self._best[:-STRETCHES]
        self._fit()

    def host_us(self, node_us: float) -> float:
        """Host time of a node time. Only once `known`."""
        assert self._origin is not None
        host0_us, node0_us = self._origin
        node_us = node_us - node0_us
        return host0_us + self._at_us + (node_us - self._at_us - self._offset_us) / (1.0 + self.skew)

    def _fit(self) -> None:
        """Weighted straight line of (node - host) over host; level where the baseline is too short."""
        floor_us = self.round_trip_us
        weights = [1.0 / (100.0 + e.round_trip_us - floor_us) ** 2 for e in self._best]
        total = sum(weights)
        self._at_us = sum(w * e.host_us for w, e in zip(weights, self._best, strict=True)) / total
        self._offset_us = sum(w * (e.node_us - e.host_us) for w, e in zip(weights, self._best, strict=True)) / total
        spread = sum(w * (e.host_us - self._at_us) ** 2 for w, e in zip(weights, self._best, strict=True))
        self.skew = 0.0
        if spread > 0:
            moved = sum(
                w * (e.host_us - self._at_us) * (e.node_us - e.host_us - self._offset_us)
                for w, e in zip(weights, self._best, strict=True)
            )
            if abs(moved / spread) <= SKEW_MAX:
                self.skew = moved / spread
