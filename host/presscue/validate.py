"""`presscue validate`: virtual lifters through the whole analysis, and how far it is from the truth.

Each seed is another lifter, machine, mounting, pair of sensors and set of faults, rendered as a table and analysed as
a user would. Truth too near a limit to call is not scored; how much fell there is said. This is simulation: it shows
that the parts do what they are meant to, and nothing of what real knees, straps and machines add.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from .analyze import analyze
from .profile import Profile
from .results import Event
from .simulator.performance import perform
from .simulator.render import render, write_table
from .simulator.scenario import random_scenario
from .simulator.truth import TrueFault, TrueRep, Truth

KINDS = ("lockout", "heel_lift", "depth", "tempo")
LOCKOUT_ZONE_DEG = (6.0, 12.0)
DEPTH_ZONE_DEG = 4.0
TEMPO_ZONE_S = 0.1


@dataclass
class Count:
    """Faults of one kind: matched one to one by kind, side and rep. delays_s: onset to detection, of the hits."""

    hits: int = 0
    missed: int = 0
    ghosts: int = 0
    unscored: int = 0
    delays_s: list[float] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.hits / max(self.hits + self.missed, 1)

    @property
    def precision(self) -> float:
        return self.hits / max(self.hits + self.ghosts, 1)

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.hits + other.hits, self.missed + other.missed, self.ghosts + other.ghosts,
            self.unscored + other.unscored, self.delays_s + other.delays_s,
        )  # fmt: skip


@dataclass
class Score:
    """One session: reps made and counted, errors in the reps (flexion in degrees, travel in mm), faults by kind."""

    seed: int
    made: int
    counted: int
    flexion_rmse_deg: float
    travel_rmse_mm: float
    not_measured: float
    faults: dict[str, Count]


def too_near(kind: str, rep: TrueRep, limit_deg: float) -> bool:
    """Whether the truth of this rep lies too near the limit of `kind` to call."""
    if kind == "lockout":
        return LOCKOUT_ZONE_DEG[0] <= rep.min_flexion_deg <= LOCKOUT_ZONE_DEG[1]
    if kind == "depth":
        return abs(rep.max_flexion_deg - limit_deg) <= DEPTH_ZONE_DEG
    return kind == "tempo" and abs(rep.lowering_s - 1.0) <= TEMPO_ZONE_S


def score_faults(truth: Truth, found: Iterable[Event], limit_deg: float = 90.0) -> dict[str, Count]:
    """Faults found against faults made. A lift of both heels counts as one on each side."""
    found = list(found)
    counts = {}
    for kind in KINDS:
        count = counts[kind] = Count()
        made: dict[tuple[int | None, str | None], TrueFault] = {
            (f.rep, side): f for f in truth.faults if f.kind == kind for side in _sides(f.side)
        }
        seen: dict[tuple[int | None, str | None], Event] = {}
        for event in found:
            if event.kind == kind:
                for side in _sides(event.side):
                    seen.setdefault((event.rep, side), event)
        for key in made.keys() | seen.keys():
            index = key[0]
            rep = truth.reps[index] if index is not None and index < len(truth.reps) else None
            if rep is not None and too_near(kind, rep, limit_deg):
                count.unscored += 1
            elif key not in seen:
                count.missed += 1
            elif key not in made:
                count.ghosts += 1
            else:
                count.hits += 1
                count.delays_s.append(seen[key].detected_s - made[key].onset_s)
    return counts


def _sides(side: str | None) -> tuple[str | None, ...]:
    return ("left", "right") if side == "both" else (side,)


def run_one(seed: int, hold: bool = True) -> Score:
    """One virtual lifter, all four faults, through `analyze`."""
    from pyarrow import parquet

    scenario = random_scenario(seed, faults=KINDS)
    performance = perform(scenario)
    truth = performance.truth
    profile = Profile(height_m=scenario.height_m, leg=scenario.leg, straight_leg_hold_s=truth.hold_s if hold else None)
    with tempfile.TemporaryDirectory() as folder:
        recording, series = Path(folder) / "recording.parquet", Path(folder) / "series.parquet"
        write_table(render(performance), recording)
        analysis = analyze(recording, profile, series=series)
        table = parquet.read_table(series, columns=["time_s", "knee_flexion_deg", "sled_position_m"])
    t_s, flexion, position = (table[name].to_numpy() for name in table.column_names)
    travel, errors = [], []
    for rep in truth.reps:
        inside = (t_s >= rep.start_s) & (t_s <= rep.end_s)
        off = position[inside] - truth.at("sled_position_m", t_s[inside])
        travel.append(off - np.nanmean(off))
        errors.append(flexion[inside] - truth.at("knee_flexion_deg", t_s[inside]))
    error, off = np.concatenate(errors), np.concatenate(travel)
    return Score(
        seed, len(truth.reps), len(analysis.findings.reps), float(np.sqrt(np.nanmean(error**2))),
        1000.0 * float(np.sqrt(np.nanmean(off**2))), float(np.isnan(error).mean()),
        score_faults(truth, analysis.findings.faults()),
    )  # fmt: skip


def run_all(
    seeds: Iterable[int], hold: bool = True, workers: int = 2, progress: Callable[[Score], None] | None = None
) -> list[Score]:
    """Many virtual lifters, on several processes."""
    seeds = list(seeds)
    scores = []
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for score in pool.map(run_one, seeds, [hold] * len(seeds)):
            scores.append(score)
            if progress is not None:
                progress(score)
    return scores


def run_validate(seeds: range, *, hold: bool, quiet: bool) -> int:
    """The command: 0 always, since it only measures."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty()) as bar:
        task = bar.add_task("virtual lifters", total=len(seeds))
        scores = run_all(seeds, hold, progress=lambda _: bar.advance(task))
    print(report(scores))
    return 0


