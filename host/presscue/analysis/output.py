"""What an analysis leaves behind: OUT.json, and the series as CSV or Parquet. Both appear whole or not at all."""

import contextlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SaveError, UsageError

FORMAT = "presscue.analysis/1"

SERIES = (
    "time_s",
    "knee_flexion_deg",
    "knee_rate_dps",
    "sled_position_m",
    "sled_velocity_mps",
    "leg_pitch_deg",
    "valgus_deg",
    "heel_left_share",
    "heel_right_share",
    "seat_share",
)
"""Columns of the series, in their order."""


def write_analysis(path: Path, analysis: Mapping[str, Any], form: str = FORMAT) -> None:
    """Write OUT.json: `format`, then `analysis`; NaN becomes null. Raises SaveError."""
    text = json.dumps({"format": form, **plain(analysis)}, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    part = part_of(path)
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise not_written(path, error) from None


class SeriesWriter:
    """Writes the series in pieces of any size. Only `close` puts the file in its place; `discard` leaves nothing."""

    def __init__(self, path: Path):
        """Raises UsageError for a name that is neither .csv nor .parquet, SaveError."""
        import pyarrow
        from pyarrow import csv, parquet

        if path.suffix.lower() not in (".csv", ".parquet"):
            raise UsageError(f"{path}: a series ends in .csv or .parquet")
        self.path = path
        self.rows = 0
        self._part = part_of(path)
        self._schema = pyarrow.schema([(name, pyarrow.float64()) for name in SERIES])
        kind = csv.CSVWriter if path.suffix.lower() == ".csv" else parquet.ParquetWriter
        try:
            self._writer = kind(str(self._part), self._schema)
        except OSError as error:
            raise not_written(path, error) from None

    def write(self, columns: Mapping[str, np.ndarray]) -> None:
        """Append rows: arrays of one shape (rows,) by names of SERIES; a column left out is NaN. Raises SaveError."""
        import pyarrow

        rows = len(columns["time_s"])
        nothing = np.full(rows, np.nan)
        arrays = [pyarrow.array(np.asarray(columns.get(name, nothing), np.float64)) for name in SERIES]
        try:
            self._writer.write_batch(pyarrow.record_batch(arrays, schema=self._schema))
        except OSError as error:
            self.discard()
            raise not_written(self.path, error) from None
        self.rows += rows

    def close(self) -> None:
        """Raises SaveError."""
        try:
            self._writer.close()
            os.replace(self._part, self.path)
        except OSError as error:
            self._part.unlink(missing_ok=True)
            raise not_written(self.path, error) from None

    def discard(self) -> None:
        """Give up: whatever was there before stays."""
        with contextlib.suppress(OSError):  # it goes anyway
            self._writer.close()
        self._part.unlink(missing_ok=True)


def at_rows(rows_s: np.ndarray, series: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The series at the rows of a recording: shape (rows,) each.

    rows_s: the rows' times. series: columns by name, time_s increasing (equal times: the last counts). A row has the
    values at exactly its time; NaN at rows at which nothing was sampled.
    """
    times = series["time_s"]
    at = np.searchsorted(times, rows_s, side="right") - 1
    found = np.zeros(len(rows_s), bool) if not len(times) else times[at] == rows_s
    out = {
        name: np.where(found, column[at], np.nan) if len(times) else np.full(len(rows_s), np.nan)
        for name, column in series.items()
    }
    out["time_s"] = rows_s
    return out


def plain(value: Any) -> Any:
    """The value as JSON knows it: numpy scalars and arrays, tuples and NaN are resolved."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def part_of(path: Path) -> Path:
    """Where a file grows until it is whole: beside its place, so that moving it there is one step."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def not_written(path: Path, error: OSError) -> SaveError:
    reason = error.strerror or " ".join(str(error).split())
    return SaveError(f"{path}: cannot be written: {reason}; nothing that was there before is changed")
