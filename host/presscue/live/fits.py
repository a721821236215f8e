"""Where the calibrations of a live session come from: a thread, at once, or the recording that is replayed."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Literal

from ..calibration.model import Calibration
from ..core import Core
from ..fitting import answer, begin, calibration_of, feed_answering, finish_answering, message_of
from ..results import CalibrationWanted, Output, Samples
from ..session.events import CalibrationRead

How = Literal["thread", "inline", "recorded", "anew"]
"""In a thread (live), at once (virtual time), from the recording, or, where a recording has none, as `analyze` does."""


class LiveFits:
    """Feeds a core and answers its wishes. calibrations: usable ones so far."""

    def __init__(self, core: Core, how: How, keep: Callable[[bytes], None], pool: Executor | None = None):
        """keep: gets each calibration taken into use, as a message for the recording. pool: where fits run; without
        it in a thread of their own."""
        self.core, self.how = core, how
        self.calibrations = 0
        self._keep = keep
        self._own_pool = ThreadPoolExecutor(1, "fit") if how == "thread" and pool is None else None
        self._pool = (pool or self._own_pool) if how == "thread" else None
        self._fit: Future | None = None

    @property
    def going_on(self) -> bool:
        """Whether one is being made in the thread."""
        return self._fit is not None

    def feed(self, blocks: list[Samples]) -> list[Output]:
        """What the core says to these readings."""
        return feed_answering(self.core, blocks) if self.how == "anew" else self.core.feed(blocks)

    def wanted(self, wish: CalibrationWanted) -> None:
        """The core asks for a calibration."""
        if self.how == "inline":
            self._use(answer(self.core, wish)[0])
        elif self._pool is not None:
            self._fit = self._pool.submit(begin(self.core, wish))

    def take_up(self) -> None:
        """The calibration that was made meanwhile, if one was."""
        if self._fit is not None and self._fit.done():
            future, self._fit = self._fit, None
            self._use(future.result()[0])

    def as_recorded(self, read: CalibrationRead) -> None:
        """The calibration of the recording that is replayed. Raises ValueError for one of another version."""
        if self.how == "recorded":
            self._use(calibration_of(read))

    def finish(self) -> list[Output]:
        """The core's last words; too short a session for a calibration gets one now."""
        self._end()
        if self.how == "anew":
            return finish_answering(self.core)
        outs = self.core.finish()
        wishes = [out for out in outs if isinstance(out, CalibrationWanted)]
        if wishes and self.how != "recorded":
            self._use(answer(self.core, wishes[-1])[0])
            outs += self.core.finish()
        return outs

    def _end(self) -> None:
        """A fit that is being done is waited for, one that waits is given up."""
        if self._fit is not None and self._fit.cancel():
            self._fit = None
        if self._fit is not None:
            wait([self._fit])
        if self._own_pool is not None:
            self._own_pool.shutdown()
        self.take_up()

    def _use(self, calibration: Calibration) -> None:
        used = self.core.calibrate(calibration)
        self.calibrations += used.usable
        self._keep(message_of(used))
