"""Hands the host what is in the log whenever the link has nothing better to do: blocks of a session, check sums, and
samples that it has missed."""

import struct
import time
from binascii import crc32

from micropython import const

from presscue import wire
from presscue_node import on_demand
from presscue_node.catalogue import SECTOR
from presscue_node.recorder import ACTIVE

_HEAD = "<BIII"
_DATA = struct.calcsize(_HEAD)
_TYPE = wire.TYPES["log_data"]
_BLOCK = const(216)
_PACE_US, _SLOW_US = (
    const(1_200),
    const(256_000),
)  # between blocks while samples are streamed: those must not wait behind
# many. Doubled when the stack runs out of buffers, then shorter again by and by;
_ROOM_US = const(1_400)  # and only if for so long no reading is due


class LogSender:
    """`fill` is the outbox's last resort; `poll` works at a check sum."""

    def __init__(self, recorder, outbox, flow, sampler, boot):
        self._recorder = recorder
        self._boot = boot
        self._back_fill = None
        self._pace_us = _PACE_US
        self._sampler = sampler
        self._region = recorder.region
        self._outbox = outbox
        self._flow = flow
        self._entry = None
        self._host = 0
        self._at = 0
        self._end = 0
        self._sent_at = time.ticks_us()
        self._summing = None
        self._summed = None  # (session, check sum) of the last one done

    def read(self, entry, offset, size, host):
        """Send a host `size` bytes from `offset` on; if that is where the sending ends now, go on there."""
        self._host = host
        end = min(offset + size, entry.pages * wire.PAGE_SIZE)
        if self._entry is None or self._entry.session != entry.session or offset != self._end:
            self._at = offset
        self._entry = entry
        self._end = end

    def fetch(self, boot, first, end):
        """Send the host that streams the samples messages `first` to `end` of a boot once more."""
        from presscue_node.back_fill import BackFill

        on_demand.drop("back_fill")
        self._back_fill = BackFill(self._recorder, self._boot, boot, first, end)
        self._outbox.congested = False
        self._pace_us = _PACE_US

    def forget(self):
        """The host that streams is another one, or has come anew."""
        self._back_fill = None

    def fill(self, buffer, host):
        """What was fetched, or a block of log data, as a message in `buffer`; its length, 0 if there is none."""
        fetched = self._back_fill if host == self._outbox.streams_to else None
        if fetched is None and (self._at >= self._end or host != self._host):
            return 0
        now = time.ticks_us()
        polite = self._flow.streaming or self._recorder.state == ACTIVE
        if self._outbox.congested:
            self._outbox.congested = False
            self._pace_us = min(2 * self._pace_us, _SLOW_US)
        if polite and (
            0 <= time.ticks_diff(now, self._sent_at) < self._pace_us or self._sampler.wait_us(now) < _ROOM_US
        ):
            return 0
        self._sent_at = now
        self._pace_us -= (self._pace_us - _PACE_US) >> 4
        if fetched is not None:
            length = fetched.fill(buffer)
            if fetched.done:
                self._back_fill = None
            return length
        entry = self._entry
        assert entry is not None
        at = self._at
        size = min(_BLOCK, self._end - at, SECTOR - at % SECTOR)
        data = memoryview(buffer)[_DATA : _DATA + size]
        self._region.read(entry, at, data)
        struct.pack_into(_HEAD, buffer, 0, _TYPE, entry.session, at, crc32(data))
        self._at = at + size
        return _DATA + size

    def check(self, entry, host):
        """Find the check sum of the whole session, and send it to a host."""
        from presscue_node.check_sum import CheckSum

        on_demand.drop("check_sum")
        self._summing = CheckSum(self._region, entry, host)

    def poll(self):
        """A little of the check sum; True if more is to be done."""
        found = self._summing
        if found is None:
            return False
        if found.goes_on():
            return True
        self._summing = None
        self._summed = (found.session, found.sum)
        self._outbox.put(wire.encode("log_sum", found.session, found.size, found.sum), found.host)
        return False

    def is_copy(self, entry, crc):
        """Whether a copy with this check sum is one of the session as it was last summed up."""
        return self._summed == (entry.session, crc)
