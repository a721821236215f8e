"""Percentiles of a handful of measured times."""

from collections.abc import Sequence

import numpy as np


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50, p95, p99 and how many; None of nothing."""
    if not len(values):
        return None
    p50, p95, p99 = (float(value) for value in np.percentile(np.asarray(values), [50, 95, 99]))
    return {"n": len(values), "p50": p50, "p95": p95, "p99": p99}
