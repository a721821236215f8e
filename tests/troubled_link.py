"""A node, a host and a link that gives trouble on schedule; and what the firmware made, to hold the recording against.

The firmware runs with a tap: every samples message goes to a file the moment it is made, whatever becomes of it.
"""

import itertools
from collections.abc import Callable
from pathlib import Path

from live_fakes import PROFILE, session
from presscue.errors import LinkError, LinkLost
from presscue.links import ble
from presscue.links.ble import BleLink
from presscue.live.session import LiveSession
from presscue.readings import channels
from presscue.recording import Recorder, read_recording
from presscue.simulator.radio.room import Room
from presscue.simulator.virtual_node import VirtualNode

TAP = """
from presscue_node import app, flow
made = open({path!r}, "ab")
put = flow.Flow.put_samples
def put_samples(self, buffer, length):
    made.write(bytes([length, self.streaming]) + bytes(buffer[:length]))
    made.flush()
    return put(self, buffer, length)
flow.Flow.put_samples = put_samples
app.run(stream)
"""

Numbered = dict[tuple[int, int], bytes]
"""Samples messages by boot and order."""


def numbered(messages) -> tuple[Numbered, int]:
    """Samples messages by number, and how many came more than once."""
    found: Numbered = {}
    repeated = 0
    for message in messages:
        head = channels.read_head(message) if message[:1] == bytes([channels.SAMPLES]) else None
        if head is not None:
            repeated += (head[1], head[2]) in found
            found[head[1], head[2]] = message
    return found, repeated


class Cable:
    """The virtual node's serial port, gone while it is unplugged."""

    envelope = "frames"
    name = "serial:node"

    def __init__(self, gym: "Gym"):
        self.gym, self.node = gym, gym.node
        if not self.node.hardware.serial.connected:
            raise LinkError("serial:node: there is no such port")

    def read(self, timeout_s: float) -> bytes:
        end_us = self.node.now_us + round(timeout_s * 1e6)
        while not (data := self.node.read()) and self.node.now_us < end_us:
            self.gym.wait(min(1000, end_us - self.node.now_us) * 1e-6)
            self._check()
        return data

    def write(self, data: bytes) -> None:
        self._check()
        self.node.write(data)

    def now_s(self) -> float:
        return self.node.now_us * 1e-6

    def close(self) -> None:
        pass

    def _check(self) -> None:
        if not self.node.hardware.serial.connected:
            raise LinkLost("serial:node: unplugged")


class Gym:
    """One node and the hosts that come to it, one after the other. Use as a context manager.

    kind: "ble" or "usb". folder: for the recordings and the firmware's tap.
    """

    def __init__(self, world, kind: str, folder: Path, seed: int = 0, **air):
        tap = folder / "tap.py"
        tap.write_text(TAP.format(path=str(folder / "made")))
        self._folder = folder
        self.node = VirtualNode(world, seed=seed, firmware=str(tap))
        self.room = Room(self.node, seed=seed, **air) if kind == "ble" else None
        self._names = itertools.count()
        self._node_name = ""
        self._due: list[tuple[float, Callable[[], None]]] = []
        self.paths: list[Path] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.room is not None:
            self.room.close()
        self.node.close()

    @property
    def now_s(self) -> float:
        return self.node.now_us * 1e-6

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        if self.room is not None:
            self.room.loop.run_until_complete(ble.asyncio.sleep(seconds))
        else:
            end_us = self.node.now_us + round(seconds * 1e6)
            while self._due and self._due[0][0] * 1e6 <= end_us:
                at_s, what = self._due.pop(0)
                self.node.run_until(max(self.node.now_us, round(at_s * 1e6)))
                what()
            self.node.run_until(end_us)

    def at(self, t_s: float, what: Callable[[], None]) -> None:
        """Have something happen at a time of the board's clock, whoever waits for what then."""
        if self.room is not None:
            self.room.loop.call_at(t_s, what)
        else:
            self._due = sorted([*self._due, (t_s, what)], key=lambda each: each[0])

    def reach(self, there: bool) -> None:
        """Out of range, or unplugged; and back."""
        if self.room is not None:
            self.room.air.set_range(there)
        else:
            self.node.hardware.serial.plug(there)

    def host(self) -> LiveSession:
        """A host's program starts."""
        path = self._folder / f"session-{next(self._names)}.presscue"
        self.paths.append(path)

        def record(info, rows):
            return Recorder(path, info, rows, wall_ms=0, session=len(self.paths), profile=PROFILE.to_toml())

        number = 100 + len(self.paths)
        return session(self._open(), record=record, reopen=self._open, sleep=self.wait, session_id=number)

    def _open(self):
        if self.room is None:
            return Cable(self)
        link = BleLink(self._node_name, self.room.radio)
        self._node_name = link.name.removeprefix("ble:")
        return link

    def made(self) -> Numbered:
        """Every samples message that the firmware has made from the first to the last one that was to be streamed."""
        data = (self._folder / "made").read_bytes()
        messages, streamed, at = [], [], 0
        while at < len(data):
            streamed += [len(messages)] if data[at + 1] else []
            messages.append(data[at + 2 : at + 2 + data[at]])
            at += 2 + data[at]
        found, repeated = numbered(messages[streamed[0] : streamed[-1] + 1])
        assert not repeated
        return found

    def recorded(self, number: int = -1) -> tuple[Numbered, int]:
        """Samples messages in a host's session file, and how many are in it more than once."""
        return numbered(itertools.chain.from_iterable(read_recording(self.paths[number]).messages()))
