"""A live session as outlets of the Lab Streaming Layer.

Each sample is stamped with the time at which it was measured: node clock → this machine's (from pings) → LSL's. What
comes before the clocks are matched waits for it. Nobody has to listen, and who does is never waited for.
"""

import time
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..clock import NodeClock
from ..errors import UsageError
from ..extras import need
from ..live.session import LiveSession
from ..results import Samples
from .streams import EVENTS, KNEE, KNEE_AT, RAW, Markers, Stream

HELD = 20_000
"""Chunks that wait for a clock, about two minutes of them: while a node answers no ping for longer, the oldest go."""
LAST_S = 0.3
"""What is on its way to those who listen is given so long before the outlets close."""
LOOKS = 16


class _Boot(NamedTuple):
    """From when on (session clock) a boot of the node counts, and its clock."""

    start_us: int
    clock: NodeClock


class Outlets:
    """A view of a session, as those of view.py; `take` gets its readings. Raises UsageError where pylsl is missing."""

    def __init__(self):
        need("lsl", "pylsl")
        try:
            import pylsl
        except RuntimeError as error:
            raise UsageError(f"pylsl finds no liblsl it can load: {str(error).splitlines()[0]}") from None
        self._lsl = pylsl
        self.streams: dict[str, Any] = {}
        """The outlets that are open, by the stream's name."""
        self._waiting: deque[tuple[Stream, np.ndarray, Any]] = deque(maxlen=HELD)
        self._markers = Markers()
        self._boots: list[_Boot] = []
        self._outputs = self._acks = 0
        self._last_s = -np.inf
        self._ahead_s: float | None = None
        self._sent_s: dict[str, float] = {}

    def take(self, blocks: list[Samples]) -> None:
        """Readings as they come: for `LiveSession.watch`."""
        self._waiting.extend((RAW[block.source], block.t_s, block.values) for block in blocks)

    def update(self, live: LiveSession) -> None:
        """Take what the last step brought, and send what has a time."""
        self._take_results(live)
        if live.session.info is None:
            return
        self._open(live)
        if not self._boots or self._boots[-1].clock is not live.clock:
            self._boots.append(_Boot(live.session.offset_us, live.clock))
        if self._ahead_s is None:
            self._ahead_s = self._lsl_ahead_s(live)
        while self._waiting:
            stream, t_s, values = self._waiting[0]
            stamps = self._stamps(t_s)
            if np.isnan(stamps[-1]) and not live.clock.known:
                break
            self._waiting.popleft()
            timed = np.isfinite(stamps)
            if timed.any():
                self._send(stream, stamps[timed], values[timed] if stream.columns else values)

    def close(self) -> None:
        """End the streams, once what is on its way has arrived."""
        if any(outlet.have_consumers() for outlet in self.streams.values()):
            time.sleep(LAST_S)
        self.streams.clear()

    def _take_results(self, live: LiveSession) -> None:
        rows = live.core.take_trace()
        rows = rows[rows[:, 0] >= self._last_s]  # looking back, the core goes through the past again
        if len(rows):
            self._last_s = float(rows[-1, 0])
            self._waiting.append((KNEE, rows[:, 0], rows[:, KNEE_AT]))
        for out in live.outputs[self._outputs :]:
            self._mark(self._markers.of(out))
        for ack in live.acks[self._acks :]:
            if ack.outcome == "started":
                self._mark([(ack.start_s, f"cue {ack.cue} felt")])
        self._outputs, self._acks = len(live.outputs), len(live.acks)

    def _send(self, stream: Stream, stamps: np.ndarray, values: Any) -> None:
        if stream.columns:  # when the clocks are matched better, time may not go back
            stamps = np.maximum(stamps, self._sent_s.get(stream.name, -np.inf))
            self._sent_s[stream.name] = float(stamps[-1])
        self.streams[stream.name].push_chunk(values, stamps.tolist())

    def _mark(self, markers: Iterable[tuple[float, str]]) -> None:
        self._waiting.extend((EVENTS, np.array([t_s]), [[words]]) for t_s, words in markers)

    def _lsl_ahead_s(self, live: LiveSession) -> float:
        """LSL's clock less the link's: by the look at both that took least. Neither is ever set, so it stays."""
        looks = []
        for _ in range(LOOKS):
            before_s = self._lsl.local_clock()
            ours_s = live.link.now_s()
            after_s = self._lsl.local_clock()
            looks.append((after_s - before_s, (before_s + after_s) / 2 - ours_s))
        return min(looks)[1]

    def _stamps(self, t_s: np.ndarray) -> np.ndarray:
        """Times of the session clock on LSL's, shape (n,); NaN where the clock of their boot is not known."""
        assert self._ahead_s is not None
        t_us = np.rint(t_s * 1e6)
        starts = [boot.start_us for boot in self._boots]
        which = np.maximum(np.searchsorted(starts, t_us, side="right") - 1, 0)
        stamps = np.full(len(t_s), np.nan)
        for at, (start_us, clock) in enumerate(self._boots):
            own = which == at
            if clock.known and own.any():
                stamps[own] = [1e-6 * clock.host_us(each - start_us) for each in t_us[own]]
        return stamps + self._ahead_s

    def _open(self, live: LiveSession) -> None:
        """The outlets of all that the node has said it measures, before there is anything to send."""
        for source, stream in RAW.items():
            layout = live.session.channels.layout(source)
            if layout is not None and stream.name not in self.streams:
                said = live.session.channels.labels(source)
                self._open_one(live, stream, 1.0 / layout.period_s if layout.period_s > 0 else 0.0, said)
        for stream in (KNEE, EVENTS):
            if stream.name not in self.streams:
                self._open_one(live, stream)

    def _open_one(self, live: LiveSession, stream: Stream, rate_hz: float = 0.0, said: Iterable[str] = ()) -> None:
        lsl, node = self._lsl, live.session.info
        assert node is not None
        form = lsl.cf_float32 if stream.columns else lsl.cf_string
        info = lsl.StreamInfo(
            stream.name, stream.kind, max(1, len(stream.columns)), rate_hz, form, f"{node.device}-{stream.name}"
        )
        if stream.columns:
            info.set_channel_labels(stream.labels())
            info.set_channel_units(stream.units(said))
        about = info.desc()
        for key, value in (("manufacturer", "presscue"), ("node", node.name), ("device", node.device)):
            about.append_child_value(key, value)
        self.streams[stream.name] = lsl.StreamOutlet(info)
