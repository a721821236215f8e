"""The knee's trace on a terminal: braille dots that run leftwards, straight on top, deep below, coloured by zone."""

from collections import deque

from rich.text import Text

FULL_DEG = 110.0
DOT_S = 0.1
"""Time from one column of dots to the next; a character holds two."""
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BLANK = 0x2800


class Trace:
    """columns × rows characters of the last moments."""

    def __init__(self, columns: int, rows: int, soft_deg: float, deep_deg: float):
        self.columns, self.rows = columns, rows
        self._soft_deg, self._deep_deg = soft_deg, deep_deg
        self._dots: deque[tuple[float, bool] | None] = deque([None] * 2 * columns, maxlen=2 * columns)
        self._next_s: float | None = None

    def add(self, t_s: float | None, knee_deg: float | None, depth: float | None) -> None:
        """What is so now; the node's time decides how far the trace moves. Without an angle, depth stands for it."""
        if t_s is None:
            return
        if self._next_s is None or not -DOT_S <= t_s - self._next_s < 2 * self.columns * DOT_S:
            self._next_s = t_s
        value = knee_deg if knee_deg is not None else None if depth is None else depth * self._deep_deg
        while self._next_s <= t_s:
            self._next_s += DOT_S
            self._dots.append(None if value is None else (value, knee_deg is not None))

    def drawn(self) -> Text:
        """The rows, with the limits as lines and their degrees on the left."""
        cells = [[0] * self.columns for _ in range(self.rows)]
        styles = [[""] * self.columns for _ in range(self.rows)]
        before: int | None = None
        for at, dot in enumerate(self._dots):
            if dot is None:
                before = None
                continue
            degrees, measured = dot
            height = min(4 * self.rows - 1, max(0, round(degrees / FULL_DEG * (4 * self.rows - 1))))
            for one in range(min(height, before if before is not None else height), max(height, before or 0) + 1):
                cells[one // 4][at // 2] |= _DOTS[at % 2][one % 4]
                styles[one // 4][at // 2] = self._style(degrees) if measured else "dim"
            before = height
        limits = {int(limit / FULL_DEG * (4 * self.rows - 1)) // 4: limit for limit in (self._deep_deg, self._soft_deg)}
        out = Text()
        for row in range(self.rows):
            limit = limits.get(row)
            out.append(f"{limit:3.0f}° " if limit is not None else "     ", "red" if limit is not None else "")
            for cell, style in zip(cells[row], styles[row], strict=True):
                if cell:
                    out.append(chr(_BLANK + cell), style)
                else:
                    out.append("┈" if limit is not None else " ", "red dim")
            out.append("\n" * (row < self.rows - 1))
        return out

    def _style(self, degrees: float) -> str:
        return "bold red" if degrees < self._soft_deg or degrees > self._deep_deg else "bold green"
