"""What the core has said, gathered: the last word on each rep, set, fault and cue."""

from dataclasses import dataclass, field

from .results import Cue, Event, Note, Output, Rep, SetResult


@dataclass
class Findings:
    """Results of one session. Later results replace earlier ones on the same thing."""

    reps: dict[int, Rep] = field(default_factory=dict)
    sets: dict[int, SetResult] = field(default_factory=dict)
    events: dict[tuple[str, str | None, float], Event] = field(default_factory=dict)
    cues: list[Cue] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, outs: list[Output]) -> None:
        for out in outs:
            match out:
                case Rep():
                    self.reps[out.rep] = out
                case SetResult():
                    self.sets[out.set] = out
                case Event():
                    self.events[(out.kind, out.side, out.onset_s)] = out
                case Cue():
                    self.cues.append(out)
                case Note():
                    self.notes.append(out)

    def faults(self) -> list[Event]:
        """All faults in order of onset."""
        return sorted(self.events.values(), key=lambda event: event.onset_s)

    def clean_reps(self) -> int:
        """Reps without any fault."""
        faulty = {event.rep for event in self.events.values()}
        return sum(rep not in faulty for rep in self.reps)
