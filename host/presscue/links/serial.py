"""A node on a serial port, through pyserial. The only file that imports it.

DTR and RTS stay as pyserial sets them on opening (both asserted): the reset circuit of ESP32 boards does nothing then,
and native USB sends only while DTR is up. Nothing touches them afterwards; a PTY would refuse (OSError 25).
"""

import errno
import os
import select
import socket
import time

import serial

from ..errors import LinkError, LinkLost, UsageError

BAUD = 921_600

WRITE_TIMEOUT_S = 1.0
"""A port that takes nothing for so long is gone: a frame needs 3 ms."""

_READ_MAX = 65536
_NOT_THERE = {errno.ENOENT, errno.ENXIO, errno.ENODEV}
_BUSY = {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK}


class SerialLink:
    """The bytes of a serial port. Raises LinkError when it cannot be opened, LinkLost when it goes away."""

    envelope = "frames"

    def __init__(self, port: str):
        if not port:
            raise UsageError(f"serial: needs a port, as serial:PORT; {_ports()}")
        self.name = f"serial:{port}"
        try:
            self._port = serial.serial_for_url(
                port, baudrate=BAUD, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True
            )
        except ValueError as error:  # a URL of an unknown kind, an impossible setting
            raise UsageError(f"{self.name}: {error}") from None
        except OSError as error:  # SerialException is one
            raise LinkError(f"{self.name}: {_why_not_open(port, error)}") from None
        if port.startswith("socket://"):
            _send_at_once(self._port.fileno())

    def read(self, timeout_s: float) -> bytes:
        try:
            if not self._wait(timeout_s):
                return b""
            return self._port.read(_READ_MAX)
        except OSError as error:
            raise self._gone(error) from None

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except OSError as error:
            raise self._gone(error) from None

    def now_s(self) -> float:
        return time.monotonic()

    def close(self) -> None:
        left = getattr(self._port, "_socket", None)  # pyserial forgets to close the socket of a peer that went first
        self._port.close()
        if left is not None:
            left.close()

    def _wait(self, timeout_s: float) -> bool:
        """Wait until there is something to read."""
        if os.name == "posix":
            return bool(select.select([self._port.fileno()], [], [], timeout_s)[0])
        deadline_s = time.monotonic() + timeout_s
        while not self._port.in_waiting:
            if time.monotonic() >= deadline_s:
                return False
            time.sleep(0.001)
        return True

    def _gone(self, error: OSError) -> LinkLost:
        if isinstance(error, serial.SerialTimeoutException):
            return LinkLost(f"{self.name}: takes no more data; unplug the node and plug it in again")
        return LinkLost(f"{self.name}: unplugged or switched off ({_last_words(error)})")


def _send_at_once(fileno: int) -> None:
    """Switch off the delay by which TCP collects small writes: a cue must not wait for an acknowledgement."""
    borrowed = socket.socket(fileno=fileno)
    borrowed.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    borrowed.detach()


def _why_not_open(port: str, error: OSError) -> str:
    text = str(error)
    if error.errno in _NOT_THERE or "FileNotFoundError" in text:
        return f"there is no such port; {_ports()}"
    if error.errno in _BUSY or (os.name == "nt" and "PermissionError" in text):
        return "another program has it open; close that one first"
    if error.errno == errno.EACCES:
        return f"no permission; on Linux: sudo usermod -aG dialout {os.environ.get('USER', 'NAME')}, then log in again"
    if port.startswith("socket://"):
        return f"nothing answers there ({_last_words(error)})"
    if "Could not configure port" in text:
        return f"is not a serial port; {_ports()}"
    return f"cannot be opened ({_last_words(error)})"


def ports() -> list[str]:
    """Names of the serial ports of this machine."""
    from serial.tools import list_ports

    return sorted(port.device for port in list_ports.comports())


def _ports() -> str:
    from serial.tools import list_ports

    found = [f"{port.device} ({port.description})" for port in list_ports.comports()]
    return "there are: " + ", ".join(found) if found else "there is none now: plug the node in"


def _last_words(error: OSError) -> str:
    """The end of a pyserial message, where the system's own reason stands."""
    return str(error).strip().rpartition("] ")[2].replace("\n", " ")
