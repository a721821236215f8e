"""The host's end of the conversation with a node, sans-io: bytes in, events out; commands out as messages.

    session = Session()                                   # or Session(link.envelope)
    link.write(session.send(session.hello()))
    for event in session.receive(link.read(0.02)): ...

A peer that misbehaves is counted (`session.counts`); one that cannot be talked to at all raises PeerError.
Our own mistakes raise SessionMisuse. No socket, no clock, no file. Replaying a recording's messages in their order
gives the events that live gave, in any chunking.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .. import channels, results, wire
from ..errors import PeerError, SessionMisuse
from . import events as ev
from .events import SessionEvent
from .sequence import NEW, REPEATED, BootSequence

FOREIGN_BYTES = 16384
"""This much without one good frame is no node: an ESP32's boot log and a traceback stay well below."""

REBOOT_PAUSE_US = 1_000_000
"""How far the session clock steps over a reboot; about what an ESP32 needs to start."""


@dataclass
class Counts:
    """What went wrong so far. Readings are single samples of a source."""

    bytes_seen: int = 0
    messages: int = 0
    bad_frames: int = 0
    """damaged frames (from pages: damaged bytes)"""
    malformed: int = 0
    """whole messages whose content contradicts itself"""
    unknown: int = 0
    repeated: int = 0
    late: int = 0
    lost_readings: int = 0
    unconverted: int = 0
    """samples messages that came before their rows of the channel table"""
    reboots: int = 0


