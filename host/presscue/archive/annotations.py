"""Statements laid over an analysis: one function, for history, report, export and `analyze` alike. Pure.

A statement on a set, a rep or a fault carries its time in the recording (`at_s`) where that was known, so that it stays
with it when another version of the core counts differently; the number counts only where there is no time.
"""

import copy
import math
from collections.abc import Sequence
from typing import Any

from .journal import Entry

Tree = dict[str, Any]
"""An analysis as OUT.json holds it."""

NEAR_S = 0.5
"""A fault is the one that is meant if its onset is no further away."""

REP_FIELDS = (
    "start_s", "bottom_s", "end_s", "max_flexion_deg", "end_flexion_deg", "travel_m", "eccentric_s", "pause_s",
    "concentric_s", "mean_concentric_velocity_mps", "peak_concentric_velocity_mps",
)  # fmt: skip
"""What can be edited in a rep."""

FAULT_FIELDS = ("kind", "side", "severity")
"""What can be edited in a fault."""

SET_FACTS = {"load": "sled_load_kg", "lifter": "lifter", "rpe": "rpe", "intent": "intent"}
"""Statements whose last one counts, and what they are called in a set."""

PAIN = ("where", "side", "level", "when")


def overlay(analysis: Tree, statements: Sequence[Entry]) -> Tree:
    """The analysis with the standing statements laid over it; the analysis itself is left as it is.

    Sets get `sled_load_kg`, `lifter`, `rpe`, `intent`, `notes` and `pain`; deleted reps and faults go, edited ones
    carry `edited`, added ones `added`; counts follow. What was said of the session as a whole is in `annotations`.
    """
    out = copy.deepcopy(analysis)
    whole: Tree = {"notes": [], "pain": [], "deleted_reps": [], "deleted_faults": 0, "unmatched": 0}
    for one in out["sets"]:
        one |= {"rpe": None, "intent": None, "notes": [], "pain": []}
    sound = [entry for entry in statements if _is_sound(entry)]
    whole["unmatched"] = len(statements) - len(sound)
    for entry in sound:
        if entry.get("set") is None:
            _say_of_session(entry, out, whole)
    changed = False
    for entry in sound:
        try:
            if entry.get("set") is not None and entry["op"] in (*SET_FACTS, "note", "pain"):
                _say_of_set(entry, out, whole)
            elif change := _CHANGES.get(entry["op"]):
                changed = True
                whole["unmatched"] += not change(entry, out, whole)
        except (KeyError, TypeError, ValueError):
            whole["unmatched"] += 1  # not as this version writes it
    if changed:
        _count_again(analysis, out)
    out["annotations"] = whole
    return out


def _is_sound(entry: Entry) -> bool:
    """Whether the values that go into the results as they are have the types that belong there."""
    for key, kinds in _KINDS.items():
        value = entry.get(key)
        if value is not None and (not isinstance(value, kinds) or isinstance(value, bool)):
            return False
        if isinstance(value, float) and not math.isfinite(value):
            return False
    return True


_KINDS: dict[str, type | tuple[type, ...]] = {
    "set": int, "rep": int, "at_s": (int, float), "onset_s": (int, float), "sled_load_kg": (int, float),
    "rpe": (int, float), "level": (int, float), "lifter": str, "where": str, "side": str, "when": str, "kind": str,
    "text": str, "intent": str, "values": dict, "start_ms": int, "toml": str, "name": str,
}  # fmt: skip


def fact(statements: Sequence[Entry], op: str, key: str) -> Any:
    """What was last said of the session as a whole; None where nothing was."""
    said = [entry.get(key) for entry in statements if entry["op"] == op and entry.get("set") is None]
    return said[-1] if said else None


def pain_of(entry: Entry) -> Tree:
    """A statement on pain as the results hold it."""
    return {key: entry.get(key) for key in PAIN}


def set_at(analysis: Tree, number: int | None, at_s: float | None) -> Tree | None:
    """The set that is meant; None where there is none."""
    return _meant(analysis["sets"], "set", number, at_s)


def rep_at(analysis: Tree, number: int | None, at_s: float | None) -> Tree | None:
    """The rep that is meant; None where there is none."""
    return _meant(analysis["reps"], "rep", number, at_s)


def _meant(rows: list[Tree], key: str, number: int | None, at_s: float | None) -> Tree | None:
    if at_s is None:
        return next((row for row in rows if row[key] == number), None)
    return next((row for row in rows if row["start_s"] <= at_s <= row["end_s"]), None)


def _say_of_session(entry: Entry, out: Tree, whole: Tree) -> None:
    op = entry["op"]
    if op in SET_FACTS:
        name = SET_FACTS[op]
        whole[name] = entry.get(name)
        for one in out["sets"]:
            one[name] = entry.get(name)
    elif op == "note":
        whole["notes"].append(str(entry.get("text", "")))
    elif op == "pain":
        whole["pain"].append(pain_of(entry))


