"""Samples messages, bit-packed without loss into the pages of the log (SPEC.md, `packed`). Allocates nothing.

Each reading is the difference to the one before, Rice-coded with a parameter per channel that follows the size of the
differences. A packed message needs nothing but itself: all of this begins anew with each.
"""

import struct

from micropython import const

from presscue import wire

_SOURCES = const(3)
_CHANNELS = const(6)
_ESCAPE = const(8)  # ones in front of a difference that is written plainly
_MEAN_SHIFT = const(3)
_K_MAX = const(15)
_TIME_K = const(6)  # Rice parameters of what stands in a block's head
_COUNT_K = const(0)
_COUNT = const(4)  # readings expected in a block

# Places in a samples message and in a packed one, type byte included; a test holds them against the wire.
SOURCE, ORDER, SEQ, T_US, PERIOD, COUNT, CHANNELS, DATA = 1, 4, 8, 12, 20, 24, 25, 26
HEAD = struct.calcsize(wire.MESSAGES[wire.TYPES["packed"]][1]) + 1
_TYPE = wire.TYPES["packed"]
_LEAST = const(96)  # a packed message is not begun in less room: its first blocks take about 70 bytes
_END = const(252)  # of the messages of a page


class Packer:
    """Fills the pages of a `PageRing` with samples and other messages, in the order in which they come."""

    def __init__(self, ring):
        self._ring = ring
        self._page = ring.filling()
        self._at = wire.PAGE_BODY
        self._opened = False
        self._end = _END  # of the packed message: as far as it may reach
        self._start = 0  # of the packed message: its length byte
        self._blocks = 0
        self._acc = 0  # bits not yet written, fewer than 8 between blocks
        self._bits = 0
        self._order = 0
        self._base = 0
        self._above = 0  # time and order beyond 30 bits
        self._source = 0
        self._seen = bytearray(_SOURCES)
        self._seq = [0] * _SOURCES
        self._seq_above = bytearray(_SOURCES)
        self._t = [0] * _SOURCES
        self._period = [0] * _SOURCES
        self._value = [0] * (_SOURCES * _CHANNELS)
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
        self._order = _low30(buffer, ORDER)
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
        if not self._opened:
            if self._at + _LEAST > _END:
                return False
            self._open(buffer)
            if self._fill(buffer, count):
                return True
            self._opened = False
            self._at = self._start
            return False
        at = self._at
        acc = self._acc
        bits = self._bits
        if self._fill(buffer, count):
            return True
        self._at = at
        self._acc = acc
        self._bits = bits
        self._close()
        return False

    def _fill(self, buffer, count):
        source = buffer[SOURCE]
        seen = self._seen[source]
        fits = self._head(buffer, source, seen, count)
        channels = buffer[CHANNELS]
        first = source * _CHANNELS
        at = DATA
        if fits and not seen:
            fits = self._first_reading(buffer, first, channels)
            at += 2 * channels
            count -= 1
        if not fits or not self._differences(buffer, at, first, channels, count):
            return False
        if self._at + (self._bits > 0) > self._end:
            return False
        self._seen[source] = 1
        self._blocks += 1
        return True

    def _head(self, buffer, source, seen, count):
        """All of a block but its readings: one bit if nothing about it is unexpected."""
        order = _low30(buffer, ORDER)
        seq = _low30(buffer, SEQ)
        t = _low30(buffer, T_US)
        period = _low30(buffer, PERIOD)
        expected_source = self._source if not self._blocks else self._source + 1 if self._source + 1 < _SOURCES else 0
        expected_order = self._order + 1 if self._blocks else self._order
        step = order - expected_order
        if not 0 <= step <= 0xFFFF or _above30(buffer) != self._above:
            return False
        if seen:
            lost = seq - self._seq[source]
            if not 0 <= lost <= 0xFFFF or buffer[SEQ + 3] >> 6 != self._seq_above[source]:
                return False
            regular = source == expected_source and not step and not lost and period == self._period[source]
            late = t - self._t[source]
            if not -0x4000 <= late < 0x4000:
                return False
        else:
            lost = 0
            late = t - self._base
            if not -0x80000 <= late < 0x80000:
                return False
            regular = source == expected_source and not step
        if regular:
            fits = self._write(1, 1) and (self._blocks > 0 or self._write(source, 2))
        else:
            fits = self._write(source, 3) and self._write(step, 16)  # the first bit is the 0 of "not regular"
            if seen:
                fits = (
                    fits
                    and self._write(lost, 16)
                    and self._write(period >> 13, 13)
                    and self._write(period & 0x1FFF, 13)
                )
        if seen:
            fits = fits and self._rice(late, _TIME_K)
        else:
            late &= 0xFFFFF
            fits = fits and self._write(buffer[CHANNELS], 4)
            for i in range(4):
                fits = fits and self._write(buffer[SEQ + 3 - i], 8)
            fits = fits and self._write(period >> 13, 13) and self._write(period & 0x1FFF, 13)
            if self._blocks:  # the first one begins at the message's own time
                fits = fits and self._write(late >> 10, 10) and self._write(late & 0x3FF, 10)
        if not fits or not self._rice(count - _COUNT, _COUNT_K):
            return False
        self._source = source
        self._order = order
        self._seq_above[source] = buffer[SEQ + 3] >> 6
        step = count * period // 1000
        if t <= 0x3FFFFFFF - step:
            self._t[source] = t + step
            self._seq[source] = seq + count
        else:  # a time beyond 30 bits would be on the heap: the next block begins anew
            self._seq[source] = -0x20000
        self._period[source] = period
        return True

    def _first_reading(self, buffer, first, channels):
        """The Rice parameters to begin with, one for three channels, and a reading as it is."""
        for group in range(0, channels, 3):
            at = first + group
            size = channels - group if channels - group < 3 else 3
            k = 0
            for channel in range(at, at + size):
                k += self._k[channel]
            k //= size
            for channel in range(at, at + size):
                self._k[channel] = k
                self._mean[channel] = 3 << k << (_MEAN_SHIFT - 1)
            if not self._write(k, 4):
                return False
        for channel in range(channels):
            raw = buffer[DATA + 2 * channel] | buffer[DATA + 2 * channel + 1] << 8
            self._value[first + channel] = raw
            if not self._write(raw, 16):
                return False
        return True

    def _differences(self, buffer, at, first, channels, count):
        """`count` readings from buffer[at:] on, each against the one before."""
        page = self._page
        acc = self._acc
        bits = self._bits
        put = self._at
        end = self._end
        value = self._value
        mean = self._mean
        ks = self._k
        for _ in range(count):
            for channel in range(first, first + channels):
                raw = buffer[at] | buffer[at + 1] << 8
                at += 2
                step = (raw - value[channel]) & 0xFFFF
                value[channel] = raw
                step = step << 1 if step < 0x8000 else 0x1FFFF - (step << 1)
                k = ks[channel]
                quotient = step >> k
                if quotient < _ESCAPE:
                    acc = acc << (quotient + 1 + k) | ((2 << quotient) - 2) << k | step & ((1 << k) - 1)
                    bits += quotient + 1 + k
                else:
                    acc = acc << _ESCAPE | 0xFF
                    if put == end:
                        return False
                    page[put] = acc >> bits & 0xFF
                    put += 1
                    acc = (acc & ((1 << bits) - 1)) << 16 | step
                    bits += 16
                while bits >= 8:
                    bits -= 8
                    if put == end:
                        return False
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
        return True

    def _rice(self, value, k):
        """A signed value, -2**15 to 2**15 - 1, with parameter k."""
        step = value << 1 if value >= 0 else (-value << 1) - 1
        quotient = step >> k
        if quotient < _ESCAPE:
            return self._write((2 << quotient) - 2, quotient + 1) and self._write(step & ((1 << k) - 1), k)
        return self._write(0xFF, _ESCAPE) and self._write(step, 16)

    def _write(self, value, width):
        """The lowest `width` bits, at most 16; False if there is no room."""
        acc = self._acc << width | value
        bits = self._bits + width
        while bits >= 8:
            bits -= 8
            if self._at == self._end:
                return False
            self._page[self._at] = acc >> bits & 0xFF
            self._at += 1
            acc &= (1 << bits) - 1
        self._acc = acc
        self._bits = bits
        return True


def _low30(buffer, at):
    """The lowest 30 bits of the integer there: a small one on every build."""
    return buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16 | (buffer[at + 3] & 0x3F) << 24


def _above30(buffer):
    """Time beyond 30 bits, and the two bits of the order beyond them."""
    high = buffer[T_US + 3] >> 6 | buffer[T_US + 4] << 2 | buffer[T_US + 5] << 10 | buffer[T_US + 6] << 18
    return high << 2 | buffer[ORDER + 3] >> 6
