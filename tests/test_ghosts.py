"""What happens about a set is no rep, no fault and no cue: walking, getting up, plates, knocks, taps on a sensor."""

import numpy as np
import pytest

from presscue.calibration.model import Priors
from presscue.simulator.performance import perform
from presscue.simulator.render import IMU_COLUMNS, render
from presscue.simulator.scenario import random_scenario
from test_core import run


@pytest.mark.parametrize("seed", [3000, 3002, 3009])
def test_a_walk_between_sets_is_no_rep_for_a_leg_sensor_alone(seed):
    scenario = random_scenario(seed, sets=(5, 5), walk=True, rest_s=14.0)
    performance = perform(scenario)
    truth = performance.truth
    table = render(performance, sensors=("leg",))
    first, second = truth.sets

    def between(found):
        middles_s = [0.5 * (rep.start_s + rep.end_s) for rep in found.reps.values()]
        return [middle_s for middle_s in middles_s if first.end_s + 3.0 < middle_s < second.start_s - 3.0]

    _, found = run(table, Priors())
    assert len(found.sets) == 2
    assert 0 <= len(found.reps) - len(truth.reps) <= 2  # whether a set begins with unracking, a leg alone cannot tell
    assert len(between(found)) <= 1  # the unracking, after sitting down
    _, found = run(table, Priors(rail_deg=scenario.rail_deg, hold_s=truth.hold_s))
    assert len(found.sets) == 2
    assert len(found.reps) == len(truth.reps)  # but the incline that the profile states tells
    assert between(found) == []


def tapped(table, source: str, at_s: np.ndarray, seed: int):
    """The sensor's columns with taps: it gives way by some 3 mm within 20 ms, and is back where it was."""
    rng = np.random.default_rng(seed)
    along = np.zeros(len(table["time_s"]))
    for t_s in at_s:
        z = (table["time_s"] - t_s) / 0.01
        along += (1.0 - z**2) * np.exp(-0.5 * z**2)
    sizes = rng.uniform(-1.0, 1.0, 6) * ([30.0] * 3 + [3.0] * 3)
    return {name: table[name] + size * along for name, size in zip(IMU_COLUMNS[source], sizes, strict=True)}


@pytest.mark.parametrize("sensors", [("sled", "leg", "pads"), ("sled",)])
@pytest.mark.parametrize("seed", [3000, 3006])
def test_plates_knocks_taps_and_steps_about_a_set_are_nothing(seed, sensors):
    scenario = random_scenario(
        seed, sets=(4, 4), rest_s=18.0, plates=6, bumps=4, nudge=True, shuffle=True, walk=True, gait="steps"
    )
    performance = perform(scenario)
    truth = performance.truth
    table = render(performance, sensors=sensors)
    first, second = truth.sets
    for source in sensors[: 2 if "leg" in sensors else 1]:
        table |= tapped(table, source, np.linspace(first.end_s + 4.0, second.start_s - 6.0, 5), seed)
    _, found = run(table, Priors(scenario.height_m, None, truth.hold_s))
    assert len(found.reps) == len(truth.reps)
    assert len(found.sets) == 2
    inside = [(one.start_s - 3.0, one.end_s + 3.0) for one in truth.sets]
    assert [event for event in found.faults() if not any(a < event.onset_s < b for a, b in inside)] == []
    assert [cue for cue in found.cues if not any(a < cue.detected_s < b for a, b in inside)] == []
