"""The archive as a list: every recording in the folder with what the index knows of it, numbered, the newest 1."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from ..errors import IndexDamaged, RecordingError, SaveError
from ..locking import is_held
from . import annotations, facts, journal
from .annotations import Tree
from .index import FILE, Index
from .places import start_in_name
from .same import is_log, stand_ins
from .scan import Found, found_at, newest_first, scan

State = Literal["analysed", "damaged", "failed", "not analysed", "changed", "recording"]
"""damaged: analysed as far as it is intact. failed: nothing could be read. recording: still being made."""


@dataclass(frozen=True)
class Session:
    """One line of the list. facts: columns of the index, empty where it knows nothing. start_ms: None when undated.

    joined: what is known of other recordings of the same session, for which this one stands.
    """

    number: int
    path: Path
    state: State
    start_ms: int | None
    facts: dict[str, Any]
    joined: tuple[dict[str, Any], ...] = ()

    @property
    def double(self) -> str:
        """What is to be said where the session was recorded twice, in a few words; "" where it was not."""
        if not self.joined:
            return ""
        lost, theirs = self.facts["lost_samples"] or 0, sum(one["lost_samples"] or 0 for one in self.joined)
        if is_log(self.facts):
            return f"the node's log: the laptop lost {theirs:,} readings"
        return f"also in the node's log{', which lost fewer readings' if theirs < lost else ''}"

    @property
    def problem(self) -> str:
        """What is wrong with it, in a few words; "" for nothing."""
        if self.state in ("not analysed", "changed"):
            return "not analysed yet" if self.state == "not analysed" else "changed since it was analysed"
        if self.state == "recording":
            return "being recorded"
        if self.state == "failed":
            return self.facts["error"]
        if self.state == "damaged":
            bad, missing = self.facts["damaged_bytes"], self.facts["missing_pages"]
            return f"damaged: {bad:,} bytes bad, {missing:,} pages missing"
        return ""

    @property
    def lifters(self) -> list[str]:
        return self.facts.get("lifters") or []

    def to_json(self) -> dict[str, Any]:
        """A row of `history --json`."""
        start = None if self.start_ms is None else datetime.fromtimestamp(self.start_ms / 1000, UTC)
        return {
            "number": self.number, "name": self.path.name, "path": str(self.path), "state": self.state,
            "problem": self.problem, "start": start and start.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "start_ms": self.start_ms, "joined": [one["name"] for one in self.joined],
            **{key: value for key, value in self.facts.items() if key not in _OWN},
        }  # fmt: skip


_OWN = ("name", "start_ms", "error", "size", "mtime_ns")


def sessions(files: dict[str, Found], index: Index) -> list[Session]:
    """All sessions of which `scan` found recordings in a folder, the newest first; a recording for which another
    stands has a number behind them, and no line."""
    rows = {row["name"]: row for row in index.sessions()}
    doubles = {name: other for name, other in stand_ins(rows.values()).items() if {name, other} <= files.keys()}
    starts = {name: row["start_ms"] for name, row in rows.items()}
    listed = []
    shown = (found for name, found in files.items() if name not in doubles)
    for number, found in enumerate(newest_first(shown, starts), 1):
        row = rows.get(found.name, {})
        start_ms = starts.get(found.name) or start_in_name(found.name)
        state: State = "analysed"
        if not row or (row["size"], row["mtime_ns"]) != (found.size, found.mtime_ns):
            state = "recording" if is_held(found.path) else "changed" if row else "not analysed"
        elif row["error"]:
            state = "failed"
        elif row["damaged_bytes"] or row["missing_pages"]:
            state = "damaged"
        joined = tuple(rows[name] for name, other in doubles.items() if other == found.name)
        listed.append(Session(number, found.path, state, start_ms, row, joined))
    return listed


def in_order(folder: Path) -> list[Found]:
    """All recordings in the folder in the order of the list, whatever state the index is in; those for which another
    stands behind all others."""
    starts: dict[str, int | None] = {}
    doubles: dict[str, str] = {}
    with contextlib.suppress(IndexDamaged, SaveError):
        if (folder / FILE).exists():
            with Index(folder) as index:
                starts = {name: known.start_ms for name, known in index.known().items()}
                doubles = index.doubles()
    files = scan(folder)
    needless = {name for name, other in doubles.items() if {name, other} <= files.keys()}
    first = newest_first((found for name, found in files.items() if name not in needless), starts)
    return first + newest_first((files[name] for name in needless), starts)


def results(path: Path, *, annotated: bool = True, working: Callable[[], None] = lambda: None) -> Tree:
    """The analysis of a recording with its annotations, as OUT.json holds it. Raises as `studied` does."""
    study, statements = studied(path, working=working)
    assert study.analysis is not None
    return annotations.overlay(study.analysis, statements) if annotated else study.analysis


def studied(path: Path, *, working: Callable[[], None] = lambda: None) -> tuple[facts.Study, list[journal.Entry]]:
    """The study of a recording, with an analysis, and what was said of it: from the index beside it where that is of
    this file and core, else made now, and kept in that index if there is one. working: told before making it.

    Raises InputError for a recording that cannot be analysed.
    """
    from ..core_version import core_version

    found = found_at(path)
    statements = journal.read_journal(path).standing()
    said = facts.profile_said(statements)
    with contextlib.ExitStack() as stack:
        index = None
        with contextlib.suppress(IndexDamaged, SaveError):
            if (path.parent / FILE).exists():
                index = stack.enter_context(Index(path.parent))
        study = None
        if index is not None:
            known = index.known().get(found.name)
            if known and known.is_of(found) and (known.core, known.profile) == (core_version(), facts.digest_of(said)):
                study = index.study(found.name)
        if study is None or study.analysis is None:
            working()
            study = facts.study(path, said)
            if index is not None and not is_held(path):
                with contextlib.suppress(IndexDamaged, SaveError):
                    index.put(found, study, statements)
    if study.analysis is None:
        raise RecordingError(f"{path}: {study.error}")
    return study, statements
