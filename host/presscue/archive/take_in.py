"""Files into the archive: copied, verified, named, and none twice. A full disk or a cut leaves no half file."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import SaveError, TableError
from ..locking import hold
from . import facts, journal
from .places import free_path, stem_of
from .scan import KINDS, scan

LOCK = ".lock"

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Taken:
    """path: where it is now. new: False if its content was in the archive already. statements: taken over with it."""

    path: Path
    new: bool
    statements: int


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else takes files into the folder meanwhile. Raises SaveError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / LOCK, "ab")  # noqa: SIM115 - closed below
    except OSError as error:
        raise SaveError(f"{folder}: cannot be written: {error.strerror}") from None
    with file:
        hold(file)
        yield


def take_in(
    source: Path, folder: Path, *, move: bool = False, progress: Callable[[int], None] = lambda _: None
) -> Taken:
    """A recording into the archive, with the statements that lie beside it. The source stays, unless it is to move.

    progress: told how many further bytes are done. Raises InputError for what is no recording, SaveError.
    """
    origin = check(source)
    part = folder / f".{os.getpid()}.{source.name}.part"
    with locked(folder):
        try:
            fingerprint = _copy(source, part, progress)
            there = _same(folder, part, fingerprint)
            path = there or _place(part, folder, origin, source, fingerprint)
        finally:
            part.unlink(missing_ok=True)
    statements = journal.take_over(path, source) if not _is_same_file(source, path) else 0
    if there is None and origin.device == "":
        journal.add(path, lambda _: [{"op": "imported", "name": source.name}])
    if move and not _is_same_file(source, path):
        _delete(source)
    return Taken(path, there is None, statements)


def check(source: Path) -> facts.Origin:
    """What the file says of itself. Raises InputError unless it is a recording."""
    if source.suffix.lower() not in KINDS:
        raise TableError(
            f"{source}: a recording ends in .presscue, .csv or .parquet, not {source.suffix or 'in nothing'}"
        )
    if source.suffix.lower() != facts.SESSION_SUFFIX:
        from ..tables import open_table

        if not open_table(source).sensors:
            raise TableError(f"{source}: no sensor has its columns: nothing can be measured")
    return facts.origin_of(source)


def _copy(source: Path, part: Path, progress: Callable[[int], None]) -> str:
    """Copy onto the disk and read it back; the fingerprint of both. Raises SaveError."""
    digest = hashlib.sha256()
    try:
        with open(source, "rb") as read, open(part, "xb") as write:
            while chunk := read.read(_CHUNK):
                digest.update(chunk)
                write.write(chunk)
                progress(len(chunk))
            write.flush()
            os.fsync(write.fileno())
        shutil.copystat(source, part)
    except OSError as error:
        raise SaveError(f"{source}: not taken in: {error.strerror}; the archive is as it was") from None
    if facts.fingerprint_of(part) != digest.hexdigest():
        raise SaveError(f"{source}: not taken in: the copy reads back differently; the archive is as it was")
    return digest.hexdigest()


def _same(folder: Path, part: Path, fingerprint: str) -> Path | None:
    """The recording in the folder with this content, if there is one; only files of its size are read."""
    size = part.stat().st_size
    alike = [found.path for found in scan(folder).values() if found.size == size]
    return next((path for path in alike if facts.fingerprint_of(path) == fingerprint), None)


def _place(part: Path, folder: Path, origin: facts.Origin, source: Path, fingerprint: str) -> Path:
    """Give the copy its name, in one step. Under `locked` only."""
    path = free_path(folder, stem_of(origin.start_ms, origin.device or fingerprint[:6]), source.suffix.lower())
    try:
        os.rename(part, path)
        sync_folder(folder)
    except OSError as error:
        raise SaveError(f"{path}: not taken in: {error.strerror}; the archive is as it was") from None
    return path


def sync_folder(folder: Path) -> None:
    """The names in a folder onto the disk, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_same_file(one: Path, other: Path) -> bool:
    return other.exists() and os.path.samefile(one, other)


def _delete(source: Path) -> None:
    try:
        source.unlink()
        journal.journal_path(source).unlink(missing_ok=True)
    except OSError as error:
        raise SaveError(f"{source}: is in the archive, but cannot be deleted: {error.strerror}") from None
