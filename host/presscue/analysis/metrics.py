"""What a coach reads off a set, beyond its reps: how alike they were; and what clean reps say about this lifter."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..findings import Findings
from ..results import Rep

LEAST_REPS = 3
"""Fewer say nothing of how alike reps are."""
SEAT_LIFTS = 2
"""So many reps in which the seat lifted make a depth suspect."""
ROOM_DEG = 3.0
"""A suggested depth stays this far above the shallowest rep in which the seat lifted."""


def set_metrics(reps: Sequence[Rep]) -> dict[str, float]:
    """Means over a set's reps, and coefficients of variation (sample standard deviation / mean) of range, press time
    and mean press velocity. NaN where not measured, or, of variation, with fewer than three reps."""
    return {
        "mean_travel_m": _mean([rep.travel_m for rep in reps]),
        "mean_range_deg": _mean([rep.range_deg for rep in reps]),
        "mean_max_flexion_deg": _mean([rep.max_flexion_deg for rep in reps]),
        "mean_eccentric_s": _mean([rep.eccentric_s for rep in reps]),
        "mean_concentric_s": _mean([rep.concentric_s for rep in reps]),
        "mean_concentric_velocity_mps": _mean([rep.mean_concentric_velocity_mps for rep in reps]),
        "mean_propulsive_velocity_mps": _mean([rep.mean_propulsive_velocity_mps for rep in reps]),
        "left_share": _mean([rep.left_share for rep in reps]),
        "travel_cv": _variation([rep.travel_m for rep in reps]),
        "range_cv": _variation([rep.range_deg for rep in reps]),
        "concentric_cv": _variation([rep.concentric_s for rep in reps]),
        "velocity_cv": _variation([rep.mean_concentric_velocity_mps for rep in reps]),
    }


def learnt_limits(found: Findings) -> dict[str, dict[str, Any]]:
    """What this lifter's reps suggest for [limits]. Only ever a suggestion: no detector uses it by itself.

    max_flexion_deg: where the seat has lifted in several reps, a little above the shallowest of them (domain.md: too
    deep is also "past the depth where this lifter's pelvis tucks"); never above 90 degrees.
    clean_end_flexion_deg, clean_eccentric_s: 10th and 90th percentile of the clean reps, to see what is usual.
    """
    kinds: dict[int, set[str]] = {}
    for event in found.faults():
        if event.rep is not None:
            kinds.setdefault(event.rep, set()).add(event.kind)
    learnt: dict[str, dict[str, Any]] = {}
    tucked = [rep.max_flexion_deg for rep in found.reps.values() if "seat_lift" in kinds.get(rep.rep, ())]
    tucked = [depth for depth in tucked if not math.isnan(depth)]
    if len(tucked) >= SEAT_LIFTS:
        depth = min(min(tucked) - ROOM_DEG, 90.0)
        learnt["max_flexion_deg"] = {"suggested": depth, "because": f"the seat lifted in {len(tucked)} reps"}
    clean = [rep for rep in found.reps.values() if rep.rep not in kinds]
    if len(clean) >= LEAST_REPS:
        for name, values in (
            ("clean_end_flexion_deg", [rep.end_flexion_deg for rep in clean]),
            ("clean_eccentric_s", [rep.eccentric_s for rep in clean]),
        ):
            if measured := [value for value in values if not math.isnan(value)]:
                low, high = (float(value) for value in np.percentile(measured, [10, 90]))
                learnt[name] = {"from": low, "to": high, "reps": len(measured)}
    return learnt


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _variation(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    mean = _mean(known)
    return float(np.std(known, ddof=1)) / mean if len(known) >= LEAST_REPS and mean > 0.0 else math.nan
