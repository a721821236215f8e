"""Five steps: find, cues, wear, hold, press. Sans-io: facts, readings and key presses in; what to show and do out.

    find ─ every sensor heard ─► cues ─ next ─► wear ─ next, then still ─► hold ─ next, then still ─► press ─► done

`skip` leaves a step as it is. A lifter presses three keys: cues felt, sensors on, legs straight.
"""

from dataclasses import dataclass, field
from typing import Any

from ..results import Samples
from ..wire import LEG, PADS, PATTERNS, SLED
from .motion import Motion

STEPS = ("find", "cues", "wear", "hold", "press")
CHECKLIST = ("height", "width", "toes", "trunk", "back")
STILL_S = 2.0
HOLD_S = 3.0
HOLD_EDGE_S = 0.2
"""Left out at both ends of a hold."""
FIND_S = 3.0
"""A sensor not heard this long after the node was is missing."""
CUE_PAUSE_S = 1.3
REPS = 2
LOOSE = ("leg_imu_loose", "leg_imu_moved", "sled_imu_moved")
_SOURCE_NAMES = {SLED: "sled", LEG: "leg", PADS: "pads"}


@dataclass(frozen=True)
class Facts:
    """What the session knows now. now_s: the host's clock. advice: codes of advice so far."""

    now_s: float
    link: str = "connecting"
    trouble: str = ""
    node: str = ""
    faults: tuple[str, ...] = ()
    acks: int = 0
    reps: int = 0
    calibrated: bool = False
    calibrating: bool = False
    advice: frozenset[str] = frozenset()


@dataclass
class Setup:
    """See the module. hold_s: the straight-leg hold as it was measured, on the node clock."""

    observe_first: bool = False
    step: str = "find"
    hold_s: tuple[float, float] | None = None
    measuring: bool = False
    motion: Motion = field(default_factory=Motion)
    checked: set[str] = field(default_factory=set)
    facts: Facts = field(default_factory=lambda: Facts(0.0))
    played: int = 0
    _heard_s: float | None = None
    _due_s: float = 0.0
    _held: bool = False
    _moved: bool = False

    @property
    def done(self) -> bool:
        return self.step == "done"

    def feed(self, blocks: list[Samples]) -> None:
        """Readings as they come."""
        for block in blocks:
            self.motion.feed(block)

    def press(self, key: str) -> None:
        """A key of the lifter: next, skip or again; others are none. `check:NAME` ticks the list, or unticks it."""
        if key.startswith("check:") and key[6:] in CHECKLIST:
            self.checked ^= {key[6:]}
        elif key == "again" and self.step == "cues":
            self.played, self._due_s = 0, self.facts.now_s
        elif key == "skip" and self.step != "done":
            self._go_on()
        elif key == "next":
            if self.step == "cues":
                self._go_on()
            elif self.step in ("wear", "hold"):
                self.measuring, self._moved = True, False
                self.motion.still_since_s = dict.fromkeys(self.motion.still_since_s, self.motion.t_s)

    def look(self, facts: Facts) -> str | None:
        """Go on if it is time to. The pattern to play now, if any."""
        self.facts = facts
        if facts.link != "streaming":
            return None
        if self._heard_s is None and self.motion.seen:
            self._heard_s = facts.now_s
        resting_s = self.motion.resting_s()
        if self.step == "find":
            waited = self._heard_s is not None and facts.now_s - self._heard_s > FIND_S
            if {SLED, LEG, PADS} <= self.motion.seen or (waited and self.motion.seen):
                self._go_on()
        elif self.step == "cues" and self.played < len(PATTERNS) and facts.now_s >= self._due_s:
            self.played += 1
            self._due_s = facts.now_s + CUE_PAUSE_S
            return PATTERNS[self.played - 1]
        elif self.step == "wear" and self.measuring and resting_s >= STILL_S:
            self._go_on()
        elif self.step == "hold" and self.measuring:
            self._moved = self._moved or resting_s == 0.0
            if resting_s >= HOLD_S:
                end_s = self.motion.t_s
                self.hold_s = (round(end_s - HOLD_S + HOLD_EDGE_S, 3), round(end_s - HOLD_EDGE_S, 3))
                self._go_on()
        elif self.step == "press" and facts.calibrated and facts.reps >= REPS:
            self._go_on()
        return None

    def problems(self) -> list[tuple[str, dict[str, str]]]:
        """What to set right now: names and values of the texts setup.problem.*."""
        found: list[tuple[str, dict[str, str]]] = []
        if self.facts.link == "lost":
            found.append(("lost", {"trouble": self.facts.trouble}))
        found += [("gone", {"part": part}) for part in self.facts.faults]
        if self.step != "find":
            missing = [name for source, name in _SOURCE_NAMES.items() if source not in self.motion.seen]
            found += [("missing", {"part": name}) for name in missing if name not in self.facts.faults]
        if self.step in ("hold", "press") and (self.motion.swapped() or "sensors_swapped" in self.facts.advice):
            found.append(("swapped", {}))
        if self.step == "press":
            if self.facts.reps or self.motion.turned_rad[LEG] > 1.0:
                found += [(f"pad_{side}", {}) for side in self.motion.bare_pads()]
            if self.facts.advice & set(LOOSE):
                found.append(("loose", {}))
        return found

    def progress(self) -> tuple[str, dict[str, Any]]:
        """How the present step stands: name and values of a text."""
        if self.step == "find":
            return "setup.find.going", {}
        if self.step == "cues":
            if self.played < len(PATTERNS) or self.facts.now_s < self._due_s:
                return "setup.cues.going", {"pattern": PATTERNS[max(0, self.played - 1)]}
            return "setup.cues.done", {}
        if self.step in ("wear", "hold"):
            if not self.measuring:
                return "", {}
            left_s = max(0.0, (STILL_S if self.step == "wear" else HOLD_S) - self.motion.resting_s())
            hold = "setup.hold.moved" if self._moved else "setup.hold.going"
            return "setup.wear.going" if self.step == "wear" else hold, {"s": f"{left_s:.0f}"}
        if self.step == "press":
            return (
                ("setup.press.calibrating", {})
                if self.facts.calibrating
                else ("setup.press.going", {"n": self.facts.reps})
            )
        return "setup.press.done", {}

    def _go_on(self) -> None:
        at = STEPS.index(self.step) + 1
        self.step = STEPS[at] if at < len(STEPS) else "done"
        self.measuring = False
        if self.step == "press":
            self.motion.forget()
