"""Faults and predictions found, against those made. Truth too near a limit to call is not scored but counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..results import Event, Rep
from ..simulator.truth import BOUNCE_MPS2, SLAM_MPS, TrueFault, TrueRep, Truth

KINDS = ("lockout", "slam", "depth", "heel_lift", "seat_lift", "valgus", "varus", "tempo", "imbalance")
"""All kinds of fault there are (formats.md)."""

LOCKOUT_ZONE_DEG = (6.0, 12.0)
DEPTH_ZONE_DEG = 4.0
TEMPO_ZONE_S = 0.1
BOUNCE_ZONE_MPS2 = 1.0
PLANE_ZONE_DEG = (7.0, 13.0)
SLAM_ZONE_MPS = 0.03
SLAM_ZONE_DEG = 3.0
ZONES = (
    "lockout 6–12° of flexion; depth ±4°; tempo ±0.1 s of lowering, ±1 m/s² of turn-round for a bounce; valgus and "
    "varus ±3°; slam ±0.03 m/s at 15°, or turning within 3° of straight"
)
PREDICTED_S = 0.1  # a prediction this long before the true onset is one that counts


@dataclass
class Count:
    """Faults of one kind: matched one to one by kind, side and rep. delays_s: onset to detection, of the hits.
    told: confidence and truth of all that were told, those too near a limit to call included."""

    hits: int = 0
    missed: int = 0
    ghosts: int = 0
    unscored: int = 0
    clean_ghosts: int = 0  # of the ghosts, those in reps without any fault
    delays_s: list[float] = field(default_factory=list)
    told: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.hits / max(self.hits + self.missed, 1)

    @property
    def precision(self) -> float:
        return self.hits / max(self.hits + self.ghosts, 1)

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.hits + other.hits, self.missed + other.missed, self.ghosts + other.ghosts,
            self.unscored + other.unscored, self.clean_ghosts + other.clean_ghosts, self.delays_s + other.delays_s,
            self.told + other.told,
        )  # fmt: skip


@dataclass
class Predictions:
    """Lockouts foreseen. lockouts: those clear of the zone; early: foreseen 100 ms before their onset or more;
    clean: reps that stayed clear of the zone; false: those of them with a prediction. leads_s: of all foreseen."""

    lockouts: int = 0
    early: int = 0
    clean: int = 0
    false: int = 0
    leads_s: list[float] = field(default_factory=list)

    def __add__(self, other: "Predictions") -> "Predictions":
        return Predictions(
            self.lockouts + other.lockouts, self.early + other.early, self.clean + other.clean,
            self.false + other.false, self.leads_s + other.leads_s,
        )  # fmt: skip


def too_near(kind: str, rep: TrueRep, plane_deg: float, limit_deg: float) -> bool:
    """Whether the truth of this rep lies too near the limit of `kind` to call. plane_deg: most knee in or out."""
    if kind == "lockout":
        return LOCKOUT_ZONE_DEG[0] <= rep.min_flexion_deg <= LOCKOUT_ZONE_DEG[1]
    if kind == "depth":
        return abs(rep.max_flexion_deg - limit_deg) <= DEPTH_ZONE_DEG
    if kind == "slam":
        fast = abs(rep.speed_at_15_mps - SLAM_MPS) <= SLAM_ZONE_MPS
        straight = abs(rep.min_flexion_deg) <= SLAM_ZONE_DEG and not rep.speed_at_15_mps > SLAM_MPS
        return fast or straight or LOCKOUT_ZONE_DEG[0] <= rep.min_flexion_deg <= LOCKOUT_ZONE_DEG[1]
    if kind in ("valgus", "varus"):
        return PLANE_ZONE_DEG[0] <= abs(plane_deg) <= PLANE_ZONE_DEG[1]
    bounce = abs(rep.turn_acceleration_mps2 - BOUNCE_MPS2) <= BOUNCE_ZONE_MPS2 and rep.lowering_s > 1.0 - TEMPO_ZONE_S
    return kind == "tempo" and (abs(rep.lowering_s - 1.0) <= TEMPO_ZONE_S or bounce)


def score_faults(
    truth: Truth, found: Iterable[Event], limit_deg: float = 90.0, plane_deg: dict[int, float] | None = None
) -> dict[str, Count]:
    """Faults found against faults made. A lift of both heels counts as one on each side.

    plane_deg: by rep, the most the knee went in or out.
    """
    found = list(found)
    faulty = {fault.rep for fault in truth.faults}
    counts = {}
    for kind in KINDS:
        count = counts[kind] = Count()
        made: dict[tuple[int | None, str | None], TrueFault] = {
            (f.rep, side): f for f in truth.faults if f.kind == kind for side in _sides(kind, f.side)
        }
        seen: dict[tuple[int | None, str | None], Event] = {}
        for event in found:
            if event.kind == kind:
                for side in _sides(kind, event.side):
                    seen.setdefault((event.rep, side), event)
        count.told = [(event.confidence, key in made) for key, event in seen.items()]
        for key in made.keys() | seen.keys():
            index = key[0]
            rep = truth.reps[index] if index is not None and index < len(truth.reps) else None
            if rep is not None and too_near(kind, rep, (plane_deg or {}).get(rep.rep, 0.0), limit_deg):
                count.unscored += 1
            elif key not in seen:
                count.missed += 1
            elif key not in made:
                count.ghosts += 1
                count.clean_ghosts += rep is not None and index not in faulty
            else:
                count.hits += 1
                if not seen[key].late:
                    count.delays_s.append(float(seen[key].detected_s - made[key].onset_s))
    return counts


def in_true_reps(events: Iterable[Event], found: Iterable[Rep], truth: Truth) -> list[Event]:
    """Events with the number of the true rep that their own overlaps most, None if it overlaps none: a rep lost or
    invented early in a session is one mistake, not one for every fault after it."""
    true_of: dict[int | None, int | None] = {None: None}
    for rep in found:
        overlaps = [min(rep.end_s, true.end_s) - max(rep.start_s, true.start_s) for true in truth.reps]
        best = max(range(len(overlaps)), key=overlaps.__getitem__)
        true_of[rep.rep] = best if overlaps[best] > 0 else None
    return [replace(event, rep=true_of.get(event.rep)) for event in events]


def _sides(kind: str, side: str | None) -> tuple[str | None, ...]:
    if kind in ("valgus", "varus"):  # only one leg is measured
        return (None,)
    return ("left", "right") if side == "both" else (side,)


def score_predictions(truth: Truth, predicted: Iterable[Event], from_rep: int = 0) -> Predictions:
    """Predictions of lockout against what came, from a rep on (before the first fit nothing can be foreseen)."""
    first: dict[int, float] = {}
    for event in predicted:
        if event.rep is not None:
            first[event.rep] = min(event.detected_s, first.get(event.rep, event.detected_s))
    onsets = {fault.rep: fault.onset_s for fault in truth.faults if fault.kind == "lockout"}
    score = Predictions()
    for rep in truth.reps[from_rep:]:
        if rep.min_flexion_deg < LOCKOUT_ZONE_DEG[0] and rep.rep in onsets:
            score.lockouts += 1
            lead_s = onsets[rep.rep] - first.get(rep.rep, float("inf"))
            score.early += lead_s >= PREDICTED_S
            if rep.rep in first:
                score.leads_s.append(lead_s)
        elif rep.min_flexion_deg > LOCKOUT_ZONE_DEG[1]:
            score.clean += 1
            score.false += rep.rep in first
    return score
