"""The statistics of agreement: how far one way of measuring is from another."""

import math
from typing import NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """bias: mean of found - true. low, high: limits within which 95 % of differences lie (Bland & Altman 1986).
    icc: intraclass correlation, absolute agreement, single measures. n: pairs."""

    bias: float
    low: float
    high: float
    rmse: float
    icc: float
    n: int


def rmse(errors: np.ndarray) -> float:
    """Root of the mean square, NaN left out."""
    return float(np.sqrt(np.nanmean(np.square(errors))))


def agreement(true: np.ndarray, found: np.ndarray) -> Agreement:
    """Of pairs (n,), those with NaN left out. Limits are bias +- 1.96 standard deviations of the differences."""
    known = np.isfinite(true) & np.isfinite(found)
    true, found = np.asarray(true, float)[known], np.asarray(found, float)[known]
    if true.size < 2:
        return Agreement(math.nan, math.nan, math.nan, math.nan, math.nan, true.size)
    off = found - true
    bias, sd = float(off.mean()), float(off.std(ddof=1))
    return Agreement(bias, bias - 1.96 * sd, bias + 1.96 * sd, rmse(off), icc(true, found), true.size)


def icc(true: np.ndarray, found: np.ndarray) -> float:
    """ICC(A,1) of McGraw & Wong 1996 for two columns (n,): two-way, absolute agreement, single measures."""
    table = np.stack([true, found], axis=1)
    n, k = table.shape
    mean = table.mean()
    rows = k * np.sum((table.mean(axis=1) - mean) ** 2) / (n - 1)
    columns = n * np.sum((table.mean(axis=0) - mean) ** 2) / (k - 1)
    rest = np.sum((table - table.mean(axis=1)[:, None] - table.mean(axis=0) + mean) ** 2) / ((n - 1) * (k - 1))
    return float((rows - rest) / (rows + (k - 1) * rest + k / n * (columns - rest)))


def covered(off: np.ndarray, sd: np.ndarray) -> float:
    """Share of errors (n,) within the 95 % interval of their stated standard deviations (n,)."""
    return float(np.mean(np.abs(off) < 1.96 * np.asarray(sd)))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) of none."""
    if of == 0:
        return 0.0, 1.0
    z, p = 1.96, hits / of
    middle = p + z * z / (2 * of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)
