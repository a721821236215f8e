"""What the core has said, gathered: the last word on each rep, set, fault and cue."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .latency import percentiles
from .results import Advice, Cue, Event, Note, Output, Rep, SetResult


@dataclass
class Findings:
    """Results of one session. Later results replace earlier ones on the same thing."""

    reps: dict[int, Rep] = field(default_factory=dict)
    sets: dict[int, SetResult] = field(default_factory=dict)
    events: dict[tuple[str, str | None, float, bool], Event] = field(default_factory=dict)
    cues: list[Cue] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)

    def add(self, outs: list[Output]) -> None:
        for out in outs:
            match out:
                case Rep():
                    self.reps[out.rep] = out
                case SetResult():
                    self.sets[out.set] = out
                case Event():
                    self.events[out.key] = out
                case Cue():
                    self.cues.append(out)
                case Note():
                    self.notes.append(out)
                case Advice():
                    self.advice.append(out)

    def in_order(self) -> list[Event]:
        """Faults and predictions in order of onset."""
        return sorted(self.events.values(), key=lambda event: event.onset_s)

    def faults(self) -> list[Event]:
        """What happened, in order of onset."""
        return [event for event in self.in_order() if not event.predicted]

    def recent(self, most: int) -> list[Event]:
        """The last faults that were first said, the newest last; cheap however long the session is."""
        last = [event for event, _ in zip(reversed(self.events.values()), range(4 * most), strict=False)]
        return [event for event in last if not event.predicted][:most][::-1]

    def predictions(self) -> list[Event]:
        """What was said to be coming, in order of the expected onset."""
        return [event for event in self.in_order() if event.predicted]

    def foresight(self) -> dict[str, Any]:
        """How well lockouts were seen coming: predictions made, come true or not, lockouts not foreseen, lead in ms.

        One that did not come true was false, or the lifter has acted on its cue: that cannot be told apart.
        """
        made = self.predictions()
        lockouts = [event for event in self.faults() if event.kind == "lockout"]
        return {
            "made": len(made),
            "came_true": sum(event.confirmed is True for event in made),
            "did_not": sum(event.confirmed is False for event in made),
            "not_foreseen": sum(math.isnan(event.lead_s) for event in lockouts),
            "lead_ms": percentiles([1000.0 * event.lead_s for event in made if event.confirmed]),
        }

    def reps_of(self, set_index: int) -> list[Rep]:
        """The reps of one set."""
        return [rep for rep in self.reps.values() if rep.set == set_index]

    def clean_reps(self) -> int:
        """Reps without any fault."""
        faulty = {event.rep for event in self.faults()}
        return sum(rep not in faulty for rep in self.reps)


def findings_of(analysis: Mapping[str, Any]) -> Findings:
    """The reps, sets and faults of an analysis as OUT.json holds it; annotations may have added keys."""
    found = Findings()
    for name, kind in (("reps", Rep), ("sets", SetResult), ("events", Event)):
        own = {one.name: one.type for one in fields(kind)}
        for row in analysis[name]:
            values: dict[str, Any] = {
                key: math.nan if row[key] is None and own[key] is float else row[key] for key in own if key in row
            }
            found.add([kind(**values)])
    return found
