"""The bounds that presscue sets itself, and whether a run keeps them."""

from typing import NamedTuple

import numpy as np

from .scoring import Count, Predictions
from .trial import Trial


class Verdict(NamedTuple):
    """A bound, the figure measured, and whether it is kept; None where nothing could be measured."""

    bound: str
    figure: str
    kept: bool | None


def total(trials: list[Trial], kind: str) -> Count:
    """All faults of a kind."""
    return sum((trial.faults[kind] for trial in trials), Count())


def predictions(trials: list[Trial]) -> Predictions:
    return sum((trial.predictions for trial in trials), Predictions())


def at_most(bound: str, value: float, most: float, unit: str, digits: int = 2) -> Verdict:
    return Verdict(f"{bound} ≤ {most:g}{unit}", f"{value:.{digits}f}{unit}", bool(value <= most))


def median(trials: list[Trial], name: str) -> float:
    return float(np.nanmedian([getattr(trial, name) for trial in trials]))


def accuracy(held: list[Trial], free: list[Trial]) -> list[Verdict]:
    """Of lifters with the hold, and of the same without it."""
    exact = sum(trial.made == trial.counted for trial in held)
    worst = float(np.nanquantile([trial.flexion_rmse_deg for trial in held], 0.95))
    found = [
        Verdict("reps exact in every session", f"{exact} of {len(held)}", exact == len(held)),
        at_most("knee RMSE within 25° of straight, median", median(held, "near_rmse_deg"), 1.5, "°"),
        at_most("knee RMSE overall, median", median(held, "flexion_rmse_deg"), 2.0, "°"),
        at_most("knee RMSE overall, 95th percentile of sessions", worst, 3.0, "°"),
        at_most("sled travel RMSE, median", median(held, "travel_rmse_mm"), 3.0, " mm"),
    ]
    if free:
        found.append(at_most("knee RMSE without the hold, median", median(free, "flexion_rmse_deg"), 3.0, "°"))
    return found


def faults(held: list[Trial], without_pad: list[Trial]) -> list[Verdict]:
    """Recall and precision, delays, predictions."""
    found = []
    for kind, least in (
        ("lockout", 0.98), ("depth", 0.98), ("heel_lift", 0.98), ("tempo", 0.98), ("seat_lift", 0.98), ("valgus", 0.95),
    ):  # fmt: skip
        count = total(held, kind)
        name = "seat lift with pad" if kind == "seat_lift" else kind.replace("_", " ")
        for what in ("recall", "precision"):
            value = getattr(count, what)
            known = count.hits + count.missed > 0
            found.append(Verdict(f"{name}, {what} ≥ {least:g}", f"{value:.3f}", value >= least if known else None))
    for kind, most in (("heel_lift", 130.0), ("depth", 60.0)):
        delays = total(held, kind).delays_s
        value = 1000.0 * float(np.median(delays)) if delays else np.nan
        found.append(at_most(f"{kind.replace('_', ' ')}, median delay", value, most, " ms", 0))
    if without_pad:
        count, clean = total(without_pad, "seat_lift"), sum(trial.clean_reps for trial in without_pad)
        said = f"{count.recall:.2f}" if count.hits + count.ghosts else "never said: not measured without a pad"
        found.append(Verdict("seat lift without pad, recall ≥ 0.8 (an aim)", said, count.recall >= 0.8))
        share = count.clean_ghosts / max(clean, 1)
        found.append(
            Verdict("seat lift without pad, false in < 1 of 50 clean reps", f"{100 * share:.1f} %", share < 0.02)
        )
    ahead = predictions(held)
    early, false = ahead.early / max(ahead.lockouts, 1), ahead.false / max(ahead.clean, 1)
    found.append(Verdict("lockout predicted ≥ 100 ms before, in ≥ 80 %", f"{100 * early:.0f} %", early >= 0.8))
    found.append(Verdict("lockout predicted falsely, in ≤ 2 % of clean reps", f"{100 * false:.1f} %", false <= 0.02))
    return found
