"""`presscue start`: the set-up that leads, then the session it leads to, on the terminal and on the page."""

import math
import queue
import secrets
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from .archive import journal
from .archive.places import archive_folder
from .coach import coach, get_ready, only_port, recorder_in, reopener, report
from .errors import PresscueError
from .fitting import core_of
from .known_latency import keep_latency, with_known_latency
from .lifters import read_lifter, save_lifter
from .links import open_link
from .live import LiveSession
from .profile import Profile
from .setup import STEPS, Facts, Setup
from .texts import text
from .view import View
from .web.feed import Page
from .web.shown import Display, open_page, show

KEYS = {"": "next", "s": "skip", "a": "again"}
SIM_HOLD_S = 20
"""A virtual lifter keeps the legs straight for so long: time to press three keys."""


def run_start(
    moniker: str | None,
    *,
    lifter: str | None,
    height_m: float | None,
    load_kg: float | None,
    folder: Path | None,
    observe: bool | None,
    display: Display,
) -> int:
    """Lead through the set-up, then coach. observe: watch only in the first set (None: for a new lifter). Raises
    PresscueError."""
    archive = archive_folder(folder)
    profile, new = read_lifter(archive, lifter)
    said = {"height_m": height_m, "sled_load_kg": load_kg}
    profile = replace(profile, **{name: value for name, value in said.items() if value is not None})
    moniker = patient_sim(moniker or only_port())
    fast = moniker.startswith("sim:") and "fast" in moniker[4:].split(",")
    get_ready(display.quiet)
    page = open_page(moniker, profile, display)
    keys = None if display.quiet else typed_keys()
    try:
        link = open_link(moniker)
        setup = Setup(observe_first=new if observe is None else observe)
        timed = with_known_latency(profile, moniker)
        core = core_of(timed, patient=False, observe_only=setup.observe_first)
        live = LiveSession(
            link, core, fits="inline" if fast else "thread",
            reopen=reopener(moniker, link), record=recorder_in(archive, timed), session_id=secrets.randbits(32),
        )  # fmt: skip
        leader = Leader(live, setup, page, keys, None if display.quiet else Console(highlight=False))
    except BaseException:
        if page is not None:
            page.close()
        raise
    try:
        leader.lead()
    except BaseException:
        leader.close()
        live.finish()
        raise
    with show(moniker, profile, display._replace(page=False)) as view:
        coach(live, Coached(view, leader), getattr(link, "duration_s", None))
    keep_latency(moniker, live.latencies_ms)
    keep(live, setup, profile, archive)
    if not display.quiet:
        report(live, Console(), display.units)
    return 1 if live.kept.error is not None else 0


