"""`presscue report`, and `presscue analyze --report`: from a recording to a page in a file."""

import webbrowser
from pathlib import Path

from ..analysis.curves import Curves
from ..archive import annotations, catalog
from ..archive.annotations import Tree
from ..archive.places import start_in_name
from ..archive.select import select
from ..errors import UsageError
from ..training.archive import trainings_in
from ..training.log import Training, Workout, workout_of
from ..units import Units
from .page import write_page
from .session import Subject, session_page

LOOKED_BACK = 40
"""Earlier sessions that are looked at."""


def run_report(
    session: str, folder: Path, *, out: Path | None, open_it: bool, as_measured: bool, units: Units, quiet: bool
) -> int:
    """Write the report of a session and say where. Raises PresscueError."""
    from ..archive.annotating import say_working

    path = select(session, folder)
    out = out or Path.cwd() / f"{path.stem}.html"
    check_page(out, path)
    study, statements = catalog.studied(path, working=lambda: say_working(quiet))
    assert study.analysis is not None
    tree = annotations.overlay(study.analysis, [] if as_measured else statements)
    start_ms = annotations.fact(statements, "start", "start_ms") or study.origin.start_ms
    curves = None if study.curves is None else Curves.from_bytes(study.curves)
    write_report(out, path, tree, curves, start_ms, units)
    if not quiet:
        print(f"written: {out}")
    if open_it:
        webbrowser.open(out.resolve().as_uri())
    return 0


def check_page(out: Path, recording: Path | None = None) -> None:
    """Say before the work what would spoil it after. Raises UsageError."""
    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{out}: a page ends in .html")
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}")
    if recording is not None and out.exists() and out.samefile(recording):
        raise UsageError(f"{out}: is the recording itself; name another file")


def write_report(
    out: Path, recording: Path, tree: Tree, curves: Curves | None, start_ms: int | None, units: Units
) -> None:
    """Render the annotated analysis of a recording, beside what the index of its folder knows. Raises SaveError."""
    start_ms = start_ms or start_in_name(recording.name)
    this = _this(recording, tree, start_ms)
    before, training = _context(recording, this, start_ms)
    write_page(out, session_page(Subject(recording.name, start_ms, tree, curves, units, this, before, training)))


def _this(recording: Path, tree: Tree, start_ms: int | None) -> Workout | None:
    if not tree["sets"]:
        return None
    session = {"name": recording.name, "start_ms": start_ms or 0, "measured": tree["measured"]}
    session["annotations"] = tree.get("annotations") or {}
    return workout_of(session, tree["sets"], tree["reps"], tree["events"])


def _context(
    recording: Path, this: Workout | None, start_ms: int | None
) -> tuple[tuple[Workout, ...], tuple[Training, ...]]:
    """(earlier sessions of the lifters of this one, their trainings up to this session, which is itself in them)."""
    if this is None:
        return (), ()
    found = trainings_in(recording.parent, start_ms, last=LOOKED_BACK) if start_ms else []
    own = [one for one in found if any(workout.name == this.name for workout in one.workouts)]
    if not own:
        own = [Training(None, (), start_ms or 0)]
    before = tuple(
        sorted((w for one in own for w in one.workouts if w.name != this.name), key=lambda workout: workout.start_ms)
    )
    if len(own) == 1:
        return before, (Training(own[0].lifter, (*before, this), start_ms or 0),)
    return before, tuple(own)
