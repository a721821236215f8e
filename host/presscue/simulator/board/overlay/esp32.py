"""`esp32` of the virtual board: raw access to the data partition of its flash, the store of keys and values, wakes."""

import board_link
import machine

BLOCK = 4096
WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True


def wake_on_ext0(pin, level):
    if level:
        raise ValueError("the model wakes on a low ext0 only")
    machine.wake_pins[0] = pin.number


def wake_on_ext1(pins, level):
    if not level:
        raise ValueError("the model wakes on high ext1 pins only")
    machine.wake_pins[1] = sum([1 << pin.number for pin in pins])


def gpio_deep_sleep_hold(on):
    """Pins that are no RTC pins keep their level too; the model has none of these."""


class Partition:
    """Block protocol of MicroPython: with an offset nothing is erased, so writing can only clear bits."""

    TYPE_DATA = 1

    @staticmethod
    def find(type=TYPE_DATA, subtype=0xFF, label=None):
        return [Partition()]

    def readblocks(self, number, buffer, offset=0):
        size = board_link.call(board_link.FLASH_READ, number * BLOCK + offset, len(buffer))
        board_link.fetch(buffer, size)

    def writeblocks(self, number, buffer, offset=None):
        if offset is None:
            for block in range(number, number + len(buffer) // BLOCK):
                self.ioctl(6, block)
        board_link.call(board_link.FLASH_WRITE, number * BLOCK + (offset or 0), len(buffer), buffer)

    def ioctl(self, what, argument):
        if what == 4:  # how many blocks
            return board_link.call(board_link.FLASH_READ, 0, 0) // BLOCK
        if what == 5:  # their size
            return BLOCK
        if what == 6:
            board_link.call(board_link.FLASH_ERASE, argument * BLOCK, 0)
        return 0


class NVS:
    """Blobs by key, in a namespace."""

    def __init__(self, namespace):
        self._prefix = namespace.encode() + b"/"

    def get_blob(self, key, buffer):
        size = self._call(0, key)
        blob = bytearray(size)
        board_link.fetch(blob, size)
        buffer[:size] = blob
        return size

    def set_blob(self, key, value):
        self._call(1, key, value)

    def erase_key(self, key):
        self._call(2, key)

    def commit(self):
        self._call(3, "")

    def _call(self, operation, key, value=b""):
        data = self._prefix + key.encode() + b"\0" + value
        status = board_link.call(board_link.NVS, operation, len(data), data)
        if status < 0:
            raise OSError(status, "NVS")
        return status
