"""MicroPython's prompt on a serial port, through mpremote: run code, read answers, start anew, listen.

A running node takes every byte for its link. The way in is a reset and Ctrl-C in the two seconds after it; boards with
a USB bridge are reset by DTR and RTS, the others by their button.
"""

import ast
import struct
import time
from collections.abc import Callable
from contextlib import contextmanager, redirect_stdout
from typing import Any

from ..errors import FlashError, LinkError, LinkLost
from ..extras import need

CONSOLE_BAUD = 115_200
TRY_S = 0.7
QUIET_S = 0.1
RESET_S = 12.0
BUTTON_S = 30.0
OPEN_S = 1.0
"""For a lock that another program is just giving up."""
PORT_S = 10.0
"""For a port with native USB to come back after a reset."""


class Prompt:
    """An open port. Every method raises LinkLost when the port goes away, FlashError when MicroPython reports one."""

    def __init__(self, port: str):
        need("flash", "mpremote")
        self.port = port
        self._transport: Any = None
        self._open(OPEN_S)

    def enter(self, say: Callable[[str], None], button: bool = True) -> None:
        """Get the prompt. button: ask for the reset button if need be. Raises FlashError if there is none to get."""
        if self._attempt(TRY_S):
            return
        self.pulse_reset()
        if self._attempt(RESET_S):
            return
        if button:
            say("no answer: press the reset button of the board, now or within half a minute")
            if self._attempt(BUTTON_S):
                return
        raise FlashError(
            f"{self.port}: no MicroPython prompt there: check the port; on a new board give --image FIRMWARE.bin"
        )

    def run(self, code: str) -> str:
        """Run statements; what they print. Raises FlashError with the last line of a traceback."""
        from mpremote.transport import TransportExecError

        with self._lost():
            try:
                return self._transport.exec(code).decode(errors="replace")
            except TransportExecError as error:
                lines = error.error_output.strip().splitlines()
                raise FlashError(f"{self.port}: MicroPython says {lines[-1] if lines else 'nothing'}") from None

    def ask(self, expression: str) -> Any:
        """The value of an expression, as far as it is a literal."""
        text = self.run(f"print(repr({expression}))")
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):
            raise FlashError(f"{self.port}: an answer of MicroPython makes no sense: {text.strip()[:60]!r}") from None

    def restart(self) -> None:
        """`machine.reset()`; the console is at its own rate again."""
        with self._lost():
            self._transport.exec_raw_no_follow("import machine\nmachine.reset()")
        self._transport.in_raw_repl = False
        self.set_baud(CONSOLE_BAUD)

    def pulse_reset(self) -> None:
        """Reset by the lines of a USB bridge, where there are any."""
        serial = self._transport.serial
        try:
            serial.dtr = False
            serial.rts = True
            time.sleep(0.1)
            serial.rts = False
        except OSError:
            return

    def set_baud(self, baud: int) -> None:
        with self._lost():
            self._transport.serial.baudrate = baud

    def read(self, timeout_s: float) -> bytes:
        """What has arrived, waiting so long at most. A port that vanished is opened again when it is back."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                waiting = self._transport.serial.in_waiting
                if waiting:
                    return self._transport.serial.read(waiting)
            except OSError:
                self._open(PORT_S)
            if time.monotonic() >= deadline_s:
                return b""
            time.sleep(0.01)

    def write(self, data: bytes) -> None:
        with self._lost():
            self._transport.serial.write(data)

    def close(self) -> None:
        try:
            if self._transport.in_raw_repl:
                self._transport.exit_raw_repl()
            self._transport.close()
        except OSError:
            self._transport.serial.close()

    def _attempt(self, seconds: float) -> bool:
        from mpremote.transport import TransportError

        deadline_s = time.monotonic() + seconds
        while True:
            try:
                with redirect_stdout(None):  # mpremote prints what it could not understand
                    self._transport.enter_raw_repl(soft_reset=False, timeout_overall=TRY_S)
                    self._drain()  # answers to attempts before this one
                    self._transport.enter_raw_repl(soft_reset=False, timeout_overall=TRY_S)
                return True
            except TransportError:
                pass
            except OSError:
                self._open(PORT_S)
            if time.monotonic() >= deadline_s:
                return False

    def _drain(self) -> None:
        while self._transport.serial.in_waiting:
            self._transport.serial.read(self._transport.serial.in_waiting)
            time.sleep(QUIET_S)

    def _open(self, patience_s: float) -> None:
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport

        baud = CONSOLE_BAUD
        again = self._transport is not None
        if again:
            baud = self._transport.serial.baudrate
            self._transport.serial.close()
        deadline_s = time.monotonic() + patience_s
        while True:
            try:
                self._transport = SerialTransport(self.port, baudrate=baud, timeout=5)
                return
            except (TransportError, OSError, ValueError) as error:
                if time.monotonic() < deadline_s:
                    time.sleep(0.1)
                    continue
                if again:
                    raise self._unplugged(str(error)) from None
                raise LinkError(
                    f"{self.port}: cannot be opened: is it plugged in, and no other program using it?"
                ) from None

    @contextmanager
    def _lost(self):
        from mpremote.transport import TransportError, TransportExecError

        try:
            yield
        except TransportExecError:
            raise
        except (TransportError, OSError, struct.error) as error:
            raise self._unplugged(" ".join(str(error).split())) from None

    def _unplugged(self, why: str) -> LinkLost:
        return LinkLost(f"{self.port}: the board went away ({why}); plug it in and run the same command again")
