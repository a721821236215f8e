"""What a node says when it is asked for all it knows and streams for a while."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..clock import NodeClock
from ..errors import PeerError
from ..links import Link
from ..live.losses import losses_now
from ..results import Cue
from ..session import Session
from ..session import events as ev
from ..session.back_fill import BackFill

ANSWER_S = 6.0
PING_S = 0.1
AFTER_S = 0.2
TEST_CUE, CUE_TTL_MS = 60_000, 2_000
CUE_S = 1.0
"""Until the acknowledgement of a cue must be here."""


@dataclass
class Heard:
    """All that a node said in the time listened. log: None where it did not answer to the list of logs.

    acks: outcome of the test cue. felt, sounded: what the user said of it, None where nobody was asked.
    """

    session: Session = field(default_factory=Session)
    clock: NodeClock = field(default_factory=NodeClock)
    statuses: list[ev.Status] = field(default_factory=list)
    notices: list[ev.Notice] = field(default_factory=list)
    keys: list[ev.KeySlot] = field(default_factory=list)
    access: ev.AccessCounts | None = None
    readings: dict[int, list] = field(default_factory=dict)
    lost: dict[int, int] = field(default_factory=dict)
    pongs: list[tuple[int, int, int]] = field(default_factory=list)
    """(sent, node's clock, arrived) in µs."""
    log: ev.LogStatus | None = None
    health: ev.Health | None = None
    entries: list[ev.LogEntry] = field(default_factory=list)
    acks: list[ev.CueAck] = field(default_factory=list)
    felt: bool | None = None
    sounded: bool | None = None
    data_bytes: int = 0
    listened_s: float = 0.0
    losses: str = ""


def listen(link: Link, seconds: float, ask: Callable[[str], bool] | None = None) -> Heard:
    """Ask a node for all it knows, stream for a while, play a cue, and leave it as it was found.

    ask: puts a question to the user, True for yes; without it nobody is asked and no cue is played. Raises LinkError.
    """
    heard = Heard(Session(link.envelope))
    session = heard.session
    asked_s = began_s = link.now_s()
    link.write(session.send(session.hello()))
    while session.info is None or not session.channels.messages:
        _take(heard, link)
        if link.now_s() - began_s > ANSWER_S:
            raise PeerError(f"{link.name}: {session.unanswered()}")
        if link.now_s() - asked_s > 1.0:
            asked_s = link.now_s()
            link.write(session.send(session.hello()))
    for command in (session.status_request(), session.log_list(), session.start(0, 0)):
        link.write(session.send(command))
    heard.data_bytes = 0
    began_s = link.now_s()
    _listen_for(heard, link, seconds)
    heard.listened_s = link.now_s() - began_s
    heard.losses = losses_now(session)
    if ask is not None:
        _play(heard, link)
        heard.felt = ask("Did the motor on the leg buzz twice?")
        heard.sounded = ask("Did the case beep twice?")
    for command in (session.status_request(), session.key_list(), session.stop()):
        link.write(session.send(command))
    _listen_for(heard, link, AFTER_S, ping=False)
    return heard


def _listen_for(heard: Heard, link: Link, seconds: float, *, ping: bool = True) -> None:
    session = heard.session
    began_s = pinged_s = link.now_s()
    back_fill = BackFill(session, began_s)
    while link.now_s() - began_s < seconds:
        if ping and link.now_s() - pinged_s > PING_S:
            pinged_s = link.now_s()
            link.write(session.send(session.ping(round(pinged_s * 1e6))))
        if ping and (fetch := back_fill.ask(link.now_s())) is not None:
            link.write(session.send(fetch))
        for event in _take(heard, link):
            back_fill.hear(event, link.now_s())


def _play(heard: Heard, link: Link) -> None:
    latest_s = max((run[-1].t_s[-1] for run in heard.readings.values() if run), default=0.0)
    cue = Cue(TEST_CUE, latest_s, "test", "double", 0, 100, CUE_TTL_MS, "to be felt")
    link.write(heard.session.send(heard.session.cue(cue)))
    _listen_for(heard, link, CUE_S)


def _take(heard: Heard, link: Link) -> list[ev.SessionEvent]:
    data = link.read(0.02)
    heard.data_bytes += len(data)
    events = heard.session.receive(data)
    for event in events:
        match event:
            case ev.Readings():
                heard.readings.setdefault(event.samples.source, []).append(event.samples)
                heard.lost[event.samples.source] = heard.lost.get(event.samples.source, 0) + event.samples.lost
            case ev.Pong():
                now_us = round(link.now_s() * 1e6)
                heard.clock.add(event.host_us, event.node_us, now_us)
                heard.pongs.append((event.host_us, event.node_us, now_us))
            case ev.Status():
                heard.statuses.append(event)
            case ev.Notice():
                heard.notices.append(event)
            case ev.LogStatus():
                heard.log = event
            case ev.Health():
                heard.health = event
            case ev.LogEntry():
                heard.entries.append(event)
            case ev.CueAck():
                heard.acks.append(event)
            case ev.KeySlot():
                heard.keys.append(event)
            case ev.AccessCounts():
                heard.access = event
    return events
