"""Walking about with the shank sensor on, and no sled sensor to contradict it: the set is over, steps are no reps."""

import pytest

from presscue.calibration import Priors
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from test_core import run


@pytest.mark.parametrize("seed", [3000, 3002, 3009])
def test_a_walk_between_sets_is_no_rep_for_a_leg_sensor_alone(seed):
    scenario = random_scenario(seed, sets=(5, 5), walk=True, rest_s=14.0)
    performance = perform(scenario)
    truth = performance.truth
    _, found = run(render(performance, sensors=("leg",)), Priors())
    first, second = truth.sets
    middles_s = [0.5 * (rep.start_s + rep.end_s) for rep in found.reps.values()]
    ghosts = [middle_s for middle_s in middles_s if first.end_s + 3.0 < middle_s < second.start_s - 3.0]
    assert len(ghosts) <= 1  # getting up and sitting down; each step of the walk was one before
    assert len(found.sets) == 2
    assert 0 <= len(found.reps) - len(truth.reps) <= 2  # whether a set begins with unracking, a leg alone cannot tell
