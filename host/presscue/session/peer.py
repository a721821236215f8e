"""The host's end of the conversation with a node, sans-io: bytes in, events out; commands out as messages.

    session = Session()                                   # or Session(link.envelope)
    link.write(session.send(session.hello()))
    for event in session.receive(link.read(0.02)): ...

A peer that misbehaves is counted (`session.counts`); one that cannot be talked to at all raises PeerError.
Our own mistakes raise SessionMisuse. No socket, no clock, no file. Replaying a recording's messages in their order
gives the events that live gave, in any chunking.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .. import results, wire
from ..errors import PeerError, SessionMisuse
from ..readings import channels
from ..readings.packed import expanded_list
from ..readings.pages import PageReader
from . import events as ev
from .events import SessionEvent
from .reading import ProfileParts, read_event
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
    """damaged frames or packets (from pages: damaged bytes)"""
    malformed: int = 0
    """whole messages whose content contradicts itself"""
    unknown: int = 0
    repeated: int = 0
    late: int = 0
    lost_readings: int = 0
    """missing when what lies behind them came; see `Session.missing` for those that never did"""
    filled_readings: int = 0
    """of those, the ones that came late"""
    unconverted: int = 0
    """samples messages that came before their rows of the channel table"""
    reboots: int = 0


class Session:
    """One node, over any number of connections and reboots. envelope: "frames" (byte streams), "packets" (Bluetooth) or
    "pages" (files)."""

    def __init__(self, envelope: str = "frames"):
        if envelope not in ("frames", "packets", "pages"):
            raise SessionMisuse(f"no such envelope: {envelope}")
        self.counts = Counts()
        self.channels = channels.ChannelTable()
        self.info: ev.NodeInfo | None = None
        self._frames = wire.FrameDecoder() if envelope == "frames" else None
        self._packets = wire.PacketDecoder() if envelope == "packets" else None
        self._pages = PageReader() if envelope == "pages" else None
        self._boots: dict[int, BootSequence] = {}
        self._boot: BootSequence | None = None
        self._cues: set[bytes] = set()
        self._token = 0
        self._pending: set[int] = set()
        self._header: bytes = b""
        self._profile = ProfileParts()

    @property
    def offset_us(self) -> int:
        """The session clock less the clock of the node's present boot. Raises SessionMisuse before it is known."""
        return self._known_boot().offset_us

    # --- in -------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[SessionEvent]:
        """Events completed by bytes of the stream, or by one whole packet. Raises PeerError."""
        self.counts.bytes_seen += len(data)
        if self._frames is not None:
            messages = self._frames.feed(data)
            self.counts.bad_frames = self._frames.bad
            good = self._frames.good
        elif self._packets is not None:
            messages = self._packets.feed(data)
            self.counts.bad_frames = self._packets.bad
            good = self._packets.good
        else:
            assert self._pages is not None
            messages = self._pages.feed(data).messages
            self.counts.bad_frames = self._pages.bad_bytes
            good = self._pages.good
        if not good and self.counts.bytes_seen > FOREIGN_BYTES:
            raise self.unanswered()
        return self.receive_messages(messages)

    def receive_messages(self, messages: Sequence[bytes]) -> list[SessionEvent]:
        """Events of whole messages, in their order. Raises PeerError."""
        events: list[SessionEvent] = []
        for message in expanded_list(messages):
            self.counts.messages += 1
            if message[:1] == _SAMPLES:
                self._samples(message, events)
            else:
                self._other(message, events)
        return events

    def unanswered(self) -> PeerError:
        """What to raise when nothing intelligible came within the time the caller allows."""
        if self.counts.bytes_seen:
            return PeerError(
                "something answers, but not a presscue node: check the port and the baud rate, or flash the node"
            )
        return PeerError(
            "no answer: check that this is the node's port, and that it is powered, flashed and awake "
            "(lift the sled once, or press its button)"
        )

    def reconnected(self) -> list[SessionEvent]:
        """Call on a new connection: ends the frame the old one broke off, forgets commands it left unanswered."""
        self._pending.clear()
        if self._packets is not None:
            self._packets.reconnected()
        return self.receive(b"\x00") if self._frames is not None else []

    def wanted(self) -> list[tuple[int, int, int]]:
        """Samples messages that are missing and that the node may still have: (boot, first, end), oldest first."""
        return [(boot.boot, *stretch) for boot in self._boots.values() for stretch in boot.wanted()]

    def missing(self) -> Counter[str]:
        """Readings that are missing, by reason: see `missing.py`; with what each reboot of the node cost, as far as
        pings allow to tell."""
        reasons: Counter[str] = Counter()
        heard: list[BootSequence] = []  # the last boot of which a pong came, and those since
        for boot in self._boots.values():
            reasons += boot.missing.by_reason(boot.holes())
            if heard and boot.host_ahead_us is not None:
                reasons["reboot"] += boot.dead_readings(heard[0], heard[1:])
            heard = [*heard, boot] if boot.host_ahead_us is None else [boot]
        return +reasons

    # --- out: messages to frame with `send` -------------------------------------------------------

    def send(self, message: bytes) -> bytes:
        """A message as the link takes it."""
        return message if self._packets is not None else wire.frame(message)

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

    def clock(self, wall_ms: int) -> bytes:
        """Tell the node the time."""
        return wire.encode("clock", self._new_token(), wall_ms)

    def log_list(self, after: int = 0) -> bytes:
        """Ask for the logs with session numbers beyond `after`: up to 16 LogEntry, then LogStatus and a Result."""
        return wire.encode("log_list", self._new_token(), after)

    def log_read(self, session: int, offset: int, size: int) -> bytes:
        """Ask for a stretch of a log. One that begins where the last one ends carries that on."""
        return wire.encode("log_read", self._new_token(), session, offset, size)

    def log_check(self, session: int) -> bytes:
        """Ask for the LogSum of a whole log."""
        return wire.encode("log_check", self._new_token(), session)

    def log_verified(self, session: int, crc: int) -> bytes:
        """Our copy of a log, of this check sum, is whole and safe: the node may delete its own."""
        return wire.encode("log_verified", self._new_token(), session, crc)

    def fetch(self, boot: int, first: int, end: int) -> bytes:
        """Ask for samples messages once more: what there is of orders first to end of a boot, then Fetched."""
        return wire.encode("fetch", self._new_token(), boot, first, end)

    def guard_limits(self, limits: tuple) -> bytes:
        """What the node is to guard by itself: see guarding.Limits."""
        return wire.encode("guard_limits", self._new_token(), *limits)

    def open(self, slot: int, nonce: bytes) -> bytes:
        """Ask to be admitted with the key in a slot; the node answers with a Challenge."""
        return wire.encode("open", self._new_token(), slot, nonce)

    def prove(self, proof: bytes) -> bytes:
        return wire.encode("prove", self._new_token(), proof)

    def key_set(self, slot: int, key: bytes, owner: bytes) -> bytes:
        """Put a key into a slot. Over a cable only."""
        return wire.encode("key_set", self._new_token(), slot, key, tail=owner)

    def key_remove(self, slot: int) -> bytes:
        return wire.encode("key_remove", self._new_token(), slot)

    def key_list(self) -> bytes:
        """Ask for the slots: a KeySlot for each key, then AccessCounts and a Result."""
        return wire.encode("key_list", self._new_token())

    def cue(self, cue: results.Cue) -> bytes:
        """Play a cue. Its time of detection is told on the node's own clock, so that the node can let it expire."""
        offset_us = self.offset_us
        if cue.pattern not in wire.PATTERNS:
            raise SessionMisuse(f"no such pattern: {cue.pattern} (there are: {', '.join(wire.PATTERNS)})")
        detected_us = max(0, round(cue.detected_s * 1e6) - offset_us)
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
            resumes_us = 0 if before is None else before.end_us + REBOOT_PAUSE_US
            boot = BootSequence(number, resumes_us, whole=before is not None)
            self._boots[number] = self._boot = boot
            if before is not None:
                before.over = True
                self.counts.reboots += 1
                events.append(ev.Rebooted(number, boot.offset_us * 1e-6))
        return boot

    def _samples(self, message: bytes, events: list[SessionEvent]) -> None:
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
            boot = self._in_boot(number, events)
        place = boot.place(order)
        if place is not REPEATED:
            boot.timed(source, seq, t_us, count, period_ns)
        if place is NEW and boot is self._boot:
            lost = boot.lost(source, seq, count, order)
            self.counts.lost_readings += lost
            end_us = boot.offset_us + t_us + count * period_ns // 1000
            if end_us > boot.end_us:
                boot.end_us = end_us
            t_s, values = channels.convert_one(layout, message, boot.offset_us)
            events.append(ev.Readings(message, results.Samples(source, t_s, values, lost)))
        elif place is REPEATED:
            self.counts.repeated += 1
        else:
            self.counts.late += 1
            if place is NEW:  # the end of a boot that is over
                boot.lost(source, seq, count, order)
            else:
                self.counts.filled_readings += boot.missing.found(source, seq, count, order)
            events.append(ev.LateReadings(message))

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
        if name == "info" and fields["protocol"] > wire.PROTOCOL:
            raise PeerError(
                f"the node speaks protocol {fields['protocol']}, this presscue only up to {wire.PROTOCOL}: "
                "update presscue"
            )
        boot = self._in_boot(fields["boot"], events) if "boot" in fields else self._boot
        event: SessionEvent | None
        if name == "channel":
            if not self.channels.add(message, fields):
                return
            event = ev.Channel(message, fields["source"], self.channels.layout(fields["source"]) is not None)
        elif name == "profile":
            if (toml := self._profile.add(fields)) is None:
                return
            event = ev.ProfileText(message, toml)
        else:
            event = read_event(message, name, fields, boot.offset_us if boot else 0)
        if event is None:
            self.counts.malformed += 1
        elif isinstance(event, ev.CueAck | ev.GuardCue) and message in self._cues:
            self.counts.repeated += 1  # from the log, once more
        elif isinstance(event, ev.Notice) and event.code == "paused":
            assert boot is not None
            boot.pause()  # what a log leaves out between two sets is not lost
            events.append(event)
        elif isinstance(event, ev.NodeInfo):
            if self.info is None or message != self.info.message:
                self.info = event
                events.append(event)
        elif isinstance(event, ev.Header):
            if message != self._header:
                self._header = message
                events.append(event)
        else:
            if isinstance(event, ev.Result) and event.token in self._pending:
                self._pending.discard(event.token)
                event = replace(event, ours=True)
            elif isinstance(event, ev.CueAck | ev.GuardCue):
                self._cues.add(message)
            elif isinstance(event, ev.Pong) and boot is not None:
                ahead_us = event.host_us - event.node_us
                boot.host_ahead_us = ahead_us if boot.host_ahead_us is None else max(boot.host_ahead_us, ahead_us)
            elif isinstance(event, ev.Fetched) and boot is not None:
                boot.missing.told[event.first, event.end] = event.reason
            events.append(event)


_SAMPLES = bytes([channels.SAMPLES])
