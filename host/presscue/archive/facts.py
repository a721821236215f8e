"""What is known of a recording: from its first pages, from its analysis, and the rows of the index that this makes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import PresscueError, RecordingError
from . import annotations
from .annotations import Tree
from .journal import Entry

SESSION_SUFFIX = ".presscue"


FIRST_PAGE = 4
"""Messages of a session file among which the mark of a pulled log stands."""
FIRST_READINGS = 200
"""Messages of a session file among which there are readings."""


@dataclass(frozen=True)
class Origin:
    """Who recorded when, as the file itself says. start_ms: Unix time, None where the file does not know."""

    start_ms: int | None = None
    device: str = ""
    node: str = ""
    session: int | None = None
    dated: str = "recording"
    """How the start is known: from the laptop that recorded, or as the mark of a log pulled from a node says."""
    boot: int | None = None
    """The node's boot that the first readings are of."""


@dataclass(frozen=True)
class Study:
    """What analysing a file has brought. analysis: None where `error` says in one line why there is none.

    curves: as `Curves.to_bytes` gives them, None where there are none.
    """

    fingerprint: str
    core: str
    profile: str
    origin: Origin = Origin()
    analysis: Tree | None = None
    error: str = ""
    curves: bytes | None = None


def origin_of(path: Path) -> Origin:
    """What the file says of itself: a table says nothing. Raises RecordingError."""
    if path.suffix.lower() != SESSION_SUFFIX:
        return Origin()
    from .. import wire
    from ..recording import read_recording

    samples_type = bytes([wire.TYPES["samples"]])
    recording = read_recording(path)
    header = recording.header
    if header is None:
        return Origin()
    chunks = list(islice(recording.messages(), 1, 2))  # behind the preamble
    decoded = [wire.decode(message) for chunk in chunks for message in chunk[:FIRST_PAGE]]
    marks = [each[1] for each in decoded if each is not None and each[0] == "mark"]
    samples = (
        wire.decode(message) for chunk in chunks for message in chunk[:FIRST_READINGS] if message[:1] == samples_type
    )
    boot = next((each[1]["boot"] for each in samples if each is not None), None)
    dated = [mark["text"].decode() for mark in marks if mark["code"] == wire.MARKS.index("dated")]
    how = dated[0] if dated else "recording"
    return Origin(header.wall_ms or None, header.device, header.name, header.session, how, boot)


def fingerprint_of(path: Path) -> str:
    """SHA-256 of the content, in hexadecimal. Raises RecordingError."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from None


def study(path: Path, profile_toml: str | None, *, curves: bool = True) -> Study:
    """Analyse a recording as it is, annotations left out. Never raises for what is wrong with the file.

    profile_toml: a profile that was said later; None takes the recording's own. curves: make them too.
    """
    from ..analysis.analyze import analyze
    from ..analysis.output import plain
    from ..core_version import core_version
    from ..profile import parse_profile

    core, profile = core_version(), digest_of(profile_toml)
    try:
        fingerprint = fingerprint_of(path)
    except RecordingError as error:
        return Study("", core, profile, error=str(error))
    origin = Origin()
    try:
        origin = origin_of(path)
        said = None if profile_toml is None else parse_profile(profile_toml, f"{path}: the profile said later")
        found = analyze(path, said, curves=curves)
        analysis = plain(found.to_json())
        drawn = None if found.curves is None else found.curves.to_bytes()
    except PresscueError as error:
        return Study(fingerprint, core, profile, origin, error=str(error).removeprefix(f"{path}: "))
    except Exception as error:  # one file must not end the work on all others
        return Study(fingerprint, core, profile, origin, error=f"a fault in presscue: {type(error).__name__}: {error}")
    return Study(fingerprint, core, profile, origin, analysis, curves=drawn)


def digest_of(profile_toml: str | None) -> str:
    """Tells profiles apart; "" for none."""
    return "" if profile_toml is None else hashlib.sha256(profile_toml.encode()).hexdigest()[:16]


def session_row(found: Study, statements: Sequence[Entry]) -> tuple[dict[str, Any], Tree | None]:
    """(columns of the session's row that follow from study and statements, the annotated analysis)."""
    tree = None if found.analysis is None else annotations.overlay(found.analysis, statements)
    said_ms = annotations.fact(statements, "start", "start_ms")
    origin = found.origin
    row: dict[str, Any] = {
        "fingerprint": found.fingerprint, "core": found.core, "profile": found.profile, "error": found.error,
        "start_ms": said_ms or origin.start_ms,
        "dated_by": "said" if said_ms else origin.dated if origin.start_ms else None,
        "device": origin.device, "node": origin.node, "session": origin.session, "boot": origin.boot,
        "imported_from": annotations.fact(statements, "imported", "name"), "statements": len(statements),
    }  # fmt: skip
    if tree is None:
        return row, None
    sets, summary, quality = tree["sets"], tree["summary"], tree["quality"]
    loads = [one["sled_load_kg"] for one in sets if one["sled_load_kg"] is not None]
    lifters = list(dict.fromkeys(one["lifter"] for one in sets if one["lifter"]))
    row |= {
        "duration_s": summary["duration_s"], "reps": len(tree["reps"]), "sets": len(sets),
        "clean_reps": summary["clean_reps"], "reps_by_set": _json([one["reps"] for one in sets]),
        "load_min_kg": min(loads, default=None), "load_max_kg": max(loads, default=None), "lifters": _json(lifters),
        "faults": _json(summary["faults"]), "lost_samples": quality.get("lost_samples"),
        "damaged_bytes": quality.get("damaged_bytes", 0), "missing_pages": quality.get("missing_pages", 0),
        "quality": _json(quality), "measured": _json(tree["measured"]), "annotations": _json(tree["annotations"]),
    }  # fmt: skip
    return row, tree


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def profile_said(statements: Sequence[Entry]) -> str | None:
    """The TOML text of the profile that was said later, if any."""
    said = annotations.fact(statements, "profile", "toml")
    return said if isinstance(said, str) else None
