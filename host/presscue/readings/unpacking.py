"""The compiled inverse of the node's packer: bit-packed readings back into samples messages (SPEC.md, `packed`)."""

import numpy as np

from .. import wire
from ..compiled import njit

SAMPLES = wire.TYPES["samples"]
MESSAGE_MAX = wire.MESSAGE_MAX
DATA = 26
BITS = 16
BLOCKS = 255
ROOM = BLOCKS * MESSAGE_MAX
"""Bytes that one packed message may become."""

_SOURCES, _CHANNELS = 3, 6
_ESCAPE, _MEAN_SHIFT, _K_MAX = 8, 3, 15
_TIME_K, _COUNT_K, _COUNT = (4, 4, 10), 0, (4, 4, 1)
_PERIOD, _WIDTH = (4_800_000, 4_800_000, 15_000_000), 5


@njit
def _read(data, at, end, width):
    """`width` bits from bit `at` on; -1 if they lie beyond bit `end`."""
    if at + width > end:
        return -1
    value = 0
    for i in range(at, at + width):
        value = value << 1 | (data[i >> 3] >> (7 - (i & 7)) & 1)
    return value


@njit
def _rice(data, at, end, k):
    """(value without sign, bit behind it); -1 if it is cut."""
    quotient = 0
    while quotient < _ESCAPE:
        if at >= end:
            return -1, at
        bit = data[at >> 3] >> (7 - (at & 7)) & 1
        at += 1
        if not bit:
            low = _read(data, at, end, k)
            return (-1, at) if low < 0 else (quotient << k | low, at + k)
        quotient += 1
    return _read(data, at, end, 16), at + 16


@njit
def _wide(data, at, end):
    """(value behind its width, bit behind it); -1 if it is cut."""
    size = _read(data, at, end, _WIDTH)
    at += _WIDTH
    return (-1, at) if size < 0 else (_read(data, at, end, size), at + size)


@njit
def _signed(folded):
    return folded >> 1 if folded & 1 == 0 else -(folded >> 1) - 1


@njit
def _put(out, at, value, size):
    for i in range(size):
        out[at + i] = value >> (8 * i) & 0xFF


