"""One virtual lifter through the whole analysis, as a table, and how far it is from the truth."""

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..analysis.analyze import analyze
from ..calibration.model import STATED_DEG, Calibration
from ..profile import Profile
from ..simulator.performance import Performance, perform
from ..simulator.render import render, write_table
from ..simulator.scenario import Scenario, random_scenario
from ..simulator.sensors import Sensors, random_sensors
from ..simulator.truth import Truth
from .scoring import Count, Predictions, in_true_reps, score_faults, score_predictions
from .statistics import rmse

NEAR_STRAIGHT_DEG = 25.0
SURE_WITHIN_DEG = 12.0
NOMINAL_HZ = (100, 104, 200, 208, 400)
USUAL, WIDE = "usual", "wide"
WANTED = ("lockout", "slam", "heel_lift", "depth", "seat_lift", "valgus", "varus", "tempo", "bounce", "imbalance")


@dataclass(frozen=True)
class Task:
    """A lifter to try: seed, population, with the hold or without, with all sensors or some. `overrides` are fields of
    Scenario; `profile` is what the user says otherwise than it is."""

    seed: int
    population: str = USUAL
    hold: bool = True
    sensors: tuple[str, ...] = ("sled", "leg", "pads")
    faults: tuple[str, ...] | None = None  # None: some kinds, drawn by the seed
    overrides: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass
class Trial:
    """What came of it. Errors are over the samples within reps; pairs are (true, found) of each rep, by name."""

    task: Task
    made: int
    counted: int
    flexion_rmse_deg: float
    near_rmse_deg: float  # within 25 degrees of straight
    flexion_bias_deg: float
    flexion_p95_deg: float
    travel_rmse_mm: float
    not_measured: float  # share of the samples without flexion
    setting: dict[str, float]
    pairs: dict[str, list[tuple[float, float]]]
    faults: dict[str, Count]
    predictions: Predictions
    clean_reps: int
    sureness: list[tuple[float, float, float]] = field(default_factory=list)  # see `sureness_of`


