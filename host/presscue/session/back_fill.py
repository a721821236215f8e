"""What is missing is asked for: one stretch at a time, the oldest first, until it is here or the node has said why not.

The node serves it from its memory and its log whenever the link has nothing better to do. A stretch of which a part
came is looked at again, so what a damaged frame cost is asked for once more; one of which nothing came is given up.
"""

from . import events as ev
from .events import SessionEvent
from .peer import Session

STALL_S = 2.0
"""Without a message of a stretch for so long, it is asked for again."""
STALLS_MAX = 4
"""Stalls in a row after which nothing more is asked until the link is made anew."""
CALM_S = 0.3
"""After a connection is made, before anything is asked: what the node kept for it comes first, by itself."""


class BackFill:
    """Tell it every event with `hear`; send what `ask` returns. Times are those of the link's clock."""

    def __init__(self, session: Session, now_s: float):
        self._session = session
        self.reconnected(now_s)

    def reconnected(self, now_s: float) -> None:
        """The link is new: what was asked over the old one will not be answered."""
        self._asked: tuple[int, int, int] | None = None
        self._due_s = now_s + CALM_S
        self._stalls = 0
        self._refused = False

    @property
    def busy(self) -> bool:
        """Whether more may still come."""
        return not self._refused and self._stalls < STALLS_MAX and bool(self._session.wanted())

    def ask(self, now_s: float) -> bytes | None:
        """The message to send now, if any. Only while the node streams to us."""
        if now_s < self._due_s or not self.busy:
            return None
        self._stalls += self._asked is not None
        self._asked = self._session.wanted()[0]
        self._due_s = now_s + STALL_S
        return self._session.fetch(*self._asked)

    def hear(self, event: SessionEvent, now_s: float) -> None:
        match event:
            case ev.LateReadings():
                self._stalls, self._due_s = 0, now_s + STALL_S
            case ev.Fetched() if (event.boot, event.first, event.end) == self._asked:
                self._asked, self._stalls, self._due_s = None, 0, now_s
            case ev.Result(ours=True, command="fetch") if event.code != "ok":
                self._refused = True
