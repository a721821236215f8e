"""A fit is asked for whenever enough has moved: whatever scraps of readings are there by then, it says so or fits."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presscue.calibration.fit import fit
from presscue.calibration.model import History, NoFit, Priors
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from test_core import run


@pytest.fixture(scope="module")
def session():
    """All readings of a session with two sets, its calibration, and the priors."""
    scenario = random_scenario(18960, sets=(4, 3), rest_s=12.0)
    performance = perform(scenario)
    priors = Priors(scenario.height_m, None, performance.truth.hold_s)
    core, _ = run(render(performance, sensors=("sled", "leg")), priors)
    return core.history(-np.inf, np.inf), core.calibration, priors


parts = st.tuples(st.floats(0.0, 1.0), st.sampled_from([0, 1, 2, 3, 8, 21, 60, 210, 430]))


@given(parts, parts, st.booleans(), st.booleans(), st.booleans(), st.booleans())
@example((0.5, 8), (0.5, 8), True, True, False, False)
@example((0.2, 430), (0.2, 430), False, False, False, True)
@settings(max_examples=60, deadline=None)
def test_scraps_are_fitted_or_refused(session, sled, leg, calibrated, after_rest, refined, together):
    """sled, leg: where a scrap begins, and how many readings it has. together: both begin at the same time."""
    whole, c, priors = session
    cut = []
    for t_s, values, (where, count) in (
        (whole.sled_t_s, whole.sled, sled),
        (whole.leg_t_s, whole.leg, (sled[0], leg[1]) if together else leg),
    ):
        first = int(where * (len(t_s) - 1))
        cut += [t_s[first : first + count], values[first : first + count]]
    previous, prior = (c if calibrated else None), (c if calibrated and after_rest else None)
    found = None
    with suppress(NoFit):
        found = fit(History(*cut), replace(priors, hold_s=None) if refined else priors, 1.0, previous, prior, refined)
    assert found is None or found.usable