def totals(scores: list[Score]) -> dict[str, Count]:
    """Faults of all sessions, by kind."""
    return {kind: sum((score.faults[kind] for score in scores), Count()) for kind in KINDS}


def report(scores: list[Score]) -> str:
    """The figures, as text."""
    flexion = np.array([score.flexion_rmse_deg for score in scores])
    travel = np.array([score.travel_rmse_mm for score in scores])
    exact = sum(score.made == score.counted for score in scores)
    lines = [
        f"{len(scores)} virtual lifters, {sum(s.made for s in scores)} reps, exact in {exact} of {len(scores)}",
        f"knee flexion RMSE: median {np.median(flexion):.2f} deg, 95th percentile {np.quantile(flexion, 0.95):.2f} deg",
        f"sled travel RMSE: median {np.median(travel):.1f} mm, 95th percentile {np.quantile(travel, 0.95):.1f} mm",
        f"flexion not measured in {100 * np.mean([s.not_measured for s in scores]):.1f} % of the reps' time",
        "",
        "fault      recall  precision  hits  missed  ghosts  too near to call  delay p50  p95",
    ]
    for kind, count in totals(scores).items():
        delays = 1000.0 * np.array(count.delays_s or [np.nan])
        lines.append(
            f"{kind:<10} {count.recall:>6.3f}  {count.precision:>9.3f}  {count.hits:>4}  {count.missed:>6}"
            f"  {count.ghosts:>6}  {count.unscored:>16}  {np.median(delays):>6.0f} {np.quantile(delays, 0.95):>5.0f} ms"
        )
    lines.append(
        "too near to call: most extended 6-12 deg (lockout), deepest within 4 deg of the limit (depth), "
        "lowering within 0.1 s of 1 s (tempo)"
    )
    for s in scores:
        if s.made != s.counted or s.flexion_rmse_deg > 3.0:
            figures = f"{s.flexion_rmse_deg:.2f} deg, {s.travel_rmse_mm:.1f} mm"
            lines.append(f"  seed {s.seed}: {s.counted} of {s.made} reps, {figures}")
    return "\n".join(lines)
