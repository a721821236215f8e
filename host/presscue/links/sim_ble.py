"""The virtual node over Bluetooth: the real BleLink, bleak included, with Bumble's stack for the system's own."""

import time

from ..errors import LinkError, LinkLost
from ..simulator.board.child import FirmwareError
from ..simulator.performance import perform
from ..simulator.scenario import Scenario
from ..simulator.truth import Truth
from ..simulator.virtual_node import VirtualNode
from .ble import BleLink


class BleSimLink:
    """paced: at the wall clock's pace, else as fast as it goes. Raises LinkError where Bumble is not installed."""

    envelope = "packets"

    def __init__(self, scenario: Scenario, interpreter: str, *, paced: bool):
        try:
            from ..simulator.radio.room import Room
        except ImportError as error:
            raise LinkError(
                f"the virtual radio needs a package that is missing ({error.name}): pip install 'presscue[radio]'"
            ) from None
        world = perform(scenario)
        self.truth: Truth = world.truth
        self.duration_s: float = world.duration_s
        node = VirtualNode(world, seed=scenario.seed, interpreter=interpreter)
        self.room = Room(node, pace=_Pace() if paced else None, seed=scenario.seed)  # which pairs it over its cable
        try:
            self._link = BleLink("", self.room.radio)
        except BaseException:
            self.room.close()
            raise
        self.name = f"sim:{self._link.name}"

    def read(self, timeout_s: float) -> bytes:
        try:
            return self._link.read(timeout_s)
        except FirmwareError as error:
            raise LinkLost(f"{self.name}: {error}") from error

    def write(self, data: bytes) -> None:
        self._link.write(data)

    def now_s(self) -> float:
        return self._link.now_s()

    def close(self) -> None:
        self._link.close()
        self.room.close()


class _Pace:
    """Holds virtual time back to the wall clock's."""

    def __init__(self):
        self._zero_s: float | None = None

    def __call__(self, t_us: int) -> None:
        now_s = time.monotonic()
        if self._zero_s is None:
            self._zero_s = now_s - t_us * 1e-6
        if (ahead_s := self._zero_s + t_us * 1e-6 - now_s) > 0:
            time.sleep(ahead_s)
