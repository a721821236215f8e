"""The recording of a live session: begun once the node is known; a disk that fails stops it, never the training."""

from collections.abc import Callable
from pathlib import Path

from ..errors import SaveError
from ..recording import Recorder, mark_message
from ..session.events import NodeInfo

Make = Callable[[NodeInfo, list[bytes]], Recorder]
"""Makes the recorder, once the node and its channels are known. Raises SaveError."""


class Kept:
    """recorder: None while nothing is recorded. error: why nothing is any more."""

    def __init__(self, make: Make | None, wall_ms: Callable[[], int], failed: Callable[[str], None]):
        """failed: told once, in a line, when the disk does not take it."""
        self.recorder: Recorder | None = None
        self.error: SaveError | None = None
        self._make, self._wall_ms, self._failed = make, wall_ms, failed

    @property
    def path(self) -> Path | None:
        """Where the recording is, while it goes on."""
        return self.recorder.path if self.recorder is not None and self.error is None else None

    def begin(self, info: NodeInfo, channels: list[bytes]) -> None:
        """Begin, if something is to be recorded and nothing is yet."""
        if self.recorder is not None or self._make is None or self.error is not None:
            return
        try:
            self.recorder = self._make(info, channels)
        except SaveError as error:
            self._stop(error)
        self.mark("started")

    def add(self, message: bytes) -> None:
        """One message, sent or received."""
        if self.recorder is not None and self.error is None:
            try:
                self.recorder.add(message)
            except SaveError as error:
                self._stop(error)

    def mark(self, code: str, text: str = "") -> None:
        """What happened to the session itself, with the time of day."""
        self.add(mark_message(self._wall_ms(), code, text))

    def close(self) -> None:
        """All of it on the disk."""
        if self.recorder is not None and self.error is None:
            try:
                self.recorder.close()
            except SaveError as error:
                self._stop(error)

    def _stop(self, error: SaveError) -> None:
        self.error = error
        self._failed(str(error))
