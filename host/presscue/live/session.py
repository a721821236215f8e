"""A session as it happens: link → session → core → cues sent back, everything recorded in its order of arrival.

    live = LiveSession(link, core, ...)
    while live.step(): view.update(live)
    live.finish()

No terminal, no printing: what a display needs is in attributes. A link that goes away is opened again with growing
pauses; the core goes on where it was, so the set is kept.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Literal

from ..calibration.guarding import GuardDuty
from ..clock import NodeClock
from ..core import Core
from ..errors import LinkEnded, LinkLost, PeerError
from ..findings import Findings
from ..latency import percentiles
from ..links import Link
from ..results import CalibrationWanted, Cue, Output, Samples
from ..session import Session
from ..session import events as ev
from ..session.back_fill import BackFill
from .fits import How, LiveFits
from .kept import Kept, Make
from .reopening import Reopening

READ_S, LEAST_S = 0.05, 0.001
HELLO_S = 1.0
"""How long to wait for an answer to hello before saying it again."""
ANSWER_S = 6.0
"""A node that has not said who it is by then is none: booting takes about one."""
PING_S = 1.0
PING_SPREAD_S, GOLDEN = 0.06, 0.6180339887
"""Pings are up to so much later, spread evenly by the golden ratio: always at the same moment between two connection
events, one would never have a short way."""
STATUS_S = 2.0
"""How often the node is asked how it is: which parts work, how full its battery is."""
SILENT_S = 2.0
"""A streaming node sends fifty packets a second; after so long without any, the link is taken as lost."""
LAST_WORDS_S = 1.0
"""How long to listen at most to what a node still sends after it was stopped."""
LAST_FETCH_S = 10.0
"""How long the end of a session waits for readings that are still being fetched."""
RECENT = 1 << 16
TRIED = 0xFF00
"""Cues to be felt are numbered from here, apart from those for faults."""
TRIED_TTL_MS = 1000


class LiveSession:
    """See the module. Raises LinkLost when a link stays away for good, PeerError when what answers is no node."""

    def __init__(
        self,
        link: Link,
        core: Core,
        *,
        fits: How = "thread",
        reopen: Callable[[], Link] | None = None,
        record: Make | None = None,
        session_id: int = 0,
        wall_ms: Callable[[], int] = lambda: int(time.time() * 1000),
        sleep: Callable[[float], None] = time.sleep,
        fit_pool: Executor | None = None,
    ):
        """fits: where calibrations come from. reopen: opens the link again; without it a lost link is lost. record:
        makes the recorder, once the node is known. sleep: for the pauses while there is no link. fit_pool: where fits
        run; without it in a thread of their own."""
        self.link, self.core = link, core
        self.session = Session(link.envelope)
        self.findings = Findings()
        self.outputs: list[Output] = []
        self.state: Literal["connecting", "streaming", "lost", "ended"] = "connecting"
        self.trouble = ""
        """Why the link is away, or why nothing is recorded any more; one line."""
        self.notices: list[ev.Notice] = []
        self.status: ev.Status | None = None
        """The node's last word on its own health."""
        self.acks: list[ev.CueAck] = []
        self.last_cue: Cue | None = None
        self.watch: Callable[[list[Samples]], None] | None = None
        """Gets the readings as they come, beside the core: the set-up looks at them before there is a calibration."""
        self.coaching = True
        """Whether the core gets readings. Recorded they are in any case."""
        self.kept = Kept(record, wall_ms, self._not_kept)
        self.fits = LiveFits(core, fits, self.kept.add, fit_pool)
        self.clock = NodeClock()
        self.back_fill = BackFill(self.session, link.now_s())
        self.guard = GuardDuty(self.session, core.limits_deg)
        self.host_work_s: deque[float] = deque(maxlen=RECENT)
        """Processor time of each packet, from its bytes to the cues that it brought, sent."""
        self.latencies_ms: list[float] = []
        self._reopen, self._sleep, self._wall_ms = reopen, sleep, wall_ms
        self._session_id = session_id
        self._sent: dict[int, float] = {}  # cue number: detected_s
        self._opened_s = self._heard_s = self._asked_s = self._ping_due_s = link.now_s()
        self._pings = 0
        self._examined_s = -math.inf
        self._known_s = 0.0  # the latest reading that the core did not get
        self._tried = 0
        self._reopening: Reopening | None = None
        if not self.replaying:
            self._try_write(self.session.send(self.session.hello()))

    @property
    def replaying(self) -> bool:
        return self.link.envelope == "pages"

    # --- one turn ---

    def step(self, timeout_s: float = READ_S) -> bool:
        """Wait for a packet, and do all that follows from it. False when the source has come to its end."""
        if self.state == "ended":
            return False
        if self.state == "lost":
            self._try_again()
            return True
        try:
            data = self._read(timeout_s)
            began_s = time.thread_time()
            if self._receive(data):
                self.host_work_s.append(time.thread_time() - began_s)
            self.fits.take_up()
            self._keep_up()
        except LinkEnded:
            self.state = "ended"
        except LinkLost as error:
            self._lost(str(error))
        return self.state != "ended"

    def _read(self, timeout_s: float) -> bytes:
        """What comes next; nothing when a ping is due before: packets must not decide when those are sent."""
        if self.state == "streaming" and not self.replaying:
            timeout_s = min(timeout_s, max(LEAST_S, self._ping_due_s - self.link.now_s()))
        return self.link.read(timeout_s)

    def finish(self) -> None:
        """The end: the node is stopped, the set closed, the recording on the disk. Call once, whatever happened."""
        try:
            self._fetch_the_rest()
            if self.state == "streaming" and not self.replaying:
                self._write_recorded(self.session.stop())
                until_s = self.link.now_s() + LAST_WORDS_S
                while self.link.now_s() < until_s and (data := self.link.read(READ_S)):
                    self._receive(data)
                self.kept.mark("stopped")
        except LinkLost:
            pass  # it was about to end anyway
        finally:
            self.link.close()
            self._take(self.fits.finish(), send=False)
            self.kept.close()
            self.state = "ended"

    def _fetch_the_rest(self) -> None:
        """Before the end: what is missing and still on the node."""
        until_s = self.link.now_s() + LAST_FETCH_S if self.state == "streaming" and not self.replaying else 0.0
        while self.state == "streaming" and self.back_fill.busy and self.link.now_s() < until_s:
            self.step()

    def use(self, core: Core) -> None:
        """Go on with another core, as for another lifter, before any reading was fed."""
        self.core = self.fits.core = core

    def play(self, pattern: str) -> None:
        """Let the lifter feel a pattern, one of wire.PATTERNS: no fault, and no part of the latency."""
        self._tried += 1
        now_s = max(self._known_s, self.core.merge.watermark)
        cue = Cue(TRIED + self._tried % 256, now_s, "test", pattern, 0, 100, TRIED_TTL_MS, "to be felt")
        try:
            self._write_recorded(self.session.cue(cue))
        except LinkLost as error:
            self._lost(str(error))

    def cue_latency_ms(self) -> dict[str, float] | None:
        """Percentiles of detection → actuator on, as the node acknowledged it."""
        return percentiles(self.latencies_ms)

    # --- in ---

    def _receive(self, data: bytes) -> bool:
        """Everything that bytes bring. Whether there were readings."""
        if not data:
            return False
        if not self.replaying:
            self._heard_s = self.link.now_s()
        blocks: list[Samples] = []
        readings = False
        for event in self.session.receive(data):
            if isinstance(event, ev.Readings):
                blocks.append(event.samples)
                readings = True
            elif isinstance(event, ev.CalibrationRead):
                self._feed(blocks)
                blocks = []
                self._calibrate_as_recorded(event)
            else:
                self._other(event)
            if event.message:
                self.kept.add(event.message)
        self._feed(blocks)
        if readings and self.state == "connecting":
            self._ping_due_s = -math.inf  # the node learns at once that somebody listens
            self.state, self.trouble = "streaming", "" if self.kept.error is None else self.trouble
        return readings

    def _other(self, event: ev.SessionEvent) -> None:
        self.back_fill.hear(event, self.link.now_s())
        self.guard.hear(event)
        match event:
            case ev.NodeInfo() if not self.replaying:
                self.kept.begin(event, self.session.channels.messages)
                self._write_recorded(self.session.start(self._session_id, self._wall_ms()))
            case ev.Rebooted() if not self.replaying:
                self.clock = NodeClock()
                self.trouble = "the node has restarted"
                self._try_write(self.session.send(self.session.hello()))
            case ev.Result(ours=True, command="start", code="refused"):
                raise PeerError(
                    f"{self.link.name}: the node is coaching for another computer; end the session there first"
                )
            case ev.Notice():
                self.notices.append(event)
            case ev.Status():
                self.status = event
            case ev.Pong():
                self.clock.add(event.host_us, event.node_us, round(self.link.now_s() * 1e6))
            case ev.CueSent():
                self._sent[event.cue] = event.detected_s
            case ev.CueAck():
                self.acks.append(event)
                detected_s = self._sent.get(event.cue)
                if event.outcome == "started" and event.by == "host" and detected_s is not None:
                    self.latencies_ms.append(1000.0 * (event.start_s - detected_s))

    def _feed(self, blocks: list[Samples]) -> None:
        if not blocks:
            return
        if self.watch is not None:
            self.watch(blocks)
        if not self.coaching:
            self._known_s = float(blocks[-1].t_s[-1])
            return
        self._take(self.fits.feed(blocks))

    def _take(self, outs: list[Output], send: bool = True) -> None:
        """Results of the core: keep them, send the cues, see to the fit it asks for."""
        if not outs:
            return
        self.outputs += outs
        self.findings.add(outs)
        for out in outs:
            if isinstance(out, Cue):
                self.last_cue = out
                if send and not self.replaying:
                    self._sent[out.cue & 0xFFFF] = out.detected_s
                    self._write_recorded(self.session.cue(out))
            elif isinstance(out, CalibrationWanted) and send:
                self.fits.wanted(out)

    def _calibrate_as_recorded(self, event: ev.CalibrationRead) -> None:
        try:
            self.fits.as_recorded(event)
        except ValueError as error:
            raise PeerError(f"{self.link.name}: {error}: update presscue, or use presscue analyze") from None

    # --- out ---

    def _keep_up(self) -> None:
        """What is due by the clock: hello again, pings; a node gone silent is a link lost."""
        if self.replaying:
            return
        now_s = self.link.now_s()
        if self.state == "connecting":
            if now_s - self._opened_s > ANSWER_S:
                error = self.session.unanswered()
                if self.session.info is None:
                    raise PeerError(f"{self.link.name}: {error}")
                raise LinkLost(f"{self.link.name}: {error}")
            if now_s - self._asked_s > HELLO_S:
                self._asked_s = now_s
                self.link.write(self.session.send(self.session.hello()))
        elif now_s - self._heard_s > SILENT_S:
            raise LinkLost(f"{self.link.name}: the node has gone silent")
        elif (command := self.guard.ask(self.core.calibration) or self.back_fill.ask(now_s)) is not None:
            self.link.write(self.session.send(command))
        elif now_s >= self._ping_due_s:
            self._pings += 1
            self._ping_due_s = now_s + PING_S + PING_SPREAD_S * (self._pings * GOLDEN % 1.0)
            self.link.write(self.session.send(self.session.ping(round(now_s * 1e6))))
        elif now_s - self._examined_s > STATUS_S:
            self._examined_s = now_s
            self.link.write(self.session.send(self.session.status_request()))

    def _write_recorded(self, message: bytes) -> None:
        self.link.write(self.session.send(message))
        self.kept.add(message)

    def _try_write(self, data: bytes) -> None:
        try:
            self.link.write(data)
        except LinkLost as error:
            self._lost(str(error))

    # --- a link that goes and comes, a disk that does not take it ---

    def _lost(self, why: str) -> None:
        if self._reopen is None:
            raise LinkLost(why)
        self.state, self.trouble = "lost", why
        self.kept.mark("link lost", why)
        self.link.close()
        self._reopening = Reopening(self._reopen, self._sleep, self.link.now_s, why)

    def _try_again(self) -> None:
        assert self._reopening is not None
        link = self._reopening.attempt()
        if link is None:
            return
        self.link, self.state = link, "connecting"
        self._opened_s = self._heard_s = self._asked_s = self._ping_due_s = self.link.now_s()
        self.kept.mark("link back")
        self.session.reconnected()
        self.back_fill.reconnected(self.link.now_s())
        self._try_write(self.session.send(self.session.hello()))

    def _not_kept(self, why: str) -> None:
        self.trouble = why
