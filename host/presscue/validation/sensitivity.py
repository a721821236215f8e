"""Which assumption hurts most when it is wrong: one oddity at a time, on lifters who are otherwise plain."""

from typing import Any, NamedTuple

import numpy as np

from .trial import Task, Trial


class Wrong(NamedTuple):
    """An assumption, how it is broken, and by what: fields of Scenario, or what the profile says of stature (m)."""

    assumption: str
    broken_by: str
    scenario: dict[str, Any]
    taller_m: float = 0.0
    rail_off_deg: float = 0.0


PLAIN: dict[str, Any] = {
    "tissue_deg": 0.0, "tissue_wobble_deg": 0.1, "foot_replace_m": 0.0, "hold_s": 3.0, "sets": (6, 6),
    "rest_s": 8.0, "near_limit": 0.0, "sloppiness": 0.3,
}  # fmt: skip
WRONG = (
    Wrong("fixed hip", "the hip slides 20 mm towards the sled in each set", {"seat_slide_m": 0.02}),
    Wrong("fixed hip", "the hip slides 20 mm away from the sled in each set", {"seat_slide_m": -0.02}),
    Wrong("fixed hip", "the pelvis tucks: 20 mm at 100° of flexion", {"pelvic_tilt_m": 0.02}),
    Wrong("fixed hip", "another seat position in the second set (sd 10 mm)", {"seat_shift_m": 0.01}),
    Wrong("stature", "the profile says 10 cm too much", {}, taller_m=0.10),
    Wrong("stature", "the profile says 10 cm too little", {}, taller_m=-0.10),
    Wrong("thigh/shank ratio", "thigh 3 cm longer, shank 3 cm shorter", {"thigh_shank": 0.03}),
    Wrong("thigh/shank ratio", "thigh 3 cm shorter, shank 3 cm longer", {"thigh_shank": -0.03}),
    Wrong("stiff rail", "the sled nods by 0.5° under load along the rail", {"rail_flex_deg": 0.5}),
    Wrong("smooth rail", "stick-slip, 0.5 m/s² rms at creeping speed", {"stick_slip_mps2": 0.5}),
    Wrong("soft tissue as modelled", "3° with flexion", {"tissue_deg": 3.0}),
    Wrong("soft tissue as modelled", "5° with flexion", {"tissue_deg": 5.0}),
    Wrong("soft tissue as modelled", "3°, only beyond 50° of flexion", {"tissue_deg": 3.0, "tissue_shape": "late"}),
    Wrong("soft tissue as modelled", "2° as the muscle tenses under load", {"tissue_load_deg": 2.0}),
    Wrong("soft tissue as modelled", "2° per 100°/s of the knee", {"tissue_rate_deg": 2.0}),
    Wrong("hold is straight", "held at 3° of flexion", {"hold_deg": 3.0}),
    Wrong("hold is straight", "held at 5° of flexion", {"hold_deg": 5.0}),
    Wrong("rail incline", "the profile says 2° too much", {}, rail_off_deg=2.0),
    Wrong("strap keeps its place", "creeps by 3° over the session", {"strap_creep_deg": 3.0}),
    Wrong("strap keeps its place", "slips by 5° at once", {"strap_step_deg": 5.0}),
    Wrong("feet keep their place", "replaced between sets (sd 15 mm)", {"foot_replace_m": 0.015}),
    Wrong("plain rotation of the shank", "screw-home rotation of 8°, toes out by 35°",
          {"screw_home_deg": 8.0, "toe_out_deg": 35.0}),
)  # fmt: skip


class Harm(NamedTuple):
    """What breaking an assumption does: medians over lifters of flexion RMSE (degrees) and of its rise."""

    wrong: Wrong
    rmse_deg: float
    more_deg: float
    travel_more_mm: float
    reps_wrong: int


def tasks(seeds: range) -> list[Task]:
    """The plain lifters, then each of them with each assumption broken."""
    every = [Task(seed, faults=(), overrides=PLAIN, label="plain") for seed in seeds]
    for index, wrong in enumerate(WRONG):
        every += [_task(seed, wrong, str(index)) for seed in seeds]
    return every


def _task(seed: int, wrong: Wrong, label: str) -> Task:
    from ..simulator.scenario import random_scenario

    changed, said = PLAIN | wrong.scenario, {}
    usual = random_scenario(seed)
    longer_m = changed.pop("thigh_shank", 0.0)
    if longer_m:
        changed |= {"thigh_m": 0.245 * usual.height_m + longer_m, "shank_m": 0.246 * usual.height_m - longer_m}
    if wrong.taller_m:
        said["height_m"] = usual.height_m + wrong.taller_m
    if wrong.rail_off_deg:
        said["rail_deg"] = min(usual.rail_deg + wrong.rail_off_deg, 90.0)
    return Task(seed, faults=(), overrides=changed, profile=said, label=label)


def harms(trials: list[Trial]) -> list[Harm]:
    """From the trials of `tasks`, the worst first."""
    plain = {trial.task.seed: trial for trial in trials if trial.task.label == "plain"}
    found = []
    for index, wrong in enumerate(WRONG):
        own = [trial for trial in trials if trial.task.label == str(index)]
        more = [trial.flexion_rmse_deg - plain[trial.task.seed].flexion_rmse_deg for trial in own]
        longer = [trial.travel_rmse_mm - plain[trial.task.seed].travel_rmse_mm for trial in own]
        rmse_deg = float(np.nanmedian([trial.flexion_rmse_deg for trial in own]))
        reps_wrong = sum(trial.made != trial.counted for trial in own)
        found.append(Harm(wrong, rmse_deg, float(np.nanmedian(more)), float(np.nanmedian(longer)), reps_wrong))
    return sorted(found, key=lambda harm: -harm.more_deg)
