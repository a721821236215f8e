"""A whole node in virtual time: the firmware in a child interpreter, the board around it, and the clock of both.

The firmware runs until it waits for something; every wait and every use of a part passes through here, so the clock
moves only by what those take (`board/charges.py`). The same seed and the same inputs give the same bytes, whatever the
interpreter and however `run_until` is cut up.
"""

import math
import struct
from binascii import crc32
from pathlib import Path

import numpy as np

from .board import charges, child
from .board.hardware import ADDRESSES, FULL_PACE_HZ, Hardware, World
from .board.nor_flash import PowerCut
from .board.pads import PADS

CATALOGUE = 8192
"""Bytes at the beginning of a flash that differ after every boot: the next one is not the same over again."""

POWER_ON, HARD_RESET, WATCHDOG_RESET, SLEEP_RESET = 1, 2, 3, 4
"""`machine.reset_cause()`, by the numbers of the ESP32 port; 2 stands for the reset button."""

BUTTON_WAKE, PIN_WAKE = 2, 3
"""`machine.wake_reason()`: EXT0, EXT1."""
SLEEP_CLOCK_ERROR = 0.01
"""Of the slow oscillator that counts a deep sleep: an assumption."""

WAITS = frozenset((child.START, child.WAIT, child.WAIT_SERIAL))
USES = frozenset((*range(child.READ, child.FLASH_ERASE + 1), child.BLE, child.PIN_READ, child.NVS, child.RTC)) - WAITS


