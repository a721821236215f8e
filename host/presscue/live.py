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
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Literal

from .calibration import Calibration
from .clock import NodeClock
from .core import Core
from .errors import LinkEnded, LinkError, LinkLost, PeerError, SaveError
from .findings import Findings
from .fitting import answer, begin, calibration_of, feed_answering, finish_answering, message_of
from .latency import percentiles
from .links import Link
from .recording import Recorder, mark_message
from .results import CalibrationWanted, Cue, Output, Samples
from .session import Session
from .session import events as ev

READ_S = 0.05
HELLO_S = 1.0
"""How long to wait for an answer to hello before saying it again."""
ANSWER_S = 6.0
"""A node that has not said who it is by then is none: booting takes about one."""
PING_S = 1.0
STATUS_S = 2.0
"""How often the node is asked how it is: which parts work, how full its battery is."""
SILENT_S = 2.0
"""A streaming node sends fifty packets a second; after so long without any, the link is taken as lost."""
PAUSE_S = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Pauses before the attempts to open a lost link again; the last one repeats."""
PATIENCE_S = 300.0
"""A link away for longer is lost for good."""
RECENT = 1 << 16
TRIED = 0xFF00
"""Cues to be felt are numbered from here, apart from those for faults."""
TRIED_TTL_MS = 1000

Fits = Literal["thread", "inline", "recorded", "anew"]
"""How a calibration is come by: in a thread (live), at once (virtual time), from the recording, or, where a recording
has none, as `analyze` does."""


class LiveSession:
    """See the module. Raises LinkLost when a link stays away for good, PeerError when what answers is no node."""

    def __init__(
        self,
        link: Link,
        core: Core,
        *,
        fits: Fits = "thread",
        reopen: Callable[[], Link] | None = None,
        record: Callable[[ev.NodeInfo, list[bytes]], Recorder] | None = None,
        session_id: int = 0,
        wall_ms: Callable[[], int] = lambda: int(time.time() * 1000),
        sleep: Callable[[float], None] = time.sleep,
        fit_pool: Executor | None = None,
    ):
        """reopen: opens the link again; without it a lost link is lost. record: makes the recorder, once the node is
        known. sleep: for the pauses while there is no link. fit_pool: where fits run; without it in a thread of their
        own."""
        self.link, self.core, self.fits = link, core, fits
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
        self.calibrating = False
        self.calibrations = 0
        self.save_error: SaveError | None = None
        self.recorder: Recorder | None = None
        self.clock = NodeClock()
        self.host_work_s: deque[float] = deque(maxlen=RECENT)
        """Processor time of each packet, from its bytes to the cues that it brought, sent."""
        self.latencies_ms: list[float] = []
        self._reopen, self._record, self._sleep, self._wall_ms = reopen, record, sleep, wall_ms
        self._session_id = session_id
        self._sent: dict[int, float] = {}  # cue number: detected_s
        self._heard_s = self._asked_s = self._pinged_s = link.now_s()
        self._examined_s = -math.inf
        self._known_s = 0.0  # the latest reading that the core did not get
        self._tried = 0
        self._opened_s = link.now_s()
        self._away_s = 0.0
        self._attempt = 0
        self._own_pool = ThreadPoolExecutor(1, "fit") if fits == "thread" and fit_pool is None else None
        self._pool = fit_pool if fits == "thread" and fit_pool is not None else self._own_pool
        self._fit: Future | None = None
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
            data = self.link.read(timeout_s)
            began_s = time.perf_counter()
            if self._receive(data):
                self.host_work_s.append(time.perf_counter() - began_s)
            self._fitted()
            self._keep_up()
        except LinkEnded:
            self.state = "ended"
        except LinkLost as error:
            self._lost(str(error))
        return self.state != "ended"

    def finish(self) -> None:
        """The end: the node is stopped, the set closed, the recording on the disk. Call once, whatever happened."""
        try:
            if self.state == "streaming" and not self.replaying:
                self._write_recorded(self.session.stop())
                self._mark("stopped")
        except LinkLost:
            pass  # it was about to end anyway
        finally:
            self.link.close()
            self._fit_ended()
            self._take(finish_answering(self.core) if self.fits == "anew" else self._finished(), send=False)
            self._save(lambda recorder: recorder.close())
            self.state = "ended"

    def _finished(self) -> list[Output]:
        """The core's last words; too short a session for a calibration gets one now."""
        outs = self.core.finish()
        wanted = [out for out in outs if isinstance(out, CalibrationWanted)]
        if wanted and self.fits != "recorded":
            self._calibrate(answer(self.core, wanted[-1])[0])
            outs += self.core.finish()
        return outs

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
            elif isinstance(event, ev.CalibrationRead) and self.fits == "recorded":
                self._feed(blocks)
                blocks = []
                self._calibrate_as_recorded(event)
            else:
                self._other(event)
            if event.message and self.recorder is not None:
                self._save(lambda recorder, message=event.message: recorder.add(message))
        self._feed(blocks)
        if readings and self.state == "connecting":
            self.state, self.trouble = "streaming", "" if self.save_error is None else self.trouble
        return readings

    def _other(self, event: ev.SessionEvent) -> None:
        match event:
            case ev.NodeInfo() if not self.replaying:
                if self.recorder is None and self._record is not None and self.save_error is None:
                    self._open_recorder(event)
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
                if event.outcome == "started" and detected_s is not None:
                    self.latencies_ms.append(1000.0 * (event.start_s - detected_s))

    def _feed(self, blocks: list[Samples]) -> None:
        if not blocks:
            return
        if self.watch is not None:
            self.watch(blocks)
        if not self.coaching:
            self._known_s = float(blocks[-1].t_s[-1])
            return
        self._take(feed_answering(self.core, blocks) if self.fits == "anew" else self.core.feed(blocks))

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
                if self.fits == "inline":
                    self._calibrate(answer(self.core, out)[0])
                elif self._pool is not None:
                    self.calibrating = True
                    self._fit = self._pool.submit(begin(self.core, out))

    # --- calibration ---

    def _fitted(self) -> None:
        if self._fit is not None and self._fit.done():
            future, self._fit = self._fit, None
            self.calibrating = False
            self._calibrate(future.result()[0])

    def _fit_ended(self) -> None:
        """A fit that is being done is waited for, one that waits is given up."""
        if self._fit is not None and self._fit.cancel():
            self._fit = None
        if self._fit is not None:
            wait([self._fit])
        if self._own_pool is not None:
            self._own_pool.shutdown()
        self._fitted()

    def _calibrate(self, calibration: Calibration) -> None:
        used = self.core.calibrate(calibration)
        self.calibrations += used.usable
        self._save(lambda recorder: recorder.add(message_of(used)))

    def _calibrate_as_recorded(self, event: ev.CalibrationRead) -> None:
        try:
            used = self.core.calibrate(calibration_of(event))
        except ValueError as error:
            raise PeerError(f"{self.link.name}: {error}: update presscue, or use presscue analyze") from None
        self.calibrations += used.usable

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
        elif now_s - self._pinged_s > PING_S:
            self._pinged_s = now_s
            self.link.write(self.session.send(self.session.ping(round(now_s * 1e6))))
        elif now_s - self._examined_s > STATUS_S:
            self._examined_s = now_s
            self.link.write(self.session.send(self.session.status_request()))

    def _write_recorded(self, message: bytes) -> None:
        self.link.write(self.session.send(message))
        self._save(lambda recorder: recorder.add(message))

    def _try_write(self, data: bytes) -> None:
        try:
            self.link.write(data)
        except LinkLost as error:
            self._lost(str(error))

    # --- a link that goes and comes ---

    def _lost(self, why: str) -> None:
        if self._reopen is None:
            raise LinkLost(why)
        self.state, self.trouble = "lost", why
        self._mark("link lost", why)
        self.link.close()
        self._away_s, self._attempt = 0.0, 0

    def _try_again(self) -> None:
        assert self._reopen is not None
        pause_s = PAUSE_S[min(self._attempt, len(PAUSE_S) - 1)]
        self._attempt += 1
        self._away_s += pause_s
        if self._away_s > PATIENCE_S:
            raise LinkLost(f"{self.trouble}; given up after {PATIENCE_S / 60:.0f} minutes")
        self._sleep(pause_s)
        try:
            self.link = self._reopen()
        except LinkError:
            return
        self.state = "connecting"
        self._opened_s = self._heard_s = self._asked_s = self._pinged_s = self.link.now_s()
        self._mark("link back")
        self.session.reconnected()
        self._try_write(self.session.send(self.session.hello()))

    # --- the recording ---

    def _open_recorder(self, info: ev.NodeInfo) -> None:
        assert self._record is not None
        try:
            self.recorder = self._record(info, self.session.channels.messages)
        except SaveError as error:
            self._not_saved(error)
        self._mark("started")

    def _mark(self, code: str, text: str = "") -> None:
        self._save(lambda recorder: recorder.add(mark_message(self._wall_ms(), code, text)))

    def _save(self, what: Callable[[Recorder], None]) -> None:
        """Do something to the recording; when the disk does not take it, training goes on without."""
        if self.recorder is None or self.save_error is not None:
            return
        try:
            what(self.recorder)
        except SaveError as error:
            self._not_saved(error)

    def _not_saved(self, error: SaveError) -> None:
        self.save_error, self.trouble = error, str(error)
