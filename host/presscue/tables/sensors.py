"""From rows of a table to the readings of one sensor, each at the rows at which it was sampled."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from .. import wire
from ..readings.channels import COLUMNS
from ..results import Samples
from . import plausible

HOLD_S = 0.05
"""Halves of an IMU may stand in different rows: the last force (or rate) no older than this completes a reading."""

GAP_PERIODS = 2.5
"""A step in time longer than so many periods is a gap; jitter stays below."""

NAMES = {wire.SLED: "sled", wire.LEG: "leg", wire.PADS: "pads"}


@dataclass
class Sensor:
    """One sensor of a table. names: its columns in the order of `results.Samples.values`, None where there is none.

    rate_hz is NaN until enough readings were seen. lost: readings that seem to be missing in gaps.
    """

    source: int
    names: list[str | None]
    readings: int = 0
    gaps: int = 0
    lost: int = 0
    rate_hz: float = np.nan
    _last_s: float = np.nan
    _held: dict[int, tuple[float, np.ndarray]] = field(default_factory=dict)
    _window: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return NAMES[self.source]

    def take(self, t_s: np.ndarray, cells: dict[str, np.ndarray]) -> list[Samples]:
        """Readings of a block of rows with increasing times, in runs without gaps. Raises plausible.Implausible."""
        values = np.column_stack(
            [np.full(len(t_s), np.nan) if name is None else cells[name][: len(t_s)] for name in self.names]
        )
        t_s, values = self._pads(t_s, values) if self.source == wire.PADS else self._imu(t_s, values)
        if not len(t_s):
            return []
        self.readings += len(t_s)
        self._window.append((t_s, values))
        if np.isnan(self.rate_hz) or sum(len(times) for times, _ in self._window) >= plausible.WINDOW:
            self.judge()
        return self._runs(t_s, values)

    def judge(self) -> None:
        """Check rate and units of the readings since the last time, if enough. Raises plausible.Implausible."""
        if sum(len(times) for times, _ in self._window) <= plausible.RATE_INTERVALS:
            return
        t_s = np.concatenate([times for times, _ in self._window])
        values = np.concatenate([rows for _, rows in self._window])
        self._window = []
        rate = plausible.rate_hz(t_s, self.name)
        if np.isnan(self.rate_hz):
            self.rate_hz = rate
        if self.source != wire.PADS:
            plausible.check_force(values[:, :3], self.name)
            plausible.check_rotation(t_s, values[:, :3], values[:, 3:], self.name)

    def _pads(self, t_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sampled = np.isfinite(values[:, 0]) | np.isfinite(values[:, 1]) | np.isfinite(values[:, 2])
        return t_s[sampled], values[sampled]

    def _imu(self, t_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A leg is read when its gyroscope is, a sled when its accelerometer is; the other half may be a little older.

        A sled does not turn: where its gyroscope says nothing the rate is 0. A leg without force is not read.
        """
        first, other = (0, 3) if self.source == wire.SLED else (3, 0)
        rows = np.flatnonzero(_triple(values, first))
        held = self._hold(t_s, values, rows, other)
        if self.source == wire.SLED:
            held = np.nan_to_num(held)
        complete = _triple(held, 0)
        rows = rows[complete]
        readings = values[rows]
        readings[:, other : other + 3] = held[complete]
        return t_s[rows], readings

    def _hold(self, t_s: np.ndarray, values: np.ndarray, rows: np.ndarray, at: int) -> np.ndarray:
        """For each of `rows` the latest finite triple values[:, at:at + 3] up to it; NaN if older than HOLD_S."""
        have = np.flatnonzero(_triple(values, at))
        before_s, before = self._held.get(at, (-np.inf, np.full(3, np.nan)))
        times = np.concatenate([[before_s], t_s[have]])
        triples = np.vstack([before, values[have, at : at + 3]])
        latest = np.searchsorted(have, rows, side="right")
        held = triples[latest]
        held[t_s[rows] - times[latest] > HOLD_S] = np.nan
        self._held[at] = (float(times[-1]), triples[-1])
        return held

    def _runs(self, t_s: np.ndarray, values: np.ndarray) -> list[Samples]:
        period_s = 1.0 / self.rate_hz  # NaN makes no gap
        steps_s = np.diff(t_s, prepend=self._last_s)
        starts = np.flatnonzero(steps_s > GAP_PERIODS * period_s)
        self._last_s = float(t_s[-1])
        missing = np.rint(steps_s[starts] / period_s).astype(int) - 1
        self.gaps += len(starts)
        self.lost += int(missing.sum())
        lost = dict(zip(starts.tolist(), missing.tolist(), strict=True))
        edges = sorted({0, *lost, len(t_s)})
        return [
            Samples(self.source, t_s[start:end], values[start:end], lost.get(start, 0))
            for start, end in pairwise(edges)
        ]


def _triple(values: np.ndarray, at: int) -> np.ndarray:
    """Rows in which three columns are all finite: (rows,) of bool."""
    return np.isfinite(values[:, at]) & np.isfinite(values[:, at + 1]) & np.isfinite(values[:, at + 2])


def find_sensors(columns: list[str]) -> tuple[list[Sensor], list[str], list[str]]:
    """(sensors, names of the columns they use, notes) for the columns of a table."""
    sensors: list[Sensor] = []
    notes: list[str] = []
    for source, wanted in _TABLE_COLUMNS.items():
        there = [name if name in columns else None for name in wanted]
        if source != wire.PADS:
            there = _usable_imu(source, there, wanted, notes)
        if any(there):
            sensors.append(Sensor(source, there))
    used = [name for sensor in sensors for name in sensor.names if name is not None]
    return sensors, used, notes


def _usable_imu(source: int, there: list[str | None], wanted: tuple[str, ...], notes: list[str]) -> list[str | None]:
    """The columns that can be used: whole triples; a leg needs both, a sled its accelerometer."""
    nothing: list[str | None] = [None] * 6
    for at, part in ((0, "accelerometer"), (3, "gyroscope")):
        axes = there[at : at + 3]
        if any(axes) and not all(axes):
            missing = ", ".join(name for name in wanted[at : at + 3] if name not in there)
            notes.append(f"{NAMES[source]} {part} not used: {missing} missing")
            there = there[:at] + nothing[:3] + there[at + 3 :]
    if not any(there) or all(there):
        return there
    if source == wire.SLED and there[0]:
        notes.append("sled without gyroscope: taken as never turning")
        return there
    notes.append(f"{NAMES[source]} not used: it needs {'an accelerometer' if there[3] else 'a gyroscope'} as well")
    return nothing


_TABLE_COLUMNS = {
    wire.SLED: COLUMNS[wire.SLED],
    wire.LEG: COLUMNS[wire.LEG],
    wire.PADS: tuple(f"{name}_n" for name in COLUMNS[wire.PADS]),
}

KNOWN = frozenset(name for names in _TABLE_COLUMNS.values() for name in names)
"""Every column that means something, but time_s."""
