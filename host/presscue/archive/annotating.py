"""`presscue annotate`: what a user says becomes statements in the journal beside the recording."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ..analysis.summary import reps_table
from ..errors import UsageError
from ..findings import findings_of
from ..locking import is_held
from ..profile import read_profile
from ..training.history import length_text, parse_start
from ..units import METRIC
from . import annotations, catalog, journal
from .annotations import FAULT_FIELDS, REP_FIELDS, Tree
from .journal import Entry, Journal
from .select import select


@dataclass(frozen=True)
class Said:
    """The options as given; numbers of sets and reps from 1."""

    set_number: int | None = None
    load_kg: float | None = None
    lifter: str | None = None
    rpe: float | None = None
    intent: str | None = None
    note: str | None = None
    pain: str | None = None
    pain_level: float | None = None
    pain_when: str | None = None
    side: str | None = None
    rep_number: int | None = None
    fault: str | None = None
    at_s: float | None = None
    delete: bool = False
    add: bool = False
    edit: tuple[str, ...] = ()
    start: str | None = None
    profile: Path | None = None

    @property
    def corrects(self) -> bool:
        """Whether a rep or a fault is meant."""
        return self.rep_number is not None or self.fault is not None


def run_annotate(session: str, folder: Path, said: Said, *, undo: str | None, show: bool, quiet: bool) -> int:
    """Write down what was said, or take it back, and show how the session stands. Raises PresscueError."""
    path = select(session, folder)
    live = is_held(path)
    analysis: list[Tree] = []

    def measured() -> Tree:
        """The annotated results: needed to know which set, rep or fault is meant."""
        if not analysis:
            analysis.append(catalog.results(path, working=lambda: say_working(quiet)))
        return analysis[0]

    if undo is not None:
        taken = take_back(path, undo)
        if not quiet:
            print(f"taken back: {'; '.join(map(text_of, taken))}")
    elif entries := statements(said, live, measured):
        journal.add(path, lambda _: entries)
        if not quiet:
            print(f"{path.name}: {'; '.join(map(text_of, entries))}")
    elif not show:
        raise UsageError("nothing was said: give --load, --note, --rep …, or --show (see presscue annotate --help)")
    if show:
        analysis.clear()
        show_session(path, None if live else measured(), Console())
    return 0


def say_working(quiet: bool) -> None:
    """That the next seconds go into an analysis."""
    if not quiet and sys.stderr.isatty():
        print("analysing…", file=sys.stderr)


def take_back(path: Path, which: str) -> list[Entry]:
    """Undo the last statement that stands, or the one with this id; what was taken back. Raises UsageError."""
    taken: list[Entry] = []

    def say(now: Journal) -> list[Entry]:
        standing = now.standing()
        if not standing:
            raise UsageError(f"{path}: there is nothing to take back")
        meant = standing[-1]["id"] if which == "last" else which
        taken.extend(entry for entry in standing if entry["id"] == meant)
        if not taken:
            raise UsageError(f"{which}: no such annotation, or taken back already (presscue annotate {path} --show)")
        return [{"op": "undo", "of": meant}]

    journal.add(path, say)
    return taken


def statements(said: Said, live: bool, measured: Callable[[], Tree]) -> list[Entry]:
    """The journal's entries for what was said. Raises UsageError for what makes no sense of this session."""
    entries = corrections(said, live, measured) if said.corrects else []
    if not said.corrects and (said.delete or said.add or said.edit or said.at_s is not None):
        raise UsageError("--delete, --add, --edit and --at go with --rep or --fault")
    at: Entry = {}
    if said.set_number is not None:
        at["set"] = said.set_number - 1
        if not live:
            one = annotations.set_at(measured(), at["set"], None)
            if one is None:
                there = ", ".join(str(row["set"] + 1) for row in measured()["sets"]) or "none"
                raise UsageError(f"--set {said.set_number}: there is no such set; there are: {there}")
            at["at_s"] = (one["start_s"] + one["end_s"]) / 2
    if said.load_kg is not None:
        entries.append({"op": "load", **at, "sled_load_kg": said.load_kg})
    if said.lifter is not None:
        entries.append({"op": "lifter", **at, "lifter": said.lifter})
    if said.rpe is not None:
        entries.append({"op": "rpe", **at, "rpe": said.rpe})
    if said.intent is not None:
        entries.append({"op": "intent", **at, "intent": said.intent})
    if said.note is not None:
        entries.append({"op": "note", **at, "text": said.note})
    if said.pain is not None:
        pain = {"where": said.pain, "side": said.side, "level": said.pain_level, "when": said.pain_when}
        entries.append({"op": "pain", **at, **pain})
    elif said.pain_level is not None or said.pain_when is not None:
        raise UsageError("--pain-level and --pain-when go with --pain")
    if said.start is not None:
        entries.append({"op": "start", "start_ms": parse_start(said.start)})
    if said.profile is not None:
        entries.append({"op": "profile", "toml": read_profile(said.profile).to_toml()})
    return entries


