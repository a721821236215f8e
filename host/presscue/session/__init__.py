"""The conversation with a node: `Session` turns bytes into `events` and commands into messages."""

from .events import SessionEvent
from .peer import Counts, Session

__all__ = ["Counts", "Session", "SessionEvent"]
