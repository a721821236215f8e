"""How long cues took, by kind of link, kept from session to session: predictions are made that much earlier."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..latency import percentiles
from ..profile import Profile

ENVIRONMENT = "PRESSCUE_LATENCY"
REAL = ("ble", "serial")
"""Links whose delays are of this world."""

LEAST = 5
"""Cues that a session must have played to count."""

NEWEST = 0.5
"""How much the last session counts against all before it."""

WITHIN_MS = (0.0, 500.0)


def with_known_latency(profile: Profile, moniker: str, path: Path | None = None) -> Profile:
    """The profile with the latency measured on such a link, unless it states one or none is known."""
    known = _read(path or _place()).get(_kind(moniker))
    return profile if known is None or profile.cue_latency_ms is not None else replace(profile, cue_latency_ms=known)


def keep_latency(moniker: str, latencies_ms: Sequence[float], path: Path | None = None) -> None:
    """Remember the median of a session's cues. A disk that does not take it costs nothing but this."""
    kind, found = _kind(moniker), percentiles(latencies_ms)
    if kind not in REAL or found is None or found["n"] < LEAST:
        return
    path = path or _place()
    known = _read(path)
    before = known.get(kind, found["p50"])
    known[kind] = round(min(max(before + NEWEST * (found["p50"] - before), WITHIN_MS[0]), WITHIN_MS[1]), 1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.{os.getpid()}.new")
        new.write_text(json.dumps(known), encoding="utf-8")
        os.replace(new, path)
    except OSError:
        return


def _kind(moniker: str) -> str:
    return moniker.partition(":")[0]


def _read(path: Path) -> dict[str, float]:
    """What is known; nothing of a file that is not as it should be."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    low, high = WITHIN_MS
    return {
        kind: float(known[kind])
        for kind in REAL
        if isinstance(known.get(kind), int | float) and low <= known[kind] <= high
    }


def _place() -> Path:
    if said := os.environ.get(ENVIRONMENT):
        return Path(said).expanduser()
    import platformdirs

    return platformdirs.user_state_path("presscue", appauthor=False) / "latency.json"
