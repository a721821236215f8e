"""An asyncio loop in the board's time: where others wait, it lets the board live on."""

import asyncio
import selectors
from collections.abc import Callable

STEP_US = 1_000


class _Patience(selectors.SelectSelector):
    """What a loop asks to wait; `advance(us)` is what happens instead."""

    advance: Callable[[int], None]

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout != 0:
            self.advance(STEP_US if timeout is None else min(STEP_US, max(1, round(timeout * 1e6))))
        return ready


class TimeLoop(asyncio.SelectorEventLoop):
    """now_us: the board's time. advance(us): let this much of it pass; called whenever there is nothing to do."""

    def __init__(self, now_us: Callable[[], int], advance: Callable[[int], None]):
        patience = _Patience()
        patience.advance = advance
        super().__init__(patience)
        self.now_us = now_us
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self.now_us() * 1e-6
