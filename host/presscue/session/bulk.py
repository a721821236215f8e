"""A whole recording at once: what `Session.receive_messages` says, with the readings in arrays."""

from collections.abc import Iterator

import numpy as np

from .. import wire
from ..readings import channels
from ..readings.conversion import convert
from ..readings.messages import Messages
from ..results import Stretch
from . import events as ev
from .events import SessionEvent
from .peer import Session

CHUNK = 1 << 16
"""Messages at once: a few megabytes of readings."""

_CHANNEL = wire.TYPES["channel"]
_PAUSED = wire.NOTICES.index("paused")


class BulkSession(Session):
    """A session for files. Counts and readings are the very same as those of `Session`, message by message."""

    def __init__(self):
        super().__init__("pages")

    def stretches(self, messages: Messages) -> Iterator[tuple[list[SessionEvent], Stretch]]:
        """Messages in pieces: what they say besides readings, and the readings. Each in order; the order between the
        two is given up, where neither depends on it. Raises PeerError."""
        for start in range(0, len(messages), CHUNK):
            yield self._piece(messages[start : start + CHUNK])

    def _piece(self, messages: Messages) -> tuple[list[SessionEvent], Stretch]:
        events: list[SessionEvent] = []
        parts: list[Stretch] = []
        heads, whole = channels.read_heads(messages)
        samples = np.flatnonzero(whole)
        done = 0
        for at in np.flatnonzero(~whole).tolist():
            message = messages[at]
            if self._bears_on_samples(message):
                end = int(np.searchsorted(samples, at))
                self._samples_between(messages[samples[done:end]], heads[done:end], events, parts)
                done = end
            self._one(message, events, parts)
        self._samples_between(messages[samples[done:]], heads[done:], events, parts)
        return events, Stretch.joined(parts)

    def _bears_on_samples(self, message: bytes) -> bool:
        """Whether samples before and behind this message may be read differently."""
        decoded = wire.decode(message)
        if decoded is None:
            return False
        name, fields = decoded
        if name == "channel":
            return not self.channels.knows(message, fields)
        if name == "notice" and fields["code"] == _PAUSED:
            return True
        return "boot" in fields and (self._boot is None or fields["boot"] != self._boot.boot)

    def _one(self, message: bytes, events: list[SessionEvent], parts: list[Stretch]) -> None:
        for event in self.receive_messages([message]):
            if isinstance(event, ev.Readings):
                parts.append(Stretch.of([event.samples]))
            else:
                events.append(event)

    def _samples_between(
        self, messages: Messages, heads: np.ndarray, events: list[SessionEvent], parts: list[Stretch]
    ) -> None:
        """Samples messages alone: those that are plainly the next ones at once, any other by itself."""
        done = 0
        boot, plain = None, np.zeros(0, bool)
        while done < len(messages):
            if self._boot is None or self._boot is not boot:
                boot = self._boot
                plain = self._plain(heads)
            end = done
            if boot is not None and plain[done] and heads["order"][done] >= boot.next_order:
                rest = plain[done:]
                end = len(messages) if rest.all() else done + int(np.argmin(rest))
            if end > done:
                parts.append(self._stretch(messages[done:end], heads[done:end]))
                done = end
            else:
                self._one(messages[done], events, parts)
                done += 1

    def _plain(self, heads: np.ndarray) -> np.ndarray:
        """Which messages are of the present boot, convertible and ahead of all before them, shape (n,) of bool."""
        if self._boot is None or not len(heads):
            return np.zeros(len(heads), bool)
        widths = np.full(256, -1)
        for source in channels.COLUMNS:
            layout = self.channels.layout(source)
            if layout is not None:
                widths[source] = layout.channels
        orders = heads["order"].astype(np.int64)
        ahead = orders > np.maximum.accumulate(np.concatenate([[-1], orders]))[:-1]
        return ahead & (heads["boot"] == self._boot.boot) & (heads["channels"] == widths[heads["source"]])

    def _stretch(self, messages: Messages, heads: np.ndarray) -> Stretch:
        """Readings of messages that are all the next ones of the present boot."""
        boot = self._known_boot()
        source, size = heads["source"].astype(np.int64), heads["count"].astype(np.int64)
        boot.place_all(heads["order"].astype(np.int64))
        spans_us = size * heads["period_ns"].astype(np.int64) // 1000
        end_us = boot.offset_us + int((heads["t_us"].astype(np.int64) + spans_us).max())
        boot.end_us = max(boot.end_us, end_us)
        first = np.cumsum(size) - size
        lost = np.zeros(len(messages), np.int64)
        t_s = np.empty(int(size.sum()))
        values = np.empty((len(t_s), 6))
        for one in np.unique(source).tolist():
            of = np.flatnonzero(source == one)
            seq = heads["seq"][of].astype(np.int64)
            lost[of] = boot.lost_all(one, seq, size[of], heads["order"][of].astype(np.int64))
            for at in (of[0], of[-1]):
                boot.timed(one, *(int(heads[name][at]) for name in ("seq", "t_us", "count", "period_ns")))
            layout = self.channels.layout(one)
            assert layout is not None
            convert(layout, messages[of], heads[of], boot.offset_us, first[of], t_s, values)
        self.counts.messages += len(messages)
        self.counts.lost_readings += int(lost.sum())
        return Stretch(source, size, lost, t_s, values)
