"""A straight line through one value a session, with what it is worth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13)
"""Student's t for 95 %, two-sided, by degrees of freedom from 1; beyond, 2.0 is near enough."""

SESSIONS_MIN = 4


@dataclass(frozen=True)
class Trend:
    """Change a week with its 95 % interval. sessions: how many it rests on."""

    per_week: float
    low: float
    high: float
    sessions: int

    @property
    def is_sure(self) -> bool:
        """Whether it goes up or down at all."""
        return self.low > 0.0 or self.high < 0.0


def trend(weeks: Sequence[float], values: Sequence[float], sd: float) -> Trend | None:
    """Least squares of values over times in weeks. None for fewer than SESSIONS_MIN sessions, or less than a week.

    sd: the error of one value between sessions (as of a calibration); the scatter is never taken for less.
    """
    n = len(values)
    if n < SESSIONS_MIN or max(weeks) - min(weeks) < 1.0:
        return None
    mid, mean = sum(weeks) / n, sum(values) / n
    spread = sum((week - mid) ** 2 for week in weeks)
    slope = sum((week - mid) * (value - mean) for week, value in zip(weeks, values, strict=True)) / spread
    rest = sum((v - mean - slope * (w - mid)) ** 2 for w, v in zip(weeks, values, strict=True))
    scatter = max(rest / (n - 2), sd**2)
    t = T_95[n - 3] if n - 3 < len(T_95) else 2.0
    half = t * math.sqrt(scatter / spread)
    return Trend(slope, slope - half, slope + half, n)
