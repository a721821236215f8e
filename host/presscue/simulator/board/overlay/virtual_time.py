"""`time` of the virtual board: the board's clock, with the wrap of a 32-bit build."""

import board_link

_MASK = (1 << 30) - 1
_HALF = 1 << 29
_zero = [0, 0]


def setup(zero_us, clock_us):
    """Ticks count from `zero_us` of the board's time; `time` then stood at `clock_us`."""
    _zero[0] = zero_us
    _zero[1] = clock_us


def ticks_us():
    return (board_link.tick() - _zero[0]) & _MASK


def ticks_ms():
    return ((board_link.tick() - _zero[0]) // 1000) & _MASK


def ticks_add(ticks, delta):
    return (ticks + delta) & _MASK


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & _MASK) - _HALF


def sleep_us(us):
    if us > 0:
        board_link.call(board_link.WAIT, board_link.now() + us, 0)


def sleep_ms(ms):
    sleep_us(ms * 1000)


def sleep(seconds):
    sleep_us(int(seconds * 1_000_000))


def time():
    """Goes on through deep sleep."""
    return (board_link.tick() - _zero[0] + _zero[1]) // 1_000_000
