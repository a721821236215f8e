"""The report of one session as a page. Pure: an annotated analysis in, HTML out."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..analysis.curves import CURVES, Curves
from ..archive.annotations import Tree, happened
from ..live.losses import guarded_text, losses_text
from ..texts import text
from ..training.log import Training, Workout
from ..training.pain import guide
from ..training.sources import METHOD_SOURCES, SOURCES
from ..units import Units
from . import drawing, metrics, page, story
from .words import GuidanceWords, fault_words, pain_words, start_text

COMPARED = 5
"""Earlier sessions that stand beside this one."""

POINTS, POINTS_MIN, POINTS_MAX = 18_000, 50, 360
"""Columns of all static curves together, and of one: what keeps the report of three hours small."""

USUAL_LIMITS = {"soft_bend_deg": 8.0, "max_flexion_deg": 90.0}

Context = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """What a report is about. before: earlier sessions, oldest first. training: for the pain guide, up to this session.

    name: of the file. start_ms: Unix time, None where nobody knows it.
    """

    name: str
    start_ms: int | None
    tree: Tree
    curves: Curves | None
    units: Units
    this: Workout | None = None
    before: tuple[Workout, ...] = ()
    training: tuple[Training, ...] = ()


def session_page(subject: Subject) -> str:
    """The HTML of a report."""
    tree = subject.tree
    sets = metrics.figures(tree)
    things = story.to_work_on(tree)
    limits = limits_of(tree)
    guidance = [one for training in subject.training for one in guide(training)]
    cited = {one.source for one in things[: story.THINGS]}
    cited |= {key for one in sets if one.one_rm for key in METHOD_SOURCES[one.one_rm.method]}
    return page.rendered("session.html", subject.units, {
        "also": ", ".join(f"{text(f'fault.{one.kind}.name')} ({len(one.reps)})" for one in things[story.THINGS :]),
        "has_rm": any(one.one_rm for one in sets), "said": said_of(tree, sets), "trust": trust(tree),
        "words": GuidanceWords(), "subject": subject, "tree": tree, "start": start_text(subject.start_ms), "sets": sets,
        "lifters": list(dict.fromkeys(one.lifter for one in sets if one.lifter)),
        "good": story.went_well(tree, subject.before), "things": [thing_of(one, tree, limits) for one in things],
        "chips": chips(tree), "kinds": list(dict.fromkeys(event["kind"] for event in happened(tree))),
        "drawings": drawings(subject, limits), "data": data_of(subject, limits),
        "compared": [*subject.before[-COMPARED:], *([subject.this] if subject.this else [])],
        "quality": tree["quality"], "measured": tree["measured"], "guidance": guidance,
        "cited": [SOURCES[key] for key in SOURCES if key in cited], "script": page.script("zoom.js"),
        "date_of": start_text,
    })  # fmt: skip


def limits_of(tree: Tree) -> tuple[float, float]:
    """The lifter's soft bend and greatest flexion, in degrees."""
    said = tree.get("limits") or USUAL_LIMITS
    return said["soft_bend_deg"], said["max_flexion_deg"]


def thing_of(one: story.ToDo, tree: Tree, limits: tuple[float, float]) -> Context:
    """A thing to work on, in words."""
    values = {"soft_bend": f"{max(12.0, limits[0] + 4.0):.0f}", "max_flexion": f"{limits[1]:.0f}"}
    return {
        "kind": one.kind, "name": text(f"fault.{one.kind}.name"), "sides": [text(f"side.{s}") for s in one.sides],
        "count": len(one.reps), "of": len(tree["reps"]), "rep_numbers": [rep + 1 for rep in one.reps],
        "reason": text(f"fault.{one.kind}.reason", **values), "try": text(f"fault.{one.kind}.try", **values),
        "source": SOURCES[one.source],
    }  # fmt: skip


def chips(tree: Tree) -> dict[int, list[Context]]:
    """Every rep by its set: number, depth and faults."""
    own: dict[int, list[Mapping[str, Any]]] = {}
    for event in happened(tree):
        if event["rep"] is not None:
            own.setdefault(event["rep"], []).append(event)
    out: dict[int, list[Context]] = {one["set"]: [] for one in tree["sets"]}
    for count, rep in enumerate(tree["reps"]):
        found = own.get(rep["rep"], [])
        depth = rep["max_flexion_deg"]
        words = ", ".join(dict.fromkeys(map(fault_words, found))) or text("report.clean")
        out.setdefault(rep["set"], []).append({
            "number": count + 1, "depth": depth,
            "height": 0 if depth is None else min(100, max(4, round(100 * depth / drawing.FLEXION_MAX_DEG))),
            "marks": list(dict.fromkeys((event["kind"], event.get("side")) for event in found)), "words": words,
        })  # fmt: skip
    return out


