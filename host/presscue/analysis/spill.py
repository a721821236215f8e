"""The trace of a long recording, kept in a temporary file: 80 bytes a reading would not fit into memory."""

import tempfile

import numpy as np

from ..kernel import COLUMNS
from .output import SERIES

CHUNK = 1 << 16
_ROW = np.dtype((np.float64, (len(COLUMNS),)))


class Spill:
    """Rows of a core's trace in, series by time out. Use as a context manager."""

    def __init__(self):
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._times: list[np.ndarray] = []
        self._greatest_seat = 0.0

    def __enter__(self) -> "Spill":
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def add(self, trace: np.ndarray) -> None:
        """Append rows, shape (n, COLUMNS). Rows that begin anew at an earlier time replace those from there on."""
        if not len(trace):
            return
        if self._times and trace[0, 0] < self._times[-1][-1]:
            times = np.concatenate(self._times)
            times = times[: np.searchsorted(times, trace[0, 0])]
            self._times = [times] if len(times) else []
            self._file.truncate(len(times) * _ROW.itemsize)
        self._file.seek(0, 2)
        self._file.write(np.ascontiguousarray(trace).tobytes())
        self._times.append(trace[:, 0].copy())

    def times(self) -> np.ndarray:
        """Times of all rows, shape (n,)."""
        self._times = [np.concatenate(self._times)] if self._times else [np.zeros(0)]
        return self._times[0]

    def rows(self, start: int, end: int) -> np.ndarray:
        """Rows start to end, shape (end - start, COLUMNS)."""
        self._file.seek(start * _ROW.itemsize)
        return np.frombuffer(self._file.read((end - start) * _ROW.itemsize), _ROW)

    def replace(self, name: str, at_s: np.ndarray, values: np.ndarray) -> None:
        """Put other values into a column: `values` at `at_s`, linear between; where the column is NaN it stays so."""
        column = COLUMNS.index(name)
        times = self.times()
        for start in range(0, len(times), CHUNK):
            rows = self.rows(start, min(start + CHUNK, len(times))).copy()
            known = np.isfinite(rows[:, column])
            rows[known, column] = np.interp(rows[known, 0], at_s, values)
            self._file.seek(start * _ROW.itemsize)
            self._file.write(rows.tobytes())

    def between(self, first_s: float, last_s: float) -> dict[str, np.ndarray]:
        """The series from first_s to last_s, by names of output.SERIES. Ask for later and later times."""
        start, end = np.searchsorted(self.times(), [first_s, np.nextafter(last_s, np.inf)])
        rows = self.rows(int(start), int(end))
        left, right, seat = (rows[:, COLUMNS.index(name)] for name in ("heel_left", "heel_right", "seat"))
        series = {name: rows[:, COLUMNS.index(name)] for name in SERIES if name in COLUMNS}
        with np.errstate(invalid="ignore", divide="ignore"):
            both = np.where(left + right > 0, left + right, np.nan)
            greatest = np.fmax.accumulate(np.concatenate([[self._greatest_seat], seat]))[1:]
            series["heel_left_share"], series["heel_right_share"] = left / both, right / both
            series["seat_share"] = np.where(greatest > 0, seat / greatest, np.nan)
        if len(greatest):
            self._greatest_seat = max(self._greatest_seat, float(greatest[-1]))
        return series
