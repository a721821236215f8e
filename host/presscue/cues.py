"""The cue policy: which fault is worth a buzz, and when. Pure Python: a few calls in a set.

One cue at a time, in order of importance: within the refractory time only a more important fault gets through. A
fault is cued once, at its onset; what is found late, or by hindsight, never is. A lockout is cued when it is
predicted, else when it happens (domain.md: a human under load needs 300-450 ms, so the latter only labels it), and
again as a *reminder* half-way up the next press of the set, early enough to act on.

Fading (an option): after some reps with the same fault, every second one is cued. Safety cues never fade.
"""

import math
from typing import NamedTuple

from presscue.results import Cue, Event
from presscue.wire import PATTERNS

LONG, DOUBLE, TRIPLE, PULSE = PATTERNS

# kind: (priority, larger is more important; pattern; what happened and what to do)
KINDS = {
    "slam": (7, LONG, "the knee was straightened fast: slow down before the end of the press"),
    "lockout": (7, LONG, "the knee was straightened under load: stop with a soft bend"),
    "seat_lift": (6, DOUBLE, "the seat lifted at the bottom: stay down, do not go so deep"),
    "heel_lift": (5, DOUBLE, "heel lifted: press through the whole foot"),
    "depth": (4, TRIPLE, "too deep: turn round earlier"),
    "valgus": (3, TRIPLE, "the knee fell inward: keep it over the foot"),
    "varus": (3, TRIPLE, "the knee was pushed outward: keep it over the foot"),
    "tempo": (2, PULSE, "too fast on the way down: lower the sled slowly, without a bounce"),
}
"""The order of importance of domain.md. What is not here (imbalance) is never cued."""

SAFETY = ("slam", "lockout")
AHEAD = "the knee is about to straighten: stop this press here"
REMINDER = "the last rep ended straight: stop this press with a soft bend"


class Params(NamedTuple):
    """How often and how strong."""

    refractory_s: float = 1.5  # after a cue, only a more important one for this long; larger: calmer
    ttl_ms: int = 300  # a cue that cannot start within this time is not worth starting; larger: later buzzes
    safety_strength: int = 100  # percent
    strength: int = 80  # percent, of all other cues
    least_confidence: float = 0.0  # events less sure than this are not cued; safety cues always are
    fade_after: int = 0  # reps with one fault that are all cued, then every second one; 0: no fading
    observe_only: bool = False  # decide nothing: a new lifter's first set


class CuePolicy:
    """Events in, cues out. `held_back` counts faults not cued because another cue had just been, `faded` those that
    were left out to let the lifter find it without."""

    def __init__(self, params: Params | None = None):
        self.params = params or Params()
        self.held_back = 0
        self.faded = 0
        self._next = 0
        self._last_s = -math.inf
        self._last_priority = 0
        self._remind = False
        self._foretold_s = -math.inf  # when the last prediction that was cued was made
        self._known: list[tuple] = []  # faults already considered, of this set
        self._faulty: dict[str, tuple[int, int | None]] = {}  # kind: reps with it so far, the last of them

    def on_event(self, event: Event, now_s: float) -> Cue | None:
        """The cue for a fault, if it deserves one. Repeats of an event are ignored.

        now_s: time of the reading at which the event is said (not of the latest one received: in batch, that is the
        end of the block).
        """
        if event.kind not in KINDS or event.late or event.key in self._known:
            return None
        self._known.append(event.key)
        if now_s - event.detected_s > self.params.ttl_ms / 1000.0:
            return None
        if event.predicted:
            cue = self._decide(event.kind, event.detected_s, AHEAD)
            if cue is not None:
                self._foretold_s = event.detected_s
            return cue
        if event.kind == "lockout":
            self._remind = True
            if abs(event.onset_s - event.lead_s - self._foretold_s) < 1e-6:
                return None  # the prediction was its cue
        if event.kind not in SAFETY:
            if event.confidence < self.params.least_confidence:
                return None
            if self._fades(event):
                self.faded += 1
                return None
        text = KINDS[event.kind][2]
        if event.kind == "heel_lift":
            text = f"{event.side} {text}"
        return self._decide(event.kind, event.detected_s, text)

    def on_halfway(self, t_s: float) -> Cue | None:
        """Call when a press has come half-way up (a HALFWAY row): the reminder, if the rep before ended in lockout."""
        if not self._remind:
            return None
        self._remind = False
        return self._decide("lockout", t_s, REMINDER)

    def on_set_end(self) -> None:
        """A set is over: of it, only what fades is remembered."""
        self._remind = False
        self._known.clear()

    def _fades(self, event: Event) -> bool:
        """Count the reps with this fault; whether this one is left to the lifter. Both sides of a rep are one."""
        count, last = self._faulty.get(event.kind, (0, None))
        if event.rep is None or event.rep != last:
            count += 1
            self._faulty[event.kind] = (count, event.rep)
        after = self.params.fade_after
        return after > 0 and count > after and (count - after) % 2 == 1

    def _decide(self, kind: str, t_s: float, reason: str) -> Cue | None:
        priority, pattern, _ = KINDS[kind]
        if self.params.observe_only:
            return None
        if t_s - self._last_s < self.params.refractory_s and priority <= self._last_priority:
            self.held_back += 1
            return None
        self._last_s = t_s
        self._last_priority = priority
        strength = self.params.safety_strength if kind in SAFETY else self.params.strength
        cue = Cue(self._next, t_s, kind, pattern, priority, strength, self.params.ttl_ms, reason)
        self._next += 1
        return cue

    def state(self) -> dict:
        """All that the policy remembers; `restore` takes it back."""
        return {
            "held_back": self.held_back,
            "faded": self.faded,
            "next": self._next,
            "last_s": self._last_s,
            "last_priority": self._last_priority,
            "remind": self._remind,
            "foretold_s": self._foretold_s,
            "known": list(self._known),
            "faulty": dict(self._faulty),
        }

    def restore(self, state: dict) -> None:
        """Go on from a saved `state`."""
        self.held_back = state["held_back"]
        self.faded = state["faded"]
        self._next = state["next"]
        self._last_s = state["last_s"]
        self._last_priority = state["last_priority"]
        self._remind = state["remind"]
        self._foretold_s = state["foretold_s"]
        self._known = list(state["known"])
        self._faulty = dict(state["faulty"])
