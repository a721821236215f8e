"""`presscue analyze`: progress, files, and the results as tables for people."""

import math
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..archive import annotations, facts, journal
from ..errors import UsageError
from ..findings import Findings, findings_of
from ..profile import parse_profile, read_profile
from ..results import Advice, Event
from ..texts import spoken, text
from ..units import METRIC, NONE, Units
from .analyze import Analysis, analyze
from .metrics import learnt_limits, set_metrics
from .output import plain, write_analysis


def run_analyze(
    recording: Path,
    *,
    profile_path: Path | None,
    json_path: Path | None,
    series_path: Path | None,
    report_path: Path | None,
    annotated: bool,
    units: Units,
    quiet: bool,
) -> int:
    """Analyse a recording, write what is asked for, print a summary. Raises PresscueError.

    annotated: lay what was said of the recording (`presscue annotate`) over what was measured.
    """
    if series_path is not None and series_path.suffix.lower() not in (".csv", ".parquet"):
        raise UsageError(f"{series_path}: a series ends in .csv or .parquet")
    for path in (json_path, series_path, report_path):
        if path is not None:
            _check_target(path, recording)
    if report_path is not None:
        from ..report.command import check_page, write_report

        check_page(report_path, recording)
    said = journal.read_journal(recording).standing() if annotated else []
    profile = None if profile_path is None else read_profile(profile_path)
    if profile is None and (toml := facts.profile_said(said)) is not None:
        profile = parse_profile(toml, f"{recording}: the profile said later")
    with Progress(
        SpinnerColumn(), TextColumn("analysing {task.fields[at]}"), BarColumn(None), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None, at="")
        found = analyze(
            recording,
            profile,
            series_path,
            curves=report_path is not None,
            progress=lambda done_s: bar.update(task, at=f"{clock_text(done_s)} of training"),
        )
    tree = found.to_json()
    annotated_tree = annotations.overlay(plain(tree), said) if said or report_path is not None else tree
    if said:
        tree = annotated_tree
        found.findings = findings_of(tree)
    if json_path is not None:
        write_analysis(json_path, tree)
    if report_path is not None:
        start_ms = annotations.fact(said, "start", "start_ms") or facts.origin_of(recording).start_ms
        write_report(report_path, recording, annotated_tree, found.curves, start_ms, units)
    if not quiet:
        console = Console()
        show(found, console, units)
        if said:
            console.print(text("terminal.annotated", n=len(said), recording=recording), soft_wrap=True)
        for path in (json_path, series_path, report_path):
            if path is not None:
                console.print(text("terminal.written", path=path), markup=False, highlight=False, soft_wrap=True)
    return 0


def _check_target(path: Path, recording: Path) -> None:
    """Say before the work what would spoil it after."""
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no folder {path.parent}")
    if path.exists() and recording.exists() and os.path.samefile(path, recording):
        raise UsageError(f"{path}: is the recording itself; name another file")


def show(found: Analysis, console: Console, units: Units) -> None:
    """The results, for people."""
    start_s, end_s = found.core.merge.span_s
    console.print(
        f"[bold]{counted_text(found.findings)}[/]; "
        + text(
            "terminal.recorded", length=clock_text(end_s - start_s), readings=f"{found.core.merge.samples:,}",
            lost=f"{found.core.merge.lost:,}",
        ),
        highlight=False,
    )  # fmt: skip
    if found.findings.reps:
        console.print(reps_table(found.findings, units))
    outside = [event for event in found.findings.faults() if event.rep is None]
    for event in outside:
        console.print(text("terminal.outside_at", fault=fault_text(event), at=f"{event.onset_s:.1f}"), highlight=False)
    for words in sets_text(found.findings, units):
        console.print(words, highlight=False)
    for name, what in learnt_limits(found.findings).items():
        if "suggested" in what:
            words = {"name": name, "value": f"{what['suggested']:.0f}", "because": spoken(what["because"])}
            console.print(text("terminal.suggestion", **words), highlight=False)
    if words := foresight_text(found.findings):
        console.print(words, highlight=False)
    for what, how in found.measured().items():
        if how.startswith("not measured"):
            console.print(f"{text('measured.' + what)}: {spoken(how)}", style="dim", highlight=False)
    for advice in found.findings.advice:
        console.print(advice_text(advice), style="yellow", markup=False, highlight=False)
    for note in found.notes():
        console.print(text("terminal.note", note=note), style="yellow", markup=False, highlight=False)


