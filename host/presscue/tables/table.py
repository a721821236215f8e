"""A table opened for reading: rows in, blocks of samples out, and what was found wrong on the way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import TableError
from ..results import Samples, Stretch
from . import plausible
from .cells import Cells, open_cells
from .sensors import KNOWN, Sensor, find_sensors

SLICE_S = 0.04
"""Samples are handed on in slices of so much time, like a node's batches: the core goes on without one that lags."""

_NEARLY_TIME = ("time", "t", "timestamp", "time_ms", "time_us", "time_ns", "seconds", "timestamp_ms")


@dataclass(frozen=True)
class Batch:
    """A block of rows. time_s: shape (rows,), as it stands in the file, dropped rows included; NaN where empty.

    readings: the samples in it, cut into slices of SLICE_S, in order of slice.
    """

    time_s: np.ndarray
    readings: Stretch


@dataclass
class Table:
    """A recording as a table. notes: what a user should read once.

    Notes and counts (of rows; skipped: of lines) are complete once `batches` is exhausted.
    """

    path: Path
    sensors: list[Sensor]
    notes: list[str]
    rows: int = 0
    repeats: int = 0
    steps_back: int = 0
    without_time: int = 0
    skipped: int = 0
    _cells: Cells | None = None
    _used: list[str] = field(default_factory=list)
    _last_s: float = -np.inf

    def batches(self) -> Iterator[Batch]:
        """The rows in order, in blocks, once. Raises TableError when a cell, a rate or a unit cannot be right."""
        assert self._cells is not None
        try:
            for block in self._cells.blocks(["time_s", *self._used]):
                yield self._batch(block)
            for sensor in self.sensors:
                sensor.judge()
        except plausible.Implausible as error:
            raise TableError(f"{self.path}: {error}") from None
        self.skipped = self._cells.skipped
        self._conclude()

    def _batch(self, block: dict[str, np.ndarray]) -> Batch:
        time_s = block["time_s"]
        self.rows += len(time_s)
        known = np.isfinite(time_s)
        forward = np.where(known, time_s, -np.inf)
        latest = np.maximum.accumulate(np.concatenate([[self._last_s], forward]))
        kept = forward > latest[:-1]
        self._last_s = float(latest[-1])
        self.without_time += int(np.count_nonzero(~known))
        self.repeats += int(np.count_nonzero(known & (forward == latest[:-1])))
        self.steps_back += int(np.count_nonzero(known & (forward < latest[:-1])))
        if not kept.all():
            block = {name: column[kept] for name, column in block.items()}
        # pads first: their readings are there when the time of the IMUs passes over them
        runs = [run for sensor in reversed(self.sensors) for run in sensor.take(block["time_s"], block)]
        return Batch(time_s, _sliced(runs))

    def _conclude(self) -> None:
        if not self.rows:
            raise TableError(f"{self.path}: has a header but no rows")
        astray = self.steps_back + self.without_time
        if 2 * astray > self.rows:
            raise TableError(f"{self.path}: time_s runs back or is empty in {astray} of {self.rows} rows")
        for count, what in (
            (self.skipped, "lines skipped, not as many cells as the header"),
            (self.repeats, "rows dropped, time_s repeated"),
            (self.steps_back, "rows dropped, time_s ran back"),
            (self.without_time, "rows dropped, time_s empty"),
        ):
            if count:
                self.notes.append(f"{what}: {count}")
        for sensor in self.sensors:
            if not sensor.readings:
                self.notes.append(f"{sensor.name}: the columns are there, but no complete reading is in them")
            elif sensor.gaps:
                self.notes.append(f"{sensor.name}: gaps: {sensor.gaps}, readings missing in them: about {sensor.lost}")


def open_table(path: Path) -> Table:
    """Open a .csv or .parquet recording. Raises TableError."""
    cells = open_cells(path)
    if "time_s" not in cells.columns:
        raise TableError(f"{path}: {_no_time(cells.columns)}")
    again = [name for name in ("time_s", *sorted(KNOWN)) if cells.columns.count(name) > 1]
    if again:
        raise TableError(f"{path}: column {again[0]} appears twice")
    sensors, used, notes = find_sensors(cells.columns)
    unknown = [name for name in cells.columns if name != "time_s" and name not in KNOWN]
    if unknown:
        shown = ", ".join(name or "(no name)" for name in unknown[:8]) + (", …" if len(unknown) > 8 else "")
        notes.append(f"columns ignored: {shown}")
    stems = {name.rpartition("_")[0]: name for name in KNOWN}
    notes += [
        f"{name} is not in the unit that is read: convert it to {stems[stem]}"
        for name in unknown
        if (stem := name.rpartition("_")[0]) in stems
    ]
    if not sensors:
        notes.append("no sensor has its columns: nothing can be measured")
    return Table(path, sensors, notes, _cells=cells, _used=used)


def _no_time(columns: list[str]) -> str:
    near = [name for name in columns if name.lower() in _NEARLY_TIME]
    if near:
        return f"no column time_s; is it {near[0]}? Name it time_s, in seconds"
    shown = ", ".join(columns[:8]) + (", …" if len(columns) > 8 else "")
    return f"no column time_s; the first line names: {shown or 'nothing'}"


def _sliced(runs: list[Samples]) -> Stretch:
    """Runs of all sensors cut at common times, SLICE_S apart."""
    whole = Stretch.of(runs)
    numbers = np.floor(whole.t_s / SLICE_S)
    begins = np.zeros(len(numbers), bool)
    begins[1:] = np.diff(numbers) != 0
    runs_at = (np.cumsum(whole.size) - whole.size)[whole.size > 0]
    begins[runs_at] = True
    at = np.flatnonzero(begins)
    size = np.diff(at, append=len(numbers))
    source, lost = np.repeat(whole.source, whole.size)[at], np.zeros(len(at), np.int64)
    lost[np.searchsorted(at, runs_at)] = whole.lost[whole.size > 0]
    order = np.argsort(numbers[at], kind="stable")
    place = np.repeat(at[order] - (np.cumsum(size[order]) - size[order]), size[order]) + np.arange(len(numbers))
    return Stretch(source[order], size[order], lost[order], whole.t_s[place], whole.values[place])
