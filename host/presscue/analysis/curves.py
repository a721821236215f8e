"""Curves thin enough to keep and to draw: the least and the greatest value of each short stretch of time.

So a spike of one reading stays visible however long the session, and an hour takes a few megabytes.
"""

import json
import zlib
from dataclasses import dataclass

import numpy as np

CURVES = ("knee_flexion_deg", "sled_velocity_mps", "heel_left", "heel_right", "seat")
"""What is kept of a trace. Pads as shares of their own greatest usual reading (the 98th percentile)."""

PADS = ("heel_left", "heel_right", "seat")

STEP_S = 0.02
STRETCHES_MAX = 100_000
"""A session of more than half an hour gets longer stretches than STEP_S."""

_NOTHING = -32768


@dataclass(frozen=True)
class Curves:
    """least, greatest: shape (len(CURVES), n), NaN where nothing was measured.

    Stretch i begins at start_s + i × step_s.
    """

    start_s: float
    step_s: float
    least: np.ndarray
    greatest: np.ndarray

    def __len__(self) -> int:
        return self.least.shape[1]

    def part(self, name: str, first_s: float, last_s: float, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(times, least, greatest) of a curve from first_s to last_s in at most `most` stretches: shape (m,) each."""
        row = CURVES.index(name)
        begin = max(0, int((first_s - self.start_s) / self.step_s))
        end = min(len(self), int((last_s - self.start_s) / self.step_s) + 1)
        low, high = self.least[row, begin:end], self.greatest[row, begin:end]
        merged = max(1, -(-len(low) // most))
        starts = np.arange(0, len(low), merged)
        if not len(starts):
            return np.zeros(0), np.zeros(0), np.zeros(0)
        t_s = self.start_s + (begin + starts + 0.5 * merged) * self.step_s
        return t_s, np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)

    def scaled(self) -> tuple[list[float], np.ndarray]:
        """(value of one step of each curve, int16 of shape (len(CURVES), 2, n)); -32768 stands for NaN."""
        both = np.stack([self.least, self.greatest], axis=1)
        top = [float(np.nanmax(np.abs(one))) if np.isfinite(one).any() else 1.0 for one in both]
        scales = [max(value, 1e-6) / 32_000 for value in top]
        steps = both / np.array(scales)[:, None, None]
        return scales, np.where(np.isfinite(steps), np.round(steps), _NOTHING).astype("<i2")

    def to_bytes(self) -> bytes:
        """Compressed, as an index keeps it."""
        scales, steps = self.scaled()
        head = json.dumps({"curves": CURVES, "start_s": self.start_s, "step_s": self.step_s, "scales": scales})
        return zlib.compress(head.encode() + b"\n" + steps.tobytes(), 3)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Curves":
        """What `to_bytes` gave. Raises ValueError for anything else."""
        try:
            head, _, rest = zlib.decompress(data).partition(b"\n")
            said = json.loads(head)
            steps = np.frombuffer(rest, "<i2").reshape(len(CURVES), 2, -1)
            if tuple(said["curves"]) != CURVES:
                raise ValueError("other curves")
            values = np.where(steps == _NOTHING, np.nan, steps * np.array(said["scales"])[:, None, None])
            return cls(float(said["start_s"]), float(said["step_s"]), values[:, 0], values[:, 1])
        except (zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no curves: {error}") from None


class Tap:
    """Rows of a core's trace in, curves out; memory as for `Curves`, not as for the trace."""

    def __init__(self):
        from ..kernel import COLUMNS  # with numba, which drawing does not need

        self._columns = [COLUMNS.index(name) for name in CURVES]
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # numbers of stretches, least, greatest

    def add(self, trace: np.ndarray) -> None:
        """Rows, shape (n, COLUMNS), in order. Rows that begin anew at an earlier time replace those from there on."""
        if not len(trace):
            return
        number = np.floor(trace[:, 0] / STEP_S).astype(np.int64)
        if self._parts and number[0] < self._parts[-1][0][-1]:
            self._forget_from(int(number[0]))
        starts = np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1])
        values = trace[:, self._columns]
        self._parts.append((number[starts], np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)))

    def replace(self, name: str, t_s: np.ndarray, values: np.ndarray) -> None:
        """Put another curve in a column's place: values at increasing times; where there was none, none comes."""
        if name not in CURVES:
            return
        column = CURVES.index(name)
        for number, least, greatest in self._parts:
            new = np.interp((number + 0.5) * STEP_S, t_s, values)
            for one in (least, greatest):
                one[:, column] = np.where(np.isfinite(one[:, column]), new, np.nan)

    def curves(self) -> Curves | None:
        """All that came in; None for nothing."""
        if not self._parts:
            return None
        number, least, greatest = (np.concatenate(arrays) for arrays in zip(*self._parts, strict=True))
        merged = max(1, -(-int(number[-1] - number[0] + 1) // STRETCHES_MAX))
        at = (number - number[0]) // merged
        starts = np.concatenate([[0], np.flatnonzero(np.diff(at)) + 1])
        shape = (len(CURVES), int(at[-1]) + 1)
        low, high = np.full(shape, np.nan), np.full(shape, np.nan)
        low[:, at[starts]] = np.fmin.reduceat(least, starts).T
        high[:, at[starts]] = np.fmax.reduceat(greatest, starts).T
        for name in PADS:
            row = CURVES.index(name)
            known = high[row][np.isfinite(high[row])]
            usual = float(np.percentile(known, 98)) if len(known) else 0.0
            if usual > 0.0:
                low[row] /= usual
                high[row] /= usual
        return Curves(float(number[0] * STEP_S), merged * STEP_S, low, high)

    def _forget_from(self, number: int) -> None:
        kept = []
        for numbers, least, greatest in self._parts:
            end = int(np.searchsorted(numbers, number))
            if end:
                kept.append((numbers[:end], least[:end], greatest[:end]))
        self._parts = kept