class Session:
    """One node, over any number of connections and reboots. envelope: "frames" (byte streams) or "pages" (files)."""

    def __init__(self, envelope: str = "frames"):
        if envelope not in ("frames", "pages"):
            raise SessionMisuse(f"no such envelope: {envelope}")
        self.counts = Counts()
        self.channels = channels.ChannelTable()
        self.info: ev.NodeInfo | None = None
        self._frames = wire.FrameDecoder() if envelope == "frames" else None
        self._pages = wire.PageDecoder() if envelope == "pages" else None
        self._boots: dict[int, BootSequence] = {}
        self._boot: BootSequence | None = None
        self._token = 0
        self._pending: set[int] = set()
        self._header: bytes = b""
        self._profile: dict[int, bytes] = {}
        self._profile_toml: str | None = None

    # --- in -------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[SessionEvent]:
        """Events completed by bytes of the stream. Raises PeerError."""
        self.counts.bytes_seen += len(data)
        if self._frames is not None:
            messages = self._frames.feed(data)
            self.counts.bad_frames = self._frames.bad
            good = self._frames.good
        else:
            assert self._pages is not None
            messages = [message for page in self._pages.feed(data) for message in page[3]]
            self.counts.bad_frames = self._pages.bad_bytes
            good = self._pages.good
        if not good and self.counts.bytes_seen > FOREIGN_BYTES:
            raise self.unanswered()
        return self.receive_messages(messages)

    def receive_messages(self, messages: Iterable[bytes]) -> list[SessionEvent]:
        """Events of whole messages, in their order. Raises PeerError."""
        events: list[SessionEvent] = []
        waiting: dict[int, list[tuple[int, int, int, bytes]]] = {}
        for message in messages:
            self.counts.messages += 1
            if message[:1] == _SAMPLES:
                self._samples(message, events, waiting)
            else:
                self._convert(waiting, events)  # what follows may be converted differently
                self._other(message, events)
        self._convert(waiting, events)
        return events

    def unanswered(self) -> PeerError:
        """What to raise when nothing intelligible came within the time the caller allows."""
        if self.counts.bytes_seen:
            return PeerError(
                "something answers, but not a presscue node: check the port and the baud rate, or flash the node"
            )
        return PeerError("no answer: check that the node is powered and flashed, and that this is its port")

    def reconnected(self) -> list[SessionEvent]:
        """Call on a new connection: ends the frame the old one broke off, forgets commands it left unanswered."""
        self._pending.clear()
        return self.receive(b"\x00") if self._frames is not None else []

    # --- out: messages to frame with `send` -------------------------------------------------------

    def send(self, message: bytes) -> bytes:
        """A message in its frame, ready for the link."""
        return wire.frame(message)

    def hello(self) -> bytes:
        """Ask the node who it is; it answers with NodeInfo and its channel table."""
        return wire.encode("hello", wire.PROTOCOL)

    def start(self, session: int, wall_ms: int) -> bytes:
        """Start streaming under a session id. The node answers with a Result."""
        return wire.encode("start", self._new_token(), session, wall_ms)

    def stop(self) -> bytes:
        return wire.encode("stop", self._new_token())

    def status_request(self) -> bytes:
        return wire.encode("status_request", self._new_token())

    def configure(self, setting: str, value: int) -> bytes:
        """Change one of wire.SETTINGS."""
        if setting not in wire.SETTINGS:
            raise SessionMisuse(f"no such setting: {setting} (there are: {', '.join(wire.SETTINGS)})")
        return wire.encode("configure", self._new_token(), wire.SETTINGS.index(setting), value)

    def ping(self, host_us: int) -> bytes:
        """host_us: our clock now; it comes back in the Pong."""
        self._token = self._token % 0xFFFF + 1
        return wire.encode("ping", self._token, host_us)

    def cue(self, cue: results.Cue) -> bytes:
        """Play a cue. Its time of detection is told on the node's own clock, so that the node can let it expire."""
        boot = self._known_boot()
        if cue.pattern not in wire.PATTERNS:
            raise SessionMisuse(f"no such pattern: {cue.pattern} (there are: {', '.join(wire.PATTERNS)})")
        detected_us = max(0, round(cue.detected_s * 1e6) - boot.offset_us)
        pattern = wire.PATTERNS.index(cue.pattern)
        return wire.encode("cue", cue.cue & 0xFFFF, pattern, cue.priority, cue.strength, cue.ttl_ms, detected_us)

    # --- within -----------------------------------------------------------------------------------

    def _known_boot(self) -> BootSequence:
        if self._boot is None:
            raise SessionMisuse("the node is not known yet: say hello and wait for its NodeInfo")
        return self._boot

    def _new_token(self) -> int:
        self._known_boot()
        self._token = self._token % 0xFFFF + 1
        self._pending.add(self._token)
        return self._token

    def _in_boot(self, number: int, events: list[SessionEvent]) -> BootSequence:
        """The boot a message belongs to; one never seen before is a reboot and becomes the present one."""
        boot = self._boots.get(number)
        if boot is None:
            before = self._boot
            boot = BootSequence(number, 0 if before is None else before.end_us + REBOOT_PAUSE_US)
            self._boots[number] = self._boot = boot
            if before is not None:
                self.counts.reboots += 1
                events.append(ev.Rebooted(number, boot.offset_us * 1e-6))
        return boot

    def _samples(self, message: bytes, events: list[SessionEvent], waiting: dict) -> None:
        head = channels.read_head(message)
        if head is None:
            self.counts.malformed += 1
            return
        source, number, order, seq, t_us, period_ns, count, width = head
        layout = self.channels.layout(source)
        if layout is None:
            self.counts.unconverted += 1
            return
        if layout.channels != width:
            self.counts.malformed += 1
            return
        boot = self._boot
        if boot is None or boot.boot != number:
            self._convert(waiting, events)
            boot = self._in_boot(number, events)
        place = boot.place(order)
        if place is NEW and boot is self._boot:
            lost = boot.lost(source, seq, count)
            self.counts.lost_readings += lost
            end_us = boot.offset_us + t_us + count * period_ns // 1000
            if end_us > boot.end_us:
                boot.end_us = end_us
            waiting.setdefault(source, []).append((len(events), count, lost, message))
            events.append(_PLACEHOLDER)
        elif place is REPEATED:
            self.counts.repeated += 1
        else:
            self.counts.late += 1
            events.append(ev.LateReadings(message))

    def _convert(self, waiting: dict, events: list[SessionEvent]) -> None:
        """Put Readings in the places kept for them: all of a source, in the present boot, converted at once."""
        for source, rows in waiting.items():
            layout, offset_us = self.channels.layout(source), self._known_boot().offset_us
            assert layout is not None
            t_s, values = channels.convert(layout, [row[3] for row in rows], offset_us)
            first = 0
            for at, count, lost, message in rows:
                end = first + count
                events[at] = ev.Readings(message, results.Samples(source, t_s[first:end], values[first:end], lost))
                first = end
        waiting.clear()

    def _other(self, message: bytes, events: list[SessionEvent]) -> None:
        if not message or message[0] not in wire.MESSAGES:
            self.counts.unknown += 1
            events.append(ev.Unknown(message))
            return
        decoded = wire.decode(message)
        if decoded is None or decoded[1].get("t_us", 0) >= channels.T_US_MAX:
            self.counts.malformed += 1
            return
        name, fields = decoded
        read = _READERS.get(name)
        if read is None:  # a command: only a host sends it
            self.counts.malformed += 1
            return
        event = read(self, message, fields, events)
        if event is not None:
            events.append(event)

    def _info(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        if f["protocol"] > wire.PROTOCOL:
            raise PeerError(
                f"the node speaks protocol {f['protocol']}, this presscue only up to {wire.PROTOCOL}: update presscue"
            )
        if self.info is not None and message == self.info.message:
            return None
        boot = self._in_boot(f["boot"], events)
        version = (f["major"], f["minor"], f["patch"])
        t_s = (f["t_us"] + boot.offset_us) * 1e-6
        self.info = ev.NodeInfo(message, f["protocol"], f["boot"], version, t_s, f["device"].hex(), _text(f["name"]))
        return self.info

    def _channel(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        if not self.channels.add(message, f):
            return None
        return ev.Channel(message, f["source"], self.channels.layout(f["source"]) is not None)

    def _status(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        boot = self._in_boot(f["boot"], events)
        faults = tuple(part for bit, part in enumerate(wire.PARTS) if f["faults"] >> bit & 1)
        counted = (f[name] for name in ("dropped_messages", "fifo_overruns", "bus_errors", "bad_frames"))
        rest = (f[name] for name in ("loop_max_us", "battery_mv", "heap_free", "cues_played"))
        t_s = (f["t_us"] + boot.offset_us) * 1e-6
        return ev.Status(message, t_s, _name(wire.STATES, f["state"]), faults, *counted, *rest)

    def _notice(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        boot = self._in_boot(f["boot"], events)
        part, code = _name(wire.PARTS, f["part"]), _name(wire.NOTICES, f["code"])
        return ev.Notice(message, (f["t_us"] + boot.offset_us) * 1e-6, part, code, f["value"], _text(f["text"]))

    def _result(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        ours = f["token"] in self._pending
        self._pending.discard(f["token"])
        command = wire.MESSAGES.get(f["command"], (f"command {f['command']}",))[0]
        return ev.Result(message, command, f["token"], _name(wire.RESULTS, f["code"]), _text(f["text"]), ours)

    def _pong(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        return ev.Pong(message, f["token"], f["host_us"], f["node_us"])

    def _cue(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        offset_us = self._boot.offset_us if self._boot else 0
        detected_s = (f["detected_us"] + offset_us) * 1e-6
        pattern = _name(wire.PATTERNS, f["pattern"])
        return ev.CueSent(message, f["cue"], pattern, f["priority"], f["strength"], f["ttl_ms"], detected_s)

    def _cue_ack(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        start_s = (f["start_us"] + self._in_boot(f["boot"], events).offset_us) * 1e-6
        return ev.CueAck(message, f["cue"], _name(wire.OUTCOMES, f["outcome"]), _name(wire.BY, f["by"]), start_s)

    def _header_read(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        if message == self._header:
            return None
        self._header = message
        version = (f["major"], f["minor"], f["patch"])
        return ev.Header(message, f["format"], f["wall_ms"], f["session"], f["device"].hex(), version, _text(f["name"]))

    def _profile_part(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        self._profile[f["part"]] = f["toml"]
        parts = [self._profile.get(i) for i in range(f["parts"])]
        if f["part"] + 1 != f["parts"] or None in parts:
            return None
        toml = _text(b"".join(part for part in parts if part is not None))
        if toml == self._profile_toml:
            return None
        self._profile_toml = toml
        return ev.ProfileText(message, toml)

    def _calibration(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        if len(f["values"]) % 8:
            self.counts.malformed += 1
            return None
        return ev.CalibrationRead(message, f["effective_us"] * 1e-6, f["layout"], np.frombuffer(f["values"], "<f8"))

    def _mark(self, message: bytes, f: dict, events: list[SessionEvent]) -> SessionEvent | None:
        return ev.Mark(message, f["wall_ms"], _name(wire.MARKS, f["code"]), _text(f["text"]))


_SAMPLES = bytes([channels.SAMPLES])
_PLACEHOLDER = ev.Unknown(b"")

_READERS = {
    "info": Session._info,
    "channel": Session._channel,
    "status": Session._status,
    "notice": Session._notice,
    "result": Session._result,
    "pong": Session._pong,
    "cue": Session._cue,
    "cue_ack": Session._cue_ack,
    "header": Session._header_read,
    "profile": Session._profile_part,
    "calibration": Session._calibration,
    "mark": Session._mark,
}


def _name(names: tuple[str, ...], code: int) -> str:
    """The name of a coded value; a number for one that a newer peer may know."""
    return names[code] if code < len(names) else f"code {code}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
