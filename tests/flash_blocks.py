"""A flash for the node's log, as `esp32.Partition` gives it: it needs erasing, takes its time and can lose power."""

import node_time
from presscue.simulator.board import charges
from presscue.simulator.board.nor_flash import SECTOR, NorFlash


class FlashBlocks:
    """`took_us` sums up what all uses would have taken; `writes` lists programs and erases: (address, data or None)."""

    def __init__(self, sectors=64, seed=0, flash=None):
        self.flash = flash or NorFlash(sectors * SECTOR, seed)
        self.sectors = len(self.flash.data) // SECTOR
        self.took_us = 0
        self.reads = 0
        self.writes = []

    def readblocks(self, number, buffer, offset=0):
        buffer[:] = self.flash.read(number * SECTOR + offset, len(buffer))
        self.reads += 1
        self._take(len(buffer) * charges.FLASH_READ_BYTE_NS // 1000)

    def writeblocks(self, number, buffer, offset=0):
        self.writes.append((number * SECTOR + offset, bytes(buffer)))
        self._take(self.flash.program(number * SECTOR + offset, bytes(buffer)))

    def ioctl(self, what, argument):
        if what == 4:
            return self.sectors
        if what == 5:
            return SECTOR
        if what == 6:
            self.writes.append((argument * SECTOR, None))
            self._take(self.flash.erase(argument * SECTOR))
        return 0

    def _take(self, us):
        self.took_us += us + charges.FLASH_CALL_US
        node_time.advance(us + charges.FLASH_CALL_US)
