"""Trainings out of the archive: the rows that they are made from, read from the index of a folder."""

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path

from ..archive.catalog import Session, sessions
from ..archive.index import FILE, Index
from ..archive.scan import scan
from ..errors import IndexDamaged, SaveError
from .log import Training, trainings


def trainings_of(index: Index, listed: Iterable[Session], now_ms: int | None = None) -> list[Training]:
    """The training of each lifter over these sessions, as far as they are analysed."""
    chosen = {one.path.name: one for one in listed if one.facts.get("reps") is not None}
    seen = index.seen(chosen)
    rows = [
        {"name": name, "number": one.number, "start_ms": one.start_ms, **seen.get(name, {})}
        for name, one in chosen.items()
    ]
    now_ms = int(time.time() * 1000) if now_ms is None else now_ms
    sets, reps, events = (index.rows(table, chosen) for table in ("sets", "reps", "events"))
    return trainings(rows, sets, reps, events, now_ms)


def trainings_in(folder: Path, now_ms: int | None = None, *, last: int) -> list[Training]:
    """The same over the newest sessions of a folder up to now_ms; none where there is no index. Analyses nothing."""
    with contextlib.suppress(IndexDamaged, SaveError):
        if (folder / FILE).exists():
            with Index(folder) as index:
                listed = sessions(scan(folder), index)
                until = [one for one in listed if one.start_ms and (now_ms is None or one.start_ms <= now_ms)]
                return trainings_of(index, until[:last], now_ms)
    return []
