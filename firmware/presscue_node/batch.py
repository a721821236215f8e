"""Readings of one source, gathered into one samples message."""

import struct
import time

from micropython import const

from presscue import wire
from presscue_node.outbox import SAMPLES_MAX, new_buffer

# Places in the message, from the message table: type, source, boot, order, seq, t_us, period_ns, count, channels, data.
_HEAD = "<BBHII"
_PERIOD = "<IBB"
_T_US = struct.calcsize(_HEAD)
_PERIOD_AT = _T_US + 8
_DATA = _PERIOD_AT + struct.calcsize(_PERIOD)
_TYPE = wire.TYPES["samples"]

_SLACK_US = const(1_000)


class Batch:
    """A message gives the time of its first reading and the period.

    A reading that does not fit (some are missing before it, or it is more than 1 ms off the pace) starts
    the next message. `seq` counts readings since boot, missing ones included.
    """

    def __init__(self, flow, clock, boot, source, channels):
        self._flow = flow
        self._clock = clock
        self._boot = boot
        self._source = source
        self._channels = channels
        self._size = 2 * channels
        self._room = (SAMPLES_MAX - _DATA) // self._size
        self._buffer = new_buffer()
        self._count = 0
        self._first = 0
        self.period_ns = 0
        self.seq = 0

    def add(self, reading, ticks, lost):
        """Append `reading`, taken at the moment `ticks`, `lost` readings after the one before."""
        if self._count:
            off = time.ticks_diff(ticks, self._first) - self._count * self.period_ns // 1000
            if lost or self._count == self._room or not -_SLACK_US <= off <= _SLACK_US:
                self.flush()
        if not self._count:
            self.seq += lost
            self._first = ticks
        at = _DATA + self._count * self._size
        buffer = self._buffer
        for i in range(self._size):
            buffer[at + i] = reading[i]
        self._count += 1

    def flush(self):
        """Hand the message on, if it holds any reading."""
        count = self._count
        if not count:
            return
        buffer = self._buffer
        struct.pack_into(_HEAD, buffer, 0, _TYPE, self._source, self._boot, self._flow.order, self.seq)
        self._clock.put_us(buffer, _T_US, self._first)
        struct.pack_into(_PERIOD, buffer, _PERIOD_AT, self.period_ns, count, self._channels)
        self._buffer = self._flow.put_samples(buffer, _DATA + count * self._size)
        self.seq += count
        self._count = 0
