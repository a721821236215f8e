"""What a session says first: what went well, and the two things to work on. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Any

from ..archive.annotations import Tree, happened
from ..texts import text
from ..training.log import Workout

WEIGHTS = {
    "slam": 6.0, "lockout": 5.0, "seat_lift": 4.0, "heel_lift": 3.0, "depth": 3.0, "valgus": 2.5, "varus": 2.0,
    "tempo": 1.5, "imbalance": 1.0,
}  # fmt: skip
"""How much one rep with the fault counts: the order of importance of the cues."""

SOURCE = {"depth": "escamilla2001", "tempo": "schoenfeld2015", "imbalance": "asymmetry2025"}
"""Where what is said of a fault comes from; of the others, practice."""

THINGS = 2
GOOD_THINGS = 3
STEADY_SD_DEG = 3.0
LOSS_SMALL = 0.20
BETTER = 0.8


@dataclass(frozen=True)
class ToDo:
    """A fault to work on, and how often it was there. reps: numbers of the reps that have it."""

    kind: str
    reps: tuple[int, ...]
    sides: tuple[str, ...]
    source: str


def to_work_on(tree: Tree) -> list[ToDo]:
    """Every kind of fault that was found, what matters most first: importance × reps × severity."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for event in happened(tree):
        by_kind.setdefault(event["kind"], []).append(event)
    if "slam" in by_kind:  # a slam is also a lockout, said once
        slammed = {event["rep"] for event in by_kind["slam"]}
        rest = [event for event in by_kind.get("lockout", ()) if event["rep"] not in slammed]
        by_kind["lockout"] = rest
    ranked = sorted(
        ((kind, own) for kind, own in by_kind.items() if own),
        key=lambda item: -WEIGHTS.get(item[0], 1.0) * sum(0.5 + (event["severity"] or 0.0) for event in item[1]),
    )
    return [
        ToDo(
            kind,
            tuple(sorted({event["rep"] for event in own if event["rep"] is not None})),
            tuple(side for side, _ in Counter(event["side"] for event in own if event["side"]).most_common()),
            SOURCE.get(kind, "practice"),
        )
        for kind, own in ranked
    ]


def went_well(tree: Tree, before: Sequence[Workout] = ()) -> list[str]:
    """Up to three true good things, the most telling first; at least one wherever there is a rep."""
    reps = tree["reps"]
    if not reps:
        return []
    found = happened(tree)
    faulty = {event["rep"] for event in found}
    clean = sum(rep["rep"] not in faulty for rep in reps)
    kinds = {event["kind"] for event in found}
    said = []
    if clean == len(reps):
        said.append(text("report.good.all_clean", reps=len(reps)))
    elif 2 * clean >= len(reps):
        said.append(text("report.good.clean", clean=clean, reps=len(reps)))
    said += _better(tree, before)
    if "slam" not in kinds and "lockout" not in kinds and _measured(tree, "lockout"):
        said.append(text("fault.lockout.good", reps=len(reps)))
    if "heel_lift" not in kinds and _measured(tree, "heel_lift"):
        said.append(text("fault.heel_lift.good", reps=len(reps)))
    lowering = [rep["eccentric_s"] for rep in reps if rep["eccentric_s"] is not None]
    if "tempo" not in kinds and _measured(tree, "tempo") and lowering:
        said.append(text("fault.tempo.good", seconds=f"{fmean(lowering):.1f} s"))
    said += [
        text(f"fault.{kind}.good", reps=len(reps))
        for kind in ("depth", "seat_lift", "valgus")
        if kind not in kinds and _measured(tree, kind)
    ]
    said += _steady(tree) + _kept_speed(tree)
    if not said:
        said.append(text("report.good.done", reps=len(reps), sets=len(tree["sets"])))
    return said[:GOOD_THINGS]


def _better(tree: Tree, before: Sequence[Workout]) -> list[str]:
    """Fewer faults than before, counting only kinds that this session and the earlier ones could see."""
    kinds = [kind for kind in WEIGHTS if _measured(tree, kind) and all(one.can_see(kind) for one in before)]
    reps_before = sum(one.reps for one in before)
    if not reps_before or not kinds:
        return []
    then = 10.0 * sum(one.faults.get(kind, 0) for one in before for kind in kinds) / reps_before
    now = 10.0 * sum(event["kind"] in kinds for event in happened(tree)) / len(tree["reps"])
    if then < 1.0 or now > BETTER * then:
        return []
    return [text("report.good.better", now=f"{now:.1f}", before=f"{then:.1f}")]


def _steady(tree: Tree) -> list[str]:
    spreads = []
    for one in tree["sets"]:
        depths = [rep["max_flexion_deg"] for rep in tree["reps"] if rep["set"] == one["set"]]
        depths = [depth for depth in depths if depth is not None]
        if len(depths) >= 3:
            spreads.append(stdev(depths))
    steady = bool(spreads) and median(spreads) <= STEADY_SD_DEG
    return [text("report.good.steady", sd=f"{median(spreads):.1f}")] if steady else []


def _kept_speed(tree: Tree) -> list[str]:
    losses = [one["velocity_loss"] for one in tree["sets"] if one["velocity_loss"] is not None]
    kept = bool(losses) and max(losses) <= LOSS_SMALL
    return [text("report.good.speed_kept", loss=f"{100 * median(losses):.0f}")] if kept else []


def _measured(tree: Tree, kind: str) -> bool:
    return not tree["measured"].get(kind, "not measured").startswith("not measured")