def corrections(said: Said, live: bool, measured: Callable[[], Tree]) -> list[Entry]:
    """The entries that delete, edit or add a rep or a fault."""
    if said.delete + said.add + bool(said.edit) != 1:
        raise UsageError("say one of --delete, --edit and --add of a rep or a fault")
    if live:
        raise UsageError("the session is being recorded: reps and faults can be corrected when it has ended")
    tree = measured()
    rep: Tree | None = None
    if said.rep_number is not None:
        rep = annotations.rep_at(tree, said.rep_number - 1, None)
        if rep is None:
            raise UsageError(f"--rep {said.rep_number}: there is no such rep (presscue annotate … --show)")
    if said.fault is None:
        assert rep is not None
        if said.add:
            raise UsageError("--add needs a --fault")
        at = {"rep": rep["rep"], "at_s": (rep["start_s"] + rep["end_s"]) / 2}
        return [{"op": "delete_rep", **at} if said.delete else {"op": "edit_rep", **at, "values": rep_values(said)}]
    if said.add:
        if rep is None:
            raise UsageError("--add needs a --rep")
        at_s = (rep["start_s"] + rep["end_s"]) / 2
        return [{"op": "add_fault", "rep": rep["rep"], "at_s": at_s, "kind": said.fault, "side": said.side}]
    meant = faults_meant(said, tree, rep)
    op = "delete_fault" if said.delete else "edit_fault"
    values = {} if said.delete else {"values": fault_values(said)}
    return [
        {"op": op, "kind": one["kind"], "side": one["side"], "onset_s": one["onset_s"], "rep": one["rep"], **values}
        for one in meant
    ]


def faults_meant(said: Said, tree: Tree, rep: Tree | None) -> list[Tree]:
    """The faults of this kind in the rep, or the one at the time. Raises UsageError when there is none."""
    same = [one for one in annotations.happened(tree) if one["kind"] == said.fault]
    if said.delete and said.side is not None:
        same = [one for one in same if one["side"] == said.side]
    if rep is not None:
        same = [one for one in same if one["rep"] == rep["rep"]]
    elif said.at_s is None:
        raise UsageError("which one? Say --rep, or --at with the time of its onset")
    if said.at_s is not None:
        at_s = said.at_s
        same = [one for one in same if abs(one["onset_s"] - at_s) <= annotations.NEAR_S]
    if not same:
        raise UsageError(f"--fault {said.fault}: there is none there (presscue annotate … --show)")
    return same


def rep_values(said: Said) -> dict[str, float]:
    values = {}
    for name, value in map(pair, said.edit):
        if name not in REP_FIELDS:
            raise UsageError(f"--edit {name}: no such value of a rep; there are: {', '.join(REP_FIELDS)}")
        try:
            values[name] = float(value)
        except ValueError:
            raise UsageError(f"--edit {name}={value}: must be a number") from None
    return values


def fault_values(said: Said) -> dict[str, Any]:
    from ..commands.annotate import KINDS

    values: dict[str, Any] = {}
    choices = {"kind": KINDS, "side": ("left", "right", "both", "none")}
    for name, value in map(pair, said.edit):
        if name not in FAULT_FIELDS:
            raise UsageError(f"--edit {name}: no such value of a fault; there are: {', '.join(FAULT_FIELDS)}")
        if name in choices and value not in choices[name]:
            raise UsageError(f"--edit {name}={value}: must be one of {', '.join(choices[name])}")
        try:
            values[name] = float(value) if name == "severity" else None if value == "none" else value
        except ValueError:
            raise UsageError(f"--edit {name}={value}: must be a number") from None
    return values


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--edit {text}: write NAME=VALUE")
    return name.strip(), value.strip()


