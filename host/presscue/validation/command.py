"""The command: runs, prints, writes the page."""

import sys
from pathlib import Path

from .run import Results, run
from .scoring import ZONES
from .tables import FAULT_HEADER, fault_rows, stray_rows, summary

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
"""Where recordings made by others are looked for: beside a clone of the repository."""


def run_validate(seeds: range, *, hold: bool, report: Path | None, workers: int, quiet: bool) -> int:
    """0: it only measures. Raises PresscueError."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    if report is not None:
        from .plots import require_matplotlib

        require_matplotlib()
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty()
    ) as bar:
        shown: dict[str, TaskID] = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in shown:
                shown[what] = bar.add_task(what, total=of)
            bar.update(shown[what], completed=done)

        found = run(
            seeds, hold=hold, everything=report is not None, workers=workers, data=DATA if report else None,
            progress=progress,
        )  # fmt: skip
    print(text(found))
    if report is not None:
        from .page import write_page

        write_page(found, report)
        if not quiet:
            print(f"written: {report}", file=sys.stderr)
    return 0


def text(found: Results) -> str:
    """The figures of a run, for a terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=120, highlight=False)
    with console.capture() as capture:
        for name, trials in (("", found.held), ("without the hold", found.free), ("wide lifters", found.wide)):
            if not trials:
                continue
            if name:
                console.print(f"\n{name}:")
            for line in summary(trials):
                console.print(line)
            shown = Table(*FAULT_HEADER, box=None, pad_edge=False)
            for row in fault_rows(trials):
                shown.add_row(*row)
            console.print(shown)
            for seed, reps, flexion_deg, travel_mm in stray_rows(trials):
                console.print(f"  seed {seed}: {reps} reps, {flexion_deg} deg, {travel_mm} mm")
        console.print(f"too near to call: {ZONES}")
    return capture.get().rstrip()
