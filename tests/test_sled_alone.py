"""A sled sensor alone: a slow, even lowering is no rest, a rest under trembling legs is one."""

import numpy as np
import pytest

from presscue.analysis.smoothing import STILL, Stood, sled_path
from presscue.calibration.model import Calibration, Priors
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.tracker import model_of, new_state
from presscue.tracker.sled import step_sled
from presscue.validation.trial import Task, run_trial, scenario_of
from test_core import run

HZ = 208.0
LEVEL = Calibration(0.0, True, False, rail=np.array([1.0, 0.0, 0.0]), sled_floor_mps2=0.01)


@pytest.mark.parametrize("seed", [702, 724])
def test_slow_even_lowerings_are_counted(seed):
    performance = perform(scenario_of(Task(seed)))
    _, found = run(render(performance, sensors=("sled",)), Priors())
    assert len(found.reps) == len(performance.truth.reps)
    assert len(found.sets) == len(performance.truth.sets)


def driven(along: np.ndarray, lean: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Velocity and whether the sled is still, for an acceleration along the rail at HZ. lean: see tracker/nod.py."""
    model, state = model_of(Calibration(0.0, True, False, sled_floor_mps2=0.02)), new_state()[0]
    velocity, still = np.zeros(len(along)), np.zeros(len(along), bool)
    state.lean = lean
    for i, each in enumerate(along):
        still[i] = step_sled(model, state, i / HZ, each, np.nan, np.nan, np.nan, np.nan, False)
        state.sled_t_s = i / HZ
        velocity[i] = state.sled.x[1]
    return velocity, still


def read(along: np.ndarray, across: float = 0.0) -> np.ndarray:
    """Readings (n, 6) of a level sled with this acceleration along its rail, noise so great across, and no gyro."""
    imu = np.full((len(along), 6), np.nan)
    imu[:, :3] = np.random.default_rng(3).normal((0.0, 0.0, 9.81), across, (len(along), 3))
    imu[:, 0] = along
    return imu


def lowering(rattle_mps2: float) -> tuple[np.ndarray, np.ndarray]:
    """(true velocity, acceleration): rest, two quick strokes, rest, 2.4 s down at an even 10 cm/s, rest."""
    rng = np.random.default_rng(4)
    speed = np.zeros(round(14.0 * HZ))
    for from_s, lasts_s, mps in ((3.0, 1.2, 0.2), (4.5, 1.2, -0.2), (8.0, 2.4, -0.1)):
        t = np.arange(len(speed)) / HZ - from_s
        speed += mps * np.clip(t / 0.4, 0.0, 1.0) * np.clip((lasts_s - t) / 0.4, 0.0, 1.0)
    along = np.gradient(speed) * HZ + rng.normal(0.0, 0.01, len(speed))
    return speed, along + rattle_mps2 * np.abs(speed) / 0.2 * rng.normal(size=len(speed))


def reps_on_a_nodding_rail(reps: int, lean: float, rattle_mps2: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """(true velocity, acceleration): rest, reps of 25 cm and 4 s without a rest between, rest. lean: m/s2 per m."""
    rng = np.random.default_rng(8)
    place = np.zeros(round((6.0 + 4.0 * reps) * HZ))
    t = np.arange(round(4.0 * reps * HZ)) / HZ
    place[round(3.0 * HZ) :][: len(t)] = -0.125 * (1.0 - np.cos(2.0 * np.pi * t / 4.0))
    place[round(3.0 * HZ) + len(t) :] = place[round(3.0 * HZ) + len(t) - 1]
    speed = np.gradient(place) * HZ
    along = np.gradient(speed) * HZ + lean * place + rng.normal(0.0, 0.01, len(place))
    return speed, along + rattle_mps2 * np.abs(speed) / 0.2 * rng.normal(size=len(place))


@pytest.mark.parametrize("told", [0.0, 0.5, 1.0])
def test_reps_without_a_rest_do_not_drift_away_on_a_rail_that_nods(told):
    speed, along = reps_on_a_nodding_rail(12, -0.1)
    velocity, still = driven(along, told * -0.1)
    off_mps = velocity - speed
    print(f"velocity within {np.sqrt(np.mean(off_mps**2)):.3f} m/s, at worst {np.abs(off_mps).max():.3f}")
    assert np.sqrt(np.mean(off_mps**2)) < 0.05
    assert still[-round(1.0 * HZ) :].all()


def test_a_sled_gone_astray_rests_again():
    _, along = reps_on_a_nodding_rail(2, 0.0)
    since = np.arange(len(along)) > round(11.0 * HZ)  # as it comes to rest, its clip is turned
    jolted = along + 0.2 * since
    velocity, still = driven(np.concatenate([jolted, np.full(round(20.0 * HZ), jolted[-1])]), -0.4)
    assert still[-round(5.0 * HZ) :].all()
    assert np.abs(velocity[-round(5.0 * HZ) :]).max() < 0.01


def test_what_rattles_goes():
    speed, along = lowering(0.15)
    velocity, still = driven(along)
    evenly = (np.arange(len(speed)) / HZ > 8.6) & (np.arange(len(speed)) / HZ < 9.9)
    assert not still[evenly].any()
    assert np.abs(velocity - speed)[evenly].max() < 0.025
    assert still[round(1.0 * HZ) : round(2.9 * HZ)].all()
    assert still[round(12.0 * HZ) :].all()


def test_a_rest_under_trembling_legs_is_a_rest():
    rng = np.random.default_rng(5)
    _, along = lowering(0.15)
    along[round(11.0 * HZ) :] += rng.normal(0.0, 0.05, len(along) - round(11.0 * HZ))
    velocity, still = driven(along)
    assert still[round(13.0 * HZ) :].mean() > 0.8
    assert np.abs(velocity[round(12.0 * HZ) :]).max() < 0.03


@pytest.mark.parametrize("seed", [701, 705])
def test_the_series_of_a_sled_alone_keeps_its_place_through_a_set(seed):
    trial = run_trial(Task(seed, sensors=("sled",)))
    print(f"seed {seed}: sled alone, travel RMSE {trial.travel_rmse_mm:.1f} mm")
    assert trial.travel_rmse_mm <= 1.5


@pytest.mark.parametrize("seed", [714, 731])
def test_outward_on_a_level_rail_is_away_from_where_the_sled_stands(seed):
    """Gravity does not show it there: it was as it came, and lowerings were presses for half of the lifters."""
    trial = run_trial(Task(seed, sensors=("sled",)))
    pairs = trial.pairs["lowering, s"]
    print(f"seed {seed}: travel RMSE {trial.travel_rmse_mm:.1f} mm, lowerings {np.round(pairs[0], 1)} s")
    assert trial.travel_rmse_mm <= 5.0
    assert max(abs(true_s - found_s) for true_s, found_s in pairs) < 0.5


def test_an_even_lowering_that_was_taken_for_a_rest_is_found_afterwards():
    speed, along = lowering(0.0)
    t_s = np.arange(len(speed)) / HZ
    position, velocity = sled_path(t_s, read(along + 0.05), LEVEL, [(0.0, 2.9), (8.9, 9.9), (11.0, 14.0)])
    true_m = np.cumsum(speed) / HZ
    print(f"lowering {1000 * (position[-1] - position[round(7.0 * HZ)]):.0f} mm, true -200 mm")
    assert np.abs(velocity - speed).max() < 0.01
    assert np.abs(position - true_m).max() < 0.01


def test_a_moment_taken_for_a_rest_counts_by_how_much_the_sled_shakes_across_its_rail():
    """Five seconds of lowering, 0.15 s of which the filter took for a rest: the calmer the sled, the less it counts."""
    t_s = np.arange(round(12.0 * HZ)) / HZ
    speed = -0.07 * np.clip((t_s - 3.0) / 0.4, 0.0, 1.0) * np.clip((8.0 - t_s) / 0.4, 0.0, 1.0)
    along = np.gradient(speed) * HZ + np.random.default_rng(5).normal(0.0, 0.06, len(t_s))
    stood_s = [(0.0, 2.9), (5.0, 5.15), (9.0, 12.0)]
    off_m = [
        np.abs(sled_path(t_s, read(along, across), LEVEL, stood_s)[0] - np.cumsum(speed) / HZ).max()
        for across in (0.02, 0.5)
    ]
    print(f"off by {1000 * off_m[0]:.0f} and {1000 * off_m[1]:.0f} mm of 322")
    assert off_m[0] < 0.1 < off_m[1]


@pytest.mark.parametrize("lean", [-0.3, 0.2])
def test_a_path_on_a_rail_that_nods_is_found_by_the_gyro(lean):
    """Twelve reps without a rest: gravity along the rail grows with the place as much as a slow lifter pushes."""
    speed, along = reps_on_a_nodding_rail(12, lean, rattle_mps2=0.02)
    t_s = np.arange(len(speed)) / HZ
    still = [(0.0, 2.9), (51.5, 54.0)]
    imu = read(along, 0.02)
    without = np.abs(sled_path(t_s, imu, LEVEL, still)[1] - speed).max()
    imu[:, 3:] = np.random.default_rng(9).normal((0.01, -0.02, 0.015), 0.003, (len(t_s), 3))
    imu[:, 4] -= lean * speed / 9.81
    found = np.abs(sled_path(t_s, imu, LEVEL, still)[1] - speed).max()
    print(f"velocity within {1000 * found:.0f} mm/s, without the gyro {1000 * without:.0f}")
    assert found < 0.01 < 0.04 < without


def test_a_path_without_a_rest_or_of_one_reading():
    t_s = np.arange(50) / HZ
    position, velocity = sled_path(t_s, read(np.random.default_rng(6).normal(0.0, 2.0, 50)), LEVEL, [])
    assert np.isfinite([position, velocity]).all()
    assert sled_path(t_s[:1], read(np.ones(1)), LEVEL, [])[0].tolist() == [0.0]


def test_rests_of_a_trace_that_begins_anew_replace_those_before():
    def trace(first_s: float, *still: float) -> np.ndarray:
        rows = np.full((len(still), STILL + 1), np.nan)
        rows[:, 0], rows[:, STILL] = first_s + np.arange(len(still)), still
        return rows

    stood = Stood()
    stood.add(trace(0.0, np.nan, 1.0, 1.0, 0.0, 1.0, 1.0))
    assert stood.spans_s == [(1.0, 2.0), (4.0, 5.0)]
    stood.add(trace(2.0, 0.0, 0.0, 1.0))
    assert stood.spans_s == [(1.0, 2.0), (4.0, 4.0)]
