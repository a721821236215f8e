"""One session that is in the archive twice: as the laptop recorded it, and as the node did on its own flash."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

INSIDE = 0.8
"""Part of a node's log that must lie within a laptop's recording: what came before the cable or after it may not."""

Row = Mapping[str, Any]


def stand_ins(rows: Iterable[Row]) -> dict[str, str]:
    """For each recording that another one makes needless, that other one, by names.

    Two are of one session if node and boot are the same and most of the log lies within the laptop's recording. The
    laptop's stands for both, unless it lost readings, nothing was said of it, and one log has all its reps and lost
    less.
    """
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        if row["device"] and row["boot"] is not None and row["start_ms"] and row["duration_s"]:
            groups[row["device"], row["boot"]].append(row)
    found: dict[str, str] = {}
    for group in groups.values():
        logs = [row for row in group if is_log(row)]
        for live in group if logs else ():
            if not is_log(live):
                own = [log for log in logs if log["name"] not in found and _is_within(log, live)]
                if len(own) == 1 and _is_better(own[0], live):
                    found[live["name"]] = own[0]["name"]
                else:
                    found.update((log["name"], live["name"]) for log in own)
    return found


def is_log(row: Row) -> bool:
    """Whether it was pulled from a node."""
    return row["dated_by"] not in (None, "recording", "said")


def _is_better(log: Row, live: Row) -> bool:
    lost = live["lost_samples"] or 0
    return not live["statements"] and lost > (log["lost_samples"] or 0) and (log["reps"] or 0) >= (live["reps"] or 0)


def _is_within(log: Row, live: Row) -> bool:
    start, end = (max(log["start_ms"], live["start_ms"]), min(_end_ms(log), _end_ms(live)))
    return end - start >= INSIDE * 1000 * log["duration_s"]


def _end_ms(row: Row) -> float:
    return row["start_ms"] + 1000 * row["duration_s"]
