"""First program of the child interpreter, MicroPython or CPython: puts the board's modules in place, runs the firmware.

Arguments: the pipe's two descriptors, the firmware (a package with `app.run(stream)`, or a script), charges for a
look at the clock, a pin, a PWM change, the watchdog (µs), then the folders to import from.
"""

import io
import struct
import sys

read_fd, write_fd, firmware = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
tick_us, pin_us, pwm_us, watchdog_us = [int(text) for text in sys.argv[4:8]]
sys.path[:0] = sys.argv[8:]

import board_link
import machine
import virtual_time
from serial_stream import SerialStream

if sys.implementation.name != "micropython":
    import traceback  # with the real `os` and `time`, before they are replaced

    import cpython_micropython

    sys.modules["micropython"] = cpython_micropython


class Os:
    """`os`, as far as the firmware may use it: random bytes that are the same in every run."""

    _state = 0

    @staticmethod
    def urandom(size):
        out = bytearray(size)
        for i in range(size):
            Os._state = (Os._state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
            out[i] = Os._state >> 56
        return bytes(out)


def trace(error):
    """The traceback of an exception, as text."""
    if hasattr(sys, "print_exception"):
        out = io.StringIO()
        sys.print_exception(error, out)
        return out.getvalue()
    return "".join(traceback.format_exception(error))


def start():
    """Say hello to the board and take over its clock."""
    board_link.connect(read_fd, write_fd, tick_us)
    facts = bytearray(board_link.call(board_link.START, 0, 0))
    board_link.fetch(facts, len(facts))
    cause, woke, Os._state, zero_us, clock_us, identity = struct.unpack("<BBQQQ6s", facts)
    machine.setup(cause=cause, woke=woke, identity=identity, pin_us=pin_us, pwm_us=pwm_us, watchdog_us=watchdog_us)
    virtual_time.setup(zero_us, clock_us)
    sys.modules["time"] = virtual_time
    sys.modules["os"] = Os


def run():
    if firmware[-3:] == ".py":
        with open(firmware) as file:
            exec(file.read(), {"__name__": "__main__", "stream": SerialStream()})
    else:
        __import__(firmware + ".app")
        sys.modules[firmware + ".app"].run(SerialStream())


try:
    start()
    run()
    report = "the firmware returned"
except SystemExit:
    report = ""
except BaseException as error:
    report = trace(error)
if report:
    message = report.encode()
    board_link.call(board_link.PANIC, 0, len(message), message)
