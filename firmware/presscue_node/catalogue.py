"""What lies in the log's region: one slot of 64 bytes for each session, in one of the first two blocks (SPEC.md).

A slot is written in parts, each once, as its session comes to them: erased bits say that a part is still to come, a
check sum that it is whole. So no power cut can do more than leave the last part out. When the slots of a block are
used up, those still needed are copied to the other block; its head, written last, makes it the valid one.
"""

import struct
from binascii import crc32

from micropython import const

from presscue_node.log_entry import (
    DELETED_AT,
    END_AT,
    EXTENT,
    EXTENTS_AT,
    REST,
    REST_AT,
    SETS_AT,
    START,
    START_CHECK,
    UPTIME,
    VERIFIED_AT,
    WALL_AT,
    Entry,
)

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


class Catalogue:
    """Sessions are read from their slots whenever they are wanted: in memory they take a byte each.

    `boots`: boots so far, this one included. `before`: the last session before this boot. `kept`: pages of closed
    sessions that no host has."""

    def __init__(self, blocks):
        self._blocks = blocks
        self._sectors = blocks.ioctl(_COUNT, 0)
        self._place = 0  # the valid block
        self._generation = 0
        self._next_slot = 1
        self._next_session = 0
        self._moving = 0  # slot to look at next, to copy it to the other block; 0: not under way
        self._moved = 0  # slots of the other block filled so far
        self._boots_base = 0  # boots when the valid block was begun
        self._there = bytearray(_SLOTS)  # by slot: 1 for a session, 2 if it is verified
        self._count = 0
        self._held = []  # what the flash does not tell whole: the open session, and one whose end a power cut has torn
        self.kept = 0
        self.boots = 0
        self.before = 0

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
        self.before = self._next_session - 1
        self._count_boot(boots_mask)

    def full(self):
        """No further session can be entered."""
        return self._count >= SESSIONS_MAX

    def has_verified(self):
        return b"\x02" in self._there

    def entries(self, after=-1, verified=False):
        """Sessions that are there, oldest first: those with numbers beyond `after`, or the verified ones only."""
        raw = bytearray(SLOT)
        for slot in range(_SLOTS):
            if self._there[slot] > verified:
                self._blocks.readblocks(self._place, raw, slot * SLOT)
                if struct.unpack_from(START, raw, 0)[3] > after:
                    for entry in self._held:
                        if entry.slot == slot:
                            break
                    else:
                        entry = Entry(raw, slot)
                    yield entry

    def enter(self, boot, t_us, sector, wall_ms, clock):
        """A session begins in `sector`. Call only if not `full`."""
        if self._next_slot >= _SLOTS:
            while not self.tidy(_SLOTS):
                pass
        slot = self._next_slot
        self._next_slot += 1
        start = struct.pack(START, _SESSION_KIND, clock if wall_ms else 0, boot, self._next_session, t_us)
        self._next_session += 1
        rest = struct.pack(REST, self.boots, sector)
        stamp = _stamp(wall_ms) if wall_ms else _BLANK[: REST_AT - WALL_AT]
        part = start + stamp + rest + struct.pack("<I", crc32(start + rest))
        self._program(slot, 0, part)
        entry = Entry(part + _BLANK[SETS_AT:], slot)
        self._there[slot] = 1
        self._count += 1
        self._held.append(entry)
        return entry

    def date(self, entry, wall_ms):
        """The wall clock at its start is known."""
        entry.wall_ms = wall_ms
        entry.clock = entry.clock or UPTIME
        self._program(entry.slot, WALL_AT, _stamp(wall_ms))

    def count_set(self, entry):
        """One more set; from the 32nd on they are not counted."""
        entry.sets = min(entry.sets + 1, 32)
        self._program(entry.slot, SETS_AT, struct.pack("<I", 0xFFFFFFFF << entry.sets & 0xFFFFFFFF))

    def extend(self, entry, index, sector):
        """It goes on in another place. False if it has gone on in too many."""
        if len(entry.extents) == EXTENTS_MAX:
            return False
        at = EXTENTS_AT + (len(entry.extents) - 1) * struct.calcsize(EXTENT)
        entry.extents.append((index, sector))
        self._program(entry.slot, at, struct.pack(EXTENT, index, sector, (index ^ sector ^ 0xA5A5) & 0xFFFF))
        return True

    def end(self, entry, pages, length_ms):
        entry.pages = pages
        entry.length_ms = length_ms
        part = struct.pack("<HI", pages, length_ms)
        part += _check(part)
        self._program(entry.slot, END_AT, part)
        if not entry.verified:
            self.kept += pages
        self._let_go(entry)
        found = bytearray(len(part))
        self._blocks.readblocks(self._place, found, entry.slot * SLOT + END_AT)
        if found != part:  # programmed over one that a power cut had torn
            self._held.append(entry)

    def verify(self, entry):
        """A host has a whole copy of it."""
        self._program(entry.slot, VERIFIED_AT, b"\x00")
        entry.verified = True
        self._there[entry.slot] = 2
        self.kept -= entry.pages

    def delete(self, entry):
        """One that is verified."""
        self._program(entry.slot, DELETED_AT, b"\x00")
        self._there[entry.slot] = 0
        self._count -= 1
        self._let_go(entry)

    def tidy(self, slots=8):
        """At rest: when slots or boots run out, copy what is needed to the other block, a few slots at a time.

        True if there is nothing left to do."""
        if self._next_slot < _SLOTS - 4 and not self._moving and self._boots_left() > 0:
            return True
        other = 1 - self._place
        if not self._moving:
            self._blocks.ioctl(_ERASE, other)
            self._moving = 1
            self._moved = 0
            return False
        raw = bytearray(SLOT)
        while slots and self._moving < _SLOTS:
            if self._there[self._moving]:
                self._moved += 1
                self._blocks.readblocks(self._place, raw, self._moving * SLOT)
                self._blocks.writeblocks(other, raw, self._moved * SLOT)
                slots -= 1
            self._moving += 1
        if self._moving < _SLOTS:
            return False
        self._generation += 1
        self._write_head(other)
        self._boots_base = self.boots
        self._place = other
        self._moving = 0
        self._next_slot = 1
        for slot in range(_SLOTS):
            is_there = self._there[slot]
            if is_there:
                for entry in self._held:
                    if entry.slot == slot:
                        entry.slot = self._next_slot
                self._there[slot] = 0
                self._there[self._next_slot] = is_there
                self._next_slot += 1
        return True

    def _let_go(self, entry):
        if entry in self._held:
            self._held.remove(entry)

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
            check = struct.unpack_from("<I", raw, START_CHECK)[0]
            if raw[0] != _SESSION_KIND or check != crc32(raw[:WALL_AT] + raw[REST_AT:START_CHECK]):
                continue  # not even its start is whole
            entry = Entry(raw, slot)
            if entry.session >= self._next_session:
                self._next_session = entry.session + 1
            if raw[DELETED_AT]:
                self._there[slot] = 1 + entry.verified
                self._count += 1
                if not entry.verified:
                    self.kept += entry.pages or 0

    def _program(self, slot, at, data):
        self._moving = 0  # a copy under way would lack it
        self._blocks.writeblocks(self._place, data, slot * SLOT + at)
        self._blocks.ioctl(_SYNC, 0)


def _check(part):
    return struct.pack("<H", crc32(part) & 0xFFFF)


def _stamp(wall_ms):
    stamp = struct.pack("<Q", wall_ms)[:6]
    return stamp + _check(stamp)
