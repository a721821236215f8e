"""A sled sensor alone: a slow, even lowering is no rest, a rest under trembling legs is one."""

import numpy as np
import pytest

from presscue.calibration import Calibration, Priors
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.tracker import model_of, new_state
from presscue.tracker.sled import step_sled
from presscue.validation.trial import Task, scenario_of
from test_core import run

HZ = 208.0


@pytest.mark.parametrize("seed", [702, 724])
def test_slow_even_lowerings_are_counted(seed):
    performance = perform(scenario_of(Task(seed)))
    _, found = run(render(performance, sensors=("sled",)), Priors())
    assert len(found.reps) == len(performance.truth.reps)
    assert len(found.sets) == len(performance.truth.sets)


def driven(along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Velocity and whether the sled is still, for an acceleration along the rail at HZ."""
    model, state = model_of(Calibration(0.0, True, False, sled_floor_mps2=0.02)), new_state()[0]
    velocity, still = np.zeros(len(along)), np.zeros(len(along), bool)
    for i, each in enumerate(along):
        still[i] = step_sled(model, state, i / HZ, each, np.nan, np.nan, np.nan, False)
        state.sled_t_s = i / HZ
        velocity[i] = state.sled.x[1]
    return velocity, still


def lowering(rattle_mps2: float) -> tuple[np.ndarray, np.ndarray]:
    """(true velocity, acceleration): rest, two quick strokes, rest, 2.4 s down at an even 10 cm/s, rest."""
    rng = np.random.default_rng(4)
    speed = np.zeros(round(14.0 * HZ))
    for from_s, lasts_s, mps in ((3.0, 1.2, 0.2), (4.5, 1.2, -0.2), (8.0, 2.4, -0.1)):
        t = np.arange(len(speed)) / HZ - from_s
        speed += mps * np.clip(t / 0.4, 0.0, 1.0) * np.clip((lasts_s - t) / 0.4, 0.0, 1.0)
    along = np.gradient(speed) * HZ + rng.normal(0.0, 0.01, len(speed))
    return speed, along + rattle_mps2 * np.abs(speed) / 0.2 * rng.normal(size=len(speed))


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
