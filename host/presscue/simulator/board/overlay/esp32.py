"""`esp32.Partition` of the virtual board: raw access to the data partition of its flash."""

import board_link

BLOCK = 4096


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
