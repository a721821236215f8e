"""A logged session, and the slot of 64 bytes that tells it (SPEC.md)."""

import struct
from binascii import crc32

from micropython import const

from presscue import wire

START = "<BBHIQ"  # kind, clock, boot, session, t_us
WALL_AT = const(16)  # wall_ms, 48 bits, and a check
REST = "<HH"  # boots, first sector, and a check of the start without the wall clock
REST_AT, START_CHECK = const(24), const(28)
SETS_AT = const(32)
EXTENTS_AT, EXTENT = const(36), "<HHH"  # sector of the session, sector of the region, check
END_AT, END = const(54), "<HIH"  # pages, length_ms, check
VERIFIED_AT, DELETED_AT = const(62), const(63)
UPTIME = wire.CLOCKS.index("uptime")  # dated once the time was known


class Entry:
    """A session as its slot tells it. extents: [(its sector number from which on, sector of the region)]; pages is None
    while it is open; clock: index of wire.CLOCKS."""

    def __init__(self, raw, slot):
        self.slot = slot
        _, self.clock, self.boot, self.session, self.t_us = struct.unpack_from(START, raw, 0)
        low, high, check = struct.unpack_from("<IHH", raw, WALL_AT)
        self.wall_ms = 0
        if check == crc32(raw[WALL_AT : WALL_AT + 6]) & 0xFFFF:
            self.wall_ms = high << 32 | low
            self.clock = self.clock or UPTIME
        self.boots, sector = struct.unpack_from(REST, raw, REST_AT)
        self.sets = 32 - bin(struct.unpack_from("<I", raw, SETS_AT)[0]).count("1")
        self.extents = [(0, sector)]
        for at in range(EXTENTS_AT, END_AT, struct.calcsize(EXTENT)):
            index, sector, check = struct.unpack_from(EXTENT, raw, at)
            if check != (index ^ sector ^ 0xA5A5) & 0xFFFF:
                break
            self.extents.append((index, sector))
        self.pages, self.length_ms, check = struct.unpack_from(END, raw, END_AT)
        if check != crc32(raw[END_AT : END_AT + 6]) & 0xFFFF:
            self.pages = None
            self.length_ms = 0
        self.verified = raw[VERIFIED_AT] == 0

    def sector(self, index):
        """Where in the region the session's sector `index` lies."""
        for first, sector in reversed(self.extents):
            if index >= first:
                return sector + index - first
        return 0
