"""A session file as a link: its pages, as fast as they are read. What is written to it goes nowhere."""

import time
from pathlib import Path

from .. import wire
from ..errors import LinkEnded, LinkLost
from ..recording import read_recording

_READ_BYTES = 64 * wire.PAGE_SIZE


class ReplayLink:
    """Raises RecordingError when the file is none, LinkEnded at its end."""

    envelope = "pages"

    def __init__(self, path: Path):
        self.name = f"replay:{path}"
        recording = read_recording(path)
        self._first = _paged(recording.preamble)
        try:
            self._file = open(path, "rb")  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise LinkLost(f"{self.name}: cannot be read: {error.strerror}") from None

    def read(self, timeout_s: float) -> bytes:
        first, self._first = self._first, b""
        if first:
            return first
        try:
            data = self._file.read(_READ_BYTES)
        except OSError as error:
            raise LinkLost(f"{self.name}: cannot be read: {error.strerror}") from None
        if not data:
            raise LinkEnded(f"{self.name}: replayed to its end")
        return data

    def write(self, data: bytes) -> None:
        pass

    def now_s(self) -> float:
        return time.monotonic()

    def close(self) -> None:
        self._file.close()


def _paged(messages: list[bytes]) -> bytes:
    """The preamble in pages of its own: the file's copy at the start may be damaged."""
    writer = wire.PageWriter(0, 0)
    pages = [writer.add(message) for message in messages] + [writer.flush()]
    return b"".join(page for page in pages if page is not None)
