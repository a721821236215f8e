"""The session's side of the page: a process that serves it, a pipe to it, and what viewers press.

    page = Page.open(painter)            # prints nothing; page.url is where it is
    while live.step(): page.update(live)
    page.close()

Writing never waits: a picture that does not fit into the pipe any more is left out, and counted (`skipped`).
"""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any, Protocol

from ..errors import LinkError
from ..live.session import LiveSession
from .picture import Painter

PORT = 8642
PICTURE_S = 0.03
"""The least time between two pictures. Packets come every 20 ms, so about 25 a second are shown."""
LEAVE_S = 3.0
_LOOPBACK, _ANY = "127.0.0.1", "0.0.0.0"


class Listener(Protocol):
    """One who hears what viewers press, and adds to what they see."""

    def hear(self, live: LiveSession, command: Mapping[str, Any]) -> None:
        """A viewer's command, as the page sent it: its "do" says which."""
        ...

    def picture(self, live: LiveSession) -> dict[str, Any]:
        """What belongs into the picture besides what the painter draws."""
        ...

    def close(self) -> None:
        """The session is over."""
        ...


class Page:
    """A display, as those of view.py are. Raises LinkError if the process that serves it does not start."""

    def __init__(self, painter: Painter | None, *, on_network: bool = False, port: int = PORT, page: str = "live"):
        """painter: makes the pictures of `update`; without one they come by `show`. on_network: reachable from other
        machines, with a token in the address; else from this one only. page: which of the server's pages."""
        self.painter = painter
        self.listeners: list[Listener] = []
        self.skipped = 0
        token = secrets.token_urlsafe(12) if on_network else ""
        self._rest = b""
        self._heard = b""
        self._drawn_s = -1.0
        self._told = -1
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.server", _ANY if on_network else _LOOPBACK, str(port), page],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for this process; the page ends when it is closed
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        try:
            self._in.write(f"{token}\n".encode())
            first = self._first_line()
        except BaseException:
            self.close()
            raise
        host = address_on_network() if on_network else _LOOPBACK
        self.url = f"http://{host}:{first}/" + (f"?token={token}" if token else "")
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)

    def update(self, live: LiveSession) -> None:
        """Show what is new; at once if it is a result, else not more often than PICTURE_S."""
        self._listen(live)
        now_s = time.monotonic()
        if now_s - self._drawn_s < PICTURE_S and len(live.outputs) == self._told:
            return
        self._drawn_s, self._told = now_s, len(live.outputs)
        assert self.painter is not None
        picture = self.painter.picture(live)
        for listener in self.listeners:
            picture |= listener.picture(live)
        self.show(picture)

    def show(self, picture: dict[str, Any]) -> None:
        """Show this."""
        self._send(json.dumps(picture, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n")

    def close(self) -> None:
        """The process gets to hand out the last picture, and ends."""
        for listener in self.listeners:
            listener.close()
        os.set_blocking(self._in.fileno(), True)
        with contextlib.suppress(OSError):
            self._in.write(self._rest)
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _send(self, line: bytes) -> None:
        if self._rest:
            self._rest = self._rest[self._written(self._rest) :]
        if self._rest:
            self.skipped += 1
            return
        self._rest = line[self._written(line) :]

    def _written(self, data: bytes) -> int:
        """How much of it the pipe took. A process that has gone takes all: training goes on without its page."""
        try:
            return os.write(self._in.fileno(), data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    def _listen(self, live: LiveSession) -> None:
        try:
            data = os.read(self._out.fileno(), 1 << 16)
        except OSError:
            return
        if not data:
            return
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            for listener in self.listeners:
                listener.hear(live, json.loads(line))

    def _first_line(self) -> int:
        line = self._out.readline()
        try:
            return int(json.loads(line)["port"])
        except (ValueError, KeyError):
            self._process.wait(LEAVE_S)
            self._log.seek(0)
            words = self._log.read().decode(errors="replace").strip().splitlines()
            raise LinkError(f"the page cannot be served: {words[-1] if words else 'no reason given'}") from None


def address_on_network() -> str:
    """This machine's address on its network. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return _LOOPBACK
