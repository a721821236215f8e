"""A leg sensor alone: with a straight-leg hold flexion is estimated, by shank or thigh, and getting up is nothing."""

from dataclasses import replace

import numpy as np
import pytest

from presscue import kernel
from presscue.analysis.measured import ESTIMATE, measured
from presscue.calibration.fit import fit
from presscue.calibration.leg_alone import geometry_sd
from presscue.calibration.model import Calibration, History, NoFit, Priors
from presscue.calibration.mounting import angle_deg, axis_alone
from presscue.simulator.performance import perform
from presscue.simulator.render import IMU_COLUMNS, render
from presscue.simulator.scenario import random_scenario
from presscue.validation.bounds import total
from presscue.validation.trial import Task, run_trial, scenario_of
from test_core import run

FLEXION = kernel.COLUMNS.index("knee_flexion_deg")


def alone(seed: int, segment: str) -> Task:
    task = Task(seed, sensors=("leg", "pads"), overrides={"segment": segment})
    return replace(task, profile={"segment": segment, "rail_deg": scenario_of(task).rail_deg})


@pytest.mark.parametrize(
    ("segment", "seeds"),
    [
        ("shank", (12000,)),
        ("thigh", (12310,)),
        pytest.param("shank", range(12300, 12324), marks=pytest.mark.slow),
        pytest.param("thigh", range(12300, 12324), marks=pytest.mark.slow),
    ],
)
def test_knee_reps_and_faults_of_a_leg_alone(segment, seeds):
    trials = [run_trial(alone(seed, segment)) for seed in seeds]
    errors = np.array([(t.flexion_rmse_deg, t.near_rmse_deg) for t in trials])
    print("median, worst (deg, deg near straight):", np.median(errors, axis=0), errors.max(axis=0))
    print("reps not exact:", [(t.task.seed, t.made, t.counted) for t in trials if t.made != t.counted])
    assert np.median(errors[:, 0]) <= 4.0
    assert np.median(errors[:, 1]) <= 3.0
    assert sum(t.made != t.counted for t in trials) <= len(trials) // 6
    for kind in ("heel_lift", "valgus", "varus", "tempo", "seat_lift"):
        assert total(trials, kind).clean_ghosts <= max(1, len(trials) // 12), kind
    assert sum(total(trials, kind).hits for kind in ("slam", "depth")) == 0


@pytest.fixture(scope="module")
def session():
    scenario = random_scenario(12310, sets=(4,))
    performance = perform(scenario)
    return scenario, performance.truth, render(performance, sensors=("leg",))


def test_it_says_that_it_is_an_estimate_and_how_sure(session):
    scenario, truth, table = session
    core, found = run(table, Priors(scenario.height_m, scenario.rail_deg, truth.hold_s))
    c = core.calibration
    assert c is not None
    assert c.estimated
    said = measured(c, ())
    assert said["knee_flexion"] == said["lockout"] == ESTIMATE
    assert all(said[kind].startswith("not measured") for kind in ("depth", "slam", "sled_position"))
    assert len(found.reps) == len(truth.reps)
    assert 4.0 < 90.0 * geometry_sd(c) < 10.0
    back = Calibration.from_values(c.effective_s, c.layout, c.values())
    assert (back.estimated, back.links, back.leg) == (True, c.links, c.leg)


@pytest.mark.parametrize("hold", ["none", "bent", "moved"])
def test_without_a_hold_nothing_is_estimated(session, hold):
    scenario, truth, table = session
    first = truth.reps[0]
    hold_s = {"none": None, "bent": (first.start_s - 3.5, first.start_s - 2.5), "moved": (first.start_s, first.end_s)}
    core, found = run(table, Priors(scenario.height_m, scenario.rail_deg, hold_s[hold]))
    assert core.calibration is not None
    assert not core.calibration.estimated
    assert np.isnan(core.trace()[:, FLEXION]).all()
    codes = {"none": [], "bent": ["hold_not_straight"], "moved": ["hold_not_still"]}
    assert [advice.code for advice in found.advice] == codes[hold]
    assert measured(core.calibration, ())["knee_flexion"] == "not measured: no sled IMU"


def test_a_leg_that_moves_before_its_hold_waits_for_it(session):
    scenario, truth, table = session
    leg = np.stack([table[name] for name in IMU_COLUMNS["leg"]], axis=1)
    there = np.isfinite(leg[:, 0])

    def fitted_by(until_s: float, hold_s: tuple[float, float]) -> Calibration:
        here = there & (table["time_s"] < until_s)
        history = History(np.zeros(0), np.zeros((0, 6)), table["time_s"][here], leg[here])
        return fit(history, Priors(scenario.height_m, scenario.rail_deg, hold_s), until_s)

    rep = truth.reps[1]
    with pytest.raises(NoFit, match="not over"):
        fitted_by(rep.end_s, (rep.end_s + 1.0, rep.end_s + 3.0))
    with pytest.raises(NoFit, match=r"hardly moved|so far"):
        fitted_by(truth.hold_s[1] + 0.1, truth.hold_s)
    assert fitted_by(rep.end_s, truth.hold_s).estimated


def turned(rates: list[tuple[float, np.ndarray]], hz: float = 100.0) -> tuple[np.ndarray, np.ndarray]:
    """Times and readings of a leg IMU that rests and then turns for 10 s at each rate (peak, rad/s) about each axis."""
    rng = np.random.default_rng(3)
    turns = [np.zeros((300, 3))]
    for peak, axis in rates:
        t_s = np.arange(round(10.0 * hz)) / hz
        turns.append(peak * np.sin(2.0 * np.pi * t_s / (4.0 if peak < 1.0 else 1.0))[:, None] * axis)
    gyro = np.concatenate([*turns, np.zeros((300, 3))])
    leg = np.concatenate([np.full((len(gyro), 3), (0.0, 0.0, 9.81)), gyro], axis=1)
    return np.arange(len(leg)) / hz, leg + rng.normal(0.0, 0.01, leg.shape)


def test_steps_before_a_set_do_not_show_the_axis():
    walking, pressing = np.array([0.8, 0.6, 0.0]), np.array([1.0, 0.0, 0.0])
    found, _ = axis_alone(*turned([(3.0, walking), (0.5, pressing)]))
    assert angle_deg(found, pressing) < 2.0
    with pytest.raises(NoFit, match="walk"):
        axis_alone(*(part[:900] for part in turned([(2.0, walking)])))
