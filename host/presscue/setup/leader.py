"""Runs the set-up over a session: facts and keys in, patterns to feel, calibrations and pictures out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..fitting import core_of
from ..live.session import LiveSession
from ..profile import Profile
from ..texts import spoken, text
from .machine import STEPS, Facts, Setup
from .who import Who

ASKED_IN = ("find", "cues", "wear")
"""Steps in which who trains can still be said: afterwards the core has readings."""


class Leader:
    """A listener of the page, see `web.feed`; the terminal asks for the same picture."""

    def __init__(
        self, live: LiveSession, setup: Setup, who: Who, timed: Callable[[Profile], Profile] = lambda profile: profile
    ):
        """timed: adds what is known of the link's latency to a profile."""
        self.live, self.setup, self.who, self._timed = live, setup, who, timed
        self._sets = 0
        live.watch, live.coaching = setup.feed, False
        self.on_profile: Callable[[Profile], None] = lambda profile: None
        """Told when another lifter, height or load was entered."""

    def hear(self, live: LiveSession, command: Mapping[str, Any]) -> None:
        """A key of the lifter, or the form."""
        if command.get("do") == "who":
            self.enter(command)
        else:
            self.setup.press(str(command.get("do")))

    def enter(self, form: Mapping[str, Any]) -> None:
        """Who trains, as typed; the core begins with what is known of them."""
        if self.setup.step in ASKED_IN and self.who.enter(form):
            self.setup.observe_first = self.who.observes
            self.live.use(core_of(self._timed(self.who.profile), patient=False, observe_only=self.who.observes))
            self.on_profile(self.who.profile)

    def turn(self, live: LiveSession) -> None:
        """What follows from the last step of the session."""
        if self.setup.done:
            self._after(live)
            return
        setup = self.setup
        pattern = setup.look(facts_of(live))
        if pattern is not None:
            live.play(pattern)
        live.coaching = setup.step in ("hold", "press", "done")
        if setup.hold_s is not None and live.core.config.priors.hold_s != setup.hold_s:
            live.core.know_hold(setup.hold_s)

    def _after(self, live: LiveSession) -> None:
        """Cues begin after a first set that was only watched."""
        sets = len(live.findings.sets)
        if self.setup.observe_first and sets > self._sets:
            policy = live.core.policy
            policy.params = policy.params._replace(observe_only=False)
        self._sets = sets

    def profile(self) -> Profile:
        """What is known by now, the hold included."""
        return replace(self._timed(self.who.profile), straight_leg_hold_s=self.setup.hold_s)

    def close(self) -> None:
        """Nothing to close."""

    def picture(self, live: LiveSession) -> dict[str, Any]:
        """The set-up as page and terminal show it; None once it is done."""
        setup = self.setup
        if setup.done:
            return {"setup": None}
        return {
            "setup": {
                "step": STEPS.index(setup.step),
                "name": setup.step,
                "behind": _words(*setup.behind()),
                "progress": _words(*setup.progress()),
                "measuring": setup.measuring,
                "checked": sorted(setup.checked),
                "problems": [_problem(*problem) for problem in setup.problems()],
                "who": self.who.picture() if setup.step in ASKED_IN else None,
            }
        }


def facts_of(live: LiveSession) -> Facts:
    """What the set-up needs to know of a session."""
    info, status = live.session.info, live.status
    return Facts(
        now_s=live.link.now_s(),
        link=live.state,
        trouble=live.trouble,
        node=info.name if info is not None else "",
        faults=status.faults if status is not None else (),
        reps=len(live.findings.reps),
        calibrated=live.core.calibration is not None,
        calibrating=live.fits.going_on,
        advice={advice.code: (spoken(advice.text), spoken(advice.action)) for advice in live.findings.advice},
    )


def _words(name: str, values: Mapping[str, Any]) -> str:
    if not name:
        return ""
    if name == "setup.cues.going":
        values = {"pattern": text(f"setup.cues.{values['pattern']}")}
    elif name == "setup.find.done":
        values = {**values, "parts": ", ".join(text(f"setup.part.{part}") for part in values["parts"])}
    return text(name, **values)


def _problem(name: str, values: Mapping[str, str]) -> str:
    if "part" in values:
        values = {"part": text(f"setup.part.{values['part']}")}
    return text(f"setup.problem.{name}", **values)
