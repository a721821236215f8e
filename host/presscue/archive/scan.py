"""What lies in the folder: recordings and the journals beside them, by name, size and time of change."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import RecordingError
from . import journal, places

KINDS = (".presscue", ".csv", ".parquet")
"""Suffixes of recordings."""


@dataclass(frozen=True)
class Found:
    """A recording in the folder. notes: size and time of change of its journal, (0, 0) without one."""

    folder: Path
    name: str
    size: int
    mtime_ns: int
    notes: tuple[int, int]

    @property
    def path(self) -> Path:
        return self.folder / self.name


def scan(folder: Path) -> dict[str, Found]:
    """All recordings in the folder by name; none where there is no folder. Raises RecordingError."""
    files: dict[str, os.stat_result] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((*KINDS, journal.SUFFIX)) and not entry.name.startswith("."):
                    try:
                        if entry.is_file():
                            files[entry.name] = entry.stat()
                    except FileNotFoundError:
                        continue  # gone since
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RecordingError(f"{folder}: cannot be read: {error.strerror}") from None
    return {
        name: Found(folder, name, stat.st_size, stat.st_mtime_ns, _stamp(files.get(name + journal.SUFFIX)))
        for name, stat in files.items()
        if name.endswith(KINDS)
    }


def found_at(path: Path) -> Found:
    """One recording, wherever it lies. Raises RecordingError."""
    try:
        stat = path.stat()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        notes = journal.journal_path(path).stat()
    except OSError:
        notes = None
    return Found(path.parent, path.name, stat.st_size, stat.st_mtime_ns, _stamp(notes))


def _stamp(stat: os.stat_result | None) -> tuple[int, int]:
    return (0, 0) if stat is None else (stat.st_size, stat.st_mtime_ns)


def newest_first(files: Iterable[Found], start_ms: dict[str, int | None]) -> list[Found]:
    """The order of lists and numbers: by start, the newest first; what has no date stands behind, newest change first.

    start_ms: starts that are known better than by the name, by name.
    """
    dated = [one for one in files if _start(one, start_ms) is not None]
    dated.sort(key=lambda one: (_start(one, start_ms), one.name), reverse=True)
    undated = [one for one in files if _start(one, start_ms) is None]
    undated.sort(key=lambda one: (one.mtime_ns, one.name), reverse=True)
    return dated + undated


def _start(one: Found, start_ms: dict[str, int | None]) -> int | None:
    return start_ms.get(one.name) or places.start_in_name(one.name)
