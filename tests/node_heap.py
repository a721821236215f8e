"""Run by the virtual board's MicroPython: the node for LIVES_US of its time; ends with `in use IMPORTED MOST` (bytes).

Counted after a collection, less what the board's own modules had taken before the node was imported. MOST is the
largest of many counts while the node lived, IMPORTED what its code alone takes.
"""

import gc
import time

import bluetooth  # noqa: F401 (the board's own, as those below)
import esp32  # noqa: F401
import machine  # noqa: F401

gc.collect()
before = gc.mem_alloc()

from presscue_node import app

gc.collect()
imported = gc.mem_alloc() - before
LIVES_US = 12_000_000
EVERY = 40


class Watched:
    """The stream, which counts when the node waits."""

    def __init__(self, stream):
        self.readinto = stream.readinto
        self.write = stream.write
        self._wait = stream.wait
        self._began = time.ticks_us()
        self._waits = 0
        self._most = 0

    def wait(self, timeout_us):
        self._wait(timeout_us)
        self._waits += 1
        if self._waits % EVERY == 0:
            gc.collect()
            self._most = max(self._most, gc.mem_alloc() - before)
            if time.ticks_diff(time.ticks_us(), self._began) > LIVES_US:
                raise RuntimeError("in use %d %d" % (imported, self._most))


app.run(Watched(stream))  # noqa: F821  # pyright: ignore[reportUndefinedVariable]
