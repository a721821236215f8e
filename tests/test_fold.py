"""A leg bent so far that its shank hardly turns: the sled says how far, and no rep is lost."""

import numpy as np
import pytest

from presscue.calibration.model import Priors
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from test_core import run


@pytest.mark.parametrize("seed", [32, 33])
def test_feet_set_high_and_a_deep_bend(seed):
    scenario = random_scenario(
        seed,
        sets=(6,),
        ankle_height_m=0.22,
        thigh_m=0.40,
        shank_m=0.40,
        deep_deg=(102.0, 110.0),
        rack_deg=90.0,  # these are upright presses: one goes on from the stops, not far below them
        lower_s=(0.9, 1.1),
        walk=False,
    )
    performance = perform(scenario)
    truth = performance.truth
    core, found = run(render(performance), Priors(scenario.height_m, None, truth.hold_s))
    assert len(found.reps) == len(truth.reps)
    for rep, true in zip(found.reps.values(), truth.reps, strict=True):
        assert (rep.start_s, rep.end_s) == pytest.approx((true.start_s, true.end_s), abs=0.5)
    trace = core.trace()
    inside = (trace[:, 0] > truth.reps[0].start_s) & (trace[:, 0] < truth.reps[-1].end_s)
    error_deg = trace[inside, 1] - truth.at("knee_flexion_deg", trace[inside, 0])
    rmse_deg = float(np.sqrt(np.nanmean(error_deg**2)))
    print(f"{rmse_deg:.1f} degrees, at the most {np.nanmax(np.abs(error_deg)):.0f}")
    assert np.isfinite(error_deg).mean() > 0.99
    assert np.nanmax(np.abs(error_deg)) < 12.0