def faults_of(seed: int) -> tuple[str, ...]:
    """Half of the kinds; in one of ten sessions none."""
    rng = np.random.default_rng([seed, 11])
    kinds = rng.permutation(len(WANTED))[: len(WANTED) // 2]
    return () if rng.random() < 0.1 else tuple(WANTED[i] for i in sorted(kinds))


def scenario_of(task: Task) -> Scenario:
    faults = faults_of(task.seed) if task.faults is None else task.faults
    share = {"fault_share": 0.14} if len(faults) > 2 else {"fault_share": 0.25}
    return random_scenario(task.seed, faults, wide=task.population == WIDE, **(share | task.overrides))


def run_trial(task: Task) -> Trial:
    """Perform, render, analyse, score."""
    scenario = scenario_of(task)
    sensors = random_sensors(task.seed) if task.population == WIDE else Sensors()
    return score(task, perform(scenario), sensors)


def run_trials(tasks: list[Task]) -> list[Trial]:
    """Trials of one lifter who performs once: tasks that differ in hold, sensors or profile alone."""
    performance = perform(scenario_of(tasks[0]))
    sensors = random_sensors(tasks[0].seed) if tasks[0].population == WIDE else Sensors()
    return [score(task, performance, sensors) for task in tasks]


def score(task: Task, performance: Performance, sensors: Sensors) -> Trial:
    """One analysis of a performance."""
    from pyarrow import parquet

    scenario, truth = performance.scenario, performance.truth
    said: dict[str, Any] = {"height_m": scenario.height_m, "leg": scenario.leg, "pads": sensors.pads}
    said |= {"straight_leg_hold_s": truth.hold_s if task.hold else None} | task.profile
    profile = Profile(**said)
    with tempfile.TemporaryDirectory() as folder:
        recording, series = Path(folder) / "recording.parquet", Path(folder) / "series.parquet"
        table = render(performance, sensors=task.sensors, **asdict(sensors))
        write_table(table, recording)
        analysis = analyze(recording, profile, series=series)
        columns = parquet.read_table(series, columns=["time_s", "knee_flexion_deg", "sled_position_m"])
    t_s, flexion, position = (columns[name].to_numpy() for name in columns.column_names)
    travel, errors, straight = [], [], []
    for rep in truth.reps:
        inside = (t_s >= rep.start_s) & (t_s <= rep.end_s)
        off = position[inside] - truth.at("sled_position_m", t_s[inside])
        travel.append(off - (np.nanmean(off) if np.isfinite(off).any() else 0.0))
        true_deg = truth.at("knee_flexion_deg", t_s[inside])
        errors.append(flexion[inside] - true_deg)
        straight.append(true_deg < NEAR_STRAIGHT_DEG)
    error, off, near = np.concatenate(errors), np.concatenate(travel), np.concatenate(straight)
    known = np.isfinite(error)
    some = known.any()
    found = list(analysis.findings.reps.values())
    faults, predicted = (
        in_true_reps(events, found, truth) for events in (analysis.findings.faults(), analysis.findings.predictions())
    )
    faulty = {fault.rep for fault in truth.faults}
    late = sum(rep.late for rep in found)
    sureness = sureness_of(analysis.core.calibration, truth, faulty, t_s, flexion)
    return Trial(
        task, len(truth.reps), len(found),
        rmse(error) if some else np.nan, rmse(error[near]) if (known & near).any() else np.nan,
        float(np.nanmean(error)) if some else np.nan,
        float(np.nanquantile(np.abs(error), 0.95)) if some else np.nan,
        1000.0 * rmse(off) if np.isfinite(off).any() else np.nan, float(1.0 - known.mean()),
        setting_of(scenario, sensors, table), pairs_of(truth, found),
        score_faults(truth, faults, scenario.max_flexion_deg, plane_of(truth)),
        score_predictions(truth, predicted, late), sum(rep.rep not in faulty for rep in truth.reps), sureness,
    )  # fmt: skip


def sureness_of(
    c: Calibration | None, truth: Truth, faulty: set[int | None], t_s: np.ndarray, flexion_deg: np.ndarray
) -> list[tuple[float, float, float]]:
    """How far flexion is off in the clean reps of the last set, by mean, and the standard deviation that its
    calibration states: (at degrees, off, stated) near each of STATED_DEG. t_s, flexion_deg (n,): as found."""
    if c is None or not c.linked:
        return []
    clean = [rep for rep in truth.reps if rep.set == len(truth.sets) - 1 and rep.rep not in faulty]
    inside = np.isfinite(flexion_deg) & np.any([(t_s >= rep.start_s) & (t_s <= rep.end_s) for rep in clean], axis=0)
    true_deg = truth.at("knee_flexion_deg", t_s[inside])
    off_deg = flexion_deg[inside] - true_deg
    found = []
    for deg, stated_deg in zip(STATED_DEG, c.flexion_sd_deg, strict=True):
        near = np.abs(true_deg - deg) < SURE_WITHIN_DEG
        if near.any():
            found.append((deg, float(off_deg[near].mean()), stated_deg))
    return found


def plane_of(truth: Truth) -> dict[int, float]:
    """The most the knee went in or out, by rep, degrees."""
    t_s, valgus = truth.series["time_s"], np.abs(truth.series["valgus_deg"])
    most = {}
    for rep in truth.reps:
        a, b = np.searchsorted(t_s, (rep.start_s, rep.end_s))
        most[rep.rep] = float(np.nanmax(valgus[a:b]))
    return most


def pairs_of(truth: Truth, found: list) -> dict[str, list[tuple[float, float]]]:
    """(true, found) of each rep where every rep was found; else nothing."""
    if len(found) != len(truth.reps):
        return {}
    velocity = [rep.travel_m / rep.press_s for rep in truth.reps]
    names = {
        "deepest flexion, °": ([r.max_flexion_deg for r in truth.reps], [r.max_flexion_deg for r in found]),
        "travel, mm": ([1e3 * r.travel_m for r in truth.reps], [1e3 * r.travel_m for r in found]),
        "lowering, s": ([r.lowering_s for r in truth.reps], [r.eccentric_s for r in found]),
        "press, s": ([r.press_s for r in truth.reps], [r.concentric_s for r in found]),
        "mean press velocity, m/s": (velocity, [r.mean_concentric_velocity_mps for r in found]),
    }
    return {name: list(zip(map(float, a), map(float, b), strict=True)) for name, (a, b) in names.items()}


def setting_of(scenario: Scenario, sensors: Sensors, table: dict[str, np.ndarray]) -> dict[str, float]:
    """What the page splits errors by."""

    def rate_hz(column: str) -> float:
        if column not in table:
            return np.nan
        return float(1.0 / np.median(np.diff(table["time_s"][np.isfinite(table[column])])))

    rates = {name: rate_hz(f"{name}_acc_x_mps2") for name in ("sled", "leg")}
    off = [min(abs(rate / nominal_hz - 1) for nominal_hz in NOMINAL_HZ) for rate in rates.values()]
    turned = 2 * np.degrees(np.arccos(min(abs(scenario.leg_mount[0]), 1.0)))
    return {
        "incline, °": scenario.rail_deg,
        "stature, m": scenario.height_m,
        "load, kg": scenario.sled_load_kg,
        "mount turned by, °": float(turned),
        "strap from the knee, % of the shank": 100 * scenario.strap_fraction,
        "noise, × an LSM6DSOX": sensors.errors * (1 + sensors.coloured),
        "oscillator error, %": 100 * float(np.nanmax(off)) if np.isfinite(off).any() else np.nan,
        "sampling rate of the leg, Hz": rates["leg"],
        "soft tissue, °": abs(scenario.tissue_deg) + abs(scenario.tissue_load_deg) + abs(scenario.tissue_rate_deg),
    }
