"""The pain guide: a pain entry joined with the faults of recent sessions. Education, not a diagnosis.

GUIDE is the rule: for each place the faults that load it, in the order in which physiotherapists think of them. What
was found in the lifter's own recent sessions comes first; what could not be measured is said to be so. Words are in the
catalogue: `pain.cause.…`, `pain.change.…`, `pain.alternative.…`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .log import DAY_MS, Row, Training, Workout

RECENT_DAYS = 28.0
SESSIONS = 6
"""The faults of so many last sessions up to the pain count."""

SEVERE = 7.0
"""From here on a pain, of 10, is a reason to stop and to see someone."""

LASTING_DAYS = 14.0
LASTING_ENTRIES = 3


@dataclass(frozen=True)
class Place:
    """What may hurt there: faults, and causes that are no fault, both most likely first; alternatives easier on it."""

    faults: tuple[str, ...]
    others: tuple[str, ...]
    alternatives: tuple[str, ...]


KNEE = Place(
    ("lockout", "slam", "valgus", "varus", "heel_lift", "depth", "tempo"),
    ("feet_low", "load"),
    ("wall_sit", "hip_thrust", "supine_press", "shallow", "knee_sleeves"),
)
HIP = Place(("depth", "seat_lift", "valgus"), ("feet_high", "mobility"), ("supine_press", "wall_sit", "shallow"))
BACK = Place(
    ("seat_lift", "depth", "imbalance"), ("bracing", "seat_position"), ("wall_sit", "hip_thrust", "swiss_ball_squat")
)
ANKLE = Place(("heel_lift", "valgus", "tempo"), ("feet_low", "mobility"), ("hip_thrust", "wall_sit", "feet_higher"))
THIGH = Place(("tempo", "depth"), ("load", "warm_up"), ("wall_sit", "hip_thrust", "shallow"))
UPPER = Place((), ("breath", "head_rest"), ("hack_squat", "wall_sit", "hip_thrust"))
OTHER = Place((), ("load", "warm_up"), ("hack_squat", "wall_sit", "hip_thrust", "supine_press"))

GUIDE: dict[str, Place] = {
    "knee": KNEE, "hip": HIP, "groin": HIP, "lower_back": BACK, "upper_back": UPPER, "neck": UPPER, "ankle": ANKLE,
    "foot": ANKLE, "calf": ANKLE, "thigh": THIGH, "other": OTHER,
}  # fmt: skip
"""Every place that `presscue annotate --pain` knows."""

RED_FLAGS: dict[str, tuple[str, ...]] = {
    "knee": ("swelling", "locking", "giving_way"),
    "lower_back": ("down_the_leg", "numb_saddle", "bladder"),
    "hip": ("cannot_bear_weight",),
    "groin": ("bulge",),
    "calf": ("swollen_calf",),
    "ankle": ("cannot_bear_weight", "swelling"),
    "foot": ("cannot_bear_weight", "swelling"),
    "neck": ("headache",),
    "upper_back": ("chest",),
}
"""Signs on which to stop and see someone, of a place; GENERAL of all."""

GENERAL = ("severe", "night", "weakness", "injury", "fever", "lasting")


@dataclass(frozen=True)
class Cause:
    """A fault that loads the place. per_ten: times in ten reps of recent sessions, None where not measured."""

    fault: str
    per_ten: float | None

    @property
    def found(self) -> bool:
        return bool(self.per_ten)


@dataclass(frozen=True)
class Guidance:
    """What to think of one place that hurt. entries: newest first. stop: why to stop at once, names of texts."""

    where: str
    side: str | None
    level: float | None
    entries: tuple[tuple[Workout, Row], ...]
    causes: tuple[Cause, ...]
    others: tuple[str, ...]
    alternatives: tuple[str, ...]
    red_flags: tuple[str, ...]
    stop: tuple[str, ...]

    @property
    def found(self) -> tuple[Cause, ...]:
        """Causes that were found in the lifter's own reps, the most frequent first."""
        return tuple(sorted((one for one in self.causes if one.found), key=lambda one: -(one.per_ten or 0.0)))

    @property
    def unmeasured(self) -> tuple[Cause, ...]:
        return tuple(one for one in self.causes if one.per_ten is None)


def guide(training: Training) -> list[Guidance]:
    """Guidance for each place that hurt in the last weeks, the worst first."""
    recent = training.since(RECENT_DAYS)
    places: dict[tuple[str, str | None], list[tuple[Workout, Row]]] = {}
    for workout in reversed(recent):
        for entry in workout.pain:
            where = entry.get("where")
            key = (where if where in GUIDE else "other", entry.get("side"))
            places.setdefault(key, []).append((workout, entry))
    made = [_guidance(where, side, entries, training) for (where, side), entries in places.items()]
    return sorted(made, key=lambda one: -(one.level or 0.0))


def _guidance(where: str, side: str | None, entries: list[tuple[Workout, Row]], training: Training) -> Guidance:
    place = GUIDE[where]
    until_ms = entries[0][0].start_ms
    seen = [one for one in training.workouts if one.start_ms <= until_ms][-SESSIONS:]
    levels = [entry["level"] for _, entry in entries if entry.get("level") is not None]
    level = max(levels, default=None)
    return Guidance(
        where, side, level, tuple(entries),
        tuple(Cause(kind, rate(seen, kind)) for kind in place.faults),
        place.others, place.alternatives, (*RED_FLAGS.get(where, ()), *GENERAL), tuple(_stop(entries, level)),
    )  # fmt: skip


def rate(workouts: Sequence[Workout], kind: str) -> float | None:
    """Times in ten reps over the sessions that could see this fault; None if none could."""
    able = [one for one in workouts if one.can_see(kind) and one.reps]
    return 10.0 * sum(one.faults.get(kind, 0) for one in able) / sum(one.reps for one in able) if able else None


def _stop(entries: list[tuple[Workout, Row]], level: float | None) -> list[str]:
    why = []
    if level is not None and level >= SEVERE:
        why.append("severe")
    days = (entries[0][0].start_ms - entries[-1][0].start_ms) / DAY_MS
    if len(entries) >= LASTING_ENTRIES and days >= LASTING_DAYS:
        why.append("lasting")
    return why
