"""Keeps a log of every set on the node's own flash: begun by motion, with the seconds before it; ended by rest.

A session is a run of sets in one boot. Readings on their way are always packed into pages in memory; when the sled
moves, those of the last two seconds and all that follow are written, one page at a time. Between sets nothing is
written, and the flash is erased for the next.
"""

import time

from micropython import const

from presscue import wire
from presscue_node import on_demand
from presscue_node.log_region import BAD, FULL, SPLIT
from presscue_node.motion_gate import MotionGate
from presscue_node.packer import Packer
from presscue_node.page_ring import PageRing
from presscue_node.part import FULL as FULL_NOTICE
from presscue_node.part import LOST, PAUSED, RECORDING

ABSENT, IDLE, ACTIVE, NO_ROOM = range(len(wire.LOG_STATES))

_LOG = wire.PARTS.index("log")
_RING = const(28)  # pages in memory: 7 KB; two seconds take 25 in full motion
_BEFORE_US = const(2_100_000)  # before the motion was seen
_REST_US = const(8_000_000)  # without motion end a set
_GAP_US = const(500_000_000)  # without a set end a session
_STALE_US = const(500_000)  # motion this long ago is none: no IMU works
_AGAIN = const(8)  # pages after which the preamble stands again, at first,
_EVERY = const(256)  # and then always
_NEVER = const(0x3FFFFFFF)
_STALL_US = const(20_000)  # a write that takes longer was no mere page program
_KEPT = tuple(wire.TYPES[name] for name in ("cue", "cue_ack", "guard_cue", "status", "notice", "mark"))


class Recorder:
    """region: where to; its `mount` has been called. preamble(session, wall_ms): the messages a log begins with.

    status(): a status message. wall: a WallClock. `state`: one of wire.LOG_STATES, by number.
    """

    def __init__(self, region, clock, wall, boot, notices, preamble, status):
        self.region = region
        self.state = IDLE
        self.stalls = 0
        self.stall_max_ms = 0
        self.spoilt = 0
        self.keep = False  # a host that listened is away: what it misses is written, at rest too
        self.full = [_NEVER, 0]  # orders between which there was no room, the last time
        self._clock = clock
        self._wall = wall
        self._boot = boot
        self._notices = notices
        self._preamble = preamble
        self._status = status
        self.ring = PageRing(_RING)
        self._packer = Packer(self.ring)
        self.gate = MotionGate()
        self._head = []  # pages of the preamble
        self._head_left = 0
        self._head_at = 0
        self._opening = False  # a set is about to be written
        self._last = 0  # pages that still belong to the set, once it has ended
        self._paused_at = time.ticks_us()

    def take(self, buffer, length):
        """A samples message that has just been made."""
        self.gate.take(buffer, time.ticks_us())
        self._packer.take(buffer, length)

    def note(self, message):
        """Any other message: kept if it belongs in a log."""
        if message[0] in _KEPT:
            self._packer.put(message, len(message))

    def poll(self, now):
        """One step: a page, the beginning or end of a set, or, at rest, some of the housekeeping."""
        if self._opening:
            self._open_set()
        elif self.state == ACTIVE:
            if self._head_left or self.ring.waiting:
                self._write()
            elif self.gate.rested_us(now) > _REST_US and not self.keep:
                self._end_set()
        elif self._moves(now) or (self.keep and self.state == IDLE):
            if self.state == IDLE:
                self._begin_set(now)
        else:
            if self.state == NO_ROOM and self.region.has_room():
                self.state = IDLE
                self.full[1] = self._packer.order
            if self.region.writing is not None and time.ticks_diff(now, self._paused_at) > _GAP_US:
                self.end_session()
            self.region.tend(now)

    def end_session(self):
        """At rest: the next set begins a new session."""
        if self.region.writing is not None and self.state != ACTIVE and not self._opening:
            self.region.end((self._paused_us() - self.region.writing.t_us) // 1000)

    def seal(self):
        """What is packed so far becomes a page."""
        self._packer.seal()

    def _moves(self, now):
        return self.gate.moving and self.gate.rested_us(now) < _STALE_US

    @property
    def busy(self):
        """Pages wait to be written."""
        return self._opening or (self.state == ACTIVE and (self._head_left > 0 or self.ring.waiting > 0))

    def _begin_set(self, now):
        if not self.keep:
            self.ring.forget_before(time.ticks_add(now, -_BEFORE_US))
        self._opening = self.region.writing is not None or self._begin_session(now)

    def _begin_session(self, now):
        t_us = max(0, self._clock.us(now) - _BEFORE_US)
        if not self.region.begin(self._boot, t_us, self._wall.ms_at(t_us), self._wall.clock):
            self._no_room()
            return False
        self._head = []
        return True

    def _open_set(self):
        """What comes before the first page, in one turn each, so that nothing waits long for all of it."""
        entry = self.region.writing
        if not self._head:
            from presscue_node.description import paged

            on_demand.drop("description")
            self._head = paged(self._preamble(entry.session, entry.wall_ms))
            self._head_left = len(self._head)
            self._head_at = _AGAIN
            return
        self._opening = False
        self.region.catalogue.count_set(entry)
        self.state = ACTIVE
        self._notices.send(_LOG, RECORDING, entry.sets)

    def _write(self):
        """The next page: of the preamble when it is due, else the oldest that waits."""
        region = self.region
        began = time.ticks_us()
        if self._head_left:
            page = self._head[len(self._head) - self._head_left]
            page = self.ring.finished(page, self._boot, region.writing.session, region.pages)
        else:
            page = self.ring.oldest(self._boot, region.writing.session, region.pages)
        result = region.append(page)
        took = time.ticks_diff(time.ticks_us(), began)
        if took > _STALL_US:
            self.stalls += 1
            self.stall_max_ms = max(self.stall_max_ms, took // 1000)
        if result == FULL:
            self.state = IDLE
            self._paused_at = time.ticks_us()
            self.end_session()
            self._no_room()
        elif result == SPLIT:
            self.state = IDLE
            self._paused_at = time.ticks_us()
            self.end_session()
            self._opening = self._begin_session(began)
        elif result == BAD:
            self.spoilt += 1
            if not self.spoilt & (self.spoilt - 1):  # the first, the second, the fourth, ...
                self._notices.send(_LOG, LOST, self.spoilt, b"page spoilt")
        else:
            self._written()

    def _written(self):
        if self._head_left:
            self._head_left -= 1
        else:
            self.ring.drop()
            if self._last:
                self._last -= 1
                if not self._last:
                    self._paused_at = time.ticks_us()
                    self.state = IDLE
        if not self._head_left and self.region.pages >= self._head_at:
            self._head_at = self.region.pages + _EVERY
            self._head_left = len(self._head)

    def _end_set(self):
        """Rest has come: a word of it in the log, and what is packed so far is written."""
        self.note(wire.encode("notice", self._boot, self._clock.us(time.ticks_us()), _LOG, PAUSED, 0))
        self.note(self._status())
        self._packer.seal()
        self._last = self.ring.waiting

    def _paused_us(self):
        return self._clock.us(self._paused_at)

    def _no_room(self):
        self.state = NO_ROOM
        self.full = [self._packer.order, _NEVER]
        self._notices.send(_LOG, FULL_NOTICE)
