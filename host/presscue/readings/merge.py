"""Readings of several sources, each with its own clock error and delay, into one order of time.

A reading is released once no source that is alive can still bring an older one: the *watermark* is the least of the
newest times of the IMUs, of those not more than LAG_S behind. So two IMUs that report together wait for nothing, a
silent one holds the other back once, for LAG_S. What an IMU brings from before the watermark comes too late for the
stream and is counted, but shows that it is back; a pad reading is then taken at the watermark instead. The order
depends on the sequence of blocks alone, never on how they were grouped into calls: both steps are compiled, and see
one block, one reading at a time.
"""

import math

import numpy as np

from presscue import wire
from presscue.compiled import njit
from presscue.readings.ring import END, READ, START, Ring, extend
from presscue.results import Stretch

SLED, LEG, PADS = SOURCES = (wire.SLED, wire.LEG, wire.PADS)
LAG_S = 0.1
KEPT = 1 << 16
"""Readings remembered of each IMU: 5 minutes at 208 Hz."""
KEPT_PADS = KEPT // 4
AWAY_S, AWAYS = 1.0, 32
"""An IMU that says nothing for longer was away; so many times are remembered of each."""
AHEAD = 1 << 14
"""Room for readings accepted and not yet taken, beside those remembered."""

SAMPLES, LOST, LATE, REPEATED, GAPS, WAITING, AWAY = range(7)  # AWAY: of two IMUs
WATERMARK, FIRST, NEWEST = range(3)  # NEWEST: of three sources


@njit
def accept(rings, cursors, counts, times, away, source, size, lost, t_s, values, block, reading, most):
    """Take in blocks from `block` on, whose first reading is `reading`, until `most` readings wait.

    Returns the next block and reading.
    """
    while block < len(source) and counts[WAITING] < most:
        of = source[block]
        begin, reading = reading, reading + size[block]
        if lost[block] > 0:
            counts[LOST] += lost[block]
            counts[GAPS] += 1
        block += 1
        newest, watermark = times[NEWEST + of], times[WATERMARK]
        columns = 3 if of == PADS else 6
        rows, cursor = rings[of], cursors[of]
        last = newest
        for i in range(begin, reading):
            t = t_s[i]
            if not t > newest:
                counts[REPEATED] += 1
                continue
            heard = times[FIRST] if math.isinf(last) else last
            if of != PADS and t - heard > AWAY_S:
                n = counts[AWAY + of]
                if n < len(away[of]):
                    away[of, n, 0], away[of, n, 1] = heard, t
                counts[AWAY + of] += 1
            if t <= watermark:
                if of != PADS:
                    counts[LATE] += 1
                    last = t  # but the IMU is alive, and is waited for from now on
                    continue
                t = watermark
            at = extend(rows, cursor, 1)
            rows[at, 0] = t
            for column in range(columns):
                rows[at, 1 + column] = values[i, column]
            counts[SAMPLES] += 1
            counts[WAITING] += 1
            if math.isinf(times[FIRST]):
                times[FIRST] = t
            last = t
        if not last > newest:
            continue
        times[NEWEST + of] = last
        sled, leg = times[NEWEST + SLED], times[NEWEST + LEG]
        ahead, behind = max(sled, leg), min(sled, leg)
        if math.isinf(ahead):
            ahead = behind = last
        if ahead - times[FIRST] >= LAG_S:
            times[WATERMARK] = max(watermark, behind if behind >= ahead - LAG_S else ahead)
    return block, reading


@njit
def merge(rings, begin, end, until_s, kinds, t_s, values):
    """Rows begin to end of each ring, up to a time, in order of time (at the same time: of source). Returns how many
    were written to kinds (n,), t_s (n,), values (n, 6)."""
    at = begin.copy()
    n = 0
    while n < len(t_s):
        of, t = -1, until_s
        for source in range(len(at)):
            if at[source] < end[source]:
                one = rings[source][at[source], 0]
                if one < t or (of < 0 and one == t):
                    of, t = source, one
        if of < 0:
            break
        kinds[n] = of
        t_s[n] = t
        values[n] = rings[of][at[of], 1:]
        at[of] += 1
        n += 1
    return n