def text_of(entry: Entry) -> str:
    """A statement in words."""
    of = f"set {entry['set'] + 1}: " if isinstance(entry.get("set"), int) else ""
    rep = f"rep {entry['rep'] + 1}" if isinstance(entry.get("rep"), int) else f"at {entry.get('onset_s')} s"
    side = f" ({entry['side']})" if entry.get("side") else ""
    kind = str(entry.get("kind", "")).replace("_", " ")
    edits = entry.get("values")
    values = ", ".join(f"{name} = {value}" for name, value in edits.items()) if isinstance(edits, dict) else ""
    words = {
        "load": lambda: f"load {entry['sled_load_kg']:g} kg",
        "lifter": lambda: f"lifter {entry['lifter']}",
        "rpe": lambda: f"RPE {entry['rpe']:g}",
        "intent": lambda: f"pushed with {entry['intent']} intent",
        "note": lambda: f"note: {entry['text']}",
        "pain": lambda: pain_text(entry),
        "delete_rep": lambda: f"{rep} was none",
        "edit_rep": lambda: f"{rep}: {values}",
        "delete_fault": lambda: f"{rep}: no {kind}{side}",
        "edit_fault": lambda: f"{rep}: {kind}{side}: {values}",
        "add_fault": lambda: f"{rep}: {kind}{side} added",
        "start": lambda: "began " + time.strftime("%Y-%m-%d %H:%M", time.localtime(entry["start_ms"] / 1000)),
        "profile": lambda: "profile: " + " ".join(entry["toml"].split()),
        "imported": lambda: f"imported from {entry['name']}",
    }.get(entry["op"])
    try:
        return of + words() if words else f"{entry['op']}: of a newer presscue, left as it is"
    except (KeyError, TypeError, ValueError):
        return f"{entry['op']}: unreadable, left as it is"


def pain_text(pain: Entry) -> str:
    """As: pain: knee (left), 4 of 10, bottom."""
    words = [str(pain.get("where")).replace("_", " ") + (f" ({pain['side']})" if pain.get("side") else "")]
    words += [f"{pain['level']:g} of 10"] if pain.get("level") is not None else []
    words += [str(pain["when"]).replace("_", " ")] if pain.get("when") else []
    return "pain: " + ", ".join(words)


def show_session(path: Path, tree: Tree | None, console: Console) -> None:
    """All statements, and how the session stands with them; tree: None while it is being recorded."""
    known = journal.read_journal(path)
    standing = {entry["id"] for entry in known.standing()}
    console.print(f"[bold]{path}[/]", highlight=False, soft_wrap=True)
    for entry in known.entries:
        if entry["op"] == "undo":
            continue
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.get("wall_ms", 0) / 1000))
        back = "" if entry["id"] in standing else "  (taken back)"
        console.print(f"  {entry['id']}  {when}  {text_of(entry)}{back}", markup=False, highlight=False, soft_wrap=True)
    if known.damaged:
        console.print(f"  {known.damaged} damaged lines are passed over", style="yellow")
    if tree is None:
        console.print("the session is being recorded")
        return
    if tree["sets"]:
        console.print(sets_table(tree))
        console.print(reps_table(findings_of(tree)))
    if tree["annotations"]["unmatched"]:
        console.print(f"{tree['annotations']['unmatched']} annotations fit nothing that was found", style="yellow")


def sets_table(tree: Tree) -> Table:
    """One row a set: what was measured of it, and what was said."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("set", "reps", "load", "lifter", "RPE", "rest", "loss", "said"):
        table.add_column(name, justify="left" if name in ("lifter", "said") else "right")
    for one in tree["sets"]:
        said = "; ".join([*one["notes"], *map(pain_text, one["pain"])])
        rest, loss = one["rest_before_s"], one["velocity_loss"]
        table.add_row(
            str(one["set"] + 1), str(one["reps"]), METRIC.load(one["sled_load_kg"]),
            one["lifter"] or "–", "–" if one["rpe"] is None else f"{one['rpe']:g}",
            "–" if rest is None else length_text(rest), "–" if loss is None else f"{100 * loss:.0f} %", said,
        )  # fmt: skip
    return table
