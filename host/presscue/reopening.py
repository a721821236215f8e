"""A link that went away, opened again with growing pauses. No clock of its own: pauses are what it counts."""

from collections.abc import Callable

from .errors import LinkError, LinkLost
from .links import Link

PAUSE_S = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Pauses before the attempts; the last one repeats."""
PATIENCE_S = 300.0
"""A link away for longer is lost for good."""


class Reopening:
    """Attempts to open one lost link. why: what went wrong, in a line."""

    def __init__(self, reopen: Callable[[], Link], sleep: Callable[[float], None], why: str):
        self._reopen, self._sleep, self._why = reopen, sleep, why
        self._away_s = 0.0
        self._attempt = 0

    def attempt(self) -> Link | None:
        """Pause, then try; the link if it is there. Raises LinkLost once patience is at its end."""
        pause_s = PAUSE_S[min(self._attempt, len(PAUSE_S) - 1)]
        self._attempt += 1
        self._away_s += pause_s
        if self._away_s > PATIENCE_S:
            raise LinkLost(f"{self._why}; given up after {PATIENCE_S / 60:.0f} minutes")
        self._sleep(pause_s)
        try:
            return self._reopen()
        except LinkError:
            return None
