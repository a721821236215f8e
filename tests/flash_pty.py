"""A board on a PTY: native MicroPython that starts again whenever it ends, on the same littlefs image (flash_board)."""

import os
import pty
import shutil
import subprocess
import sys
import threading
import tty
from pathlib import Path

SIZE = 128 * 4096
SCRIPT = Path(__file__).parent / "flash_board.py"


def micropython() -> str | None:
    """The native interpreter, where its wheel is installed."""
    return shutil.which("micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


class Board:
    """image: its flash, SIZE bytes. port: what to open. A context manager: switched off at its end."""

    def __init__(self, image: Path, chip: str = "ESP32"):
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self.boots = 0
        self._command = [micropython() or "", "-X", "heapsize=1m", "-i", str(SCRIPT), str(image), chip]
        self._open = True
        self._process: subprocess.Popen | None = None
        self._thread = threading.Thread(target=self._keep_running, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """The reset button, or a power cut."""
        if self._process is not None:
            self._process.kill()

    def __enter__(self) -> "Board":
        return self

    def __exit__(self, *exc: object) -> None:
        self._open = False
        self.reset()
        self._thread.join()
        for end in (self._master, self._slave):
            os.close(end)

    def _keep_running(self) -> None:
        while self._open:
            self.boots += 1
            self._process = subprocess.Popen(
                self._command, stdin=self._master, stdout=self._master, stderr=self._master
            )
            if not self._open:
                self._process.kill()
            self._process.wait()