def _say_of_set(entry: Entry, out: Tree, whole: Tree) -> None:
    one = set_at(out, entry["set"], entry.get("at_s"))
    if one is None:
        whole["unmatched"] += 1
    elif entry["op"] in SET_FACTS:
        name = SET_FACTS[entry["op"]]
        one[name] = entry.get(name)
    elif entry["op"] == "note":
        one["notes"].append(str(entry["text"]))
    else:
        one["pain"].append(pain_of(entry))


def _delete_rep(entry: Entry, out: Tree, whole: Tree) -> bool:
    rep = rep_at(out, entry.get("rep"), entry.get("at_s"))
    if rep is None:
        return False
    out["reps"].remove(rep)
    out["events"] = [event for event in out["events"] if event["rep"] != rep["rep"]]
    whole["deleted_reps"].append(rep["rep"])
    return True


def _edit_rep(entry: Entry, out: Tree, whole: Tree) -> bool:
    rep = rep_at(out, entry.get("rep"), entry.get("at_s"))
    if rep is None:
        return False
    values = {key: float(value) for key, value in entry["values"].items() if key in REP_FIELDS}
    rep.update(values)
    rep["edited"] = sorted({*rep.get("edited", ()), *values})
    return True


def happened(analysis: Tree) -> list[Tree]:
    """The faults of an analysis, without what was only predicted."""
    return [event for event in analysis["events"] if not event.get("predicted")]


def fault_at(analysis: Tree, kind: str, side: str | None, onset_s: float) -> Tree | None:
    """The fault that is meant; None where there is none."""
    same = [event for event in happened(analysis) if event["kind"] == kind and event["side"] == side]
    best = min(same, key=lambda event: abs(event["onset_s"] - onset_s), default=None)
    return best if best is not None and abs(best["onset_s"] - onset_s) <= NEAR_S else None


def _delete_fault(entry: Entry, out: Tree, whole: Tree) -> bool:
    event = fault_at(out, entry["kind"], entry.get("side"), entry["onset_s"])
    if event is None:
        return False
    out["events"].remove(event)
    whole["deleted_faults"] += 1
    return True


def _edit_fault(entry: Entry, out: Tree, whole: Tree) -> bool:
    event = fault_at(out, entry["kind"], entry.get("side"), entry["onset_s"])
    if event is None:
        return False
    values = {key: value for key, value in entry["values"].items() if key in FAULT_FIELDS}
    event.update(values)
    event["edited"] = sorted({*event.get("edited", ()), *values})
    return True


def _add_fault(entry: Entry, out: Tree, whole: Tree) -> bool:
    rep = rep_at(out, entry.get("rep"), entry.get("at_s"))
    if rep is None:
        return False
    onset_s = rep["bottom_s"] if rep["bottom_s"] is not None else rep["start_s"]
    out["events"].append({
        "kind": str(entry["kind"]), "side": entry.get("side"), "rep": rep["rep"], "onset_s": onset_s,
        "detected_s": onset_s, "end_s": None, "severity": None, "confidence": 1.0, "late": True, "added": True,
    })  # fmt: skip
    out["events"].sort(key=lambda event: event["onset_s"])
    return True


_CHANGES = {
    "delete_rep": _delete_rep,
    "edit_rep": _edit_rep,
    "delete_fault": _delete_fault,
    "edit_fault": _edit_fault,
    "add_fault": _add_fault,
}


def _count_again(before: Tree, out: Tree) -> None:
    """What follows from the reps and faults, where they are others than before."""
    out["sets"] = [one for one in out["sets"] if _count_set(before, out, one)]
    faults: dict[str, int] = {}
    for event in happened(out):
        faults[event["kind"]] = faults.get(event["kind"], 0) + 1
    faulty = {event["rep"] for event in happened(out)}
    out["summary"] = {
        **out.get("summary", {}), "reps": len(out["reps"]), "sets": len(out["sets"]), "faults": faults,
        "clean_reps": sum(rep["rep"] not in faulty for rep in out["reps"]),
    }  # fmt: skip


def _count_set(before: Tree, out: Tree, one: Tree) -> bool:
    """Count a set's reps again, and its velocity loss if they changed. False if none is left."""
    own, was = ([rep for rep in tree["reps"] if rep["set"] == one["set"]] for tree in (out, before))
    if own != was:
        one["reps"] = len(own)
        speeds = [speed for rep in own if _measured(speed := rep["mean_concentric_velocity_mps"])]
        one["velocity_loss"] = 1.0 - min(speeds) / max(speeds) if len(speeds) > 1 and max(speeds) > 0 else None
    return bool(own)


def _measured(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
