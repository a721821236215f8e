"""What is wrong with sensors and profile is recognised and said, and what is right is not blamed."""

import numpy as np
import pytest

from presscue.analysis.analyze import Analysis, Source
from presscue.calibration.model import Priors
from presscue.profile import Profile
from presscue.simulator.performance import perform
from presscue.simulator.render import IMU_COLUMNS, render
from presscue.simulator.scenario import random_scenario
from test_core import run
from turned_sensors import ramp, swapped, turned


@pytest.fixture(scope="module")
def session():
    scenario = random_scenario(3000, sets=(7, 4), rest_s=12.0)
    performance = perform(scenario)
    truth, table = performance.truth, render(performance)
    priors = Priors(scenario.height_m, None, truth.hold_s)
    core, found = run(table, priors)
    assert core.calibration is not None
    return truth, table, priors, core, found


def codes(table, priors: Priors) -> dict[str, tuple[float, float]]:
    """Each advice's code: since when, and when it was said."""
    _, found = run(table, priors)
    return {advice.code: (advice.since_s, advice.t_s) for advice in found.advice}


def test_a_session_without_trouble_brings_no_advice(session):
    assert session[4].advice == []


def test_every_fitted_quantity_comes_with_its_uncertainty(session):
    truth, _, _, core, found = session
    json = Analysis(Source(Profile(), iter(())), core, found, set()).to_json()
    fitted, true = json["calibration"], truth.geometry
    for name in ("thigh_m", "shank_m", "ankle_height_m", "rail_deg"):
        assert 0.0 < fitted[f"{name}_sd"] < 6.0
        assert abs(fitted[name] - true[name]) < 4.0 * fitted[f"{name}_sd"] + 0.01, name
    for name in ("strap_above_ankle_m", "tissue", "mount_deg", "flexion_axis_deg", "gyro_bias_radps"):
        assert 0.0 < fitted[f"{name}_sd"] < 6.0, name
    assert json["quality"]["findings"] == []


@pytest.mark.parametrize(
    ("when", "code"), [("mid-set", "leg_imu_moved"), ("between", "leg_imu_moved"), ("all along", "leg_imu_loose")]
)
def test_a_strap_that_turns_is_said_and_found_anew(session, when, code):
    truth, table, priors, core, _ = session
    first, second = truth.sets
    middle_s = truth.reps[3].start_s
    start_s, end_s = {
        "mid-set": (middle_s, middle_s + 0.3),
        "between": (second.start_s - 7.0, second.start_s - 6.5),
        "all along": (first.start_s, first.end_s),
    }[when]
    found_core, found = run(turned(table, "leg", core.calibration.axis, ramp(start_s, end_s, 12.0)), priors)
    said = {advice.code: advice for advice in found.advice}
    assert set(said) == {code}
    assert said[code].since_s == pytest.approx(start_s, abs=12.0 if when == "mid-set" else 30.0)
    trace, last = found_core.trace(), truth.reps[-1]
    inside = (trace[:, 0] >= last.start_s) & (trace[:, 0] <= last.end_s)
    error = trace[inside, 1] - truth.at("knee_flexion_deg", trace[inside, 0])
    assert np.sqrt(np.nanmean(error**2)) < 5.0


def test_swapped_sensors_are_recognised(session):
    _, table, priors, _, _ = session
    assert "sensors_swapped" in codes(swapped(table), priors)


def test_a_rail_that_gravity_contradicts_is_not_believed(session):
    _, table, priors, core, _ = session
    wrong = Priors(priors.height_m, core.calibration.rail_deg - 20.0, priors.hold_s)
    found_core, found = run(table, wrong)
    assert [advice.code for advice in found.advice] == ["rail_contradicted"]
    assert found_core.calibration is not None
    assert found_core.calibration.links.thigh_m == pytest.approx(core.calibration.links.thigh_m, abs=1e-3)


def test_a_hold_that_was_none_is_left_out(session):
    truth, table, priors, _, _ = session
    start_s = truth.reps[0].start_s
    assert set(codes(table, Priors(priors.height_m, None, (start_s, start_s + 3.0)))) == {"hold_not_still"}
    racked_s = truth.sets[0].end_s + 0.3
    assert set(codes(table, Priors(priors.height_m, None, (racked_s, racked_s + 0.4)))) <= {
        "hold_not_straight",
        "hold_not_still",
    }


def test_a_hold_outside_the_recording_is_said_and_costs_nothing(session):
    truth, table, priors, _, _ = session
    _, found = run(table, Priors(priors.height_m, None, (9000.0, 9003.0)))
    assert [advice.code for advice in found.advice] == ["hold_not_recorded"]
    assert len(found.reps) == len(truth.reps)


def test_a_hold_amid_a_rep_costs_no_rep(session):
    truth, table, priors, _, _ = session
    _, found = run(table, Priors(priors.height_m, None, (truth.reps[0].start_s, truth.reps[0].end_s)))
    assert len(found.reps) == len(truth.reps)


def test_two_sensors_on_the_sled_are_no_leg_press(session):
    _, table, priors, _, _ = session
    both = table | {leg: table[sled] for leg, sled in zip(IMU_COLUMNS["leg"], IMU_COLUMNS["sled"], strict=True)}
    assert "leg_imu_idle" in codes(both, priors)
