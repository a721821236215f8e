"""`presscue export`: a session into files that other tools read."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..analysis.analyze import open_source
from ..analysis.summary import clock_text
from ..archive import catalog, facts, journal
from ..archive.annotations import Tree
from ..archive.annotations import fact as said_of
from ..archive.select import select
from ..errors import UsageError
from ..profile import Profile, parse_profile
from . import tables
from .files import write_table
from .mcap import write_mcap
from .sto import write_sto

WHAT = tuple(tables.SCHEMAS)
FORMATS = ("csv", "parquet", "mcap", "sto")


class Session:
    """A session to be exported: its tables, made when they are asked for."""

    def __init__(self, path: Path, step: tables.Progress):
        self.path, self._step = path, step
        self.statements = journal.read_journal(path).standing()
        toml = facts.profile_said(self.statements)
        self.profile: Profile | None = None if toml is None else parse_profile(toml, f"{path}: the profile said later")
        self._analysis: Tree | None = None

    def analysis(self) -> Tree:
        """The annotated results."""
        if self._analysis is None:
            self._analysis = catalog.results(self.path)
        return self._analysis

    def batches(self, what: str) -> Iterator[pyarrow.RecordBatch]:
        """One of WHAT."""
        if what == "samples":
            yield from tables.samples(self.path, self.profile, self._step)
        elif what == "series":
            yield from tables.series(self.path, self.profile, self._step)
        else:
            yield getattr(tables, what)(self.analysis())

    def zero_ns(self) -> int:
        """Unix time at the beginning of the session clock, in ns; 0 where the session is undated."""
        start_ms = said_of(self.statements, "start", "start_ms") or facts.origin_of(self.path).start_ms
        if not start_ms:
            return 0
        start_s = self.analysis()["summary"]["start_s"] or 0.0
        return start_ms * 1_000_000 - round(start_s * 1e9)


def run_export(
    session: str, folder: Path, *, form: str | None, what: Sequence[str], to: Path | None, quiet: bool
) -> int:
    """Write what is asked for. Raises PresscueError."""
    path = select(session, folder)
    kind = form or (to.suffix.lower().removeprefix(".") if to is not None and to.suffix else "csv")
    if kind not in FORMATS:
        raise UsageError(f"{to}: say --format {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, or let the name end so")
    wanted = tuple(what) or (("series",) if kind == "sto" else WHAT)
    if kind == "sto" and wanted != ("series",):
        raise UsageError("sto holds the orientation over time: leave --what out")
    targets = _targets(path, kind, wanted, to)
    for target in targets:
        if target.exists() and target.samefile(path):
            raise UsageError(f"{target}: is the recording itself; name another file")
        if not target.parent.is_dir():
            raise UsageError(f"{target}: there is no folder {target.parent}")
    with Progress(
        SpinnerColumn(), TextColumn("{task.fields[name]}: {task.fields[at]} of training"), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None, name=targets[0].name, at="0:00")
        source = Session(path, lambda done_s: bar.update(task, at=clock_text(done_s)))
        for target, name in zip(targets, wanted, strict=False):
            bar.update(task, name=target.name)
            if kind == "mcap":
                about = {"session": path.name, "dated": "yes" if source.zero_ns() else "no"}
                rows = write_mcap(target, {each: source.batches(each) for each in wanted}, zero_ns=source.zero_ns(),
                                  facts=about)  # fmt: skip
            elif kind == "sto":
                rows = write_sto(target, source.batches(name), open_source(path, source.profile).profile)
            else:
                rows = write_table(target, tables.SCHEMAS[name], source.batches(name))
            if not quiet:
                bar.console.print(end="")
                print(f"{target}: {rows:,} {'messages' if kind == 'mcap' else 'rows'}")
    return 0


def _targets(path: Path, kind: str, wanted: Sequence[str], to: Path | None) -> list[Path]:
    """The files to write: one for each table, or one MCAP file with all."""
    if to is not None and to.suffix.lower().removeprefix(".") in FORMATS:
        if to.suffix.lower() != f".{kind}":
            raise UsageError(f"{to}: its name says otherwise than --format {kind}")
        if kind != "mcap" and len(wanted) > 1:
            raise UsageError(f"{to}: takes one table: say --what, one of {', '.join(WHAT)}; or name a folder")
        return [to]
    folder = Path() if to is None else to
    if to is not None and not to.exists():
        try:
            to.mkdir()
        except OSError as error:
            raise UsageError(f"{to}: cannot be made: {error.strerror}") from None
    if kind == "mcap":
        return [folder / f"{path.stem}.mcap"]
    return [folder / f"{path.stem}.{what}.{kind}" for what in wanted]
