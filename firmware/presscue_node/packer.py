"""Samples messages, bit-packed without loss into the pages of the log (SPEC.md, `packed`). Allocates nothing.

Each reading is the difference to the mean of the two before, Rice-coded with a parameter per channel that follows the
size of the differences. A packed message needs nothing but itself: all of this begins anew with each.
"""

import struct

from micropython import const

from presscue import wire
from presscue_node.bit_writer import ESCAPE, BitWriter, folded

_SOURCES = const(3)
_CHANNELS = const(6)
_MEAN_SHIFT = const(3)
_K_MAX = const(15)
_TIME_K = (4, 4, 10)  # by source: an IMU stamps its own readings, the pads take their turn
_COUNT_K = const(0)
_COUNT = (4, 4, 1)  # by source: readings expected in a block
_PERIOD = (4_800_000, 4_800_000, 15_000_000)  # by source: period expected, ns

# Places in a samples message and in a packed one, type byte included; a test holds them against the wire.
SOURCE, ORDER, SEQ, T_US, PERIOD, COUNT, CHANNELS, DATA = 1, 4, 8, 12, 20, 24, 25, 26
HEAD = struct.calcsize(wire.MESSAGES[wire.TYPES["packed"]][1]) + 1
_TYPE = wire.TYPES["packed"]
_LEAST = const(96)  # a packed message is not begun in less room: its first blocks take about 70 bytes
_END = const(252)  # of the messages of a page


