"""A later set is tested against the calibration cheaply: feet put down anew are followed, all else is fitted."""

from dataclasses import replace

import numpy as np
import pytest

from presscue.calibration import fit
from presscue.calibration.belief import HEIGHT, TISSUE, after_rest, vector
from presscue.calibration.coupling import movements
from presscue.calibration.minimum import minimise
from presscue.calibration.model import Priors
from presscue.calibration.recheck import STEPS, followed, frames_hold, sensitivities_of
from presscue.calibration.surprise import problem_of
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from test_core import run
from turned_sensors import ramp, turned


@pytest.fixture(scope="module")
def session():
    """The calibration of a first set, the table, when the second set is, and the priors."""
    scenario = random_scenario(3000, sets=(5, 4), rest_s=12.0)
    performance = perform(scenario)
    table, priors = (
        render(performance, sensors=("sled", "leg")),
        Priors(scenario.height_m, None, performance.truth.hold_s),
    )
    core, _ = run(table, priors)
    return core.calibration, table, performance.truth.sets[1], priors


def second_set(table, when, priors):
    core, _ = run(table, priors)
    return core.history(when.start_s - 2.0, when.end_s)


def taken_on(history, c):
    """What c has become, or None; c is what was believed before the rest too."""
    return followed(history, c, c, movements(history, c))


def test_feet_put_down_anew_need_no_fit(session):
    c, table, when, priors = session
    history = second_set(table, when, priors)
    assert taken_on(history, c) is not None
    elsewhere = replace(c, links=c.links._replace(height_m=c.links.height_m + 0.015))
    there = taken_on(history, elsewhere)
    assert there is not None
    off_mm = 1e3 * (elsewhere.links.height_m - c.links.height_m), 1e3 * (there.links.height_m - c.links.height_m)
    print(f"feet off by {off_mm[0]:.0f} mm before, {off_mm[1]:.0f} mm after")
    assert abs(off_mm[1]) < 0.8 * off_mm[0]


def test_a_geometry_that_the_sleds_own_ways_contradict_goes_to_the_fit(session):
    """The innovations hardly tell feet 3 cm elsewhere from softer flesh; the sled goes 1 to 3 cm less or more."""
    c, table, when, priors = session
    history = second_set(table, when, priors)
    higher = replace(c, links=c.links._replace(height_m=c.links.height_m + 0.03))
    softer, stiffer = (replace(c, leg=c.leg._replace(tissue=c.leg.tissue + more)) for more in (0.04, -0.04))
    for wrong in (higher, softer, stiffer):
        assert taken_on(history, wrong) is None


@pytest.mark.parametrize(("entry", "value"), [(HEIGHT, -0.45), (TISSUE, -0.18)])
def test_a_refined_fit_that_is_no_leg_leaves_the_calibration(session, monkeypatch, entry, value):
    """Faulty reps may end anywhere: a foot 45 cm under the hip, flesh that gives by 16 degrees at 90."""
    c, table, _, priors = session
    core, _ = run(table, priors)
    history = core.history(0.0, c.effective_s)
    minimum = fit.minimise_trusting

    def astray(problem, p, steps):
        found = minimum(problem, p, steps)
        found.p[entry] = value
        return found

    monkeypatch.setattr(fit, "minimise_trusting", astray)
    again = fit.fit(history, priors, c.effective_s, previous=c)
    assert (again.links, again.leg) == (c.links, c.leg)


@pytest.mark.parametrize("turn_deg", [8.0, 15.0])
def test_a_strap_that_has_turned_goes_to_the_fit(session, turn_deg):
    c, table, when, priors = session
    course = ramp(when.start_s - 5.0, when.start_s - 4.5, turn_deg)
    assert taken_on(second_set(turned(table, "leg", c.axis, course), when, priors), c) is None


def test_a_sensor_that_sits_otherwise_goes_to_the_fit(session):
    c, table, when, priors = session
    for sensor, about in (("leg", c.first), ("sled", np.cross(c.rail, [0.3, 0.5, 0.8]))):
        tipped = turned(table, sensor, about, ramp(when.start_s - 5.0, when.start_s - 4.5, 15.0))
        history = second_set(tipped, when, priors)
        assert not frames_hold(history, c, movements(history, c))


def test_the_best_quadratic_step_tells_what_a_fit_would_gain(session):
    """Feet that stand 2 cm elsewhere, seen from the calibration's side: the ankle height is off by so much."""
    c, table, when, priors = session
    history = second_set(table, when, priors)
    problem = problem_of(history, c, after_rest(c), None)
    p = vector(c)
    p[2] += 0.02
    normal, slopes, _ = sensitivities_of(problem, p, problem.whitened(p))
    slope = slopes.sum(axis=0)
    residuals = problem.residuals(p)[: 3 * len(problem.t_s)]
    columns = [(problem.residuals(p + step)[: len(residuals)] - residuals) / step.sum() for step in np.diag(STEPS)]
    jacobian = np.stack(columns, axis=1)
    assert np.allclose(normal, jacobian.T @ jacobian, rtol=1e-6)
    assert np.allclose(slope, jacobian.T @ residuals, rtol=1e-6, atol=1e-6 * np.abs(slope).max())
    belief = problem.belief
    best = -np.linalg.solve(normal + belief.information, slope + belief.information @ (p - belief.mean))
    told = -(2.0 * slope @ best + best @ normal @ best)
    found = problem.gain(p, minimise(problem, p, 12)[0])
    print(f"gain told {told:.1f}, found {found:.1f}")
    assert told == pytest.approx(found, rel=0.35)
