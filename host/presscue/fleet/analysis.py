"""`presscue fleet analyze`: what is new or changed in some folders, or was analysed by another core, into a dataset."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..archive.journal import SUFFIX as NOTES
from ..archive.scan import KINDS
from ..core_version import core_version
from ..errors import SaveError
from ..locking import is_held
from ..recording import SUFFIX
from .crew import crew
from .dataset import MARKER, Dataset
from .schema import failed_rows
from .store import Store
from .task import Done, OtherCore, Task, analyse

ERRORS_SHOWN = 20


@dataclass
class Work:
    """What is to be done, and what has been. current: recordings that are known as they are. recording: being made.

    failed: (source, why) of those that could not be analysed. gone: sources of the dataset that are no longer there.
    """

    todo: list[Task] = field(default_factory=list)
    current: int = 0
    recording: int = 0
    gone: list[str] = field(default_factory=list)
    done: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False


def run_analyze(
    addresses: Sequence[str],
    out: str,
    *,
    scheduler: str | None = None,
    workers: int = 0,
    retries: int = 2,
    tables: bool = False,
    forget: bool = False,
    quiet: bool = False,
) -> int:
    """Bring the dataset up to date; 1 if it was stopped, or nothing could be analysed. Raises PresscueError.

    scheduler, workers: as `crew` takes them. tables: CSV and Parquet files too. forget: what is gone.
    """
    dataset = Dataset(out, create=True)
    with dataset.held():
        dataset.settle()  # what a run that was cut off has left
        work = look(dataset, addresses, KINDS if tables else (SUFFIX,))
        if work.todo:
            with crew(scheduler, min(workers, len(work.todo)), retries) as hands, _bar(work, quiet) as step:
                try:
                    for task, result in hands.map(analyse, work.todo):
                        _take(dataset, work, task, result)
                        step(task)
                except KeyboardInterrupt:
                    work.stopped = True
        settled = dataset.settle(work.gone if forget else ())
        if work.stopped:
            work.done = settled  # some may have come just between their rows and their count
    say(work, dataset, forget, quiet)
    return 1 if work.stopped or (work.todo and len(work.failed) == len(work.todo)) else 0


def look(dataset: Dataset, addresses: Sequence[str], suffixes: tuple[str, ...]) -> Work:
    """Compare the folders with the dataset. Raises InputError."""
    work, core = Work(), core_version()
    known = dataset.known()
    seen: set[str] = set()
    roots = []
    for address in addresses:
        store = Store(address)
        roots.append(store.address.rstrip("/") + "/")
        stamps = store.stamps((*suffixes, NOTES, MARKER))
        datasets = tuple(name.removesuffix(MARKER) for name in stamps if name.endswith(MARKER))
        for name, stamp in stamps.items():
            if not name.endswith(suffixes) or (datasets and name.startswith(datasets)):
                continue
            notes = name + NOTES if name + NOTES in stamps else ""
            stamp += f" {stamps[notes]}" if notes else ""
            size = int(stamp.partition(" ")[0]) if stamp[:1].isdecimal() else 0
            task = Task(store.address, name, notes, stamp, size, dataset.store.address, core)
            if task.source in seen:
                continue
            seen.add(task.source)
            old = known.get(task.source)
            if old is not None and (old.stamp, old.core, old.again) == (stamp, core, False):
                work.current += 1
            elif store.folder is not None and is_held(store.folder / name):
                work.recording += 1
            else:
                work.todo.append(task)
    work.gone = sorted(source for source in known if source not in seen and source.startswith(tuple(roots)))
    work.todo.sort(key=lambda task: (-task.size, task.source))  # the longest first: none is left alone at the end
    return work


def _take(dataset: Dataset, work: Work, task: Task, result: Done | Exception) -> None:
    """Count a result; what is left of an error becomes a row, to be tried again next time."""
    if isinstance(result, (OtherCore, SaveError)):
        raise result
    if isinstance(result, Done):
        error = result.error
    else:
        error = str(result).removeprefix(f"{task.source}: ")
        dataset.stage(task.staged, failed_rows(task.source, task.stamp, task.core, error))
    work.done += 1
    if error:
        work.failed.append((task.source, error))


@contextmanager
def _bar(work: Work, quiet: bool) -> Iterator:
    """A step to call for each recording."""
    with Progress(
        TextColumn("analysing"), BarColumn(None), MofNCompleteColumn(), TextColumn("{task.fields[name]}"),
        TimeRemainingColumn(), console=Console(stderr=True), transient=True,
        disable=quiet or not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        shown = bar.add_task("", total=len(work.todo), name="")
        yield lambda task: bar.update(shown, advance=1, name=task.name)


def say(work: Work, dataset: Dataset, forgotten: bool, quiet: bool) -> None:
    """What was done, what was not and why."""
    work.failed.sort()
    for source, why in work.failed[:ERRORS_SHOWN]:
        print(f"presscue: {source}: {why}", file=sys.stderr)
    if len(work.failed) > ERRORS_SHOWN:
        print(
            f"presscue: … and {len(work.failed) - ERRORS_SHOWN} more: presscue fleet query … failures", file=sys.stderr
        )
    if quiet:
        return
    words = [f"{work.done - len(work.failed)} analysed", f"{work.current} were up to date"]
    words += [f"{len(work.failed)} could not be"] if work.failed else []
    words += [f"{work.recording} being recorded"] if work.recording else []
    words += [f"{len(work.gone)} gone{' and forgotten' if forgotten else ' (--forget)'}"] if work.gone else []
    if work.stopped:
        print(f"stopped: {', '.join(words)}, {len(work.todo) - work.done} left; run it again to go on")
    else:
        print(f"{dataset.store.address}: {', '.join(words)}")
