"""The child's end of the pipe to the board: requests out, answers in, and the board's time in between.

Common subset of MicroPython and CPython; allocates nothing once connected. A request is four 64-bit integers
(what, a, b, when), then b bytes if it carries data; an answer three (when, status, serial bytes waiting), then
`status` bytes if it brings data. In what waits, Bluetooth events count
2**32 each. A request that needs no answer is *posted*: it travels with the next one that does.
"""

from array import array

READ, WRITE, WAIT, WAIT_SERIAL, SERIAL_READ, SERIAL_WRITE = 1, 2, 3, 4, 5, 6
ADC_READ, FLASH_READ, FLASH_WRITE, FLASH_ERASE, START, RESET, PANIC, SYNC, BLE, PIN_READ, NVS, RTC, DEEP_SLEEP = (
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
)
BUS_NEW, PWM_SET, PIN_SET, WATCHDOG, FEED, PIN_HOLD, PACE = 32, 33, 34, 35, 36, 37, 38  # posted

_CAPACITY = 16
_SYNC_US = 10_000
"""A program that only looks at the clock still lets the board see time pass this often."""

# Longs ("l", 64 bit where this runs): MicroPython makes a big integer of every item of a "q" array.
_requests = array("l", [0] * (4 * _CAPACITY))
_views = [memoryview(_requests)[: 4 * n] for n in range(_CAPACITY + 1)]
_answer = array("l", [0, 0, 0])
_state = [0, 0, 0, 0, 0, 0]
_NOW, _COUNT, _WAITING, _TICK_CHARGE, _SYNCED, _EVENTS = 0, 1, 2, 3, 4, 5


class _Pipe:
    """The two files, set by `connect`; what to do about a Bluetooth event, set by `on_event`."""

    deliver = None


def connect(read_fd, write_fd, tick_us):
    """Use these file descriptors; each look at the clock takes `tick_us` of the board's time."""
    _Pipe.input = open(read_fd, "rb", buffering=0)
    _Pipe.output = open(write_fd, "wb", buffering=0)
    _state[_TICK_CHARGE] = tick_us


def now():
    """The board's time in µs, without counting as a look at the clock."""
    return _state[_NOW]


def tick():
    """The board's time in µs; takes a moment, so that a loop that waits for it ends."""
    if _state[_NOW] - _state[_SYNCED] > _SYNC_US:
        call(SYNC, 0, 0)
    _state[_NOW] += _state[_TICK_CHARGE]
    if _state[_EVENTS]:
        interrupts()
    return _state[_NOW]


def on_event(deliver):
    """`deliver()` fetches and handles one Bluetooth event."""
    _Pipe.deliver = deliver


def interrupts():
    """Let waiting Bluetooth events be handled, as the scheduler does between two bytecodes."""
    deliver = _Pipe.deliver
    if deliver is None:
        return
    _Pipe.deliver = None  # not again from within
    while _state[_EVENTS]:
        deliver()
    _Pipe.deliver = deliver


def waiting():
    """Serial bytes that had arrived at the last answer."""
    return _state[_WAITING]


def post(what, a, b, charge_us):
    """A request without an answer; takes `charge_us` of the board's time."""
    _put(what, a, b)
    _state[_NOW] += charge_us
    if _state[_COUNT] == _CAPACITY - 1:
        call(SYNC, 0, 0)


def call(what, a, b, data=None):
    """A request, with `data` (b bytes) behind it if given; returns the status of the answer."""
    _put(what, a, b)
    count = _state[_COUNT]
    _state[_COUNT] = 0
    _Pipe.output.write(_views[count])
    if data is not None:
        _Pipe.output.write(data)
    if _Pipe.input.readinto(_answer) != 24:
        raise SystemExit  # the board is gone
    _state[_NOW] = _state[_SYNCED] = _answer[0]
    _state[_WAITING] = _answer[2] & 0xFFFFFFFF
    _state[_EVENTS] = _answer[2] >> 32
    return _answer[1]


def fetch(buffer, size):
    """Data behind the last answer: `size` bytes into `buffer`."""
    got = 0
    if size and size == len(buffer):
        got = _Pipe.input.readinto(buffer)
    while got < size:  # MicroPython would wait until a longer buffer is full; CPython may return early
        part = _Pipe.input.read(size - got)
        buffer[got : got + len(part)] = part
        got += len(part)


def _put(what, a, b):
    at = 4 * _state[_COUNT]
    _requests[at] = what
    _requests[at + 1] = a
    _requests[at + 2] = b
    _requests[at + 3] = _state[_NOW]
    _state[_COUNT] += 1