class Packer(BitWriter):
    """Fills the pages of a `PageRing` with samples and other messages, in the order in which they come."""

    def __init__(self, ring):
        self._ring = ring
        self._begin(ring.filling(), wire.PAGE_BODY, _END)
        self._opened = False
        self._start = 0  # of the packed message: its length byte
        self._blocks = 0
        self.order = 0  # of the last block, 30 bits
        self._base = 0
        self._above = 0  # time and order beyond 30 bits
        self._source = 0
        self._seen = bytearray(_SOURCES)
        self._seq = [0] * _SOURCES
        self._t = [0] * _SOURCES
        self._period = [0] * _SOURCES
        self._value = [0] * (_SOURCES * _CHANNELS)  # the reading before, and the one before that
        self._before = [0] * (_SOURCES * _CHANNELS)
        self._mean = [0] * (_SOURCES * _CHANNELS)
        self._k = [5] * (_SOURCES * _CHANNELS)

    def take(self, buffer, length):
        """A samples message: buffer[:length]."""
        count = buffer[COUNT]
        if buffer[SOURCE] < _SOURCES and buffer[CHANNELS] <= _CHANNELS and not buffer[PERIOD + 3] & 0xFE and count < 64:
            if self._block(buffer, count):
                return
            self.seal()
            if self._block(buffer, count):
                return
            self._at = wire.PAGE_BODY  # too much even for an empty page: as it is
            self._opened = False
        self.put(buffer, length)

    def put(self, message, length):
        """Any other message, as it is."""
        self._close()
        if self._at + 1 + length > _END:
            self.seal()
        page = self._page
        at = self._at
        page[at] = length
        at += 1
        for i in range(length):
            page[at + i] = message[i]
        self._at = at + length

    def seal(self):
        """End the page, if it holds anything, and begin the next."""
        self._close()
        if self._at > wire.PAGE_BODY:
            self._page = self._ring.seal(self._at - wire.PAGE_BODY)
            self._at = wire.PAGE_BODY

    def _open(self, buffer):
        page = self._page
        at = self._at
        self._start = at
        page[at + 1] = _TYPE
        page[at + 2] = buffer[2]  # boot
        page[at + 3] = buffer[3]
        for i in range(4):
            page[at + 4 + i] = buffer[ORDER + i]
        for i in range(8):
            page[at + 8 + i] = buffer[T_US + i]
        self._at = at + 1 + HEAD
        self._end = at + 1 + wire.MESSAGE_MAX if at + 1 + wire.MESSAGE_MAX < _END else _END
        self.order = _low30(buffer, ORDER)
        self._base = _low30(buffer, T_US)
        self._above = _above30(buffer)
        self._source = buffer[SOURCE]
        self._blocks = 0
        self._acc = 0
        self._bits = 0
        for i in range(_SOURCES):
            self._seen[i] = 0
        self._opened = True

    def _close(self):
        if not self._opened:
            return
        self._opened = False
        page = self._page
        if self._bits:
            page[self._at] = (self._acc << (8 - self._bits)) & 0xFF
            self._at += 1
        page[self._start + HEAD] = self._blocks
        page[self._start] = self._at - self._start - 1

    def _block(self, buffer, count):
        """Append a message as a block; False, and nothing has changed, if it does not fit."""
        begun = self._opened
        if not begun:
            if self._at + _LEAST > _END:
                return False
            self._open(buffer)
        at = self._at
        acc = self._acc
        bits = self._bits
        if self._fill(buffer, count) and self._at + (self._bits > 0) <= self._end:
            self._seen[buffer[SOURCE]] = 1
            self._blocks += 1
            return True
        self._at = at
        self._acc = acc
        self._bits = bits
        if begun:
            self._close()
        else:
            self._opened = False
            self._at = self._start
        return False

    def _fill(self, buffer, count):
        source = buffer[SOURCE]
        first = source * _CHANNELS
        channels = buffer[CHANNELS]
        if not self._head(buffer, source, count):
            return False
        at = DATA
        if not self._seen[source]:
            self._first_reading(buffer, first, channels)
            at += 2 * channels
            count -= 1
        self._differences(buffer, at, first, channels, count)
        return True

    def _head(self, buffer, source, count):
        """All of a block but its readings: one bit if nothing about it is unexpected. False if it cannot be said."""
        seen = self._seen[source]
        order = _low30(buffer, ORDER)
        seq = _low30(buffer, SEQ)
        t = _low30(buffer, T_US)
        period = _low30(buffer, PERIOD)
        expected = self._source
        step = order - self.order
        if self._blocks:
            expected = expected + 1 if expected + 1 < _SOURCES else 0
            step -= 1
        lost = seq - self._seq[source] if seen else 0
        late = t - (self._t[source] if seen else self._base)
        limit = 0x4000 if seen else 0x80000
        if not (0 <= step <= 0xFFFF and 0 <= lost <= 0xFFFF and -limit <= late < limit) or (
            buffer[SEQ + 3] >> 6 or _above30(buffer) != self._above
        ):
            return False
        explicit = step or (seen and (lost or period != self._period[source]))
        if source == expected and not explicit:
            self._write(1, 1)
            if not self._blocks:
                self._write(source, 2)
        else:
            self._write(source << 1 | (1 if explicit else 0), 4)  # the first bit is a 0
            if explicit:
                self._write(step, 16)
                if seen:
                    self._write(lost, 16)
                    self._write(period, 26)
        if seen:
            self._rice(late, _TIME_K[source])
        else:
            self._write(buffer[CHANNELS], 4)
            self._wide(seq)
            self._wide(folded(period - _PERIOD[source]))
            if self._blocks:  # the first one begins at the message's own time
                self._write(late & 0xFFFFF, 20)
        self._rice(count - _COUNT[source], _COUNT_K)
        self._source = source
        self.order = order
        step = count * period // 1000
        if t <= 0x3FFFFFFF - step:
            self._t[source] = t + step
            self._seq[source] = seq + count
        else:  # a time beyond 30 bits would be on the heap: the next block begins anew
            self._seq[source] = -0x20000
        self._period[source] = period
        return True

    def _first_reading(self, buffer, first, channels):
        """For three channels each: the Rice parameter to begin with, a width, and a reading in that width."""
        for group in range(first, first + channels, 3):
            end = group + 3 if group + 3 < first + channels else first + channels
            k = 0
            width = 0
            for channel in range(group, end):
                k += self._k[channel]
                at = DATA + 2 * (channel - first)
                raw = buffer[at] | buffer[at + 1] << 8
                if raw >= 0x8000:
                    raw -= 0x10000
                self._value[channel] = self._before[channel] = raw
                while (raw if raw >= 0 else -raw - 1) >> width:
                    width += 1
            k //= end - group
            self._write(k << 4 | width, 8)
            for channel in range(group, end):
                self._k[channel] = k
                self._mean[channel] = 3 << k << (_MEAN_SHIFT - 1)
                self._write(self._value[channel] & ((2 << width) - 1), width + 1)

    def _differences(self, buffer, at, first, channels, count):
        """`count` readings from buffer[at:] on, each against the mean of the two before."""
        page = self._page
        acc = self._acc
        bits = self._bits
        put = self._at
        end = self._end
        value = self._value
        before = self._before
        mean = self._mean
        ks = self._k
        escape = ESCAPE
        for _ in range(count):
            for channel in range(first, first + channels):
                raw = buffer[at] | buffer[at + 1] << 8
                at += 2
                if raw >= 0x8000:
                    raw -= 0x10000
                last = value[channel]
                step = (raw - (last + before[channel] >> 1)) & 0xFFFF
                before[channel] = last
                value[channel] = raw
                step = step << 1 if step < 0x8000 else 0x1FFFF - (step << 1)
                k = ks[channel]
                quotient = step >> k
                if quotient < escape:
                    acc = acc << (quotient + 1 + k) | ((2 << quotient) - 2) << k | step & ((1 << k) - 1)
                    bits += quotient + 1 + k
                else:
                    acc = acc << escape | 0xFF
                    if put < end:
                        page[put] = acc >> bits & 0xFF
                    put += 1
                    acc = (acc & ((1 << bits) - 1)) << 16 | step
                    bits += 16
                while bits >= 8:
                    bits -= 8
                    if put < end:
                        page[put] = acc >> bits
                    put += 1
                    acc &= (1 << bits) - 1
                m = mean[channel]
                m += step - (m >> _MEAN_SHIFT)
                mean[channel] = m
                m >>= _MEAN_SHIFT
                while k < _K_MAX and m >> k > 1:
                    k += 1
                while k and not m >> k:
                    k -= 1
                ks[channel] = k
        self._acc = acc
        self._bits = bits
        self._at = put


def _low30(buffer, at):
    """The lowest 30 bits of the integer there: a small one on every build."""
    return buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | (buffer[at + 3] & 0x3F) << 24


def _above30(buffer):
    """Time beyond 30 bits, and the two bits of the order beyond them."""
    high = buffer[T_US + 3] >> 6 | buffer[T_US + 4] << 2 | buffer[T_US + 5] << 10 | buffer[T_US + 6] << 18
    return high << 2 | buffer[ORDER + 3] >> 6
