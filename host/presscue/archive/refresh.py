"""The index brought up to date with the folder: what is new or changed is analysed, what is gone is forgotten.

Every file is committed by itself, so stopping costs only what is under way, and going on is simply doing it again.
"""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

from ..core_version import core_version
from ..errors import RecordingError
from ..locking import is_held
from . import facts, journal
from .index import Index, Known
from .scan import Found, newest_first, scan

AT_ONCE_BYTES = 64_000_000
"""As much as `history` analyses without being asked to: an hour and a half of recordings, some fifteen seconds."""

POOL_BYTES, POOL_FILES = 30_000_000, 16
"""Less work than both is not worth starting processes for: each takes two seconds to get ready."""


@dataclass
class Work:
    """What is to be done, and what has been.

    files: all there are. failed: (name, why) of files that could not be analysed. recording: names of files still
    being recorded. outdated: how many have results that another core made.
    """

    files: dict[str, Found]
    todo: list[Found] = field(default_factory=list)
    done: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    recording: list[str] = field(default_factory=list)
    outdated: int = 0
    stopped: bool = False

    @property
    def left(self) -> int:
        return len(self.todo) - self.done


def look(folder: Path, index: Index, *, everything: bool = False) -> Work:
    """Compare folder and index; settle at once what needs no analysis. everything: also what another core analysed."""
    files, known = scan(folder), index.known()
    if gone := known.keys() - files.keys():
        index.remove(gone)
    work = Work(files)
    core = core_version()
    for found in files.values():
        old = known.get(found.name)
        if old is None or not old.is_of(found):
            if is_held(found.path):
                work.recording.append(found.name)
            else:
                work.todo.append(found)
            continue
        fits = old.notes == found.notes or _annotate_again(found, old, index)
        current = old.core == core
        work.outdated += not current
        if not fits or (everything and not current):
            work.todo.append(found)
    work.todo = newest_first(work.todo, {name: one.start_ms for name, one in known.items()})
    return work


def _annotate_again(found: Found, old: Known, index: Index) -> bool:
    """Lay changed annotations over the analysis there is. False if another profile was said: analyse again."""
    try:
        statements = journal.read_journal(found.path).standing()
    except RecordingError:
        return True  # the recording counts as it is
    if facts.digest_of(facts.profile_said(statements)) != old.profile:
        return False
    study = index.study(found.name)
    if study is None:
        return False
    index.put(found, study, statements)
    return True


def refresh(index: Index, work: Work, step: Callable[[Found], None] = lambda _: None) -> Work:
    """Analyse what is to do, newest first, on all processors where it pays; Ctrl-C ends it between two files.

    step: told each file that is done. Errors of a file are collected, not raised.
    """
    studies = _studies(work)
    try:
        for found, study, statements in studies:
            index.put(found, study, statements)
            work.done += 1
            if study.error:
                work.failed.append((found.name, study.error))
            step(found)
    except KeyboardInterrupt:
        work.stopped = True
    finally:
        studies.close()
    if work.stopped:  # it may have come just between a file's commit and its count
        known, core = index.known(), core_version()
        kept = (known.get(found.name) for found in work.todo)
        work.done = sum(
            one is not None and one.is_of(found) and one.core == core
            for one, found in zip(kept, work.todo, strict=True)
        )
    return work


Result = tuple[Found, facts.Study, list[journal.Entry]]


def _studies(work: Work) -> Generator[Result, None, None]:
    large = sum(found.size for found in work.todo) >= POOL_BYTES or len(work.todo) >= POOL_FILES
    workers = min(os.cpu_count() or 1, len(work.todo))
    if workers > 1 and large:
        from .pool import Interrupted, in_pool

        try:
            yield from in_pool(workers, _study, work.todo, _died)
        except Interrupted:
            work.stopped = True
        return
    yield from map(_study, work.todo)


def _study(found: Found) -> Result:
    try:
        statements = journal.read_journal(found.path).standing()
    except RecordingError:
        statements = []
    return found, facts.study(found.path, facts.profile_said(statements)), statements


def _died(found: Found) -> Result:
    died = "its analysis ended the process: out of memory?"
    return found, facts.Study("", core_version(), "", error=died), []
