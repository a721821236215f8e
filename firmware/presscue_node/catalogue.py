"""What lies in the log's region: one slot of 64 bytes for each session, in one of the first two blocks (SPEC.md).

A slot is written in parts, each once, as its session comes to them: erased bits say that a part is still to come, a
check sum that it is whole. So no power cut can do more than leave the last part out. When the slots of a block are
used up, those still needed are copied to the other block; its head, written last, makes it the valid one.
"""

import struct
from binascii import crc32

from micropython import const

SECTOR = const(4096)
SLOT = const(64)
SESSIONS_MAX = const(56)
EXTENTS_MAX = const(4)
_SLOTS = SECTOR // SLOT
_SYNC, _COUNT, _ERASE = const(3), const(4), const(6)
_BLANK = b"\xff" * SLOT

_HEAD = "<BBHIIH"  # kind, format, sectors, generation, next session, boots
_HEAD_CHECK = const(16)
_BOOTS_AT, _BOOTS_SIZE = const(32), const(32)
_HEAD_KIND, _SESSION_KIND, _FORMAT = const(0x43), const(0x53), const(1)

_START = "<BBHIQ"  # kind, clock, boot, session, t_us
_WALL_AT = const(16)  # wall_ms, 48 bits, and a check
_REST = "<HH"  # boots, first sector, and a check of the start without the wall clock
_REST_AT, _START_CHECK = const(24), const(28)
_SETS_AT = const(32)
_EXTENTS_AT, _EXTENT = const(36), "<HHH"  # sector of the session, sector of the region, check
_END_AT, _END = const(54), "<HIH"  # pages, length_ms, check
_VERIFIED_AT, _DELETED_AT = const(62), const(63)


class Entry:
    """A session. extents: [(its sector number from which on, sector of the region)]; pages is None while it is open."""

    def __init__(self, session, boot, boots, t_us, clock, sector):
        self.session = session
        self.boot = boot
        self.boots = boots
        self.t_us = t_us
        self.clock = clock  # index of wire.CLOCKS
        self.wall_ms = 0
        self.sets = 0
        self.pages = None
        self.length_ms = 0
        self.verified = False
        self.extents = [(0, sector)]
        self.slot = 0

    def sector(self, index):
        """Where in the region the session's sector `index` lies."""
        for first, sector in reversed(self.extents):
            if index >= first:
                return sector + index - first
        return 0


