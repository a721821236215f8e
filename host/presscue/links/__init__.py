"""Links: where bytes of a node come from. `open_link` takes a moniker, the same for every command.

ble:NAME        a node over Bluetooth LE; ble: for the only one in reach
serial:PORT     a node on a serial port, or any pyserial URL (serial:socket://host:port)
sim:OPTIONS     the virtual node (sim:seed=3,faults=heel_lift+lockout)
replay:FILE     a session file
"""

from pathlib import Path
from typing import Protocol

from ..errors import UsageError


class Link(Protocol):
    """A two-way stream of bytes. `envelope` is what messages travel in: "frames", "packets" (one a read, one message
    a write), or "pages" for a session file."""

    name: str
    envelope: str

    def read(self, timeout_s: float) -> bytes:
        """What has arrived, as soon as anything has; b"" after the timeout. Raises LinkLost, LinkEnded."""
        ...

    def write(self, data: bytes) -> None:
        """Raises LinkLost."""
        ...

    def now_s(self) -> float:
        """This link's own monotonic clock, in seconds."""
        ...

    def close(self) -> None: ...


def open_link(moniker: str) -> Link:
    """Open a link. Raises UsageError for a moniker that means nothing, LinkError for a link that is not there."""
    kind, colon, rest = moniker.partition(":")
    if not colon:
        raise UsageError(f"{moniker}: no link; write ble:NAME, serial:PORT, sim: or replay:FILE")
    if kind == "serial":
        from .serial import SerialLink

        return SerialLink(rest)
    if kind == "replay":
        from .replay import ReplayLink

        return ReplayLink(Path(rest))
    if kind == "sim":
        from .sim import open_sim

        return open_sim(rest)
    if kind == "ble":
        from .ble import BleLink

        return BleLink(rest)
    raise UsageError(f"{moniker}: no such kind of link: {kind}; write ble:NAME, serial:PORT, sim: or replay:FILE")
