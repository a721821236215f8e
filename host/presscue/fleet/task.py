"""One recording: fetched if it lies elsewhere, analysed, its rows put into the dataset's staging folder.

What a task is given and gives back is plain data of a few hundred bytes: rows never pass through the scheduler. A task
that is done twice (its worker died on the way home) finds its rows staged and does nothing.
"""

import hashlib
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow

from ..archive import facts
from ..archive.journal import parse_journal
from ..core_version import core_version
from ..errors import InputError, PresscueError
from .schema import TABLES, Rows, rows_of
from .store import Store

STAGING = ".staging"


class OtherCore(PresscueError):
    """A worker has another presscue than the one that asks."""


@dataclass(frozen=True)
class Task:
    """A recording to be analysed. root, out: addresses; name, notes: files below root, "" where there is no journal.

    stamp: tells this content from any other. core: the version that is to do it.
    """

    root: str
    name: str
    notes: str
    stamp: str
    size: int
    out: str
    core: str

    @property
    def source(self) -> str:
        """What the dataset calls the recording: its address."""
        return f"{self.root.rstrip('/')}/{self.name}"

    @property
    def staged(self) -> str:
        """Where its rows wait in the dataset's folder."""
        key = hashlib.sha256("\n".join((self.source, self.stamp, self.core)).encode()).hexdigest()
        return f"{STAGING}/{key[:32]}.arrows"


@dataclass(frozen=True)
class Done:
    """What a task says when it is done. error: why the recording could not be analysed, "" if it was."""

    source: str
    error: str
    reps: int
    took_s: float


def analyse(task: Task) -> Done:
    """Do it. Raises InputError where the recording could not be fetched, SaveError, OtherCore."""
    began_s = time.perf_counter()
    if (own := core_version()) != task.core:
        raise OtherCore(f"a worker runs presscue {own}, this is {task.core}: install the same one everywhere")
    out = Store(task.out)
    rows = staged_rows(out, task.staged)
    if rows is None:
        rows = _rows(task)
        out.write(task.staged, packed(rows))
    error, reps = (rows["sessions"][name][0].as_py() for name in ("error", "reps"))
    return Done(task.source, error or "", reps or 0, time.perf_counter() - began_s)


def _rows(task: Task) -> Rows:
    store = Store(task.root)
    if store.folder is not None:
        return _study(task, store.folder / task.name, store)
    with tempfile.TemporaryDirectory(prefix="presscue-") as folder:
        path = Path(folder) / Path(task.name).name
        store.fetch(task.name, path)
        return _study(task, path, store)


def _study(task: Task, path: Path, store: Store) -> Rows:
    statements = parse_journal(store.read(task.notes)).standing() if task.notes else []
    found = facts.study(path, facts.profile_said(statements), curves=False)
    if not found.fingerprint:
        raise InputError(f"{task.source}: {found.error}")
    found = replace(found, error=found.error.replace(str(path), task.source))
    return rows_of(task.source, task.stamp, found, statements)


def packed(rows: Rows) -> bytes:
    """Rows as bytes: an Arrow stream for each of TABLES, one behind the other."""
    sink = pyarrow.BufferOutputStream()
    for name, schema in TABLES.items():
        with pyarrow.ipc.new_stream(sink, schema) as writer:
            writer.write_table(rows[name])
    return sink.getvalue().to_pybytes()


def unpacked(data: bytes) -> Rows | None:
    """The rows again; None if the bytes are torn or of another version."""
    source = pyarrow.BufferReader(data)
    rows = {}
    try:
        for name, schema in TABLES.items():
            with pyarrow.ipc.open_stream(source) as reader:
                rows[name] = reader.read_all()
            if rows[name].schema != schema:
                return None
    except (pyarrow.ArrowInvalid, OSError):
        return None
    return rows if rows["sessions"].num_rows == 1 else None


def staged_rows(out: Store, name: str) -> Rows | None:
    """The rows of a staged file; None where there is none, or a torn one."""
    try:
        return unpacked(out.read(name))
    except InputError:
        return None