@njit
def _message(data, start, end, out, put, at_out, size_out, found):
    """One packed message, data[start:end] without its type byte, as samples messages in out[put:].

    Where each begins and its size go to at_out[found:] and size_out[found:]. Returns how many they are; -1 if the
    message contradicts itself.
    """
    boot = data[start] | data[start + 1] << 8
    order = np.int64(0)
    for i in range(4):
        order |= np.int64(data[start + 2 + i]) << (8 * i)
    base = np.int64(0)
    for i in range(8):
        base |= np.int64(data[start + 6 + i]) << (8 * i)
    blocks = data[start + 14]
    at, end = 8 * (start + 15), 8 * end
    seen = np.zeros(_SOURCES, np.int64)
    width = np.zeros(_SOURCES, np.int64)
    seqs = np.zeros(_SOURCES, np.int64)
    times = np.zeros(_SOURCES, np.int64)
    periods = np.zeros(_SOURCES, np.int64)
    values = np.zeros(_SOURCES * _CHANNELS, np.int64)
    befores = np.zeros(_SOURCES * _CHANNELS, np.int64)
    means = np.zeros(_SOURCES * _CHANNELS, np.int64)
    ks = np.zeros(_SOURCES * _CHANNELS, np.int64)
    source = -1
    for block in range(blocks):
        bit = _read(data, at, end, 1)
        if bit < 0:
            return -1
        at += 1
        step, lost, period, explicit = 0, 0, np.int64(-1), False
        if bit:
            # of the first block the source is not implied by another
            source = (source + 1) % _SOURCES if block else _read(data, at, end, 2)
            at += 0 if block else 2
        else:
            source, explicit = _read(data, at, end, 2), _read(data, at + 2, end, 1) == 1
            at += 3
            if explicit:
                step = _read(data, at, end, 16)
                at += 16
        if source < 0 or source >= _SOURCES or step < 0:
            return -1
        order += step + (1 if block else 0)
        if seen[source]:
            if explicit:
                lost, period = _read(data, at, end, 16), _read(data, at + 16, end, 26)
                at += 42
                if lost < 0 or period < 0:
                    return -1
                periods[source] = period
            late, at = _rice(data, at, end, _TIME_K[source])
            if late < 0:
                return -1
            t_us = times[source] + _signed(late)
            seqs[source] += lost
        else:
            channels, late = _read(data, at, end, 4), 0
            seq, at = _wide(data, at + 4, end)
            period, at = _wide(data, at, end)
            if block:
                late = _read(data, at, end, 20)
                at += 20
            if late < 0 or period < 0 or seq < 0 or channels > _CHANNELS:
                return -1
            period = _PERIOD[source] + _signed(period)
            t_us = base + (late if late < 0x80000 else late - 0x100000)
            width[source], seqs[source], periods[source] = channels, seq, period
        count, at = _rice(data, at, end, _COUNT_K)
        if count < 0:
            return -1
        count = _signed(count) + _COUNT[source]
        channels = width[source]
        length = DATA + 2 * count * channels
        if count < 1 or length > MESSAGE_MAX:
            return -1
        at_out[found + block], size_out[found + block] = put, length
        out[put], out[put + 1] = SAMPLES, source
        _put(out, put + 2, boot, 2)
        _put(out, put + 4, order, 4)
        _put(out, put + 8, seqs[source], 4)
        _put(out, put + 12, t_us, 8)
        _put(out, put + 20, periods[source], 4)
        out[put + 24], out[put + 25] = count, channels
        place = put + DATA
        first = source * _CHANNELS
        left = count
        if not seen[source]:
            for channel in range(first, first + channels):
                if (channel - first) % 3 == 0:
                    k, size = _read(data, at, end, 4), _read(data, at + 4, end, 4) + 1
                    at += 8
                    if k < 0 or size < 1:
                        return -1
                ks[channel], means[channel] = k, 3 << k << (_MEAN_SHIFT - 1)
                raw = _read(data, at, end, size)
                at += size
                if raw < 0:
                    return -1
                raw -= raw >> (size - 1) << size
                values[channel] = befores[channel] = raw
                _put(out, place, raw, 2)
                place += 2
            left -= 1
        for _ in range(left):
            for channel in range(first, first + channels):
                k = ks[channel]
                step, at = _rice(data, at, end, k)
                if step < 0:
                    return -1
                m = means[channel]
                m += step - (m >> _MEAN_SHIFT)
                means[channel] = m
                m >>= _MEAN_SHIFT
                while k < _K_MAX and m >> k > 1:
                    k += 1
                while k and not m >> k:
                    k -= 1
                ks[channel] = k
                raw = (values[channel] + befores[channel] >> 1) + _signed(step)
                raw = (raw & 0xFFFF) - ((raw & 0x8000) << 1)
                befores[channel] = values[channel]
                values[channel] = raw
                _put(out, place, raw, 2)
                place += 2
        put += length
        seen[source] = 1
        seqs[source] += count
        times[source] = t_us + count * periods[source] // 1000
    return blocks


@njit
def unpack(data, starts, ends, first, out, at_out, size_out, counts):
    """Packed messages `first` and on, as samples messages, as far as the arrays have room.

    data: uint8, messages at data[starts[i]:ends[i]], type byte included. out: uint8, filled with samples messages, of
    which at_out and size_out (int64) say where each lies. counts[i]: how many message i became, -1 if it contradicts
    itself. Returns the number of the first message not done.
    """
    put, found = 0, 0
    for i in range(first, len(starts)):
        if put + ROOM > len(out) or found + BLOCKS > len(at_out):
            return i
        counts[i] = -1
        if ends[i] - starts[i] >= BITS:
            counts[i] = _message(data, starts[i] + 1, ends[i], out, put, at_out, size_out, found)
        if counts[i] > 0:
            found += counts[i]
            put = at_out[found - 1] + size_out[found - 1]
    return len(starts)
