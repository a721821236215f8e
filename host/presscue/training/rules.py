"""Advice on a training, from the rules of the field: each rule is one row of RULES and one small function.

A function looks at a `Training` and gives the values of its text, or None where it has nothing to say. The text
(`advice.NAME.text`, `.but` where sources disagree) is in the catalogue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from . import strength
from .log import SetDone, Training
from .sources import Sureness

Values = Mapping[str, Any]

RECENT_DAYS = 28.0
BEGINNER_SESSIONS = 8
REST_ADVISED_H = 48.0
SESSIONS_ADVISED = (2.0, 3.0)
REPS_ADVISED = (8, 12)
SHARE_ADVISED = (0.60, 0.85)
SHARE_FOR_STRENGTH = 0.80
LOSS_MUCH = 0.40
"""Sets of so much velocity loss end at or near failure (Pareja-Blanco 2017 compared 20 % with 40 %)."""

SETS_MIN = 3
"""Fewer sets tell nothing of a habit."""

IMBALANCE_MIN = 2


@dataclass(frozen=True)
class Rule:
    """name: of its texts. sources: keys of SOURCES. kind: "do" proposes a change, "know" says how things stand."""

    name: str
    sure: Sureness
    sources: tuple[str, ...]
    see: Callable[[Training], Values | None]
    kind: str = "do"


@dataclass(frozen=True)
class Piece:
    """A rule that has something to say, and the values of its text. Loads in kg."""

    rule: Rule
    values: Values


def advise(training: Training) -> list[Piece]:
    """What the rules have to say, in their order."""
    return [Piece(rule, said) for rule in RULES if (said := rule.see(training)) is not None]


def _recent_sets(training: Training) -> list[SetDone]:
    return [one for workout in training.since(RECENT_DAYS) for one in workout.sets]


def too_seldom(training: Training) -> Values | None:
    per_week = training.per_week()
    seldom = per_week is not None and len(training.workouts) > 2 and per_week < SESSIONS_ADVISED[0] - 0.25
    return {"per_week": per_week} if seldom else None


def too_often(training: Training) -> Values | None:
    per_week = training.per_week()
    often = per_week is not None and len(training.workouts) > 3 and per_week > SESSIONS_ADVISED[1] + 0.5
    return {"per_week": per_week} if often else None


def rest_short(training: Training) -> Values | None:
    """The last two sessions lay closer together than is advised; an hour of slack, since people come early."""
    rests = training.rests_h()
    short = bool(rests) and 3.0 <= rests[-1] < REST_ADVISED_H - 1.0
    return {"rest_h": rests[-1]} if short else None


def beginner(training: Training) -> Values | None:
    sessions = len(training.workouts)
    return {"sessions": sessions} if 0 < sessions <= BEGINNER_SESSIONS else None


def reps_out_of_range(training: Training) -> Values | None:
    reps = [one.reps for one in _recent_sets(training)]
    if len(reps) < SETS_MIN or REPS_ADVISED[0] <= median(reps) <= REPS_ADVISED[1]:
        return None
    return {"reps": median(reps)}


def intensity(training: Training) -> Values | None:
    """How heavy the last session was as a part of the estimated 1RM; not from a mere lower bound of it."""
    found = strength.latest(training.since(90.0))
    last = training.last
    if found is None or found[1].at_least or last is None:
        return None
    loads = [one.load_kg for one in last.sets if one.load_kg is not None]
    if not loads:
        return None
    share = median(loads) / found[1].kg
    return None if SHARE_ADVISED[0] <= share <= SHARE_ADVISED[1] else {"share": share, "kg": found[1].kg}


def heavier_for_strength(training: Training) -> Values | None:
    """Where sources disagree: loads in the usual band that are below what reviews favour for strength."""
    found = strength.latest(training.since(90.0))
    last = training.last
    if found is None or found[1].at_least or last is None:
        return None
    loads = [one.load_kg for one in last.sets if one.load_kg is not None]
    share = median(loads) / found[1].kg if loads else 0.0
    inside = SHARE_ADVISED[0] <= share < SHARE_FOR_STRENGTH
    return {"share": share} if inside and len(training.workouts) > BEGINNER_SESSIONS else None


def often_to_failure(training: Training) -> Values | None:
    sets = _recent_sets(training)
    hard = [
        one
        for one in sets
        if (one.velocity_loss is not None and one.velocity_loss > LOSS_MUCH) or (one.rpe is not None and one.rpe >= 10)
    ]
    return {"hard": len(hard), "sets": len(sets)} if len(sets) >= SETS_MIN and 2 * len(hard) > len(sets) else None


def volume(training: Training) -> Values | None:
    """Sets a week now and in the four weeks before, where both are known."""
    now, before = training.since(RECENT_DAYS), training.since(2 * RECENT_DAYS)
    earlier = before[: len(before) - len(now)]
    if not now or not earlier:
        return None
    weeks = RECENT_DAYS / 7.0
    return {
        "sets": sum(len(one.sets) for one in now) / weeks,
        "sets_before": sum(len(one.sets) for one in earlier) / weeks,
    }


def tempo(training: Training) -> Values | None:
    rates = [rate for one in training.since(RECENT_DAYS) if (rate := one.per_ten_reps("tempo")) is not None]
    return {"rate": sum(rates) / len(rates)} if rates and sum(rates) / len(rates) >= 1.0 else None


def sides(training: Training) -> Values | None:
    """A difference between the legs that was found in several recent sessions, always the same way."""
    counts = [
        side
        for one in training.since(RECENT_DAYS)
        for (kind, side), times in one.sides.items()
        if kind == "imbalance" and times
    ]
    same = len(counts) >= IMBALANCE_MIN and len(set(counts)) == 1
    return {"sessions": len(counts), "side": counts[0]} if same else None


def rpe_missing(training: Training) -> Values | None:
    """Loads are known and efforts are not: the 1RM is then only a lower bound."""
    found = strength.latest(training.since(90.0))
    return {} if found is not None and found[1].at_least else None


def load_missing(training: Training) -> Values | None:
    last = training.last
    return {} if last is not None and last.sets and all(one.load_kg is None for one in last.sets) else None


RULES: tuple[Rule, ...] = (
    Rule("beginner", "fair", ("practice", "acsm2009"), beginner),
    Rule("too_seldom", "firm", ("acsm2009", "currier2023"), too_seldom),
    Rule("too_often", "weak", ("acsm2009", "currier2023"), too_often),
    Rule("rest_short", "opinion", ("practice",), rest_short),
    Rule("reps_out_of_range", "weak", ("acsm2009", "currier2023"), reps_out_of_range),
    Rule("intensity", "fair", ("acsm2009", "currier2023"), intensity),
    Rule("heavier_for_strength", "fair", ("currier2023", "acsm2009"), heavier_for_strength, "know"),
    Rule("often_to_failure", "fair", ("pareja2017", "acsm2009"), often_to_failure),
    Rule("volume", "fair", ("schoenfeld2017", "pelland2024"), volume, "know"),
    Rule("tempo", "opinion", ("practice", "schoenfeld2015"), tempo),
    Rule("sides", "weak", ("parkinson2021", "asymmetry2025"), sides, "know"),
    Rule("rpe_missing", "firm", ("reynolds2006",), rpe_missing),
    Rule("load_missing", "firm", ("reynolds2006",), load_missing),
)
