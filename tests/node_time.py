"""Stands in for MicroPython's `time` where node code is tested: wraps at 2**30 us, and moves only when told to.

Common subset of MicroPython and CPython; allocates nothing, where words are 32 bit neither (no value passes 30 bits).
"""

MASK = (1 << 30) - 1
PERIOD = 1 << 30
_HALF = 1 << 29
_now = 0
_seconds = [0, 0]  # of the processor's own clock, and microseconds beyond


def time():
    return _seconds[0]


def ticks_us():
    return _now


def ticks_add(ticks, delta):
    room = MASK - ticks
    if delta > room:
        return delta - room - 1
    ticks += delta
    return ticks if ticks >= 0 else ticks + MASK + 1


def ticks_diff(end, start):
    step = (end - start) & MASK
    return step - MASK - 1 if step >= _HALF else step


def sleep_us(duration):
    advance(duration)


def sleep_ms(duration):
    advance(1000 * duration)


def advance(duration):
    global _now
    _now = ticks_add(_now, duration)
    _seconds[1] += duration
    while _seconds[1] >= 1_000_000:
        _seconds[1] -= 1_000_000
        _seconds[0] += 1


def reset(now=0):
    global _now
    _now = now
