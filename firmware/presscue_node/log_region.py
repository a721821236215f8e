"""The part of the flash that holds the logs: where the next page goes, what may be erased, where a session lies.

The blocks behind the catalogue are written round and round, so that all wear alike. Whole blocks belong to a session.
Those that belong to none are erased ahead of time while the node rests; a set only programs pages.
"""

import time

from micropython import const

from presscue import wire
from presscue_node import on_demand
from presscue_node.catalogue import SECTOR, Catalogue

WRITTEN, BAD, SPLIT, FULL = range(4)
"""What became of a page: written; spoilt, the next one will do; the session must end and another begin; no room."""

PAGES = SECTOR // wire.PAGE_SIZE
_FIRST = const(2)  # behind the catalogue
_ERASE, _SYNC, _COUNT = const(6), const(3), const(4)
_PAUSE_US = const(1_000_000)  # from one erase to the next: 80 ms stand still in a second
_LOOK = const(64)  # blocks looked through in one turn
_CHUNK = const(256)
_BLANK = b"\xff" * _CHUNK
_HEAD = "<HII"  # boot, session, number in a page, behind magic, format and used
_HEAD_AT = const(4)


class Region:
    """`writing`: the open session, or None. `sets`, `pages`: of it."""

    def __init__(self, blocks, ready):
        """ready: blocks to keep erased for the next sets."""
        self._blocks = blocks
        self.catalogue = Catalogue(blocks)
        self._sectors = blocks.ioctl(_COUNT, 0)
        self._ready = ready
        self._used = bytearray(self._sectors // 8 + 1)
        self._blank = bytearray(self._sectors // 8 + 1)
        self.sectors_used = 0
        self.sectors_blank = 0
        self._last = _FIRST
        self._scan = _FIRST
        self._scanned = 0
        self._erased_at = time.ticks_us()
        self.buffer = bytearray(_CHUNK)  # for whoever reads, until the next call
        self.writing = None
        self.pages = 0
        self._sector = 0  # where the page before went

    def mount(self, first_session):
        """Find what is there; a session that a power cut left open is closed at its last page."""
        self.catalogue.mount(first_session)
        for entry in self.catalogue.entries():
            if entry.pages is not None:
                self._own(entry, True)
        for entry in self.catalogue.entries():
            pages = entry.pages
            if pages is None:
                from presscue_node.log_ends import find_end, length_ms

                on_demand.drop("log_ends")
                pages = find_end(self, entry)
                self.catalogue.end(entry, pages, length_ms(self, entry, pages))
                self._own(entry, True)
            self._last = entry.sector(max(0, pages - 1) // PAGES)
        self._scan = self._last

    @property
    def pages_all(self):
        return (self._sectors - _FIRST) * PAGES

    def begin(self, boot, t_us, wall_ms, clock=1):
        """Begin a session; False if there is no room for it."""
        catalogue = self.catalogue
        if catalogue.full() and not self._evict():
            return False
        sector = self._take()
        if not sector:
            return False
        self.writing = catalogue.enter(boot, t_us, sector, wall_ms, clock)
        self.pages = 0
        self._sector = sector
        return True

    def append(self, page):
        """Write a page, page number `pages` of the session; one of WRITTEN, BAD, SPLIT, FULL."""
        at = self.pages % PAGES
        if not at and self.pages:
            if self.pages >= 0xFFF0:
                return SPLIT
            sector = self._take()
            if not sector:
                return FULL
            if sector != self._sector + 1 and not self.catalogue.extend(self.writing, self.pages // PAGES, sector):
                self._mark(self._used, sector, False)
                self.sectors_used -= 1
                return SPLIT
            self._sector = sector
        self._blocks.writeblocks(self._sector, page, at * wire.PAGE_SIZE)
        self._blocks.readblocks(self._sector, self.buffer, at * wire.PAGE_SIZE)
        self.pages += 1
        return WRITTEN if self.buffer == page else BAD

    def end(self, length_ms):
        """The session is over."""
        entry = self.writing
        self.writing = None
        self._blocks.ioctl(_SYNC, 0)
        self.catalogue.end(entry, self.pages, length_ms)

    def has_room(self):
        """A session could begin."""
        free = self.sectors_used < self._sectors - _FIRST and not self.catalogue.full()
        return free or self.catalogue.has_verified()

    def find(self, session):
        """The entry of a session that is not being written, or None."""
        for entry in self.catalogue.entries(session - 1):
            return entry if entry.session == session and entry is not self.writing else None
        return None

    def is_free(self, sector):
        return sector < self._sectors and not _bit(self._used, sector)

    def read(self, entry, offset, buffer):
        """Bytes of a session into `buffer`, which must not pass the end of a block (SECTOR)."""
        self._blocks.readblocks(entry.sector(offset // SECTOR), buffer, offset % SECTOR)

    def tend(self, now):
        """At rest, in every turn: one step of tidying or erasing, 80 ms at most and that once a second."""
        if 0 <= time.ticks_diff(now, self._erased_at) < _PAUSE_US:
            return
        if not self.catalogue.tidy():
            self._erased_at = time.ticks_us()
            return
        if self.sectors_blank >= self._ready:
            return
        for _ in range(_LOOK):
            self._scan = self._after(self._scan)
            self._scanned += 1
            if self._scanned > self._sectors:  # all that is free is blank
                self._scanned = 0
                if not self._evict():
                    self._erased_at = time.ticks_us()
                return
            if not _bit(self._used, self._scan) and not _bit(self._blank, self._scan):
                if not self._is_blank(self._scan):
                    self._blocks.ioctl(_ERASE, self._scan)
                    self._erased_at = time.ticks_us()
                self._mark(self._blank, self._scan, True)
                self.sectors_blank += 1
                self._scanned = 0
                return

    def _after(self, sector):
        return sector + 1 if sector + 1 < self._sectors else _FIRST

    def _take(self):
        """The next free block, erased; 0 if there is none. One that must still be erased stops everything for 80 ms."""
        for blank in (True, False):
            if blank and not self.sectors_blank:
                continue
            sector = self._last
            for _ in range(self._sectors - _FIRST):
                sector = self._after(sector)
                if _bit(self._used, sector):
                    continue
                if _bit(self._blank, sector):
                    self._mark(self._blank, sector, False)
                    self.sectors_blank -= 1
                elif blank:
                    continue
                elif not self._is_blank(sector):
                    self._blocks.ioctl(_ERASE, sector)
                self._mark(self._used, sector, True)
                self.sectors_used += 1
                self._last = sector
                return sector
        return self._take() if self._evict() else 0

    def _evict(self):
        """Delete the oldest session of which a host has a copy; False if there is none."""
        for entry in self.catalogue.entries(verified=True):
            self.catalogue.delete(entry)
            self._own(entry, False)
            return True
        return False

    def _own(self, entry, own):
        count = (entry.pages + PAGES - 1) // PAGES or 1
        for index in range(count):
            self._mark(self._used, entry.sector(index), own)
        self.sectors_used += count if own else -count

    def _mark(self, bits, sector, on):
        if on:
            bits[sector >> 3] |= 1 << (sector & 7)
        else:
            bits[sector >> 3] &= ~(1 << (sector & 7)) & 0xFF

    def _is_blank(self, sector):
        for at in range(0, SECTOR, _CHUNK):
            self._blocks.readblocks(sector, self.buffer, at)
            if self.buffer != _BLANK:
                return False
        return True


def _bit(bits, index):
    return bits[index >> 3] >> (index & 7) & 1
