"""Five steps: find, cues, wear, hold, press. Sans-io: facts, readings and key presses in; what to show and do out.

    find ─ every sensor heard ─► cues ─ next ─► wear ─ next, then still ─► hold ─ next, then still ─► press ─► done

`skip` leaves a step as it is. A lifter presses three keys: cues felt, sensors on, legs straight.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..results import Samples
from ..wire import LEG, PADS, PATTERNS, SLED
from .motion import Motion
from .push import Push

STEPS = ("find", "cues", "wear", "hold", "press")
CHECKLIST = ("height", "width", "toes", "trunk", "back")
STILL_S = 2.0
UNPUSHED_S = 5.0
"""So long a sensor that sits is waited for to be pushed."""
HOLD_S = 3.0
HOLD_EDGE_S = 0.2
"""Left out at both ends of a hold."""
FIND_S = 3.0
"""A sensor not heard this long after the node was is missing."""
SILENT_S = 1.0
"""One that was heard and says nothing for so long, while others do, has gone."""
CUE_PAUSE_S = 1.3
REPS = 2
PRESSED_RAD = 1.0
"""Once the leg has turned by so much, the heels have pressed: in a hold without load they hardly do."""
LOOSE = ("leg_imu_loose", "leg_imu_moved", "sled_imu_moved")
_SOURCE_NAMES = {SLED: "sled", LEG: "leg", PADS: "pads"}


@dataclass(frozen=True)
class Facts:
    """What the session knows now. now_s: the host's clock. advice: what and what to do by its code."""

    now_s: float
    link: str = "connecting"
    trouble: str = ""
    node: str = ""
    faults: tuple[str, ...] = ()
    reps: int = 0
    calibrated: bool = False
    calibrating: bool = False
    advice: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Setup:
    """See the module. hold_s: the straight-leg hold as it was measured, on the node clock."""

    observe_first: bool = False
    step: str = "find"
    hold_s: tuple[float, float] | None = None
    measuring: bool = False
    motion: Motion = field(default_factory=Motion)
    pushes: dict[int, Push] = field(default_factory=lambda: {SLED: Push(), LEG: Push()})
    checked: set[str] = field(default_factory=set)
    facts: Facts = field(default_factory=lambda: Facts(0.0))
    played: int = 0
    _heard_s: float | None = None
    _due_s: float = 0.0
    _moved: bool = False
    _went_on: tuple[str, dict[str, Any]] = ("", {})

    @property
    def done(self) -> bool:
        return self.step == "done"

    def feed(self, blocks: list[Samples]) -> None:
        """Readings as they come."""
        for block in blocks:
            self.motion.feed(block)
            if self.step == "wear" and self.measuring and block.source in self.pushes and len(block.t_s):
                rests = self.motion.still_since_s[block.source] < math.inf
                self.pushes[block.source].feed(block, rests)

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
                self.pushes = {source: Push() for source in self.pushes}
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
                parts = [name for source, name in _SOURCE_NAMES.items() if source in self.motion.seen]
                self._go_on("setup.find.done", node=facts.node, parts=parts)
        elif self.step == "cues" and self.played < len(PATTERNS) and facts.now_s >= self._due_s:
            self.played += 1
            self._due_s = facts.now_s + CUE_PAUSE_S
            return PATTERNS[self.played - 1]
        elif self.step == "wear" and self.measuring and resting_s >= self._rest_s() and not self._slipping():
            self._go_on("setup.wear.firm" if self._pushed() else "setup.wear.done")
        elif self.step == "hold" and self.measuring:
            self._moved = self._moved or resting_s == 0.0
            if resting_s >= HOLD_S:
                end_s = self.motion.t_s
                self.hold_s = (round(end_s - HOLD_S + HOLD_EDGE_S, 3), round(end_s - HOLD_EDGE_S, 3))
                self._go_on("setup.hold.done", s=f"{HOLD_S:.0f}")
        elif self.step == "press" and facts.calibrated and facts.reps >= REPS:
            self._go_on()
        return None

    def problems(self) -> list[tuple[str, dict[str, str]]]:
        """What to set right now: names and values of the texts setup.problem.*."""
        found: list[tuple[str, dict[str, str]]] = []
        if self.facts.link == "lost":
            found.append(("lost", {"trouble": self.facts.trouble}))
        silent = [_SOURCE_NAMES[source] for source in self.motion.silent(SILENT_S)]
        gone = list(dict.fromkeys([*self.facts.faults, *silent]))
        found += [("gone", {"part": part}) for part in gone]
        if self.step != "find":
            missing = [name for source, name in _SOURCE_NAMES.items() if source not in self.motion.seen]
            found += [("missing", {"part": name}) for name in missing if name not in gone]
        found += [("slips", {"part": part}) for part in self._slipping()]
        if self.step in ("hold", "press") and (self.motion.swapped() or "sensors_swapped" in self.facts.advice):
            found.append(("swapped", {}))
        if self.step == "press":
            pressed = self.facts.reps > 0 or self.motion.turned_rad[LEG] > PRESSED_RAD
            found += [(f"pad_{side}", {}) for side in self.motion.bare_pads(pressed)]
            found += [("loose", {})] if set(self.facts.advice) & set(LOOSE) else []
            others = [words for code, words in self.facts.advice.items() if code not in (*LOOSE, "sensors_swapped")]
            found += [("other", {"what": what, "action": action}) for what, action in others]
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
            left_s = max(0.0, (self._rest_s() if self.step == "wear" else HOLD_S) - self.motion.resting_s())
            hold = "setup.hold.moved" if self._moved else "setup.hold.going"
            return "setup.wear.going" if self.step == "wear" else hold, {"s": f"{left_s:.0f}"}
        if self.step == "press":
            return (
                ("setup.press.calibrating", {})
                if self.facts.calibrating
                else ("setup.press.going", {"n": self.facts.reps})
            )
        return "setup.press.done", {}

    def behind(self) -> tuple[str, dict[str, Any]]:
        """What the last step came to: name and values of a text; "" for nothing, as after a skip."""
        return self._went_on

    def _pushed(self) -> bool:
        """Whether every IMU that is there was pushed."""
        return all(push.firm is not None for source, push in self.pushes.items() if source in self.motion.seen)

    def _rest_s(self) -> float:
        """How long to sit still in the step `wear`."""
        return STILL_S if self._pushed() else UNPUSHED_S

    def _slipping(self) -> list[str]:
        """Sensors that did not hold when they were pushed."""
        return [_SOURCE_NAMES[source] for source, push in self.pushes.items() if push.firm is False]

    def _go_on(self, came_to: str = "", **values: Any) -> None:
        self._went_on = (came_to, values)
        at = STEPS.index(self.step) + 1
        self.step = STEPS[at] if at < len(STEPS) else "done"
        self.measuring = False
        self.pushes = {source: Push() for source in self.pushes}
        if self.step in ("hold", "press"):
            self.motion.forget()