def drawings(subject: Subject, limits: tuple[float, float]) -> dict[int, Any]:
    """The static curves of each set: for paper, and for a page without script."""
    tree, curves = subject.tree, subject.curves
    if curves is None or not tree["sets"]:
        return {}
    columns = min(POINTS_MAX, max(POINTS_MIN, POINTS // len(tree["sets"])))
    out = {}
    for one in tree["sets"]:
        faults = [e for e in happened(tree) if one["start_s"] - 1.0 <= e["onset_s"] <= one["end_s"] + 1.0]
        depths = [rep["max_flexion_deg"] for rep in tree["reps"] if rep["set"] == one["set"]]
        depths = [depth for depth in depths if depth is not None]
        ends = [rep["end_flexion_deg"] for rep in tree["reps"] if rep["set"] == one["set"]]
        ends = [end for end in ends if end is not None]
        alt = text(
            "report.figure_alt", n=one["set"] + 1, low=page.number(min(ends, default=None)),
            high=page.number(max(depths, default=None)),
            faults=text("report.set_faults", n=len(faults)) if faults else text("report.no_faults"),
        )  # fmt: skip
        out[one["set"]] = drawing.set_curves(curves, one, faults, limits, columns, alt)
    return out


def data_of(subject: Subject, limits: tuple[float, float]) -> Context | None:
    """What the page's script draws; None where there is nothing."""
    curves, tree = subject.curves, subject.tree
    if curves is None:
        return None
    scales, steps = curves.scaled()
    shown = [name for name, row in zip(CURVES, curves.greatest, strict=True) if (row == row).any()]
    if not shown:
        return None
    rows = [CURVES.index(name) for name in shown]
    data = base64.b64encode(steps[rows].tobytes()).decode("ascii")
    speed = subject.units.speed_value(1.0)
    return {
        "start": curves.start_s, "step": curves.step_s, "count": len(curves), "data": data,
        "curves": {
            name: scales[row] * (speed if name == "sled_velocity_mps" else 1.0)
            for name, row in zip(shown, rows, strict=True)
        },
        "soft": limits[0], "deep": limits[1],
        "sets": [
            {"words": text("report.set_n", n=one["set"] + 1), "a": one["start_s"], "b": one["end_s"]}
            for one in tree["sets"]
        ],
        "marks": [{"t": e["onset_s"], "kind": e["kind"], "words": fault_words(e)} for e in happened(tree)],
        "words": {
            "knee": text("report.knee_deg"), "speed": text("report.speed", unit=subject.units.speed_unit),
            "heels": text("report.heels"), "heel_left": text("report.heel_left"),
            "heel_right": text("report.heel_right"), "seat": text("report.seat"), "whole": text("report.whole"),
            "none": text("report.none"),
        },
    }  # fmt: skip


def trust(tree: Tree) -> list[str]:
    """How far the figures can be trusted: latency, losses, calibration."""
    quality, calibration = tree["quality"], tree.get("calibration") or {}
    latency = tree["summary"].get("cue_latency_ms")
    said = []
    if latency:
        known = sum(cue["by"] == "host" and cue["cue_latency_ms"] is not None for cue in tree["cues_played"])
        p50, p95 = f"{latency['p50']:.0f}", f"{latency['p95']:.0f}"
        said.append(text("report.latency", p50=p50, p95=p95, n=known) + " " + text("report.fault_delay"))
    else:
        said.append(text("report.latency_none"))
    if own := [cue for cue in tree["cues_played"] if cue["by"] == "guard"]:
        first, last = (page.clock(each["time_s"] - tree["summary"]["start_s"]) for each in (own[0], own[-1]))
        kinds = guarded_text(cue["kind"] for cue in own if cue.get("kind"))
        said.append(text("report.guarded", n=len(own), first=first, last=last, what=kinds))
    samples, lost = quality.get("samples") or 0, quality.get("lost_samples") or 0
    if lost:
        percent = f"{100.0 * lost / (samples + lost):.2f}"
        gaps = quality.get("gaps", "–")
        said.append(text("report.lost", lost=f"{lost:,}", samples=f"{samples + lost:,}", percent=percent, gaps=gaps))
        if losses := losses_text(quality.get("lost_by_reason", {}), 0):
            said.append(losses[0].upper() + losses[1:] + ".")
    elif samples:
        said.append(text("report.lost_none", samples=f"{samples:,}"))
    if fetched := quality.get("fetched_samples"):
        said.append(losses_text({}, fetched) + ".")
    if quality.get("damaged_bytes") or quality.get("missing_pages"):
        said.append(text("report.damaged", bytes=quality["damaged_bytes"], pages=quality["missing_pages"]))
    if calibration.get("thigh_m"):
        thigh, shank = (f"{100 * calibration[name]:.0f} cm" for name in ("thigh_m", "shank_m"))
        rail = f"{calibration.get('rail_deg') or 0.0:.0f}"
        said.append(text("report.calibration", thigh=thigh, shank=shank, rail=rail))
        said.append(text("report.accuracy"))
    return said


def said_of(tree: Tree, sets: list[metrics.SetFigures]) -> list[str]:
    """What the lifter said: notes, effort, pain."""
    whole = tree.get("annotations") or {}
    said = [*whole.get("notes", ()), *map(pain_words, whole.get("pain", ()))]
    for one in sets:
        words = [*one.notes, *map(pain_words, one.pain)]
        words += [text("report.said_rpe", rpe=f"{one.rpe:g}")] if one.rpe is not None else []
        words += [text("report.said_intent")] if one.maximal else []
        said += [text("report.said_of_set", n=one.number + 1, what="; ".join(words))] if words else []
    return said
