"""A virtual node and a host's Bluetooth in one room: what `links/ble.py` needs to be used as it is."""

import asyncio
import logging

from ...links.ble import Radio
from ..virtual_node import VirtualNode
from .air import Air
from .central import backends
from .peripheral import Peripheral, make_device
from .time_loop import TimeLoop

CENTRAL = "C0:C1:C2:C3:C4:C5"


class Room:
    """node: with its radio on `air`, in whose time everything lives. radio: the host's, for BleLink and scan."""

    def __init__(self, node: VirtualNode, *, interval_us: int = 15_000, packets: int = 4, seed: int = 0, pace=None):
        """interval_us, packets: see Air. pace(t_us): called with the time before it passes, to keep a real pace."""
        logging.getLogger("bumble").setLevel(logging.CRITICAL)  # a link that breaks is no fault of Bumble's
        self.node = node
        self._pace = pace
        self.loop = TimeLoop(lambda: node.now_us, self._advance)
        self.air = Air(self.loop, interval_us=interval_us, packets=packets, seed=seed)
        self.peripheral = Peripheral(self.air, address_of(node.hardware.identity))
        self.air.on_sent = self.peripheral.sent
        node.hardware.bluetooth = self.peripheral
        self.radio = self.host(CENTRAL)

    def host(self, address: str) -> Radio:
        """A further computer in the room."""

        async def switch_on():
            central, _ = make_device("host", address, self.air)
            await central.power_on()
            return central

        central = self.loop.run_until_complete(switch_on())
        return Radio(self.loop, *backends(central, self.air))

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
