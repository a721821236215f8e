"""What people say about a session: JSON lines in a file beside it, added to, never changed. SPEC.md has each key.

One line is one statement, so a statement that is taken back is a further line. A line that is torn or damaged is
passed over and counted; lines of a newer presscue are kept and passed over.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import RecordingError, SaveError
from ..locking import hold

SUFFIX = ".notes.jsonl"

LINE_MAX = 1 << 16

Entry = dict[str, Any]
"""One statement: "id", "wall_ms", "op", and what belongs to its op."""


@dataclass
class Journal:
    """entries: all statements in their order. damaged: lines that are none."""

    entries: list[Entry] = field(default_factory=list)
    damaged: int = 0

    def standing(self) -> list[Entry]:
        """The statements that were not taken back."""
        gone = {entry.get("of") for entry in self.entries if entry["op"] == "undo"}
        return [entry for entry in self.entries if entry["op"] != "undo" and entry["id"] not in gone]


def journal_path(recording: Path) -> Path:
    """Where the statements on a recording stand."""
    return recording.with_name(recording.name + SUFFIX)


def read_journal(recording: Path) -> Journal:
    """The statements on a recording; none where there is no journal. Raises RecordingError."""
    path = journal_path(recording)
    try:
        return parse_journal(path.read_bytes())
    except FileNotFoundError:
        return Journal()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None


def parse_journal(data: bytes) -> Journal:
    """The statements in the bytes of a journal. Never raises."""
    journal = Journal()
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        entry = _parsed(line)
        if entry is None:
            journal.damaged += 1
        else:
            journal.entries.append(entry)
    return journal


def _parsed(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line) if len(line) <= LINE_MAX else None
    except (ValueError, RecursionError):
        return None
    whole = isinstance(entry, dict) and isinstance(entry.get("op"), str) and isinstance(entry.get("id"), str)
    return entry if whole else None


def add(recording: Path, say: Callable[[Journal], Sequence[Entry]]) -> list[Entry]:
    """Add statements: `say` gets the journal as it stands and returns entries without id and time. Returns them whole.

    The statements of one call share an id: they are taken back together. Nobody else writes between reading and
    writing; the statements are on the disk when this returns, or, after a SaveError, not there at all.
    """
    path = journal_path(recording)
    try:
        with open(path, "a+b", buffering=0) as file:
            hold(file)
            file.seek(0)
            data = file.read()
            stamp = {"id": os.urandom(4).hex(), "wall_ms": int(time.time() * 1000)}
            entries = [{**stamp, **entry} for entry in say(parse_journal(data))]
            if entries:
                _append(file, data, entries)
            return entries
    except OSError as error:
        raise SaveError(f"{path}: cannot be written: {error.strerror}; what stood there before is unchanged") from None
    finally:
        if path.exists() and not path.stat().st_size:
            path.unlink(missing_ok=True)


def _append(file, before: bytes, entries: list[Entry]) -> None:
    text = "".join(json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n" for entry in entries).encode()
    if before and not before.endswith(b"\n"):
        text = b"\n" + text  # a torn line stays alone
    try:
        while text:
            text = text[file.write(text) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(len(before))
        raise


def take_over(recording: Path, other: Path) -> int:
    """Add the statements on `other`, a copy of the same recording, that are not there yet. Returns how many."""
    theirs = read_journal(other).entries

    def missing(journal: Journal) -> list[Entry]:
        known = [json.dumps(entry, sort_keys=True) for entry in journal.entries]
        return [entry for entry in theirs if json.dumps(entry, sort_keys=True) not in known]

    return len(add(recording, missing)) if theirs else 0
