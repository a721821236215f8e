"""The child interpreter that runs the firmware, and the pipe to it (`overlay/board_link.py` is its other end)."""

import importlib.util
import os
import select
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import charges

REQUEST = struct.Struct("=4q")
ANSWER = struct.Struct("=3q")

READ, WRITE, WAIT, WAIT_SERIAL, SERIAL_READ, SERIAL_WRITE = range(1, 7)
ADC_READ, FLASH_READ, FLASH_WRITE, FLASH_ERASE, START, RESET, PANIC, SYNC, BLE, PIN_READ, NVS, RTC, DEEP_SLEEP = range(
    7, 20
)
BUS_NEW, PWM_SET, PIN_SET, WATCHDOG, FEED, PIN_HOLD, PACE = range(32, 39)
CARRY_DATA = {WRITE, SERIAL_WRITE, FLASH_WRITE, PANIC, BLE, NVS, RTC}
POSTED = BUS_NEW

INTERPRETERS = ("auto", "micropython", "cpython")
HEAP = "512k"
"""Sources are compiled in it, which takes more than the node does; what that needs: tests/test_node_heap.py."""
SILENCE_S = 30.0
"""Real time after which firmware that asks nothing of the board is taken to hang."""
OVERLAY = Path(__file__).parent / "overlay"


class FirmwareError(RuntimeError):
    """The firmware stopped: an uncaught exception, an end of its own accord, a crash of the interpreter, or a hang."""


class Request(NamedTuple):
    """What the firmware asks: see board_link."""

    what: int
    a: int
    b: int
    t_us: int
    data: bytes


def find_interpreter(wanted: str = "auto") -> str:
    """The name of an interpreter that can be run. Raises ValueError if MicroPython is wanted and not installed."""
    if wanted not in INTERPRETERS:
        raise ValueError(f"no interpreter '{wanted}': choose from {', '.join(INTERPRETERS)}")
    installed = importlib.util.find_spec("micropython_run") is not None
    if wanted == "micropython" and not installed:
        raise ValueError("MicroPython is not installed: its wheel exists for x86-64 Linux and arm64 macOS; use cpython")
    return "micropython" if wanted != "cpython" and installed else "cpython"


def _folder(package: str) -> str:
    """The folder from which `package` is imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FirmwareError(f"package {package} is not installed beside presscue; the board has no firmware to run")
    return str(Path(spec.origin).parent.parent)


def _command(interpreter: str) -> list[str]:
    if interpreter == "cpython":
        return [sys.executable, "-I", "-S", "-B"]
    spec = importlib.util.find_spec("micropython_run")
    assert spec is not None
    assert spec.origin is not None
    start = "import sys; sys.path.append(sys.argv.pop(1)); import micropython_run; micropython_run.run_main(sys.argv)"
    return [sys.executable, "-I", "-S", "-c", start, str(Path(spec.origin).parent), "-X", f"heapsize={HEAP}"]


class Child:
    """A running interpreter. `end` must be called; it may be called twice."""

    def __init__(self, interpreter: str, firmware: str):
        """`interpreter` as find_interpreter gives it; `firmware`: the name of a package, or the path of a script."""
        self._buffer = b""
        self._at = 0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in `end`)
        child_in, self._answers = os.pipe()
        self._requests, child_out = os.pipe()
        costs = (charges.TICKS_US, charges.PIN_US, charges.PWM_US, charges.WATCHDOG_US)
        folders = [str(OVERLAY), *dict.fromkeys([_folder("presscue_node"), _folder("presscue")])]
        arguments = [str(OVERLAY / "boot.py"), child_in, child_out, firmware, *costs, *folders]
        try:
            self._process = subprocess.Popen(
                [*_command(interpreter), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(child_in, child_out),
                start_new_session=True,  # Ctrl-C is for the host; the child ends when its pipe does
            )
        finally:
            os.close(child_in)
            os.close(child_out)
        self._poll = select.poll()
        self._poll.register(self._requests, select.POLLIN)
        self._open = True

    def request(self) -> Request:
        """The next request, waiting for it. Raises FirmwareError."""
        while len(self._buffer) - self._at < REQUEST.size:
            self._fill()
        what, a, b, t_us = REQUEST.unpack_from(self._buffer, self._at)
        self._at += REQUEST.size
        if what not in CARRY_DATA:
            return Request(what, a, b, t_us, b"")
        while len(self._buffer) - self._at < b:
            self._fill()
        data = self._buffer[self._at : self._at + b]
        self._at += b
        return Request(what, a, b, t_us, data)

    def answer(self, t_us: int, status: int, waiting: int, data: bytes = b"") -> None:
        """waiting: serial bytes that have arrived, and Bluetooth events times 2**32."""
        out = ANSWER.pack(t_us, status, waiting) + data
        try:
            while out:
                out = out[os.write(self._answers, out) :]
        except BrokenPipeError:
            raise FirmwareError(self._last_words()) from None

    def end(self) -> None:
        """Kill the interpreter, collect it, close the pipes."""
        if not self._open:
            return
        self._open = False
        os.close(self._answers)
        os.close(self._requests)
        self._process.kill()
        self._process.wait()
        self._log.close()

    def output(self) -> str:
        """What the firmware printed, and what the interpreter had to say."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace").strip()

    def _fill(self) -> None:
        if not self._poll.poll(SILENCE_S * 1000):
            raise FirmwareError(f"the firmware hangs: it has asked nothing of the board for {SILENCE_S:g} s")
        more = os.read(self._requests, 65536)
        if not more:
            raise FirmwareError(self._last_words())
        self._buffer = self._buffer[self._at :] + more
        self._at = 0

    def _last_words(self) -> str:
        status = self._process.wait()
        return f"the interpreter of the firmware ended with status {status}:\n{self.output()}"
