"""Readings of several sources, each with its own clock error and delay, into one order of time.

A reading is released once no source that is alive can still bring an older one: the *watermark* is the least of the
newest times of the IMUs, of those not more than LAG_S behind. So two IMUs that report together wait for nothing, a
silent one holds the other back once, for LAG_S. What an IMU brings from before the watermark comes too late for the
stream and is counted; a pad reading is then taken at the watermark instead. The order depends on the sequence of
blocks alone, never on how they were grouped into calls.
"""

import math

import numpy as np

from presscue import wire
from presscue.results import Samples
from presscue.ring import Ring

LAG_S = 0.1
CAPACITY = 1 << 16  # readings kept of each IMU: 5 minutes at 208 Hz
SOURCES = (wire.SLED, wire.LEG, wire.PADS)


class Merge:
    """Blocks in, readings in order of time out. Counts what it drops."""

    def __init__(self) -> None:
        self.rings = {s: Ring(CAPACITY if s != wire.PADS else CAPACITY // 4, 7) for s in SOURCES}
        self.newest: dict[int, float] = dict.fromkeys(SOURCES, -math.inf)
        self.watermark = -math.inf
        self.waiting = 0  # readings accepted and not yet taken
        self.samples = 0
        self.lost = 0
        self.late = 0
        self.repeated = 0
        self.gaps = 0
        self._first = math.inf

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last time accepted; NaN if there is none."""
        return (self._first, max(self.newest.values())) if self.samples else (math.nan, math.nan)

    def accept(self, block: Samples) -> None:
        """Take in one block of readings."""
        source, t_s, values = block.source, block.t_s, block.values
        if block.lost:
            self.lost += block.lost
            self.gaps += 1
        if not len(t_s):
            return
        oldest = self.newest[source]
        if not t_s[0] > oldest:
            kept = t_s > oldest
            self.repeated += int(np.count_nonzero(~kept))
            t_s, values = t_s[kept], values[kept]
        if source == wire.PADS:
            t_s = np.maximum(t_s, self.watermark)
        elif len(t_s) and t_s[0] <= self.watermark:
            kept = t_s > self.watermark
            self.late += int(np.count_nonzero(~kept))
            t_s, values = t_s[kept], values[kept]
        n = len(t_s)
        if not n:
            return
        rows = self.rings[source].extend(n)
        rows[:, 0] = t_s
        rows[:, 1 : 1 + values.shape[1]] = values
        self.samples += n
        self.waiting += n
        self.newest[source] = newest = float(t_s[-1])
        if self._first == math.inf:
            self._first = float(t_s[0])
        sled, leg = self.newest[wire.SLED], self.newest[wire.LEG]
        ahead, behind = (sled, leg) if sled > leg else (leg, sled)
        if ahead == -math.inf:
            ahead = behind = newest
        if ahead - self._first >= LAG_S:
            least = behind if behind >= ahead - LAG_S else ahead
            if least > self.watermark:
                self.watermark = least

    def close(self) -> None:
        """No more will come: release everything."""
        self.watermark = max(self.watermark, *self.newest.values())

    def released(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Readings up to the watermark, in order of time, not yet taken: kinds (n,), t_s (n,), values (n, 6)."""
        return self._sorted({s: _until(ring.peek(), self.watermark) for s, ring in self.rings.items()})

    def take(self, kinds: np.ndarray) -> None:
        """Mark readings as taken, given the kinds of the first ones released."""
        self.waiting -= len(kinds)
        for source, ring in self.rings.items():
            ring.consume(int(np.count_nonzero(kinds == source)))

    def history(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All readings taken and still kept, in order of time."""
        return self._sorted({s: ring.history() for s, ring in self.rings.items()})

    @staticmethod
    def _sorted(parts: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = np.concatenate(list(parts.values()))
        kinds = np.repeat(np.array(list(parts), np.int64), [len(part) for part in parts.values()])
        order = np.argsort(rows[:, 0], kind="stable")
        return kinds[order], rows[order, 0], rows[order, 1:]


def _until(rows: np.ndarray, t_s: float) -> np.ndarray:
    return rows[: np.searchsorted(rows[:, 0], t_s, side="right")]
