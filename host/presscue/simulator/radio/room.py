"""A virtual node and a host's Bluetooth in one room: what `links/ble.py` needs to be used as it is."""

import asyncio
import logging

from ...links.asking import Asking
from ...links.ble import Radio
from ...node.key_slots import pair, read_slots
from ...node.keys import Keys, KeysInMemory
from ..virtual_node import VirtualNode
from .air import Air
from .central import backends
from .peripheral import Peripheral, make_device
from .time_loop import TimeLoop

CENTRAL = "C0:C1:C2:C3:C4:C5"
STEP_S = 0.001


class Room:
    """node: with its radio on `air`, in whose time everything lives. radio: the host's, for BleLink and scan.

    keys: of the computers in the room; without them the node is paired over its cable first, and all have its key.
    """

    def __init__(self, node: VirtualNode, *, interval_us: int = 15_000, packets: int = 4, seed: int = 0, pace=None,
                 keys: Keys | None = None):  # fmt: skip
        """interval_us, packets: see Air. pace(t_us): called with the time before it passes, to keep a real pace."""
        logging.getLogger("bumble").setLevel(logging.CRITICAL)  # a link that breaks is no fault of Bumble's
        self.node = node
        self._pace = pace
        self.loop = TimeLoop(lambda: node.now_us, self._advance)
        self.air = Air(self.loop, interval_us=interval_us, packets=packets, seed=seed)
        self.peripheral = Peripheral(self.air, address_of(node.hardware.identity))
        self.air.on_sent = self.peripheral.sent
        node.hardware.bluetooth = self.peripheral
        self.keys = KeysInMemory() if keys is None else keys
        if keys is None:
            asking = Asking(Cable(self))
            pair(asking, self.keys, read_slots(asking), None, "room")
        self.radio = self.host(CENTRAL)

    def host(self, address: str, keys: Keys | None = None) -> Radio:
        """A further computer in the room. keys: its own."""

        async def switch_on():
            central, _ = make_device("host", address, self.air)
            await central.power_on()
            return central

        central = self.loop.run_until_complete(switch_on())
        return Radio(self.loop, *backends(central, self.air), self.keys if keys is None else keys)

    def close(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
        self.node.close()

    def _advance(self, us: int) -> None:
        until_us = self.node.now_us + us
        if self._pace is not None:
            self._pace(until_us)
        self.node.run_until(until_us)


def address_of(identity: bytes) -> str:
    """A static random address."""
    return ":".join(f"{byte:02X}" for byte in bytes((identity[0] | 0xC0, *identity[1:6])))


class Cable:
    """The serial port of the node in a room, for pairing."""

    name, envelope = "cable", "frames"

    def __init__(self, room: Room):
        self._room = room

    def read(self, timeout_s: float) -> bytes:
        loop, node = self._room.loop, self._room.node
        end_s = loop.time() + timeout_s
        while not (data := node.read()) and loop.time() < end_s:
            loop.run_until_complete(asyncio.sleep(STEP_S))
        return data

    def write(self, data: bytes) -> None:
        self._room.node.write(data)

    def now_s(self) -> float:
        return self._room.loop.time()

    def close(self) -> None:
        pass
