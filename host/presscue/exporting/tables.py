"""A session as tables: Arrow record batches, a piece at a time, so that hours fit into memory. Units in the names."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow

from .. import wire
from ..analysis.analyze import analyze, open_source
from ..analysis.output import SERIES
from ..archive.annotations import Tree
from ..profile import Profile
from ..readings.channels import COLUMNS

TEXT, NUMBER, WHOLE, YES = pyarrow.string(), pyarrow.float64(), pyarrow.int64(), pyarrow.bool_()

SAMPLES = pyarrow.schema(
    [("time_s", NUMBER)]
    + [(name, NUMBER) for source in (wire.SLED, wire.LEG) for name in COLUMNS[source]]
    + [(f"{name}_n", NUMBER) for name in COLUMNS[wire.PADS]]
)
"""One row a time at which anything was read; empty what was not read then. `presscue analyze` reads it back."""

REPS = pyarrow.schema(
    [("set", WHOLE), ("rep", WHOLE)]
    + [
        (name, NUMBER)
        for name in (
            "start_s", "bottom_s", "end_s", "max_flexion_deg", "end_flexion_deg", "travel_m", "eccentric_s", "pause_s",
            "concentric_s", "mean_concentric_velocity_mps", "peak_concentric_velocity_mps",
        )
    ]
    + [("late", YES), ("faults", TEXT), ("edited", TEXT)]
)  # fmt: skip

SETS = pyarrow.schema([
    ("set", WHOLE), ("start_s", NUMBER), ("end_s", NUMBER), ("reps", WHOLE), ("sled_load_kg", NUMBER),
    ("lifter", TEXT), ("rest_before_s", NUMBER), ("velocity_loss", NUMBER), ("rpe", NUMBER), ("notes", TEXT),
    ("pain", TEXT),
])  # fmt: skip

EVENTS = pyarrow.schema([
    ("kind", TEXT), ("side", TEXT), ("set", WHOLE), ("rep", WHOLE), ("onset_s", NUMBER), ("detected_s", NUMBER),
    ("end_s", NUMBER), ("severity", NUMBER), ("confidence", NUMBER), ("late", YES), ("predicted", YES),
    ("estimated", YES),
    ("added", YES), ("edited", TEXT),
])  # fmt: skip

SERIES_TABLE = pyarrow.schema([(name, NUMBER) for name in SERIES])

SCHEMAS = {"samples": SAMPLES, "series": SERIES_TABLE, "reps": REPS, "sets": SETS, "events": EVENTS}
"""What can be exported, and its columns."""

_AT = {wire.SLED: slice(0, 6), wire.LEG: slice(6, 12), wire.PADS: slice(12, 15)}

LAG_S = 0.5
"""Readings of one source arrive so much behind another's at most; later ones stand in a row of their own, too late."""

Readings = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Source, time and values of each reading: shapes (n,), (n,) and (n, 6)."""

Progress = Callable[[float], None]
"""Told how many seconds of the recording are done."""


def samples(path: Path, profile: Profile | None, progress: Progress = lambda _: None) -> Iterator[pyarrow.RecordBatch]:
    """The readings in order of time, on the session clock (for a table: its own time_s). Raises InputError."""
    waiting: list[Readings] = []
    first_s = np.nan
    for piece in open_source(path, profile).pieces:
        readings = piece.readings
        if not len(readings.t_s):
            continue
        waiting.append((np.repeat(readings.source, readings.size), readings.t_s, readings.values))
        source, t_s, values = (np.concatenate(parts) for parts in zip(*waiting, strict=True))
        first_s = float(t_s.min()) if np.isnan(first_s) else first_s
        ready = t_s < t_s.max() - LAG_S
        waiting = [(source[~ready], t_s[~ready], values[~ready])]
        if ready.any():
            yield _rows(source[ready], t_s[ready], values[ready])
        progress(float(t_s.max()) - first_s)
    if waiting:
        yield _rows(*waiting[0])


def _rows(source: np.ndarray, t_s: np.ndarray, values: np.ndarray) -> pyarrow.RecordBatch:
    """One row for each time, in order."""
    times, row = np.unique(t_s, return_inverse=True)
    table = np.full((len(times), len(SAMPLES) - 1), np.nan)
    for one, columns in _AT.items():
        own = source == one
        table[row[own], columns] = values[own, : columns.stop - columns.start]
    arrays = [pyarrow.array(times), *(pyarrow.array(column, mask=np.isnan(column)) for column in table.T)]
    return pyarrow.record_batch(arrays, schema=SAMPLES)


def series(path: Path, profile: Profile | None, progress: Progress = lambda _: None) -> Iterator[pyarrow.RecordBatch]:
    """What analysis makes of the readings over time. Raises InputError, SaveError."""
    from pyarrow import parquet

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "series.parquet"
        analyze(path, profile, series=made, progress=progress)
        with parquet.ParquetFile(made) as file:
            yield from file.iter_batches()


def reps(analysis: Tree) -> pyarrow.RecordBatch:
    """The annotated reps, each with its faults."""
    faults: dict[int | None, list[str]] = {}
    for event in analysis["events"]:
        if not event.get("predicted"):
            faults.setdefault(event["rep"], []).append(event["kind"] + (f"_{event['side']}" if event["side"] else ""))
    return _table(REPS, [{**rep, "faults": faults.get(rep["rep"], [])} for rep in analysis["reps"]])


def sets(analysis: Tree) -> pyarrow.RecordBatch:
    """The annotated sets."""
    from ..archive.annotating import pain_text

    rows = [
        {**one, "pain": [pain_text(pain).removeprefix("pain: ") for pain in one["pain"]]} for one in analysis["sets"]
    ]
    return _table(SETS, rows)


def events(analysis: Tree) -> pyarrow.RecordBatch:
    """The annotated faults, and what was predicted."""
    set_of = {rep["rep"]: rep["set"] for rep in analysis["reps"]}
    return _table(EVENTS, [{**event, "set": set_of.get(event["rep"])} for event in analysis["events"]])


def _table(schema: pyarrow.Schema, rows: list[Tree]) -> pyarrow.RecordBatch:
    """Rows as a table; lists become text, what was not said of a yes or no is no."""

    def cell(row: Tree, name: str):
        value = row.get(name)
        if isinstance(value, list):
            return "; ".join(map(str, value))
        return bool(value) if schema.field(name).type == YES else value

    columns = [pyarrow.array([cell(row, name) for row in rows], schema.field(name).type) for name in schema.names]
    return pyarrow.record_batch(columns, schema=schema)
