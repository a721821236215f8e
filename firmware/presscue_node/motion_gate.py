"""Tells a moving sled from a resting one, from the readings as they pass. Integers only; allocates nothing.

A sled does not turn, so what gravity adds to its IMU is constant: what departs from the slow mean is motion. Where
there is no sled IMU, the leg's gyroscope takes its place.
"""

import time

from micropython import const

from presscue import wire
from presscue_node.packer import COUNT, DATA, SOURCE

_START_RAW = (200, 650)  # 0.24 m/s2 on the sled, 0.2 rad/s on the leg: over three axes together
_REST_RAW = (120, 330)
_MEAN_SHIFT = const(10)  # five seconds at 208 Hz
_LEVEL = const(50)  # readings in motion, those at rest subtracted: a quarter of a second; a knock is shorter
_SLED_GONE_US = const(1_000_000)
_LONG_US = const(505_000_000)  # ticks compare within 536 s


class MotionGate:
    """`moving`: a set has begun. `rested_us(now)`: for how long nothing has moved."""

    def __init__(self):
        self.moving = False
        self._level = 0
        self._mean = [0] * 6
        self._known = bytearray(2)
        self._moved_at = time.ticks_us()
        self._sled_at = self._moved_at

    def take(self, buffer, now):
        """A samples message."""
        source = buffer[SOURCE]
        if source == wire.SLED:
            self._sled_at = now
            at = DATA
        elif source == wire.LEG and time.ticks_diff(now, self._sled_at) > _SLED_GONE_US:
            at = DATA + 6
        else:
            return
        for _ in range(buffer[COUNT]):
            off = self._off(buffer, at, source)
            at += 12
            if off > _REST_RAW[source]:
                if self._level > 4:
                    self._moved_at = now
                if off > _START_RAW[source] and self._level < 2 * _LEVEL:
                    self._level += 1
            elif self._level:
                self._level -= 1
        self.moving = self._level >= _LEVEL

    def rested_us(self, now):
        """505 s stand for more."""
        rested_us = time.ticks_diff(now, self._moved_at)
        if rested_us > _LONG_US:
            self._moved_at = time.ticks_add(now, -_LONG_US)
        return rested_us

    def _off(self, buffer, at, source):
        """How far three axes are off their means, together."""
        mean = self._mean
        off = 0
        for axis in range(3 * source, 3 * source + 3):
            raw = buffer[at] | buffer[at + 1] << 8
            at += 2
            if raw >= 0x8000:
                raw -= 0x10000
            if not self._known[source]:
                mean[axis] = raw << _MEAN_SHIFT
            step = raw - (mean[axis] >> _MEAN_SHIFT)
            mean[axis] += step
            off += step if step >= 0 else -step
        self._known[source] = 1
        return off
