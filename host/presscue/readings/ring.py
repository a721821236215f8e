"""A preallocated ring of rows: written once, read as contiguous views, losses counted.

Rows stay after they are consumed, as history, until newer ones need the room. The buffer is twice the capacity and
slides down when its end is reached, so that every view is one plain slice (cheaper than writing each row twice).
"""

import numpy as np

from presscue.compiled import njit

START, READ, END, OVERRUN = range(4)
"""Places in a ring's cursor: the oldest row kept, the first unread one, the end, rows overwritten unread."""


@njit
def extend(rows, cursor, n):
    """Room for n more rows, at most the capacity: returns where it begins."""
    capacity = rows.shape[0] // 2
    if cursor[END] + n > rows.shape[0]:
        keep = min(cursor[END] - cursor[START], capacity)
        moved = cursor[END] - keep
        rows[:keep] = rows[moved : cursor[END]]
        cursor[READ] -= moved
        cursor[START] = 0
        cursor[END] = keep
    cursor[END] += n
    cursor[START] = max(cursor[START], cursor[END] - capacity)
    if cursor[READ] < cursor[START]:
        cursor[OVERRUN] += cursor[START] - cursor[READ]
        cursor[READ] = cursor[START]
    return cursor[END] - n


class Ring:
    """Keeps the newest `capacity` rows of `width` float64. rows and cursor are there for compiled loops."""

    def __init__(self, capacity: int, width: int) -> None:
        self.capacity = capacity
        self.rows = np.zeros((2 * capacity, width))
        self.cursor = np.zeros(4, np.int64)

    @property
    def overrun(self) -> int:
        """Rows overwritten before being consumed."""
        return int(self.cursor[OVERRUN])

    def append(self, rows: np.ndarray) -> None:
        """Add rows (n, width), oldest first. More than the capacity keeps only the newest."""
        if len(rows) > self.capacity:
            self.cursor[OVERRUN] += len(rows) - self.capacity
            rows = rows[len(rows) - self.capacity :]
        start = extend(self.rows, self.cursor, len(rows))
        self.rows[start : start + len(rows)] = rows

    def peek(self) -> np.ndarray:
        """Rows not yet consumed, as a view (n, width), valid until the next append."""
        return self.rows[self.cursor[READ] : self.cursor[END]]

    def consume(self, n: int) -> None:
        """Mark the first n unread rows as read. Raises ValueError beyond what there is."""
        if not 0 <= n <= len(self.peek()):
            raise ValueError(f"cannot consume {n} of {len(self.peek())} rows")
        self.cursor[READ] += n

    def history(self, most: int | None = None) -> np.ndarray:
        """All rows kept and consumed, or the newest `most`, as a view (n, width), valid until the next append."""
        start, read = int(self.cursor[START]), int(self.cursor[READ])
        return self.rows[start if most is None else max(start, read - most) : read]