class Leader:
    """Runs the state machine over a session: what it says goes to terminal and page, keys come from both."""

    def __init__(
        self,
        live: LiveSession,
        setup: Setup,
        page: Page | None = None,
        keys: Callable[[], list[str]] | None = None,
        console: Console | None = None,
    ):
        self.live, self.setup = live, setup
        self._page, self._keys, self._console = page, keys, console
        self._said: tuple = ()
        self._sets = 0
        live.watch, live.coaching = setup.feed, False
        if page is not None:
            page.extra = self.picture
            page.on_command = lambda command: setup.press(str(command["do"]))

    def lead(self) -> None:
        """Up to the end of the set-up, or of the session. Raises PresscueError, KeyboardInterrupt."""
        while not self.setup.done and self.live.step():
            self.turn()

    def turn(self) -> None:
        """What follows from the last step of the session."""
        live, setup = self.live, self.setup
        for key in self._keys() if self._keys is not None else ():
            setup.press(key)
        pattern = setup.look(facts_of(live))
        if pattern is not None:
            live.play(pattern)
        live.coaching = setup.step in ("hold", "press", "done")
        if setup.hold_s is not None and live.core.config.priors.hold_s != setup.hold_s:
            live.core.know_hold(setup.hold_s)
        if self._page is not None:
            self._page.update(live)
        if self._console is not None:
            self._tell(self._console)

    def after(self) -> None:
        """Once the set-up is done: cues begin after a first set that was only watched."""
        sets = len(self.live.findings.sets)
        if self.setup.observe_first and sets > self._sets:
            policy = self.live.core.policy
            policy.params = policy.params._replace(observe_only=False)
        self._sets = sets
        if self._page is not None:
            self._page.update(self.live)

    def close(self) -> None:
        if self._page is not None:
            self._page.close()

    def picture(self) -> dict[str, Any]:
        """The set-up as the page shows it; None once it is done."""
        setup = self.setup
        if setup.done:
            return {"setup": None}
        name, values = setup.progress()
        return {
            "setup": {
                "step": STEPS.index(setup.step),
                "name": setup.step,
                "progress": _said(name, values),
                "measuring": setup.measuring,
                "checked": sorted(setup.checked),
                "problems": [_problem(*problem) for problem in setup.problems()],
            }
        }

    def _tell(self, console: Console) -> None:
        setup = self.setup
        name, values = setup.progress()
        problems = tuple(_problem(*problem) for problem in setup.problems())
        before = self._said[:1]
        if before != (setup.step,):
            if setup.done:
                console.print(f"[bold green]✔ {text('setup.press.done')}[/]")
                if setup.observe_first:
                    console.print(text("setup.press.observe"))
            else:
                number = STEPS.index(setup.step) + 1
                console.print(f"\n[bold]{number} of {len(STEPS)}  {text(f'setup.{setup.step}.title')}[/]")
                console.print(text(f"setup.{setup.step}.text"), soft_wrap=True)
                if setup.step == "press":
                    for one in CHECKS:
                        console.print(f"  ☐ {text(f'setup.check.{one}')}: [dim]{text(f'setup.check.{one}_why')}[/]")
                elif setup.step != "find":
                    console.print(f"[dim]{text('setup.keys', next=text('setup.next'))}[/]")
        now = (setup.step, name, problems)
        if now != self._said:
            for problem in problems:
                if not self._said or problem not in self._said[2]:
                    console.print(f"[bold yellow]! {problem}[/]")
            if name and not setup.done and (not self._said or name != self._said[1]):
                console.print(f"  {_said(name, values)}")
        self._said = now


class Coached:
    """The view of the session after the set-up; the leader keeps its page up to date."""

    def __init__(self, view: View, leader: Leader):
        self._view, self._leader = view, leader

    def update(self, live: LiveSession) -> None:
        self._leader.after()
        self._view.update(live)

    def close(self) -> None:
        self._view.close()
        self._leader.close()


CHECKS = ("height", "width", "toes", "trunk", "back")


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
        advice=frozenset(advice.code for advice in live.findings.advice),
    )


def keep(live: LiveSession, setup: Setup, profile: Profile, archive: Path) -> None:
    """What was learnt: the hold beside the recording, the machine in the lifter's profile. Says what cannot be kept."""
    try:
        if setup.hold_s is not None and live.kept.path is not None:
            toml = replace(profile, straight_leg_hold_s=setup.hold_s).to_toml()
            journal.add(live.kept.path, lambda _: [{"op": "profile", "toml": toml}])
        calibration = live.core.calibration
        if calibration is not None and calibration.has_sled and math.isfinite(calibration.rail_deg):
            profile = replace(profile, rail_deg=min(90.0, max(0.0, round(calibration.rail_deg, 1))))
        save_lifter(archive, replace(profile, straight_leg_hold_s=None))
    except PresscueError as error:
        Console(stderr=True).print(f"presscue: {error}", markup=False, highlight=False, soft_wrap=True)


def typed_keys() -> Callable[[], list[str]]:
    """Lines typed since the last call, as keys; a thread waits for them."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line.strip().lower())

    threading.Thread(target=listen, name="keys", daemon=True).start()

    def typed() -> list[str]:
        found = []
        while not lines.empty():
            line = lines.get()
            if line == "q":
                raise KeyboardInterrupt
            if line in KEYS:
                found.append(KEYS[line])
        return found

    return typed


def patient_sim(moniker: str) -> str:
    """A virtual lifter who waits with straight legs until the set-up has come so far."""
    kind, _, options = moniker.partition(":")
    if kind != "sim" or "hold_s=" in options:
        return moniker
    return f"sim:{options}{',' * bool(options)}hold_s={SIM_HOLD_S}"


def _said(name: str, values: dict[str, Any]) -> str:
    if not name:
        return ""
    if name == "setup.cues.going":
        values = {"pattern": text(f"setup.cues.{values['pattern']}")}
    return text(name, **values)


def _problem(name: str, values: dict[str, str]) -> str:
    if "part" in values:
        values = {"part": text(f"setup.part.{values['part']}")}
    return text(f"setup.problem.{name}", **values)
