"""Node time: microseconds since boot that never wrap.

`time.ticks_us` wraps at 2**30 us (18 minutes) where words are 32 bit, and there a Python integer of more
than 31 bits is an object on the heap. So inside the node a moment is a plain `ticks_us` value, good for
comparing within nine minutes; only on its way onto the wire is it unwrapped, from two small integers
and straight into the message, without allocating.
"""

import time

_LAST = (1 << 30) - 1


class Clock:
    """Counts the wraps. `update` must be called at least once in nine minutes; the node does in every loop."""

    def __init__(self):
        self._ticks = time.ticks_us()
        self._wraps = 0  # node time = wraps * 2**30 + low, in us
        self._low = 0

    def update(self):
        """Read the ticks counter; returns the moment."""
        ticks = time.ticks_us()
        step = time.ticks_diff(ticks, self._ticks)
        room = _LAST - self._low
        if step > room:
            self._low = step - room - 1
            self._wraps += 1
        else:
            self._low += step
        self._ticks = ticks
        return ticks

    def put_us(self, buffer, at, ticks):
        """Write the node time of the moment `ticks` as u64, little-endian, to buffer[at:at + 8]."""
        step = time.ticks_diff(ticks, self._ticks)
        low = self._low
        wraps = self._wraps
        if step >= 0:
            room = _LAST - low
            if step > room:
                low = step - room - 1
                wraps += 1
            else:
                low += step
        elif low + step < 0:
            low = _LAST + (low + step + 1)
            wraps -= 1
        else:
            low += step
        buffer[at] = low & 0xFF
        buffer[at + 1] = (low >> 8) & 0xFF
        buffer[at + 2] = (low >> 16) & 0xFF
        buffer[at + 3] = (low >> 24) | ((wraps & 3) << 6)
        wraps >>= 2
        buffer[at + 4] = wraps & 0xFF
        buffer[at + 5] = (wraps >> 8) & 0xFF
        buffer[at + 6] = (wraps >> 16) & 0xFF
        buffer[at + 7] = 0

    def us(self, ticks):
        """Node time in us of the moment `ticks`, as an integer of any size (allocates where words are 32 bit)."""
        return (self._wraps << 30) + self._low + time.ticks_diff(ticks, self._ticks)
