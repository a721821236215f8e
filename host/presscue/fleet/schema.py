"""The tables of a dataset: columns with units in their names, and the rows that one recording makes. SPEC.md has all.

Every row says whence it is (`source`), when the session began and which core has made it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow

from ..analysis.measured import NOT
from ..archive import annotations, facts
from ..archive.journal import Entry

FORMAT = "presscue.fleet/1"

TEXT, NUMBER, WHOLE, YES = pyarrow.string(), pyarrow.float64(), pyarrow.int64(), pyarrow.bool_()
TEXTS = pyarrow.list_(pyarrow.field("element", TEXT))

UNDATED = "undated"
"""The month of sessions whose start nobody knows."""


def _schema(columns: Mapping[pyarrow.DataType, str], order: str) -> pyarrow.Schema:
    kinds = {name: kind for kind, names in columns.items() for name in names.split()}
    return pyarrow.schema([(name, kinds[name]) for name in f"source core start_ms {order}".split()])


_REP_NUMBERS = (
    "start_s bottom_s end_s max_flexion_deg end_flexion_deg range_deg travel_m eccentric_s pause_s concentric_s "
    "mean_concentric_velocity_mps peak_concentric_velocity_mps mean_propulsive_velocity_mps left_share"
)
_SET_NUMBERS = (
    "start_s end_s rest_before_s velocity_loss mean_travel_m mean_range_deg mean_max_flexion_deg mean_eccentric_s "
    "mean_concentric_s mean_concentric_velocity_mps mean_propulsive_velocity_mps left_share travel_cv range_cv "
    "concentric_cv velocity_cv"
)
_WHO = "lifter sled_load_kg"

SESSIONS = _schema(
    {
        TEXT: "source core stamp fingerprint profile error dated_by device node",
        YES: "again calibrated",
        TEXTS: "lifters measured findings",
        NUMBER: "duration_s load_min_kg load_max_kg soft_bend_deg max_flexion_deg pain_level cue_latency_p95_ms "
        "foreseen_lead_p50_ms",
        WHOLE: "start_ms session sets reps clean_reps samples lost_samples gaps late_samples reboots damaged_bytes "
        "missing_pages cues foreseen foreseen_true not_foreseen statements",
    },
    "stamp fingerprint profile error again dated_by device node session duration_s lifters load_min_kg load_max_kg "
    "sets reps clean_reps measured findings calibrated soft_bend_deg max_flexion_deg pain_level cues "
    "cue_latency_p95_ms foreseen foreseen_true not_foreseen foreseen_lead_p50_ms samples lost_samples gaps "
    "late_samples reboots damaged_bytes missing_pages statements",
)
SETS = _schema(
    {
        TEXT: "source core lifter intent",
        NUMBER: f"sled_load_kg rpe pain_level {_SET_NUMBERS}",
        WHOLE: "start_ms set reps",
    },
    f"{_WHO} set reps rpe intent pain_level {_SET_NUMBERS}",
)
REPS = _schema(
    {
        TEXT: "source core lifter",
        NUMBER: f"sled_load_kg {_REP_NUMBERS}",
        WHOLE: "start_ms set rep",
        YES: "late",
        TEXTS: "faults",
    },
    f"{_WHO} set rep {_REP_NUMBERS} late faults",
)
EVENTS = _schema(
    {
        TEXT: "source core lifter kind side",
        NUMBER: "sled_load_kg onset_s detected_s end_s severity confidence lead_s",
        WHOLE: "start_ms set rep",
        YES: "late predicted confirmed",
    },
    f"{_WHO} set rep kind side onset_s detected_s end_s severity confidence late predicted confirmed lead_s",
)

TABLES = {"reps": REPS, "events": EVENTS, "sets": SETS, "sessions": SESSIONS}
"""In the order in which they are written: `sessions` says what is there, so it comes last."""

Rows = dict[str, pyarrow.Table]
"""Rows of each of TABLES."""


def month_of(start_ms: int | None) -> str:
    """The partition of a session: the month of its start in UTC, as 2026-11."""
    return UNDATED if start_ms is None else datetime.fromtimestamp(start_ms / 1000, UTC).strftime("%Y-%m")


def rows_of(source: str, stamp: str, study: facts.Study, statements: list[Entry]) -> Rows:
    """What a study makes of a recording; `stamp` tells whether it has changed since."""
    row, tree = facts.session_row(study, statements)
    common = {"source": source, "core": study.core, "start_ms": row["start_ms"]}
    session = {**row, **common, "stamp": stamp, "error": study.error or None, "again": False}
    if tree is None:
        return _tables({"sessions": [{**session, "lifters": None, "measured": None}]})
    sets = [{**one, **common, "pain_level": _worst(one["pain"])} for one in tree["sets"]]
    who: dict[int | None, dict[str, Any]] = {one["set"]: {key: one[key] for key in _WHO.split()} for one in sets}
    kinds: dict[int | None, list[str]] = {}
    for event in annotations.happened(tree):
        kinds.setdefault(event["rep"], []).append(event["kind"])
    set_of = {rep["rep"]: rep["set"] for rep in tree["reps"]}
    reps = [
        {**rep, **who.get(rep["set"], {}), **common, "faults": sorted(set(kinds.get(rep["rep"], ())))}
        for rep in tree["reps"]
    ]
    events = [
        {**event, **who.get(set_of.get(event["rep"]), {}), **common, "set": set_of.get(event["rep"])}
        for event in tree["events"]
    ]
    return _tables({"sessions": [session | _session(tree)], "sets": sets, "reps": reps, "events": events})


def failed_rows(source: str, stamp: str, core: str, error: str) -> Rows:
    """What stands for a recording that could not even be read, or whose worker died: to be tried again."""
    row = {"source": source, "core": core, "stamp": stamp, "error": error, "again": True}
    return _tables({"sessions": [row]})


def _session(tree: annotations.Tree) -> dict[str, Any]:
    """The columns of a session that only its whole analysis tells."""
    summary, quality, said = tree["summary"], tree["quality"], tree["annotations"]
    foresight, latency = summary.get("predictions") or {}, summary.get("cue_latency_ms") or {}
    lead = foresight.get("lead_ms") or {}
    pains = [*said["pain"], *(pain for one in tree["sets"] for pain in one["pain"])]
    return {
        **{key: quality.get(key) for key in ("samples", "lost_samples", "gaps", "late_samples", "reboots")},
        **tree["limits"],
        "lifters": list(dict.fromkeys(one["lifter"] for one in tree["sets"] if one["lifter"])),
        "measured": sorted(name for name, how in tree["measured"].items() if not how.startswith(NOT)),
        "findings": sorted({one["code"] for one in quality.get("findings", ())}),
        "calibrated": tree["calibration"] is not None,
        "pain_level": _worst(pains),
        "cues": summary.get("cues"),
        "cue_latency_p95_ms": latency.get("p95"),
        "foreseen": foresight.get("made"),
        "foreseen_true": foresight.get("came_true"),
        "not_foreseen": foresight.get("not_foreseen"),
        "foreseen_lead_p50_ms": lead.get("p50"),
    }


def _worst(pains: Iterable[Mapping[str, Any]]) -> float | None:
    return max((pain["level"] for pain in pains if pain.get("level") is not None), default=None)


def _tables(rows: Mapping[str, list[dict[str, Any]]]) -> Rows:
    """Rows as tables; keys that are no columns are left out, missing ones are empty."""
    return {
        name: pyarrow.table(
            [pyarrow.array([row.get(field.name) for row in rows.get(name, ())], field.type) for field in schema],
            schema=schema,
        )
        for name, schema in TABLES.items()
    }