class Catalogue:
    """`entries`: sessions that are there, oldest first. `boots`: boots so far, this one included."""

    def __init__(self, blocks):
        self._blocks = blocks
        self._sectors = blocks.ioctl(_COUNT, 0)
        self._place = 0  # the valid block
        self._generation = 0
        self._next_slot = 1
        self._next_session = 0
        self._moving = 0  # slots of the other block filled so far; 0: not under way
        self._boots_base = 0  # boots when the valid block was begun
        self.entries = []
        self.boots = 0

    def mount(self, first_session):
        """Read it, or make it anew: sessions then count from `first_session`. Counts this boot."""
        heads = [self._read_head(place) for place in (0, 1)]
        if not any(heads):
            self._next_session = first_session
            if not self._is_blank(0):
                self._blocks.ioctl(_ERASE, 0)
            self._write_head(0)
            heads[0] = (0, first_session, 0, _BLANK[:_BOOTS_SIZE])
        newest = max(head for head in heads if head)
        self._place = heads.index(newest)
        self._generation, self._next_session, self.boots, boots_mask = newest
        self._read_slots()
        self._count_boot(boots_mask)

    def full(self):
        """No further session can be entered."""
        return len(self.entries) >= SESSIONS_MAX

    def enter(self, boot, t_us, sector, wall_ms, clock):
        """A session begins in `sector`. Call only if not `full`."""
        if self._next_slot >= _SLOTS:
            while not self.tidy(_SLOTS):
                pass
        entry = Entry(self._next_session, boot, self.boots, t_us, clock if wall_ms else 0, sector)
        entry.slot = self._next_slot
        self._next_slot += 1
        self._next_session += 1
        start = struct.pack(_START, _SESSION_KIND, entry.clock, boot, entry.session, t_us)
        rest = struct.pack(_REST, self.boots, sector)
        entry.wall_ms = wall_ms
        stamp = _stamp(wall_ms) if wall_ms else _BLANK[: _REST_AT - _WALL_AT]
        self._program(entry.slot, 0, start + stamp + rest + struct.pack("<I", crc32(start + rest)))
        self.entries.append(entry)
        return entry

    def date(self, entry, wall_ms):
        """The wall clock at its start is known."""
        entry.wall_ms = wall_ms
        self._program(entry.slot, _WALL_AT, _stamp(wall_ms))

    def count_set(self, entry):
        """One more set; from the 32nd on they are not counted."""
        entry.sets = min(entry.sets + 1, 32)
        self._program(entry.slot, _SETS_AT, struct.pack("<I", 0xFFFFFFFF << entry.sets & 0xFFFFFFFF))

    def extend(self, entry, index, sector):
        """It goes on in another place. False if it has gone on in too many."""
        if len(entry.extents) == EXTENTS_MAX:
            return False
        at = _EXTENTS_AT + (len(entry.extents) - 1) * struct.calcsize(_EXTENT)
        entry.extents.append((index, sector))
        self._program(entry.slot, at, struct.pack(_EXTENT, index, sector, (index ^ sector ^ 0xA5A5) & 0xFFFF))
        return True

    def end(self, entry, pages, length_ms):
        entry.pages = pages
        entry.length_ms = length_ms
        part = struct.pack("<HI", pages, length_ms)
        self._program(entry.slot, _END_AT, part + _check(part))

    def verify(self, entry):
        """A host has a whole copy of it."""
        self._program(entry.slot, _VERIFIED_AT, b"\x00")
        entry.verified = True

    def delete(self, entry):
        self._program(entry.slot, _DELETED_AT, b"\x00")
        self.entries.remove(entry)

    def tidy(self, slots=8):
        """At rest: when slots or boots run out, copy what is needed to the other block, a few slots at a time.

        True if there is nothing left to do."""
        if self._next_slot < _SLOTS - 4 and not self._moving and self._boots_left() > 0:
            return True
        other = 1 - self._place
        if not self._moving:
            self._blocks.ioctl(_ERASE, other)
            self._moving = 1
            return False
        slot = bytearray(SLOT)
        for _ in range(slots):
            if self._moving > len(self.entries):
                break
            self._blocks.readblocks(self._place, slot, self.entries[self._moving - 1].slot * SLOT)
            self._blocks.writeblocks(other, slot, self._moving * SLOT)
            self._moving += 1
        if self._moving <= len(self.entries):
            return False
        self._generation += 1
        self._write_head(other)
        self._boots_base = self.boots
        self._place = other
        self._next_slot = self._moving
        for i in range(len(self.entries)):
            self.entries[i].slot = i + 1
        self._moving = 0
        return True

    def _boots_left(self):
        return 8 * _BOOTS_SIZE - (self.boots - self._boots_base)

    def _count_boot(self, mask):
        self._boots_base = self.boots
        for i in range(_BOOTS_SIZE):
            for bit in range(8):
                if not mask[i] >> bit & 1:
                    self.boots += 1
        if self._boots_left() > 0:
            used = self.boots - self._boots_base
            self._program(0, _BOOTS_AT + used // 8, bytes([0xFF << (used % 8 + 1) & 0xFF]))
        self.boots += 1

    def _read_head(self, place):
        """(generation, next session, boots, mask of further boots), or None."""
        head = bytearray(SLOT)
        self._blocks.readblocks(place, head, 0)
        kind, version, sectors, generation, session, boots = struct.unpack_from(_HEAD, head, 0)
        check = struct.unpack_from("<I", head, _HEAD_CHECK)[0]
        if kind != _HEAD_KIND or version != _FORMAT or sectors != self._sectors or check != crc32(head[:_HEAD_CHECK]):
            return None
        return generation, session, boots, bytes(head[_BOOTS_AT : _BOOTS_AT + _BOOTS_SIZE])

    def _write_head(self, place):
        head = struct.pack(_HEAD, _HEAD_KIND, _FORMAT, self._sectors, self._generation, self._next_session, self.boots)
        head += bytes(_HEAD_CHECK - len(head))
        self._blocks.writeblocks(place, head + struct.pack("<I", crc32(head)), 0)

    def _is_blank(self, place):
        slot = bytearray(SLOT)
        for at in range(0, SECTOR, SLOT):
            self._blocks.readblocks(place, slot, at)
            if slot != _BLANK:
                return False
        return True

    def _read_slots(self):
        raw = bytearray(SLOT)
        for slot in range(1, _SLOTS):
            self._blocks.readblocks(self._place, raw, slot * SLOT)
            if raw == _BLANK:
                continue
            self._next_slot = slot + 1
            entry = _read_entry(raw)
            if entry is None:
                continue
            entry.slot = slot
            if entry.session >= self._next_session:
                self._next_session = entry.session + 1
            if raw[_DELETED_AT]:
                self.entries.append(entry)

    def _program(self, slot, at, data):
        self._moving = 0  # a copy under way would lack it
        self._blocks.writeblocks(self._place, data, slot * SLOT + at)
        self._blocks.ioctl(_SYNC, 0)


def _check(part):
    return struct.pack("<H", crc32(part) & 0xFFFF)


def _stamp(wall_ms):
    stamp = struct.pack("<Q", wall_ms)[:6]
    return stamp + _check(stamp)


def _read_entry(raw):
    """The session of a slot, or None if even its start is not whole."""
    kind, clock, boot, session, t_us = struct.unpack_from(_START, raw, 0)
    boots, sector = struct.unpack_from(_REST, raw, _REST_AT)
    check = struct.unpack_from("<I", raw, _START_CHECK)[0]
    if kind != _SESSION_KIND or check != crc32(raw[:_WALL_AT] + raw[_REST_AT:_START_CHECK]):
        return None
    entry = Entry(session, boot, boots, t_us, clock, sector)
    stamp = bytes(raw[_WALL_AT : _WALL_AT + 6])
    if _check(stamp) == bytes(raw[_WALL_AT + 6 : _REST_AT]):
        entry.wall_ms = struct.unpack("<Q", stamp + b"\x00\x00")[0]
        entry.clock = entry.clock or 2
    for i in range(32):
        entry.sets += not raw[_SETS_AT + i // 8] >> i % 8 & 1
    at = _EXTENTS_AT
    while at < _END_AT:
        index, sector, check = struct.unpack_from(_EXTENT, raw, at)
        if check != (index ^ sector ^ 0xA5A5) & 0xFFFF:
            break
        entry.extents.append((index, sector))
        at += struct.calcsize(_EXTENT)
    pages, length_ms, _ = struct.unpack_from(_END, raw, _END_AT)
    if _check(raw[_END_AT : _END_AT + 6]) == bytes(raw[_END_AT + 6 : _VERIFIED_AT]):
        entry.pages = pages
        entry.length_ms = length_ms
    entry.verified = raw[_VERIFIED_AT] == 0
    return entry
