"""Each set in the figures that a strength coach asks for. Pure."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

from ..archive.annotations import Tree, happened
from ..training import strength
from ..training.log import SetDone

G_MPS2 = 9.80665

LEVEL_DEG = 15.0
"""On a rail flatter than that the weight on the sled is not what is pushed: a cable stack is."""


@dataclass(frozen=True)
class Spread:
    """A mean over reps and its standard deviation; NaN where fewer than one or two reps tell."""

    mean: float
    sd: float


@dataclass(frozen=True)
class SetFigures:
    """One set. volume_kg, power_w: NaN without a load. power_w: mean push against the load along the rail."""

    number: int
    start_s: float
    end_s: float
    reps: int
    clean_reps: int
    load_kg: float | None
    lifter: str | None
    rpe: float | None
    maximal: bool
    rest_s: float | None
    velocity_loss: float | None
    volume_kg: float
    depth_deg: Spread
    end_deg: Spread
    travel_m: Spread
    lowering_s: Spread
    pause_s: Spread
    pressing_s: Spread
    mean_speed_mps: Spread
    peak_speed_mps: Spread
    under_load_s: float
    power_w: float
    one_rm: strength.Estimate | None
    faults: Counter[str]
    notes: tuple[str, ...]
    pain: tuple[dict, ...]


def figures(tree: Tree) -> list[SetFigures]:
    """The sets of an annotated analysis, in their order."""
    calibration = tree.get("calibration") or {}
    rail_deg = calibration.get("rail_deg")
    return [_figures(one, tree, rail_deg) for one in tree["sets"]]


def _figures(one: dict, tree: Tree, rail_deg: float | None) -> SetFigures:
    reps = [rep for rep in tree["reps"] if rep["set"] == one["set"]]
    own = {rep["rep"] for rep in reps}
    found = [event for event in happened(tree) if event["rep"] in own]
    load_kg = one["sled_load_kg"]
    speed = _spread(rep["mean_concentric_velocity_mps"] for rep in reps)
    level = rail_deg is None or rail_deg < LEVEL_DEG
    along = math.nan if level or load_kg is None else load_kg * G_MPS2 * math.sin(math.radians(rail_deg or 0.0))
    done = SetDone(
        one["set"], one["reps"], load_kg, one.get("rpe"), one.get("intent") == "maximal", one["velocity_loss"],
        tuple(_known(rep["mean_concentric_velocity_mps"] for rep in reps)),
    )  # fmt: skip
    return SetFigures(
        number=one["set"], start_s=one["start_s"], end_s=one["end_s"], reps=one["reps"],
        clean_reps=len(own - {event["rep"] for event in found}), load_kg=load_kg, lifter=one["lifter"],
        rpe=one.get("rpe"), maximal=done.maximal, rest_s=one["rest_before_s"], velocity_loss=one["velocity_loss"],
        volume_kg=math.nan if load_kg is None else one["reps"] * load_kg,
        depth_deg=_spread(rep["max_flexion_deg"] for rep in reps),
        end_deg=_spread(rep["end_flexion_deg"] for rep in reps),
        travel_m=_spread(rep["travel_m"] for rep in reps),
        lowering_s=_spread(rep["eccentric_s"] for rep in reps),
        pause_s=_spread(rep["pause_s"] for rep in reps),
        pressing_s=_spread(rep["concentric_s"] for rep in reps),
        mean_speed_mps=speed,
        peak_speed_mps=_spread(rep["peak_concentric_velocity_mps"] for rep in reps),
        under_load_s=sum(rep["end_s"] - rep["start_s"] for rep in reps), power_w=along * speed.mean,
        one_rm=strength.best([done]), faults=Counter(event["kind"] for event in found),
        notes=tuple(one.get("notes", ())), pain=tuple(one.get("pain", ())),
    )  # fmt: skip


def _spread(values: Iterable[float | None]) -> Spread:
    known = _known(values)
    return Spread(fmean(known) if known else math.nan, stdev(known) if len(known) > 1 else math.nan)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]
