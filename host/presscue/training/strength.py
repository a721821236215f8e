"""The one-repetition maximum (1RM), estimated: from reps near failure, or from the speed of pushes of maximal intent.

Never without its error, and never from a set that cannot tell: more than ten reps to failure, a load nobody entered, a
speed without the intent. The load is that on the sled (plates and carriage): friction and incline stay in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .log import SetDone, Workout

REPS_MAX = 10
"""Both formulas run away beyond it (Reynolds, Gordon and Robergs 2006)."""

SPREAD = 0.10
"""Standard error of a 1RM from reps, as a part of it: our own round figure. Reynolds 2006 found 16 kg on the leg press
from five reps with a line of their own; formulas made on the bench press can only do worse."""

SPEED_AT_1RM_MPS, SPEED_SD_MPS, SLOPE_MPS = 0.21, 0.06, -0.017
"""Mean propulsive velocity at 1RM, its spread between people, its change for each % of 1RM (Conceição et al. 2016)."""

SHARE_MIN = 0.4
"""Our own limit: the further below the maximum, the further the line is stretched."""

Method = Literal["reps", "speed"]


@dataclass(frozen=True)
class Estimate:
    """A 1RM in kg with one standard error either way. at_least: nobody knows how much strength the set left."""

    kg: float
    low_kg: float
    high_kg: float
    method: Method
    at_least: bool = False


def epley(load_kg: float, reps: float) -> float:
    """Epley 1985; reps to failure."""
    return load_kg * (1.0 + reps / 30.0) if reps > 1 else load_kg


def brzycki(load_kg: float, reps: float) -> float:
    """Brzycki 1993; reps to failure, fewer than 37."""
    return load_kg / (1.0278 - 0.0278 * reps)


def from_reps(one: SetDone) -> Estimate | None:
    """The mean of both formulas; RPE tells the reps left (10 − RPE). Without an RPE it is a lower bound.

    None without load, beyond REPS_MAX reps to failure, or with an RPE under 5 (reps left are then a guess).
    """
    if not one.load_kg or not one.reps or (one.rpe is not None and one.rpe < 5.0):
        return None
    to_failure = one.reps + (0.0 if one.rpe is None else 10.0 - one.rpe)
    if to_failure > REPS_MAX:
        return None
    both = epley(one.load_kg, to_failure), brzycki(one.load_kg, to_failure)
    kg = sum(both) / 2
    return Estimate(kg, min(*both, kg * (1 - SPREAD)), max(*both, kg * (1 + SPREAD)), "reps", one.rpe is None)


def from_speed(one: SetDone) -> Estimate | None:
    """From the fastest rep of a set of maximal intent; its mean concentric velocity stands for the propulsive one,
    which is the same where the sled is never braked. None for any other set, or one too light to tell."""
    if not one.maximal or not one.load_kg or not one.speeds_mps:
        return None
    share, least, most = (
        1.0 + (SPEED_AT_1RM_MPS + shift - max(one.speeds_mps)) / (-SLOPE_MPS * 100.0)
        for shift in (0.0, -SPEED_SD_MPS, SPEED_SD_MPS)
    )
    if share < SHARE_MIN:
        return None
    return Estimate(one.load_kg / share, one.load_kg / most, one.load_kg / least, "speed")


def best(sets: Iterable[SetDone]) -> Estimate | None:
    """The estimate that says most: from speed where the intent was maximal, else the greatest of the surest kind."""
    found = [made for one in sets for made in (from_speed(one), from_reps(one)) if made is not None]
    ranked = sorted(found, key=lambda made: (made.at_least, made.method != "speed", -made.kg))
    return ranked[0] if ranked else None


def latest(workouts: Iterable[Workout]) -> tuple[Workout, Estimate] | None:
    """The newest session with an estimate, and it; one that is no mere lower bound goes before."""
    made = [(one, found) for one in workouts if (found := best(one.sets)) is not None]
    sure = [pair for pair in made if not pair[1].at_least]
    return (sure or made)[-1] if made else None
