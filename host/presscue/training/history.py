"""`presscue history`: the archive as a list for people, and as JSON. It is quick because it reads the index only."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..archive.catalog import Session, sessions
from ..archive.index import Index, discard
from ..archive.refresh import AT_ONCE_BYTES, Work, look, refresh
from ..archive.scan import Found
from ..errors import IndexDamaged, UsageError
from ..texts import text
from ..units import NONE, Units

if TYPE_CHECKING:
    from .figures import Figures

FORMAT = "presscue.history/1"

COLUMNS = ("#", "start", "lifter", "sets × reps", "load", "length", "clean", "faults")
RIGHT = frozenset({"#", "length", "clean"})
TOP_FAULTS = 3
ERRORS_SHOWN = 20

LOOKED_BACK = 400
"""Sessions that the training is made from, the newest: two years and more."""


def run_history(
    folder: Path,
    *,
    lifter: str | None,
    since_ms: int | None,
    last: int | None,
    as_json: bool,
    training: bool | None,
    html: Path | None,
    rebuild: bool,
    units: Units,
    quiet: bool,
) -> int:
    """List the archive; 1 if a rebuild was stopped before its end. Raises PresscueError.

    training: say what the sessions say of it; None does so on a terminal only.
    """
    if training is None:
        training = not quiet and not as_json and sys.stdout.isatty()
    if html is not None:
        from ..report.command import check_page

        check_page(html)
    if not folder.is_dir():
        if html is not None:
            write_history(html, [], units)
        if as_json:
            print(json.dumps({"format": FORMAT, "folder": str(folder), "sessions": []}))
        elif not quiet:
            print(f"no recordings in {folder} yet; presscue live makes them, presscue import adds some")
        return 0
    with _opened(folder, rebuild, quiet) as index:
        work = bring_up_to_date(folder, index, everything=rebuild, quiet=quiet)
        if rebuild:
            say_rebuilt(work, quiet)
            return 1 if work.stopped else 0
        listed = [
            one
            for one in sessions(work.files, index)
            if (lifter is None or lifter.casefold() in (name.casefold() for name in one.lifters))
            and (since_ms is None or (one.start_ms is not None and one.start_ms >= since_ms))
        ][:last]
        if as_json:
            tree = {"format": FORMAT, "folder": str(folder), "sessions": with_sets(listed, index)}
            print(json.dumps(tree, ensure_ascii=False, indent=1))
        found = _figures(index, listed, lifter) if training or html is not None else []
    if html is not None:
        write_history(html, found, units)
    if as_json:
        return 0
    print("".join(line + "\n" for line in table(listed, units)), end="")
    if not quiet:
        if training:
            print("\n".join(training_lines(found, units)))
        if html is not None:
            print(f"written: {html}")
        for line in hints(work, listed):
            print(line, file=sys.stderr)
    return 0


def _figures(index: Index, listed: list[Session], lifter: str | None) -> list["Figures"]:
    """The training of each lifter in the list, or of the one named."""
    from .archive import trainings_of
    from .figures import figures_of

    own = trainings_of(index, listed[:LOOKED_BACK])
    return [
        figures_of(one)
        for one in own
        if lifter is None or (one.lifter is not None and one.lifter.casefold() == lifter.casefold())
    ]


def training_lines(found: "Sequence[Figures]", units: Units) -> list[str]:
    """The training of the one lifter there is, for a terminal; of several, how to see one."""
    from ..report.history import summary_lines

    if len(found) > 1:
        names = ", ".join(one.training.lifter or NONE for one in found)
        return ["", text("history.several", names=names)]
    return ["", *summary_lines(found[0], units)] if found else []


def write_history(out: Path, found: "Sequence[Figures]", units: Units) -> None:
    """Write the page of a training history. Raises SaveError."""
    from ..report.history import history_page
    from ..report.page import write_page

    write_page(out, history_page(found, units))


@contextmanager
def _opened(folder: Path, rebuild: bool, quiet: bool) -> Iterator[Index]:
    """The index; a damaged one is thrown away, on request or after asking."""
    try:
        index = Index(folder)
        index.check(thorough=rebuild)
    except IndexDamaged as error:
        if not rebuild and not _agreed(error, quiet):
            raise
        discard(folder)
        index = Index(folder)
    with index:
        yield index


def _agreed(error: IndexDamaged, quiet: bool) -> bool:
    if quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    import click

    return click.confirm(f"presscue: {error}\nmake it anew now?", default=True, err=True)


def bring_up_to_date(folder: Path, index: Index, *, everything: bool = False, quiet: bool = False) -> Work:
    """Analyse what is new: all of it, or no more than goes quickly. With a progress bar; Ctrl-C ends it."""
    work = look(folder, index, everything=everything)
    if not work.todo:
        return work
    if not everything and sum(found.size for found in work.todo) > AT_ONCE_BYTES:
        return work
    if quiet or not sys.stderr.isatty():
        return refresh(index, work)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("analysing"), BarColumn(None), MofNCompleteColumn(), TextColumn("{task.fields[name]}"),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=len(work.todo), name="")

        def step(found: Found) -> None:
            bar.update(task, advance=1, name=found.name)

        return refresh(index, work, step)


def say_rebuilt(work: Work, quiet: bool) -> None:
    """What a rebuild has done."""
    for name, why in work.failed[:ERRORS_SHOWN]:
        print(f"presscue: {name}: {why}", file=sys.stderr)
    if len(work.failed) > ERRORS_SHOWN:
        print(f"presscue: … and {len(work.failed) - ERRORS_SHOWN} more", file=sys.stderr)
    if quiet:
        return
    words = [f"{work.done - len(work.failed)} analysed"]
    words += [f"{len(work.failed)} could not be"] if work.failed else []
    words += [f"{len(work.recording)} being recorded"] if work.recording else []
    if work.stopped:
        print(f"stopped: {', '.join(words)}, {work.left} left; run it again to go on")
    else:
        print(f"the index is up to date: {', '.join(words)}")


def hints(work: Work, listed: list[Session]) -> Iterable[str]:
    """What a user may want to do about what the list does not show."""
    if work.left:
        yield f"{work.left} not analysed yet: presscue history --rebuild"
    elif work.outdated:
        yield f"{work.outdated} analysed by another version of presscue; to do it again: presscue history --rebuild"
    if not listed:
        yield "no recording is like that"


def with_sets(listed: list[Session], index: Index) -> list[dict[str, Any]]:
    """The rows of `--json`: sessions, each with its sets."""
    whole = len(listed) > 50
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in index.rows("sets", None if whole else [one.path.name for one in listed]):
        by_name.setdefault(row.pop("name"), []).append(row)
    return [{**one.to_json(), "sets": by_name.get(one.path.name, [])} for one in listed]


def table(listed: list[Session], units: Units) -> Iterator[str]:
    """The list as lines, the newest last; plain text, since rich takes seconds for thousands of rows."""
    if not listed:
        return
    rows = [COLUMNS, *(_cells(one, units) for one in reversed(listed))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if name in RIGHT else cell.ljust(width)
            for name, cell, width in zip(COLUMNS, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _cells(one: Session, units: Units) -> tuple[str, ...]:
    f = one.facts
    analysed = f.get("reps") is not None
    faults = faults_text(f["faults"]) if analysed else ""
    remark = "; ".join(part for part in (faults, *(f"[{said}]" for said in (one.problem, one.double) if said)) if part)
    return (
        str(one.number), start_text(one), ", ".join(one.lifters) or "–",
        sets_text(f["reps_by_set"]) if analysed else "–", units.loads(f.get("load_min_kg"), f.get("load_max_kg")),
        length_text(f["duration_s"]) if analysed else "–",
        f"{f['clean_reps']}/{f['reps']}" if analysed else "–", remark or "none",
    )  # fmt: skip


def start_text(one: Session) -> str:
    """Local date and time, or what stands for them."""
    if one.start_ms is None:
        imported = one.facts.get("imported_from")
        return "undated" + (f" ({imported})" if imported else "")
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(one.start_ms / 1000))


def sets_text(reps_by_set: list[int]) -> str:
    """As 3 × 10, or 3 × 8–10."""
    if not reps_by_set:
        return "no reps"
    low, high = min(reps_by_set), max(reps_by_set)
    return f"{len(reps_by_set)} × {low}" + (f"–{high}" if high > low else "")


def length_text(seconds: float | None) -> str:
    whole = int(seconds or 0)
    hours = f"{whole // 3600}:{whole // 60 % 60:02d}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02d}"


def faults_text(faults: dict[str, int]) -> str:
    """The most frequent faults with how often they were found."""
    most = sorted(faults.items(), key=lambda item: -item[1])
    more = [f"+{len(most) - TOP_FAULTS} kinds"] if len(most) > TOP_FAULTS else []
    return ", ".join([f"{kind.replace('_', ' ')} {count}" for kind, count in most[:TOP_FAULTS]] + more)


def parse_since(text: str, now_ms: int) -> int:
    """Unix time in ms of a date (2026-11-01), or of so many days (30d), weeks (6w) ago. Raises UsageError."""

    if text[:-1].isdecimal() and text[-1:] in ("d", "w"):
        return now_ms - int(text[:-1]) * {"d": 1, "w": 7}[text[-1]] * 86_400_000
    return parse_start(text)


def parse_start(text: str) -> int:
    """Unix time in ms of a date, with or without a time, local unless it says otherwise. Raises UsageError."""
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{text}: not a date; write 2026-11-21, or 2026-11-21T18:03") from None