class Merge:
    """Blocks in, readings in order of time out. Counts what it drops."""

    def __init__(self) -> None:
        self.rings = tuple(Ring(AHEAD + (KEPT_PADS if s == PADS else KEPT), 7) for s in SOURCES)
        self._rows = tuple(ring.rows for ring in self.rings)
        self._cursors = np.stack([ring.cursor for ring in self.rings])
        for ring, cursor in zip(self.rings, self._cursors, strict=True):
            ring.cursor = cursor
        self._counts = np.zeros(8, np.int64)
        self._away = np.zeros((2, AWAYS, 2))
        self._times = np.array([-math.inf, math.inf, *(-math.inf for _ in SOURCES)])
        self._room = _room(1 << 8)

    @property
    def watermark(self) -> float:
        """Time up to which readings are released, -inf before."""
        return float(self._times[WATERMARK])

    @property
    def waiting(self) -> int:
        """Readings accepted and not yet taken."""
        return int(self._counts[WAITING])

    @property
    def samples(self) -> int:
        return int(self._counts[SAMPLES])

    @property
    def lost(self) -> int:
        return int(self._counts[LOST])

    @property
    def late(self) -> int:
        return int(self._counts[LATE])

    @property
    def repeated(self) -> int:
        return int(self._counts[REPEATED])

    @property
    def gaps(self) -> int:
        return int(self._counts[GAPS])

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last time accepted; NaN if there is none."""
        return (float(self._times[FIRST]), float(self._times[NEWEST:].max())) if self.samples else (math.nan, math.nan)

    def away(self, source: int) -> list[tuple[float, float]]:
        """From when to when an IMU that was heard at some time said nothing: the first AWAYS times, and the end."""
        newest, end = float(self._times[NEWEST + source]), self.span_s[1]
        if math.isinf(newest):
            return []
        away = [(float(a), float(b)) for a, b in self._away[source, : self._counts[AWAY + source]]]
        return [*away, (newest, end)] if end - newest > AWAY_S else away

    def accept(self, blocks: Stretch, block: int = 0, reading: int = 0, most: int = 1 << 62) -> tuple[int, int]:
        """Take in blocks from `block` on, whose first reading is `reading`, until `most` readings wait.

        Returns the next block and reading. What waits beyond AHEAD may push unread readings out (`Ring.overrun`).
        """
        return accept(
            self._rows, self._cursors, self._counts, self._times, self._away, *blocks, block, reading, most
        )  # fmt: skip

    def close(self) -> None:
        """No more will come: release everything."""
        self._times[WATERMARK] = self._times[[WATERMARK, NEWEST + SLED, NEWEST + LEG, NEWEST + PADS]].max()

    def released(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Readings up to the watermark, in order of time, not yet taken: kinds (n,), t_s (n,), values (n, 6).

        Views, valid until the next call.
        """
        if self.waiting > len(self._room[0]):
            self._room = _room(2 * self.waiting)
        kinds, t_s, values = self._room
        begin, end = self._cursors[:, READ], self._cursors[:, END]
        n = merge(self._rows, begin, end, self.watermark, kinds, t_s, values)
        return kinds[:n], t_s[:n], values[:n]

    def take(self, kinds: np.ndarray) -> None:
        """Mark readings as taken, given the kinds of the first ones released."""
        self._counts[WAITING] -= len(kinds)
        self._cursors[:, READ] += np.bincount(kinds, minlength=len(SOURCES))

    def history(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """All readings taken and remembered, in order of time."""
        end = self._cursors[:, READ]
        begin = np.maximum(self._cursors[:, START], end - [KEPT, KEPT, KEPT_PADS])
        kinds, t_s, values = _room(int((end - begin).sum()))
        merge(self._rows, begin, end, math.inf, kinds, t_s, values)
        return kinds, t_s, values


def _room(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.empty(n, np.int64), np.empty(n), np.empty((n, 6))