def counted_text(findings: Findings) -> str:
    """How many reps in how many sets, and how many of them without a fault."""
    counts = {"reps": len(findings.reps), "sets": len(findings.sets), "clean": findings.clean_reps()}
    return text("terminal.counted", **counts)


def reps_table(findings: Findings, units: Units = METRIC) -> Table:
    """One row a rep: when, how deep, how straight, how far, how fast, and what was wrong."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("set", "rep", "start", "deepest", "end", "travel", "down", "up", "speed"):
        table.add_column(text(f"terminal.column.{name}"), justify="right")
    table.add_column(text("terminal.column.faults"))
    faults = findings.faults()
    for rep in findings.reps.values():
        own = [event for event in faults if event.rep == rep.rep]
        table.add_row(
            str(rep.set + 1), str(rep.rep + 1), f"{rep.start_s:.1f} s", number(rep.max_flexion_deg, "{:.0f}°"),
            number(rep.end_flexion_deg, "{:.0f}°"), units.length(rep.travel_m),
            number(rep.eccentric_s, "{:.1f} s"), number(rep.concentric_s, "{:.1f} s"),
            units.speed(rep.mean_concentric_velocity_mps), faults_text(own),
        )  # fmt: skip
    return table


def sets_text(findings: Findings, units: Units = METRIC) -> list[str]:
    """A line for each set: its means, how alike its reps were, what was lost in speed, and how the heels shared."""
    lines = []
    for one in findings.sets.values():
        of = set_metrics(findings.reps_of(one.set))
        parts = [
            _measured("range", units.length(of["mean_travel_m"]), _spread(of["travel_cv"])),
            number(of["mean_range_deg"], "{:.0f}°", ""),
            _measured("press", number(of["mean_concentric_s"], "{:.1f} s"), _spread(of["concentric_cv"])),
            _measured("propulsive", units.speed(of["mean_propulsive_velocity_mps"]), _spread(of["velocity_cv"])),
            "" if one.velocity_loss is None else _measured("loss", f"{100 * one.velocity_loss:.0f} %"),
            _measured("left_heel", number(100 * of["left_share"], "{:.0f} %")),
        ]
        words = ", ".join(part for part in parts if part)
        lines.append(text("terminal.set", set=one.set + 1, reps=one.reps, words=words))
    return lines


def foresight_text(findings: Findings) -> str:
    """How lockouts were seen coming, in a line; "" where there was nothing to see."""
    seen = findings.foresight()
    if not seen["made"] and not seen["not_foreseen"]:
        return ""
    lead = seen["lead_ms"]
    ahead = text("terminal.ahead", ms=f"{lead['p50']:.0f}") if lead else ""
    lockouts = seen["came_true"] + seen["not_foreseen"]
    return text("terminal.foresight", of=lockouts, right=seen["came_true"], ahead=ahead, wrong=seen["did_not"])


def faults_text(events: Iterable[Event]) -> str:
    return ", ".join(fault_text(event) for event in events) or "–"


def fault_text(event: Event) -> str:
    side = f" ({text('side.' + event.side)})" if event.side else ""
    return text(f"fault.{event.kind}.name") + side


def advice_text(advice: Advice) -> str:
    """What was recognised, and what to do."""
    words = {"at": clock_text(advice.since_s), "what": spoken(advice.text), "action": spoken(advice.action)}
    return text("terminal.advice", **words)


def number(value: float, form: str, nothing: str = "–") -> str:
    """A measured value, or what stands for none."""
    return nothing if math.isnan(value) else form.format(value)


def _spread(share: float) -> str:
    return number(100 * share, " ± {:.0f} %", "")


def _measured(name: str, value: str, more: str = "") -> str:
    """A value with its name; "" where there is none."""
    return "" if value == NONE else text(f"terminal.{name}", value=value) + more


def clock_text(seconds: float) -> str:
    """Minutes and seconds."""
    if math.isnan(seconds):
        return "0:00"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
