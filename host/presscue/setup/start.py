"""`presscue start`: the set-up that leads, then the session it leads to, on the terminal and on the page."""

import math
import secrets
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from ..archive import journal
from ..archive.places import archive_folder
from ..errors import PresscueError
from ..fitting import core_of
from ..lifters import save_lifter
from ..links import open_link
from ..live.coach import coach, get_ready, only_port, recorder_in, reopener, report
from ..live.known_latency import keep_latency, with_known_latency
from ..live.session import LiveSession
from ..live.view import NoView, View, Views, open_view
from ..web.shown import Display, open_page
from . import Setup
from .leader import Leader
from .terminal import Terminal, typed_lines
from .who import Who

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
    who = Who(archive, lifter, display.units, observe)
    who.know(height_m=height_m, sled_load_kg=load_kg)
    moniker = patient_sim(moniker or only_port())
    timed = partial(with_known_latency, moniker=moniker)
    fast = moniker.startswith("sim:") and "fast" in moniker[4:].split(",")
    get_ready(display.quiet)
    page = open_page(moniker, who.profile, display, who.names)
    shown: View = NoView() if page is None else page
    try:
        link = open_link(moniker)
        core = core_of(timed(who.profile), patient=False, observe_only=who.observes)
        record = recorder_in(archive, timed(who.profile))
        live = LiveSession(
            link, core, fits="inline" if fast else "thread",
            reopen=reopener(moniker, link), record=record, session_id=secrets.randbits(32),
        )  # fmt: skip
    except BaseException:
        shown.close()
        raise
    leader = Leader(live, Setup(observe_first=who.observes), who, timed)
    if page is not None and page.painter is not None:
        page.listeners.insert(0, leader)
        leader.on_profile = page.painter.know
    try:
        lead(leader, shown, None if display.quiet else Terminal(leader, Console(highlight=False), typed_lines()))
        note_profile(leader)
        view = open_view(moniker, who.profile, display.units, plain=display.plain, quiet=display.quiet)
    except BaseException:
        shown.close()
        live.finish()
        raise
    coach(live, Views(shown, Led(leader), view), getattr(link, "duration_s", None))
    keep_latency(moniker, live.latencies_ms)
    keep_lifter(leader, archive)
    if not display.quiet:
        report(live, Console(), display.units)
    return 1 if live.kept.error is not None else 0


def lead(leader: Leader, shown: View, terminal: Terminal | None) -> None:
    """Up to the end of the set-up, or of the session. Raises PresscueError, KeyboardInterrupt."""
    live = leader.live
    while not leader.setup.done and live.step():
        leader.turn(live)
        shown.update(live)
        if terminal is not None:
            terminal.turn(live)


class Led:
    """The leader as a view: after the set-up it still turns the cues on."""

    def __init__(self, leader: Leader):
        self._leader = leader

    def update(self, live: LiveSession) -> None:
        self._leader.turn(live)

    def close(self) -> None:
        pass


def note_profile(leader: Leader) -> None:
    """What was learnt in the set-up, beside the recording: who trains, and the hold. Says what cannot be kept."""
    path = leader.live.kept.path
    if path is None:
        return
    try:
        toml = leader.profile().to_toml()
        journal.add(path, lambda _: [{"op": "profile", "toml": toml}])
    except PresscueError as error:
        _complain(error)


def keep_lifter(leader: Leader, archive: Path) -> None:
    """The machine in the lifter's profile, for the next time. Says what cannot be kept."""
    profile, calibration = leader.who.profile, leader.live.core.calibration
    if calibration is not None and calibration.has_sled and math.isfinite(calibration.rail_deg):
        profile = replace(profile, rail_deg=min(90.0, max(0.0, round(calibration.rail_deg, 1))))
    try:
        save_lifter(archive, replace(profile, straight_leg_hold_s=None))
    except PresscueError as error:
        _complain(error)


def _complain(error: PresscueError) -> None:
    Console(stderr=True).print(f"presscue: {error}", markup=False, highlight=False, soft_wrap=True)


def patient_sim(moniker: str) -> str:
    """A virtual lifter who waits with straight legs until the set-up has come so far."""
    kind, _, options = moniker.partition(":")
    if kind != "sim" or "hold_s=" in options:
        return moniker
    return f"sim:{options}{',' * bool(options)}hold_s={SIM_HOLD_S}"
