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

from .archive.places import archive_folder
from .coach import coach, get_ready, recorder_in, say_where
from .errors import UsageError
from .fitting import core_of
from .latency import percentiles
from .links.sim import SimLink, open_sim
from .live import LiveSession
from .profile import Profile
from .results import Event
from .simulator.scenario import ScenarioError, parse_options
from .simulator.truth import TrueFault
from .summary import foresight_text, number, reps_table
from .web.shown import NO_PAGE, PageWish, show

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
    plain: bool,
    quiet: bool,
    web: PageWish = NO_PAGE,
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
    get_ready(quiet)
    began_s = time.monotonic()
    with show("presscue demo", profile, web, plain=plain, quiet=quiet) as view:
        link = open_sim(options + ",fast" * fast + ",ble" * ble)
    live = LiveSession(
        link, core_of(profile, patient=False), fits="inline" if fast else "thread",
        record=recorder_in(_writable(folder), profile), session_id=1,
    )  # fmt: skip
    coach(live, view, link.duration_s)
    if not quiet:
        report(live, link, time.monotonic() - began_s, Console())
    return 1 if live.save_error is not None else 0


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


def report(live: LiveSession, link: SimLink, took_s: float, console: Console) -> None:
    """What was found beside what was made, and how quickly."""
    found, truth = live.findings, link.truth
    until_s = live.core.merge.watermark
    true_reps = sum(rep.end_s <= until_s for rep in truth.reps)
    console.print(
        f"[bold]{len(found.reps)} reps counted, {true_reps} done[/], in {len(found.sets)} sets; {took_s:.1f} s"
    )
    console.print(reps_table(found))
    matches = match([fault for fault in truth.faults if fault.onset_s <= until_s], found.faults())
    console.print()
    console.print(faults_table(matches))
    delays = delays_by_kind(matches)
    if delays:
        words = [f"{kind.replace('_', ' ')} {delay * 1000:.0f} ms" for kind, delay in delays.items()]
        console.print("detection delay, onset → detected (median): " + ", ".join(words), highlight=False)
    if words := foresight_text(found):
        console.print(words, highlight=False)
    if latency := live.cue_latency_ms():
        verdict = "[green]within[/]" if latency["p95"] <= BUDGET_MS else "[red]over[/]"
        console.print(
            f"cue latency, detected → actuator on: p50 {latency['p50']:.0f}, p95 {latency['p95']:.0f}, "
            f"p99 {latency['p99']:.0f} ms over {latency['n']} cues; {verdict} the budget of {BUDGET_MS:.0f} ms (p95)",
            highlight=False,
        )
    if work := percentiles([1000 * each for each in live.host_work_s]):
        console.print(
            f"host work per packet: p50 {work['p50']:.2f}, p99 {work['p99']:.2f} ms over {work['n']:,} packets; "
            f"readings lost: {live.session.counts.lost_readings}",
            highlight=False,
        )
    say_where(live, console)
    if live.recorder is not None and live.save_error is None:
        console.print(f"  look at it again: presscue live replay:{live.recorder.path}", highlight=False, soft_wrap=True)


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
    for name in ("fault made", "rep", "onset", "found", "delay", "foreseen", ""):
        table.add_column(name, justify="right" if name in ("rep", "onset", "delay", "foreseen") else "left")
    for one in matches:
        made, event = one.made, one.found
        of = made if made is not None else event
        assert of is not None
        rep = "–" if of.rep is None else str(of.rep + 1)
        if made is None:
            table.add_row("–", rep, f"{of.onset_s:.1f} s", _name(event), "", "", "[yellow]not made[/]")
        elif event is None:
            verdict = "[red]missed[/]" if made.kind in FOUND_KINDS else "[dim]no detector in this version[/]"
            table.add_row(_name(made), rep, f"{made.onset_s:.1f} s", "–", "", "", verdict)
        else:
            delay = "" if event.late else f"{(event.detected_s - made.onset_s) * 1000:.0f} ms"
            verdict = "[dim]late: before calibration[/]" if event.late else "[green]found[/]"
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
    return fault.kind.replace("_", " ") + (f" ({fault.side})" if fault.side else "")
