"""A preallocated ring of rows: written once, read as contiguous views, losses counted.

Rows stay after they are consumed, as history, until newer ones need the room. The buffer is twice the capacity and
slides down when its end is reached, so that every view is one plain slice (cheaper than writing each row twice).
"""

import numpy as np


class Ring:
    """Keeps the newest `capacity` rows of `width` float64. `overrun` counts rows overwritten before being consumed."""

    def __init__(self, capacity: int, width: int) -> None:
        self.capacity = capacity
        self.overrun = 0
        self._rows = np.zeros((2 * capacity, width))
        self._end = 0
        self._start = 0
        self._read = 0

    def append(self, rows: np.ndarray) -> None:
        """Add rows (n, width), oldest first. More than the capacity keeps only the newest."""
        if len(rows) > self.capacity:
            self.overrun += len(rows) - self.capacity
            rows = rows[len(rows) - self.capacity :]
        self.extend(len(rows))[:] = rows

    def extend(self, n: int) -> np.ndarray:
        """Room for n more rows, at most the capacity, as a view (n, width) to be filled at once."""
        if self._end + n > len(self._rows):
            keep = min(self._end - self._start, self.capacity)
            moved = self._end - keep
            self._rows[:keep] = self._rows[moved : self._end]
            self._read = self._read - moved
            self._start, self._end = 0, keep
        self._end += n
        self._start = max(self._start, self._end - self.capacity)
        if self._read < self._start:
            self.overrun += self._start - self._read
            self._read = self._start
        return self._rows[self._end - n : self._end]

    def peek(self) -> np.ndarray:
        """Rows not yet consumed, as a view (n, width), valid until the next append."""
        return self._rows[self._read : self._end]

    def consume(self, n: int) -> None:
        """Mark the first n unread rows as read. Raises ValueError beyond what there is."""
        if not 0 <= n <= self._end - self._read:
            raise ValueError(f"cannot consume {n} of {self._end - self._read} rows")
        self._read += n

    def history(self) -> np.ndarray:
        """All rows kept and consumed, as a view (n, width), valid until the next append."""
        return self._rows[self._start : self._read]
