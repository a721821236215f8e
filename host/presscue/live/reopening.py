"""A link that went away, opened again with growing pauses, of which the time an attempt takes is a part."""

from collections.abc import Callable

from ..errors import LinkError, LinkLost
from ..links import Link

PAUSE_S = (0.0, 0.2, 0.5, 1.0)
"""From the beginning of one attempt to that of the next, at least; the last one repeats."""
PATIENCE_S = 300.0
"""A link away for longer is lost for good."""


class Reopening:
    """Attempts to open one lost link. now_s: its clock. why: what went wrong, in a line."""

    def __init__(
        self, reopen: Callable[[], Link], sleep: Callable[[float], None], now_s: Callable[[], float], why: str
    ):
        self._reopen, self._sleep, self._now_s, self._why = reopen, sleep, now_s, why
        self._away_s = 0.0
        self._took_s = 0.0
        self._attempt = 0

    def attempt(self) -> Link | None:
        """Pause, then try; the link if it is there. Raises LinkLost once patience is at its end."""
        pause_s = max(0.0, PAUSE_S[min(self._attempt, len(PAUSE_S) - 1)] - self._took_s)
        self._attempt += 1
        self._away_s += pause_s + self._took_s
        if self._away_s > PATIENCE_S:
            raise LinkLost(f"{self._why}; given up after {PATIENCE_S / 60:.0f} minutes")
        self._sleep(pause_s)
        began_s = self._now_s()
        try:
            return self._reopen()
        except LinkError:
            self._took_s = self._now_s() - began_s
            return None
