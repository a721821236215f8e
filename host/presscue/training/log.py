"""A lifter's training, session by session, oldest first: made from rows of the archive's index."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

Row = Mapping[str, Any]

DAY_MS = 86_400_000


@dataclass(frozen=True)
class SetDone:
    """One set. maximal: every push was meant to be as fast as possible (`presscue annotate --intent maximal`).

    speeds_mps, depths_deg: mean concentric velocity and greatest flexion of its reps, those measured.
    """

    number: int
    reps: int
    load_kg: float | None = None
    rpe: float | None = None
    maximal: bool = False
    velocity_loss: float | None = None
    speeds_mps: tuple[float, ...] = ()
    depths_deg: tuple[float, ...] = ()

    @property
    def volume_kg(self) -> float | None:
        return None if self.load_kg is None else self.reps * self.load_kg


@dataclass(frozen=True)
class Workout:
    """One session of one lifter. start_ms: Unix time. faults: how often each kind was found.

    clean_depths_deg: of reps in which neither heel nor seat lifted. measured: what the session could see (OUT.json).
    pain: entries as OUT.json has them.
    """

    name: str
    start_ms: int
    sets: tuple[SetDone, ...]
    faults: Mapping[str, int] = field(default_factory=dict)
    sides: Mapping[tuple[str, str], int] = field(default_factory=dict)
    faulty_reps: int = 0
    clean_depths_deg: tuple[float, ...] = ()
    measured: Mapping[str, str] = field(default_factory=dict)
    pain: tuple[Row, ...] = ()
    number: int | None = None

    @property
    def reps(self) -> int:
        return sum(one.reps for one in self.sets)

    @property
    def volume_kg(self) -> float | None:
        """Reps × load of the sets whose load is known; None if none is."""
        known = [one.volume_kg for one in self.sets if one.volume_kg is not None]
        return sum(known) if known else None

    @property
    def loads_kg(self) -> tuple[float | None, float | None]:
        """The least and the greatest load."""
        known = [one.load_kg for one in self.sets if one.load_kg is not None]
        return min(known, default=None), max(known, default=None)

    @property
    def velocity_loss(self) -> float | None:
        """Median over its sets."""
        known = [one.velocity_loss for one in self.sets if one.velocity_loss is not None]
        return median(known) if known else None

    @property
    def speed_mps(self) -> float | None:
        """Median mean concentric velocity of its reps."""
        known = [speed for one in self.sets for speed in one.speeds_mps]
        return median(known) if known else None

    @property
    def depth_deg(self) -> float | None:
        """Median greatest flexion of its reps."""
        known = [depth for one in self.sets for depth in one.depths_deg]
        return median(known) if known else None

    @property
    def clean_depth_deg(self) -> float | None:
        """Usable depth: the upper quartile of greatest flexion over reps without a lift of heel or seat."""
        if not self.clean_depths_deg:
            return None
        return quantile(self.clean_depths_deg, 0.75)

    def can_see(self, kind: str) -> bool:
        """Whether a fault of this kind would have been found."""
        return not self.measured.get(kind, "").startswith("not measured")

    def per_ten_reps(self, kind: str) -> float | None:
        """How often a fault was found in ten reps; None where it could not be seen."""
        if not self.reps or not self.can_see(kind):
            return None
        return 10.0 * self.faults.get(kind, 0) / self.reps


@dataclass(frozen=True)
class Training:
    """All sessions of one lifter that count, oldest first. now_ms: the time at which one looks at it."""

    lifter: str | None
    workouts: tuple[Workout, ...]
    now_ms: int

    def since(self, days: float) -> tuple[Workout, ...]:
        """The sessions of the last so many days."""
        return tuple(one for one in self.workouts if one.start_ms >= self.now_ms - days * DAY_MS)

    @property
    def last(self) -> Workout | None:
        return self.workouts[-1] if self.workouts else None

    @property
    def rest_h(self) -> float | None:
        """Hours since the last session began."""
        return None if self.last is None else max(0.0, (self.now_ms - self.last.start_ms) / 3_600_000)

    def rests_h(self) -> list[float]:
        """Hours from the beginning of each session to that of the next."""
        starts = [one.start_ms for one in self.workouts]
        return [(later - earlier) / 3_600_000 for earlier, later in pairwise(starts)]

    def per_week(self, weeks: int = 4) -> float | None:
        """Sessions a week over the last weeks, or since the first session if that is less than `weeks` ago."""
        if not self.workouts:
            return None
        first_ms = self.workouts[0].start_ms
        span = min(float(weeks), max(1.0, (self.now_ms - first_ms) / (7 * DAY_MS)))
        return len(self.since(7 * span)) / span


def trainings(
    sessions: Iterable[Row], sets: Iterable[Row], reps: Iterable[Row], events: Iterable[Row], now_ms: int
) -> list[Training]:
    """The training of each lifter, by name (None: nobody was named), from the index's rows; undated sessions left out.

    sessions: `name`, `start_ms`, `number`, `measured`, `annotations`. The others: as `Index.rows` gives them.
    """
    own_sets, own_reps, own_events = _by_session(sets), _by_session(reps), _by_session(events)
    by_lifter: dict[str | None, list[Workout]] = {}
    for session in sessions:
        name = session["name"]
        if session["start_ms"] is None or not own_sets.get(name):
            continue
        groups: dict[str | None, list[Row]] = {}
        for one in own_sets[name]:
            groups.setdefault(one.get("lifter") or None, []).append(one)
        for lifter, mine in groups.items():
            workout = workout_of(session, mine, own_reps.get(name, ()), own_events.get(name, ()))
            by_lifter.setdefault(lifter, []).append(workout)
    return [
        Training(lifter, tuple(sorted(workouts, key=lambda one: one.start_ms)), now_ms)
        for lifter, workouts in sorted(by_lifter.items(), key=lambda item: (item[0] is None, item[0] or ""))
    ]


def workout_of(session: Row, sets: Sequence[Row], reps: Iterable[Row], events: Iterable[Row]) -> Workout:
    """One session, or one lifter's part of it: these sets, and what of the reps and faults belongs to them."""
    numbers = {one["set"] for one in sets}
    mine = [rep for rep in reps if rep["set"] in numbers]
    of_rep = {rep["rep"] for rep in mine}
    found = [
        event
        for event in events
        if not event.get("predicted")
        and (event["rep"] in of_rep or (event["rep"] is None and _within(event["onset_s"], sets)))
    ]
    lifted = {event["rep"] for event in found if event["kind"] in ("heel_lift", "seat_lift")}
    whole = session.get("annotations") or {}
    return Workout(
        name=session["name"],
        start_ms=session["start_ms"],
        sets=tuple(_set_done(one, [rep for rep in mine if rep["set"] == one["set"]]) for one in sets),
        faults=Counter(event["kind"] for event in found),
        sides=Counter((event["kind"], event["side"]) for event in found if event.get("side")),
        faulty_reps=len({event["rep"] for event in found} & of_rep),
        clean_depths_deg=tuple(_known(rep["max_flexion_deg"] for rep in mine if rep["rep"] not in lifted)),
        measured=session.get("measured") or {},
        pain=(*whole.get("pain", ()), *(entry for one in sets for entry in one.get("pain") or ())),
        number=session.get("number"),
    )


def quantile(values: Iterable[float], share: float) -> float:
    """Linear between the sorted values."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def _by_session(rows: Iterable[Row]) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = {}
    for row in rows:
        out.setdefault(row["name"], []).append(row)
    return out


def _set_done(one: Row, reps: Sequence[Row]) -> SetDone:
    return SetDone(
        number=one["set"],
        reps=one["reps"],
        load_kg=one.get("sled_load_kg"),
        rpe=one.get("rpe"),
        maximal=one.get("intent") == "maximal",
        velocity_loss=one.get("velocity_loss"),
        speeds_mps=tuple(_known(rep["mean_concentric_velocity_mps"] for rep in reps)),
        depths_deg=tuple(_known(rep["max_flexion_deg"] for rep in reps)),
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _within(onset_s: float | None, sets: Iterable[Row]) -> bool:
    return onset_s is not None and any(one["start_s"] <= onset_s <= one["end_s"] for one in sets)
