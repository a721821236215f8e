"""One part of the node that may fail while the rest goes on: lost, reported, tried again every second, back."""

import time

from micropython import const

from presscue import wire
from presscue_node.registers import WrongChip

_RETRY_US = const(1_000_000)
_CHECK_US = const(1_000_000)
_AGAIN_US = const(20_000)  # after a check that failed
_PATIENCE = const(3)  # failures in a row; a single one may be a spark on the cable

LOST, BACK, OVERRUN, WATCHDOG, RESET, RECORDING, PAUSED, FULL, CLOCK = range(len(wire.NOTICES))


def errno_of(error):
    """The number of an OSError; CPython sets `errno` only if there is a text too."""
    return error.args[0] if error.args else 0


class Notices:
    """Reports what happens to parts, and counts failed bus transfers."""

    def __init__(self, outbox, clock, boot):
        self._outbox = outbox
        self._clock = clock
        self._boot = boot
        self.bus_errors = 0

    def send(self, part, code, value=0, text=b""):
        t_us = self._clock.us(time.ticks_us())
        self._outbox.put(wire.encode("notice", self._boot, t_us, part, code, value, tail=text))


class Part:
    """`device` has `setup()` (raises OSError) and `check()` (False or OSError if it needs setting up again)."""

    def __init__(self, name, device, notices):
        self.index = wire.PARTS.index(name)
        self.device = device
        self.working = False
        self._notices = notices
        self._reported = False  # the loss has been reported
        self._failures = 0
        self._due = time.ticks_us()

    def tend(self, now):
        """Call often: sets the device up when it is due, and looks every second whether it is still well.

        True if that has just brought the part back."""
        if time.ticks_diff(now, self._due) < 0:
            return False
        self._due = time.ticks_add(now, _CHECK_US)
        if self.working:
            try:
                if self.device.check():
                    return False
            except OSError as error:
                if not self.failed(error):
                    self._due = time.ticks_add(now, _AGAIN_US)
                return False
            self.lose(0, b"lost its set-up")
        try:
            self.device.setup()
        except WrongChip as error:
            self.lose(error.found, b"wrong identity")
            return False
        except OSError as error:
            self._notices.bus_errors += 1
            self.lose(errno_of(error), b"no answer")
            return False
        self.working = True
        self._failures = 0
        if self._reported:
            self._reported = False
            self._notices.send(self.index, BACK)
        return True

    def failed(self, error):
        """A transfer raised `error`. Patient with a few; True if the part is lost by it."""
        self._notices.bus_errors += 1
        self._failures += 1
        if self._failures < _PATIENCE:
            return False
        self.lose(errno_of(error), b"no answer")
        return True

    def succeeded(self):
        self._failures = 0

    def lose(self, value, text):
        """The part does not work until it has been set up again."""
        self.working = False
        self._due = time.ticks_add(time.ticks_us(), _RETRY_US)
        if not self._reported:
            self._reported = True
            self._notices.send(self.index, LOST, value, text)
