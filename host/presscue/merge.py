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
        self.samples = 0
        self.lost = 0
        self.late = 0
        self.repeated = 0
        self.gaps = 0
        self._first = math.inf

    @property
    def waiting(self) -> int:
        """Readings accepted and not yet taken."""
        return sum(len(ring.peek()) for ring in self.rings.values())

    def accept(self, block: Samples) -> None:
        """Take in one block of readings."""
        source, t_s = block.source, block.t_s
        self.lost += block.lost
        self.gaps += block.lost > 0
        if not len(t_s):
            return
        rows = np.zeros((len(t_s), 7))
        rows[:, 0] = t_s
        rows[:, 1 : 1 + block.values.shape[1]] = block.values
        if not t_s[0] > self.newest[source]:
            kept = t_s > self.newest[source]
            self.repeated += int(np.count_nonzero(~kept))
            rows = rows[kept]
        if source == wire.PADS:
            np.maximum(rows[:, 0], self.watermark, out=rows[:, 0])
        elif len(rows) and rows[0, 0] <= self.watermark:
            kept = rows[:, 0] > self.watermark
            self.late += int(np.count_nonzero(~kept))
            rows = rows[kept]
        if not len(rows):
            return
        self.samples += len(rows)
        self.rings[source].append(rows)
        self.newest[source] = float(rows[-1, 0])
        self._first = min(self._first, float(rows[0, 0]))
        imus = [self.newest[s] for s in (wire.SLED, wire.LEG)]
        ahead = max(imus)
        if ahead == -math.inf:
            ahead = self.newest[wire.PADS]
            imus = [ahead]
        if ahead - self._first >= LAG_S:
            self.watermark = max(self.watermark, min(t for t in imus if t >= ahead - LAG_S))

    def close(self) -> None:
        """No more will come: release everything."""
        self.watermark = max(self.watermark, *self.newest.values())

    def released(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Readings up to the watermark, in order of time, not yet taken: kinds (n,), t_s (n,), values (n, 6)."""
        return self._sorted({s: _until(ring.peek(), self.watermark) for s, ring in self.rings.items()})

    def take(self, kinds: np.ndarray) -> None:
        """Mark readings as taken, given the kinds of the first ones released."""
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
