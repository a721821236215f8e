"""Sealed pages waiting for the flash, in memory taken once at boot: the seconds before a set begins live here."""

import struct
import time
from binascii import crc32

from presscue import wire

_CHECKED = wire.PAGE_SIZE - 4
_WHOLE = "256s"


class PageRing:
    """`size` pages of which one is being filled. When all others wait, the oldest goes, counted in `dropped`."""

    def __init__(self, size):
        self._pages = [bytearray(wire.PAGE_SIZE) for _ in range(size)]
        self._finished = bytearray(wire.PAGE_SIZE)
        self._checked = memoryview(self._finished)[:_CHECKED]
        self._sealed_at = [time.ticks_us()] * size
        self._first = 0
        self.waiting = 0
        self.gone = 0  # pages that have left, for the flash or for good
        self.dropped = 0

    def filling(self):
        """The page being filled; messages go to wire.PAGE_BODY and behind."""
        return self._pages[(self._first + self.waiting) % len(self._pages)]

    def seal(self, used):
        """The page is full: `used` bytes of messages. Returns the next one to fill."""
        at = (self._first + self.waiting) % len(self._pages)
        page = self._pages[at]
        page[3] = used
        for i in range(wire.PAGE_BODY + used, _CHECKED):
            page[i] = 0
        self._sealed_at[at] = time.ticks_us()
        if self.waiting == len(self._pages) - 1:
            self.drop()
            self.dropped += 1
        self.waiting += 1
        return self.filling()

    def forget_before(self, ticks):
        """Drop pages sealed before the moment `ticks`."""
        while self.waiting and time.ticks_diff(self._sealed_at[self._first], ticks) < 0:
            self.drop()

    def oldest(self, boot, session, number):
        """The page to be written first, as page `number` of a session; it stays until `drop`."""
        return self.finished(self._pages[self._first], boot, session, number)

    def page(self, number, boot):
        """The page that was sealed as number `number`, counted from the first of all; it must wait."""
        return self.finished(self._pages[(self._first + number - self.gone) % len(self._pages)], boot, 0, 0)

    def finished(self, page, boot, session, number):
        """A page whose messages and `used` are there, with its head and CRC; valid until the next call."""
        whole = self._finished
        struct.pack_into(_WHOLE, whole, 0, page)
        struct.pack_into(wire.PAGE_HEADER, whole, 0, wire.PAGE_MAGIC, wire.PAGE_FORMAT, page[3], boot, session, number)
        struct.pack_into("<I", whole, _CHECKED, crc32(self._checked))
        return whole

    def drop(self):
        """The oldest page is written, or not wanted."""
        self._first = (self._first + 1) % len(self._pages)
        self.waiting -= 1
        self.gone += 1
