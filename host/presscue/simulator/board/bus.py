"""The I2C bus: who answers, what a transfer costs, and what can go wrong with it."""

from typing import Protocol

from . import charges

ENODEV = 19
ETIMEDOUT = 116
"""Error numbers of the ESP32 port: nobody acknowledged; the bus hung."""


class Chip(Protocol):
    """A device on the bus. Times are microseconds of the board's clock and never run back."""

    def power_on(self, t_us: float) -> None: ...
    def write(self, data: bytes, t_us: float) -> None: ...
    def read(self, size: int, t_us: float) -> bytes: ...


class BusError(Exception):
    """A transfer failed; `errno` is what the firmware's OSError carries."""

    def __init__(self, errno: int, took_us: int):
        super().__init__(errno)
        self.errno = errno
        self.took_us = took_us


class I2cBus:
    """Devices by 7-bit address. `transfer` is the only way to them."""

    def __init__(self):
        self._chips: dict[int, Chip] = {}
        self._unplugged: set[int] = set()
        self._failing: dict[int | None, int] = {}
        self._stuck = False
        self._timeout_us = 50_000
        self.powered = False

    def attach(self, address: int, chip: Chip) -> None:
        self._chips[address] = chip

    def unplug(self, address: int) -> None:
        """The cable comes out: the device no longer acknowledges and loses power."""
        self._unplugged.add(address)

    def replug(self, address: int, t_us: float) -> None:
        """The cable goes back in: the device starts from its reset values."""
        if address in self._unplugged:
            self._unplugged.discard(address)
            self._chips[address].power_on(t_us)

    def power(self, on: bool, t_us: float) -> None:
        """Supply of the connector that all devices hang on; they start from their reset values."""
        if on and not self.powered:
            for chip in self._chips.values():
                chip.power_on(t_us)
        self.powered = on

    def reaches(self, address: int) -> bool:
        """Whether a device is plugged in and has power."""
        return self.powered and address in self._chips and address not in self._unplugged

    def stick(self) -> None:
        """A device holds SDA low; every transfer times out until `clear`."""
        self._stuck = True

    def clear(self, timeout_us: int) -> None:
        """Nine clocks, as ESP-IDF sends them whenever a bus object is made: the device lets go."""
        self._stuck = False
        self._timeout_us = timeout_us

    def fail_next(self, count: int, address: int | None = None) -> None:
        """The next `count` transfers (to `address`, or to any device) are not acknowledged."""
        self._failing[address] = count

    def transfer(self, address: int, out: bytes, size: int, t_us: float) -> tuple[bytes, int]:
        """Write `out`, then (after a repeated start) read `size` bytes: the bytes and the time taken, in µs.

        Raises BusError, which carries the time that took: a time-out, or one address byte.
        """
        if self._stuck:
            raise BusError(ETIMEDOUT, self._timeout_us)
        chip = self._chips.get(address)
        if chip is None or not self.reaches(address) or self._fails(address):
            raise BusError(ENODEV, charges.bus_us(1))
        if out:
            chip.write(out, t_us)
        if not size:
            return b"", charges.bus_us(1 + len(out))
        data = chip.read(size, t_us)
        return data, charges.bus_us(2 + len(out) + size) + size * charges.BUS_READ_BYTE_US

    def _fails(self, address: int) -> bool:
        for key in (address, None):
            if self._failing.get(key, 0) > 0:
                self._failing[key] -= 1
                return True
        return False
