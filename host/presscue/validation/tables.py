"""The figures as text: what the command prints, and the page's tables."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from .bounds import Verdict, total
from .scoring import KINDS
from .statistics import agreement, covered, rmse, wilson
from .trial import Trial

SPLITS = {
    "incline, °": (-0.1, 1, 40, 50, 89, 90.1),
    "stature, m": (1.4, 1.65, 1.8, 1.95, 2.3),
    "load, kg": (0, 80, 120, 160, 400),
    "mount turned by, °": (0, 90, 135, 180.1),
    "strap from the knee, % of the shank": (0, 20, 35, 50, 101),
    "noise, × an LSM6DSOX": (0, 0.8, 1.2, 2.5, 10),
    "oscillator error, %": (0, 1, 2, 4),
    "sampling rate of the leg, Hz": (0, 150, 300, 500),
    "soft tissue, °": (0, 1, 2, 3.5, 10),
}
"""Edges of the groups that errors are split into, by setting."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def summary(trials: list[Trial]) -> list[str]:
    """The lines that the command prints of a group of sessions."""
    flexion = np.array([trial.flexion_rmse_deg for trial in trials])
    near = np.array([trial.near_rmse_deg for trial in trials])
    travel = np.array([trial.travel_rmse_mm for trial in trials])
    exact = sum(trial.made == trial.counted for trial in trials)
    return [
        f"{len(trials)} virtual lifters, {sum(t.made for t in trials)} reps, exact in {exact} of {len(trials)}",
        f"knee flexion RMSE: median {np.nanmedian(flexion):.2f} deg, 95th percentile "
        f"{np.nanquantile(flexion, 0.95):.2f}"
        f" deg; within 25 deg of straight, median {np.nanmedian(near):.2f} deg",
        f"sled travel RMSE: median {np.nanmedian(travel):.1f} mm, 95th percentile "
        f"{np.nanquantile(travel, 0.95):.1f} mm",
        f"flexion not measured in {100 * np.mean([t.not_measured for t in trials]):.1f} % of the reps' time",
    ]


def fault_rows(trials: list[Trial]) -> list[list[str]]:
    """One row a kind: recall and precision with their 95 % intervals, counts, delays."""
    clean = sum(trial.clean_reps for trial in trials)
    rows = []
    for kind in KINDS:
        count = total(trials, kind)
        delays = 1000.0 * np.array(count.delays_s or [np.nan])
        made, said = count.hits + count.missed, count.hits + count.ghosts
        rows.append([
            kind.replace("_", " "),
            f"{count.recall:.3f} ({'–'.join(f'{x:.2f}' for x in wilson(count.hits, made))})" if made else "–",
            f"{count.precision:.3f} ({'–'.join(f'{x:.2f}' for x in wilson(count.hits, said))})" if said else "–",
            str(count.hits), str(count.missed), str(count.ghosts), f"{count.clean_ghosts} of {clean}",
            str(count.unscored),
            f"{np.median(delays):.0f}, {np.quantile(delays, 0.95):.0f}" if count.delays_s else "–",
        ])  # fmt: skip
    return rows


FAULT_HEADER = (
    "fault", "recall", "precision", "hits", "missed", "invented", "in clean reps", "too near to call",
    "delay p50, p95, ms",
)  # fmt: skip


def agreement_rows(trials: list[Trial]) -> list[list[str]]:
    """One row a rep metric: bias, Bland-Altman limits, RMSE, ICC."""
    rows = []
    for name in next((trial.pairs for trial in trials if trial.pairs), {}):
        pairs = np.array([pair for trial in trials for pair in trial.pairs.get(name, ())])
        found = agreement(pairs[:, 0], pairs[:, 1])
        digits = 3 if "/s" in name or name.endswith(", s") else 1
        words = [f"{value:+.{digits}f}" for value in (found.bias, found.low, found.high)]
        rows.append(
            [name, words[0], f"{words[1]} to {words[2]}", f"{found.rmse:.{digits}f}", f"{found.icc:.3f}", str(found.n)]
        )
    return rows


def sureness_rows(groups: dict[str, list[Trial]]) -> list[list[str]]:
    """One row a group of lifters and flexion: what is stated of it, what it is off by, how often that covers it."""
    rows = []
    for name, trials in groups.items():
        found = np.array([each for trial in trials for each in trial.sureness]).reshape(-1, 3)
        for deg in np.unique(found[:, 0]):
            _, off, stated = found[found[:, 0] == deg].T
            rows.append(
                [
                    name,
                    f"{deg:.0f}",
                    f"{np.median(stated):.1f}",
                    f"{rmse(off):.1f}",
                    f"{100 * covered(off, stated):.0f} %",
                ]
            )
    return rows


CONFIDENCES = (0.0, 0.5, 0.7, 0.9, 1.0)


def confidence_rows(trials: list[Trial], kinds: Sequence[str] = ("lockout", "depth")) -> list[list[str]]:
    """One row a kind: of the faults told with so much confidence, those that were some."""
    rows = []
    for kind in kinds:
        told = total(trials, kind).told
        cells = []
        for low, high in pairwise(CONFIDENCES):
            own = [true for sure, true in told if low <= sure < high or sure == high == 1.0]
            cells.append(f"{sum(own)} of {len(own)}" if own else "–")
        rows.append([kind, *cells])
    return rows


def split_rows(usual: list[Trial], wide: list[Trial]) -> list[list[str]]:
    """Median flexion RMSE by setting, for both populations; the number of sessions in brackets."""

    def cell(trials: list[Trial], name: str, low: float, high: float) -> str:
        own = [t.flexion_rmse_deg for t in trials if low <= t.setting[name] < high]
        return f"{np.nanmedian(own):.2f} ({len(own)})" if own else "–"

    rows = []
    for name, edges in SPLITS.items():
        for low, high in pairwise(edges):
            cells = [cell(trials, name, low, high) for trials in (usual, wide)]
            if cells != ["–", "–"]:
                rows.append([name, f"{max(low, 0):g} to {high:g}", *cells])
    return rows


def verdict_rows(verdicts: list[Verdict]) -> list[list[str]]:
    words = {True: "kept", False: "**not kept**", None: "nothing to score"}
    return [[verdict.bound, verdict.figure, words[verdict.kept]] for verdict in verdicts]


def stray_rows(trials: list[Trial], worst_deg: float = 3.0) -> list[list[str]]:
    """Sessions with reps wrong or flexion beyond a bound, so that each can be looked into."""
    return [
        [str(t.task.seed), f"{t.counted} of {t.made}", f"{t.flexion_rmse_deg:.2f}", f"{t.travel_rmse_mm:.1f}"]
        for t in trials
        if t.made != t.counted or not t.flexion_rmse_deg <= worst_deg
    ]
