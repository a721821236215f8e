"""`presscue demo`: a virtual lifter on the virtual board, coached like a real one; then truth beside findings."""

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from .analysis.summary import foresight_text, number, reps_table
from .archive.places import archive_folder
from .errors import UsageError
from .fitting import core_of
from .latency import percentiles
from .links.sim import SimLink, open_sim
from .live.coach import coach, get_ready, recorder_in, say_where
from .live.session import LiveSession
from .profile import Profile
from .results import Event
from .simulator.scenario import ScenarioError, parse_options
from .simulator.truth import TrueFault
from .texts import text
from .units import Units
from .web.shown import Display, show

SEED = 10
FAULTS = "heel_lift+lockout+depth+tempo"
SESSION = "sets=5+4,rest_s=4,hold_s=2.5,clean_first=3,fault_share=0.35,near_limit=0,sloppiness=0.2,nudge=no,shuffle=no"
SESSION += (
    ",lower_s=1.5+1.8,press_s=1.3+1.6,pause_top_s=0.2+0.4,pause_bottom_s=0.1+0.2,extended_deg=17+21,deep_deg=70+80"
)
BUDGET_MS = 75.0
"""Cue latency, p95, over a serial link (design: batch, links, host, node and actuator together)."""
FOUND_KINDS = ("lockout", "slam", "heel_lift", "depth", "tempo", "seat_lift", "valgus", "varus")


@dataclass(frozen=True)
class Match:
    """A fault made and the one found for it; either may be missing."""

    made: TrueFault | None
    found: Event | None


def run_demo(
    *,
    fast: bool,
    ble: bool,
    seed: int | None,
    faults: str | None,
    folder: Path | None,
    display: Display,
) -> int:
    """Play the demo. Raises PresscueError."""
    options = f"seed={SEED if seed is None else seed},faults={FAULTS if faults is None else faults},{SESSION}"
    try:
        scenario, _ = parse_options(options)
    except ScenarioError as error:
        raise UsageError(f"--faults {faults}: {error}") from None
    profile = Profile(
        lifter="virtual", height_m=round(scenario.height_m, 2), sled_load_kg=round(scenario.sled_load_kg),
        leg=scenario.leg, straight_leg_hold_s=(0.2, scenario.hold_s),
    )  # fmt: skip
    get_ready(display.quiet)
    began_s = time.monotonic()
    with show("presscue demo", profile, display) as view:
        link = open_sim(options + ",fast" * fast + ",ble" * ble)
    if ble and not display.quiet:
        Console(stderr=True).print("paired over the virtual cable, as presscue pair does; then admitted over the air")
    live = LiveSession(
        link, core_of(profile, patient=False), fits="inline" if fast else "thread",
        record=recorder_in(_writable(folder), profile), session_id=1,
    )  # fmt: skip
    coach(live, view, link.duration_s)
    if not display.quiet:
        report(live, link, time.monotonic() - began_s, Console(), display.units)
    return 1 if live.kept.error is not None else 0


def _writable(folder: Path | None) -> Path:
    """The folder asked for; else the archive, else, in a home that cannot be written, a temporary one."""
    if folder is not None:
        return folder
    folder = archive_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="presscue-sessions-"))
    return folder


def report(live: LiveSession, link: SimLink, took_s: float, console: Console, units: Units) -> None:
    """What was found beside what was made, and how quickly."""
    found, truth = live.findings, link.truth
    until_s = live.core.merge.watermark
    true_reps = sum(rep.end_s <= until_s for rep in truth.reps)
    console.print(
        text("demo.counted", reps=len(found.reps), done=true_reps, sets=len(found.sets), took=f"{took_s:.1f}"),
        style="bold",
        highlight=False,
    )
    console.print(reps_table(found, units))
    matches = match([fault for fault in truth.faults if fault.onset_s <= until_s], found.faults())
    console.print()
    console.print(faults_table(matches))
    delays = delays_by_kind(matches)
    if delays:
        words = [f"{text(f'fault.{kind}.name')} {delay * 1000:.0f} ms" for kind, delay in delays.items()]
        console.print(text("demo.delays", delays=", ".join(words)), highlight=False)
    if words := foresight_text(found):
        console.print(words, highlight=False)
    if latency := live.cue_latency_ms():
        figures = {name: f"{latency[name]:.0f}" for name in ("p50", "p95", "p99", "n")}
        within = latency["p95"] <= BUDGET_MS
        words = text("demo.latency_within" if within else "demo.latency_over", budget=f"{BUDGET_MS:.0f}", **figures)
        console.print(words, style="green" if within else "red", highlight=False)
    if work := percentiles([1000 * each for each in live.host_work_s]):
        figures = {"p50": f"{work['p50']:.2f}", "p99": f"{work['p99']:.2f}", "n": f"{work['n']:,}"}
        console.print(text("demo.work", lost=live.session.counts.lost_readings, **figures), highlight=False)
    say_where(live, console)
    if live.kept.path is not None:
        console.print(f"  {text('demo.again', path=live.kept.path)}", highlight=False, soft_wrap=True)


def match(made: Sequence[TrueFault], found: Sequence[Event]) -> list[Match]:
    """Faults made and found, one to one by kind, side and rep; a lift of both heels is matched by one of either."""
    left = [event for event in found if event.kind in FOUND_KINDS]
    matches = []
    for fault in made:
        own = [event for event in left if event.kind == fault.kind and event.rep == fault.rep]
        own = [event for event in own if fault.side in (None, "both", event.side) or event.side in (None, "both")]
        if own:
            left.remove(own[0])
        matches.append(Match(fault, own[0] if own else None))
        if fault.side == "both":  # told as two, one for each side
            left = [event for event in left if event not in own]
    return matches + [Match(None, event) for event in left]


def faults_table(matches: Sequence[Match]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("made", "rep", "onset", "found", "delay", "foreseen"):
        table.add_column(text(f"demo.{name}"), justify="left" if name in ("made", "found") else "right")
    table.add_column("")
    for one in matches:
        made, event = one.made, one.found
        of = made if made is not None else event
        assert of is not None
        rep = "–" if of.rep is None else str(of.rep + 1)
        if made is None:
            table.add_row("–", rep, f"{of.onset_s:.1f} s", _name(event), "", "", f"[yellow]{text('demo.not_made')}[/]")
        elif event is None:
            table.add_row(_name(made), rep, f"{made.onset_s:.1f} s", "–", "", "", f"[red]{text('demo.missed')}[/]")
        else:
            delay = "" if event.late else f"{(event.detected_s - made.onset_s) * 1000:.0f} ms"
            verdict = f"[dim]{text('demo.late')}[/]" if event.late else f"[green]{text('demo.found')}[/]"
            ahead = number(1000.0 * (made.onset_s - event.onset_s + event.lead_s), "{:.0f} ms")
            table.add_row(_name(made), rep, f"{made.onset_s:.1f} s", _name(event), delay, ahead, verdict)
    return table


def delays_by_kind(matches: Sequence[Match]) -> dict[str, float]:
    """Median time from a fault's true onset to its detection, in s, by kind. Late ones do not count."""
    delays: dict[str, list[float]] = {}
    for one in matches:
        if one.made is not None and one.found is not None and not one.found.late:
            delays.setdefault(one.made.kind, []).append(float(one.found.detected_s - one.made.onset_s))
    return {kind: float(np.median(each)) for kind, each in delays.items() if not math.isnan(each[0])}


def _name(fault: TrueFault | Event | None) -> str:
    if fault is None:
        return "–"
    return text(f"fault.{fault.kind}.name") + (f" ({text('side.' + fault.side)})" if fault.side else "")