class VirtualNode:
    """Use as a context manager, or call `close`.

    `firmware`: a package with `app.run(stream)`, or a script that finds a `stream`. `flash`: see NorFlash. Every
    method that lets time pass raises FirmwareError if the firmware ends. The clock starts with the first line of the
    firmware at power-on, so until a reset the node's clock and the world's agree.
    """

    def __init__(
        self,
        world: World,
        *,
        seed: int = 0,
        interpreter: str = "auto",
        firmware: str = "presscue_node",
        flash: Path | None = None,
    ):
        self.interpreter = child.find_interpreter(interpreter)
        self.hardware = Hardware(world, seed, flash)
        self._life = 0 if flash is None else crc32(self.hardware.flash.read(0, CATALOGUE))
        self.now_us = 0
        self.boots = 0
        """Boots so far, with the one of power-on."""
        self.requests = 0
        """What the firmware has asked of the board so far."""
        self._seed = seed
        self._firmware = firmware
        self._child: child.Child | None = None
        self._asleep: child.Request | None = None  # the request that sent it to sleep
        self._clock_us = 0  # the processor's own clock at the last boot
        self._boot(POWER_ON, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    # time

    def run_until(self, t_us: int) -> None:
        """Let the node live until the board's clock shows `t_us`."""
        while True:
            if self._asleep is not None and not self._wake(self._asleep, t_us):
                break
            request = self._pending
            if request is None:
                request = self._pending = self._running().request()
            due_us = request.t_us if request.what not in WAITS else self._due_us(request)
            if self._watchdog_us <= due_us and self._watchdog_us <= t_us:
                self._boot(WATCHDOG_RESET, int(self._watchdog_us))
            elif due_us > t_us:
                break
            else:
                self._pending = None
                self.requests += 1
                if request.what in USES:
                    self._use(request)
                else:
                    self._serve(request, due_us)
        self.now_us = max(self.now_us, t_us)

    def _wake(self, asleep: child.Request, until_us: int) -> bool:
        """Whether a sleep ends by then; if so it boots."""
        since_us = max(self.now_us, asleep.t_us)
        wakes = self.hardware.wakes_us(asleep.b, asleep.a, since_us, until_us)
        if wakes is None:
            return False
        at_us, pin = int(wakes[0]), wakes[1]
        self._clock_us += at_us - self._zero_us + round(SLEEP_CLOCK_ERROR * (at_us - asleep.t_us))
        self._boot(SLEEP_RESET, at_us, BUTTON_WAKE if pin == asleep.b else PIN_WAKE)
        return True

    def _due_us(self, request: child.Request) -> int:
        """When the board turns to a request that waits."""
        if request.what == child.START:
            return self._zero_us + (charges.BOOT_US if self.boots > 1 else 0)
        if request.what == child.WAIT:
            return max(request.a, request.t_us)
        inputs = (self.hardware.serial.next_input_us(request.t_us), self.hardware.bluetooth.next_event_us())
        input_us = min((each for each in inputs if each is not None), default=None)
        return request.a if input_us is None else max(request.t_us, min(request.a, int(input_us) + 1))

    def _use(self, request: child.Request) -> None:
        """The firmware uses a part of the board."""
        try:
            done_us, status, data = self.hardware.execute(request)
            done_us += (done_us - request.t_us) * (FULL_PACE_HZ - self.hardware.pace_hz) // self.hardware.pace_hz
            self._answer(done_us, status, data)
        except PowerCut:
            self._boot(POWER_ON, request.t_us)

    def _serve(self, request: child.Request, due_us: int) -> None:
        """Requests that are about time and the processor itself."""
        what = request.what
        if what in (child.WAIT, child.WAIT_SERIAL):
            self._answer(due_us + charges.SLEEP_US, 0)
        elif what == child.FEED:
            self._watchdog_us = due_us + self._watchdog_period_us
        elif what == child.WATCHDOG:
            self._watchdog_period_us = request.a * 1000
            self._watchdog_us = due_us + self._watchdog_period_us
        elif what >= child.POSTED:
            self.hardware.post(request)
        elif what == child.SYNC:
            self._answer(due_us, 0)
        elif what == child.START:
            facts = struct.pack(
                "<BBQQQ6s",
                self._cause, self._woke, self._boot_seed, self._zero_us, self._clock_us, self.hardware.identity,
            )  # fmt: skip
            self._answer(due_us, len(facts), facts)
        elif what == child.DEEP_SLEEP:
            self.close()
            self.hardware.reset(due_us, asleep=True)
            self._watchdog_us = math.inf
            self._asleep = request
        elif what == child.RESET:
            self._boot(HARD_RESET, due_us)
        elif what == child.PANIC:
            self.close()
            raise child.FirmwareError(f"the firmware stopped at {due_us / 1e6:.3f} s:\n{request.data.decode()}")
        else:
            raise child.FirmwareError(f"the firmware sent the board an unknown request {what}")

    def _answer(self, t_us: int, status: int, data: bytes = b"") -> None:
        waiting = self.hardware.serial.available(t_us) | self.hardware.bluetooth.available(t_us) << 32
        self._running().answer(t_us, status, waiting, data)

    def _running(self) -> child.Child:
        if self._child is None:
            raise child.FirmwareError("the virtual node is closed")
        return self._child

    def _boot(self, cause: int, t_us: int, woke: int = 0) -> None:
        self.close()
        self.hardware.reset(t_us)
        self.boots += 1
        self._cause, self._woke = cause, woke
        self._asleep = None
        if cause != SLEEP_RESET:
            self._clock_us = 0
        self._zero_us = t_us
        self._boot_seed = int(np.random.default_rng([self._seed, 40, self.boots, self._life]).integers(1 << 62))
        self._watchdog_us = math.inf
        self._watchdog_period_us = 0
        self._pending: child.Request | None = None
        self.now_us = max(self.now_us, t_us)
        self._child = child.Child(self.interpreter, self._firmware)

    # the serial cable

    def write(self, data: bytes) -> None:
        """Bytes leave the host now."""
        self.hardware.serial.host_write(data, self.now_us)

    def read(self) -> bytes:
        """Bytes that have reached the host since."""
        return self.hardware.serial.host_read(self.now_us)

    def next_output_us(self) -> float | None:
        """When bytes already sent reach the host; None if none are on their way."""
        return self.hardware.serial.next_output_us()

    # what one can do to a node

    def unplug(self, part: str) -> None:
        """Pull the cable of "sled", "leg", "pads", "haptic" (I2C) or "link" (USB data)."""
        if part == "link":
            self.hardware.serial.plug(False)
        else:
            self.hardware.bus.unplug(ADDRESSES[part])

    def replug(self, part: str) -> None:
        if part == "link":
            self.hardware.serial.plug(True)
        else:
            self.hardware.bus.replug(ADDRESSES[part], self.now_us)

    def open_pad(self, pad: str, is_open: bool = True) -> None:
        """Break the lead of "heel_left", "heel_right" or "seat", or mend it."""
        if pad not in PADS:
            raise ValueError(f"no pad '{pad}': choose from {', '.join(PADS)}")
        (self.hardware.pads.open.add if is_open else self.hardware.pads.open.discard)(pad)

    def press(self, down: bool = True) -> None:
        """Press the button of the case, or let it go."""
        self.hardware.pressed = down

    def reset(self) -> None:
        """Press the reset button."""
        self._boot(HARD_RESET, self.now_us)

    @property
    def asleep(self) -> bool:
        return self._asleep is not None

    @property
    def motor_log(self) -> list[tuple[float, float]]:
        """What the motor was told: (t_us, drive 0..1) at each change. `hardware.lra.amplitude` is what it did."""
        return self.hardware.lra.log
