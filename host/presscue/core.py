"""The real-time core: blocks of samples in; reps, sets, faults and cues out. The same object live and offline.

Pure: no clock, file, link or thread. It *asks* for a calibration when there has been enough movement for one, and
goes on; the answer takes effect at a stated sample. Before the first one nothing can be measured, so the readings
kept are then gone through again, and what is found that way is marked late and never cued.

    readings -> merge (order of time) -> kernel (tracker, reps, faults) -> ledger (results) -> cue policy
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from presscue import events, faults, kernel, wire
from presscue.advice import HOLD_ABSENT, NO_HOLD, Remark, Said
from presscue.calibration import activity
from presscue.calibration.learning import Learning, renews
from presscue.calibration.model import Calibration, History, Priors
from presscue.cues import CuePolicy
from presscue.cues import Params as CueParams
from presscue.faults import hip
from presscue.readings.merge import KEPT, Merge
from presscue.reps import machine as reps
from presscue.results import CalibrationWanted, Event, Output, Rep, Samples, Stretch
from presscue.tracker import Model, model_of, recalibrate

CHUNK = 1 << 13  # readings taken in one go


@dataclass(frozen=True)
class CoreConfig:
    """What is known beforehand. limits: the profile's [limits]. patient: stop at a fit's sample until it is answered
    (offline); otherwise go on without. trace: keep every frame, for the series output. horizon_s: how long ahead a
    lockout is predicted, in place of cue latency and reaction."""

    priors: Priors = Priors()
    limits: dict[str, float] = field(default_factory=dict)
    cues: CueParams = CueParams()
    pads: faults.Pads = faults.Pads()
    cue_latency_s: float = faults.CUE_LATENCY_S
    patient: bool = False
    trace: bool = False
    horizon_s: float | None = None


@dataclass(frozen=True)
class Snapshot:
    """What a display shows. NaN: not measured; phase as in phases.py; depth 0 at the top, 1 at the bottom."""

    t_s: float
    calibrated: bool
    flexion_deg: float
    position_m: float
    velocity_mps: float
    pitch_deg: float
    heel_left: float
    heel_right: float
    seat: float
    phase: int
    depth: float
    set: int
    set_reps: int
    reps: int


class Core:
    """See the module. Raises ValueError for limits that make no sense."""

    def __init__(self, config: CoreConfig | None = None) -> None:
        self.config = config or CoreConfig()
        self.learning = Learning()
        self.merge = Merge()
        self.policy = CuePolicy(self.config.cues)
        self._p_faults = faults.params_of(
            self.config.limits, self.config.pads, self.config.cue_latency_s, self.config.priors.leg
        )
        if self.config.horizon_s is not None:
            ahead = self._p_faults.prediction._replace(latency_s=0.0, reaction_s=self.config.horizon_s)
            self._p_faults = self._p_faults._replace(prediction=ahead)
        self._p_measured = self._p_faults  # where flexion is measured, not estimated
        self._p_reps = reps.Params()
        self._states = kernel.new_states()
        self._ledger = events.Ledger()
        self._hip = hip.Watch()
        self._moved = activity.new_state().view(np.recarray)
        self._model: Model | None = None
        self._loop: kernel.Loop | None = None  # of the four above, once there is a model
        self._inbox: deque[Stretch] = deque()
        self._next = (0, 0)  # block and reading of the first stretch in the inbox
        self._said = Said()
        self._going_back = False
        self._now_s = -math.inf
        self._late_until_s = -math.inf
        self._trace: list[np.ndarray] = []

    # --- in ---

    def feed(self, blocks: Stretch | Iterable[Samples]) -> list[Output]:
        """Take in blocks in their order and return what they bring. Patient: may stop until `calibrate` is called."""
        stretch = blocks if isinstance(blocks, Stretch) else Stretch.of(blocks)
        if len(stretch.source):
            self._inbox.append(stretch)
        outs: list[Output] = []
        while not self._stuck:
            while self._inbox and self.merge.waiting < CHUNK:
                self._next = self.merge.accept(self._inbox[0], *self._next, CHUNK)
                if self._next[0] == len(self._inbox[0].source):
                    self._inbox.popleft()
                    self._next = (0, 0)
            self._advance(outs)
            if not self._inbox:
                break
        return outs

    def calibrate(self, calibration: Calibration) -> Calibration:
        """Answer a CalibrationWanted: the fit, usable or not. Returns it with the sample it will count from.

        Call `feed` (with nothing, if there is nothing) to go on.
        """
        return self.learning.answer(calibration, self._now_s)

    def finish(self) -> list[Output]:
        """The stream is over: release what is held back, close the set.

        Without any calibration: asks once for one on all there is; call again when it is answered.
        """
        outs = self.feed(())
        self.merge.close()
        self._advance(outs)
        if self._model is None:
            if self.learning.pending is not None:
                self._apply(outs)
            else:
                self._wish(self.learning.ask_last(self._now_s), outs)
        if self.learning.wanted is None and self._model is not None:
            reps.finish(self._p_reps, self._states.reps[0], self._states.out[0])
            frame, rep = self._states.frame[0], self._states.reps[0]
            faults.finish_all(self._p_faults, self._states.faults[0], frame, rep, self._states.out[0])
            self._collect(outs)
            outs.extend(self._ledger.close())
            if self._hip.over:
                self._look_back(self._now_s, outs)
        hold_s = self.config.priors.hold_s
        over = self.learning.wanted is None and self._now_s > -math.inf
        if over and hold_s is not None and not self.merge.span_s[0] <= hold_s[1] <= self._now_s:
            outs.extend(self._said.say((Remark(HOLD_ABSENT, hold_s[0]),), self._now_s))
        return outs

    # --- out ---

    def history(self, since_s: float, until_s: float) -> History:
        """The IMU readings kept, after since_s and up to until_s, for a fit."""
        parts = []
        for source in (wire.SLED, wire.LEG):
            rows = self.merge.rings[source].history(KEPT)
            first, last = np.searchsorted(rows[:, 0], (since_s, until_s), side="right")
            parts += [rows[first:last, 0].copy(), rows[first:last, 1:].copy()]
        return History(*parts)

    def know_hold(self, hold_s: tuple[float, float]) -> None:
        """The unloaded leg is straight and still from hold_s[0] to hold_s[1] (node clock); the next fit uses it."""
        self.config = replace(self.config, priors=replace(self.config.priors, hold_s=hold_s))

    @property
    def calibration(self) -> Calibration | None:
        """The one in force."""
        return self.learning.calibration

    @property
    def limits_deg(self) -> tuple[float, float]:
        """Soft bend and deepest flexion, as they are judged by."""
        return self._p_faults.lockout.soft_bend_deg, self._p_faults.depth.max_flexion_deg

    def trace(self) -> np.ndarray:
        """Every frame so far, shape (n, len(kernel.COLUMNS)), if the config asks for it."""
        return np.concatenate(self._trace) if self._trace else np.zeros((0, len(kernel.COLUMNS)))

    def take_trace(self) -> np.ndarray:
        """The frames since the last time. Earlier times come again when the first calibration of a kind is there."""
        rows = self.trace()
        self._trace.clear()
        return rows

    def snapshot(self) -> Snapshot:
        """The present frame and rep state."""
        x, r = self._states.frame[0], self._states.reps[0]
        return Snapshot(
            self._now_s, self._model is not None, float(x.flexion_deg), float(x.position_m), float(x.velocity_mps),
            float(x.pitch_deg), float(x.heel_left), float(x.heel_right), float(x.seat), int(r.phase), float(r.depth),
            int(r.sets), int(r.set_reps), int(r.reps),
        )  # fmt: skip

    # --- inside ---

    @property
    def _stuck(self) -> bool:
        """Patient and unanswered: nothing more happens until `calibrate`."""
        wanted = self.learning.wanted
        return self.config.patient and wanted is not None and self.merge.watermark > wanted.effective_s

    def _advance(self, outs: list[Output]) -> None:
        kinds, t_s, values = self.merge.released()
        done = 0
        while done < len(t_s):
            stop = len(t_s)
            wanted, pending = self.learning.wanted, self.learning.pending
            if wanted is not None and self.config.patient:
                stop = min(stop, int(np.searchsorted(t_s, wanted.effective_s, side="right")))
            due = pending is not None and t_s[done] > pending.effective_s
            if due and not self._busy():
                self.merge.take(kinds[:done])
                kinds, t_s, values, done = kinds[done:], t_s[done:], values[done:], 0
                self._apply(outs)
                continue
            if pending is not None and not due:
                stop = min(stop, int(np.searchsorted(t_s, pending.effective_s, side="right")))
            if stop <= done:
                break
            start = done
            done = self._run(kinds, t_s, values, done, stop, due, outs)
            self._now_s = float(t_s[done - 1])
            assert done > start
            if self._hip.over:
                self.merge.take(kinds[:done])
                kinds, t_s, values, done = kinds[done:], t_s[done:], values[done:], 0
                self._look_back(self._now_s, outs)
        self.merge.take(kinds[:done])

    def _busy(self) -> bool:
        """Amid a rep: a calibration never changes there."""
        rep = self._states.reps[0]
        return self._model is not None and rep.active == 1 and rep.phase not in (kernel.TOP, kernel.IDLE)

    def _run(self, kinds, t_s, values, begin: int, end: int, until_calm: bool, outs: list[Output]) -> int:
        turn_rad = math.inf if self._going_back else self.learning.enough_rad
        if self._model is None:
            done, why = kernel.scan(self._moved, kinds, t_s, values, begin, end, turn_rad)
        else:
            trace = np.zeros((end if self.config.trace else 0, len(kernel.COLUMNS)))
            if self._loop is None:
                self._loop = kernel.new_loop(self._model, self._p_reps, self._p_faults, self._states)
            done, why = kernel.run(self._loop, self._moved, kinds, t_s, values, begin, end, turn_rad, until_calm, trace)
            if self.config.trace:
                self._trace.append(trace[begin:done])
            self._collect(outs)
        if why == kernel.ENOUGH:
            self._wish(self.learning.ask(float(t_s[done - 1])), outs)
        elif why == kernel.SET_OVER and not self._going_back:
            self._wish(self.learning.set_over(float(t_s[done - 1]), float(self._moved[0].turned_rad)), outs)
        return done

    def _wish(self, wanted: CalibrationWanted | None, outs: list[Output]) -> None:
        """A fit is asked for: what moves from now on counts towards the next."""
        if wanted is not None:
            self._moved_anew()
            outs.append(wanted)

    def _moved_anew(self) -> None:
        self._moved[0].turned_rad = 0.0
        self._moved[0].pushed_mps = 0.0

    def _look_back(self, now_s: float, outs: list[Output]) -> None:
        """A set has ended: look for what only all its readings together show."""
        c, watch, self._hip = self.calibration, self._hip, hip.Watch()
        if c is not None and c.linked and math.isnan(self._states.frame[0].seat):
            late = now_s <= self._late_until_s
            lifts = watch.lifts(self.history(watch.since_s, now_s), c, now_s)
            outs.extend(replace(event, late=late) for event in lifts)

    def _apply(self, outs: list[Output]) -> None:
        old, new = self.calibration, self.learning.take()
        outs.extend(self._said.say(new.remarks, new.effective_s))
        if not new.usable:
            return
        before = self._model
        if old is None or not new.same_as(old):
            self._model, self._loop = model_of(new, self.config.priors), None
        if not renews(old, new):
            self._begin(new, outs)
        elif before is not None and self._model is not before:
            recalibrate(self._states.tracker[0], before, self._model)

    def _begin(self, c: Calibration, outs: list[Output]) -> None:
        """The first calibration: go through the readings kept once more."""
        self._p_reps = self._rules(c)
        self._p_faults = faults.by_estimate(self._p_measured) if c.estimated else self._p_measured
        self._states = kernel.new_states()
        self._loop = None
        self._ledger = events.Ledger() if c.has_sled else events.Ledger(events.BY_LEG)
        self._hip = hip.Watch()
        self._trace.clear()
        self._late_until_s = self._now_s
        kinds, t_s, values = self.merge.history()
        moved, self._moved = self._moved, activity.new_state().view(np.recarray)
        self._going_back = True
        done = 0
        while done < len(t_s):
            done = self._run(kinds, t_s, values, done, len(t_s), False, outs)
            if self._hip.over:
                self._look_back(float(t_s[done - 1]), outs)
        self._going_back = False
        self._moved = moved
        self._moved_anew()

    def _rules(self, c: Calibration) -> reps.Params:
        """What counts as a rep on this machine: its incline as measured, for a leg alone as the profile says."""
        priors = self.config.priors
        rail_deg = c.rail_deg if c.has_sled else priors.rail_deg
        params = reps.Params() if rail_deg is None else reps.on_rail(reps.Params(), rail_deg)
        if priors.hold_s is None or priors.hold_s[1] > c.effective_s or any(r.number in NO_HOLD for r in c.remarks):
            return params
        return params._replace(hold_s=priors.hold_s[0], held_s=priors.hold_s[1])

    def _collect(self, outs: list[Output]) -> None:
        """Rows of the buffer become results, and results cues."""
        if not self._states.out["used"][0]:
            return
        for row in events.drain(self._states.out):
            late = float(row["t_s"]) <= self._late_until_s
            for result in self._ledger.enter(row):
                if (isinstance(result, Event) and result.detected_s <= self._late_until_s) or (
                    late and isinstance(result, Rep)
                ):
                    result = replace(result, late=True)
                outs.append(result)
                self._hip.note(result)
                if isinstance(result, Event) and not late:
                    cue = self.policy.on_event(result, float(row["t_s"]))
                    if cue is not None:
                        outs.append(cue)
            action = int(row["action"])
            if action == events.HALFWAY and not late:
                cue = self.policy.on_halfway(float(row["t_s"]))
                if cue is not None:
                    outs.append(cue)
            elif action == events.SET:
                self.policy.on_set_end()
