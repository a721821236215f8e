"""A leg IMU on the thigh: measured as well as one on the shank, and neither is taken for the other."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue.analysis.measured import measured
from presscue.calibration import fit
from presscue.calibration.model import Calibration, Priors, described
from presscue.estimation.linkage import Links, mirrored, pose
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from presscue.validation.bounds import total
from presscue.validation.trial import Task, run_trial
from test_core import run


def on_the_thigh(seed: int) -> Task:
    return Task(seed, overrides={"segment": "thigh"}, profile={"segment": "thigh"})


@given(st.floats(0.3, 0.55), st.floats(0.3, 0.55), st.floats(-0.1, 0.25), st.floats(0.0, 2.0))
def test_the_mirrored_shank_is_the_thigh(thigh, shank, height, phi):
    """Knee and ankle put down by hand, the knee by the mirrored leg's angle."""
    links = Links(thigh, shank, height)
    at, other = pose(links, phi), pose(mirrored(links), phi)
    knee = thigh * np.array([math.cos(-other.theta), math.sin(-other.theta)])
    assert np.hypot(*(np.array([at.D, height]) - knee)) == pytest.approx(shank)
    assert -other.theta - at.theta == pytest.approx(phi)
    assert pytest.approx((at.D, at.D1, at.D2)) == (other.D, other.D1, other.D2)
    assert mirrored(mirrored(links)) == links


@pytest.mark.parametrize("seeds", [range(12000, 12002), pytest.param(range(12000, 12030), marks=pytest.mark.slow)])
def test_knee_and_faults_are_measured_from_a_thigh(seeds):
    trials = [run_trial(on_the_thigh(seed)) for seed in seeds]
    errors = np.array([(t.flexion_rmse_deg, t.near_rmse_deg, t.travel_rmse_mm) for t in trials])
    print("median, worst (deg, deg near straight, mm):", np.median(errors, axis=0), errors.max(axis=0))
    assert all(t.counted == t.made for t in trials)
    assert np.median(errors[:, 0]) <= 2.2
    assert errors[:, 0].max() <= 3.5
    assert np.median(errors[:, 2]) <= 6.0
    kinds = ("lockout", "slam", "depth", "heel_lift", "valgus", "varus", "tempo")
    assert sum(total(trials, kind).ghosts for kind in kinds) <= len(trials) // 5
    assert sum(total(trials, kind).missed for kind in kinds) <= len(trials) // 5


@pytest.mark.parametrize("segment", ["thigh", "shank"])
def test_a_profile_that_names_the_other_segment_is_contradicted(segment):
    scenario = random_scenario(12001, sets=(5,), segment=segment)
    performance = perform(scenario)
    truth, table = performance.truth, render(performance)
    told = {}
    for on_shank in (True, False):
        core, found = run(table, Priors(scenario.height_m, None, truth.hold_s, on_shank))
        told[on_shank] = [advice.code for advice in found.advice]
        assert len(found.reps) == len(truth.reps)
        assert core.calibration is not None
        assert core.calibration.on_thigh == (segment == "thigh")
        back = Calibration.from_values(0.0, core.calibration.layout, core.calibration.values())
        assert (back.links, back.leg) == (core.calibration.links, core.calibration.leg)
        fitted = described(core.calibration)
        assert fitted["thigh_m"] == pytest.approx(scenario.thigh_m, abs=0.06)
        assert fitted["ankle_height_m"] == pytest.approx(scenario.ankle_height_m, abs=0.1)
        assert measured(core.calibration, ())["knee_flexion"] == "leg+sled"
    assert told == {segment == "shank": [], segment != "shank": [f"leg_imu_on_{segment}"]}


@pytest.mark.parametrize(
    ("told", "other", "kept"), [(0.056, 0.0335, True), (0.056, 0.017, False), (0.12, 0.035, False)]
)
def test_a_told_segment_is_given_up_only_for_one_that_fits_well(monkeypatch, told, other, kept):
    """An independent simulator's vertical press, begun with falling knees: the readings surprised by 0.056 on the
    shank, where the IMU was, and by 0.0335 on a thigh, and the whole session was lost."""
    scenario = random_scenario(12001, sets=(3,))
    performance = perform(scenario)
    truth, table = performance.truth, render(performance)
    joined = fit._joined

    def costing(history, priors, c, moving):
        return replace(joined(history, priors, c, moving), cost=told if priors.on_shank else other)

    monkeypatch.setattr(fit, "_joined", costing)
    monkeypatch.setattr(fit, "ENOUGH_S", 1.0)
    monkeypatch.setattr(fit, "_is_leg", lambda c, priors: True)
    core, _ = run(table, Priors(scenario.height_m, None, truth.hold_s, True))
    assert core.calibration is not None
    assert core.calibration.on_thigh != kept


@pytest.mark.parametrize(("strap_m", "thigh"), [(0.3, False), (0.55, True)])
def test_a_told_segment_whose_fit_puts_the_strap_elsewhere_gives_way(monkeypatch, strap_m, thigh):
    """Another's press with soft calves: on the shank the readings put the strap 0.54 m above the ankle, and what was
    measured by that was 100 degrees off."""
    scenario = random_scenario(12001, sets=(3,), segment="thigh")
    performance = perform(scenario)
    joined = fit._joined

    def placed(history, priors, c, moving):
        found = joined(history, priors, c, moving)
        if not priors.on_shank:
            return replace(found, cost=0.039)
        return replace(found, cost=0.066, leg=found.leg._replace(strap_m=strap_m))

    monkeypatch.setattr(fit, "_joined", placed)
    monkeypatch.setattr(fit, "ENOUGH_S", 1.0)
    core, _ = run(render(performance), Priors(scenario.height_m, None, performance.truth.hold_s, True))
    assert core.calibration is not None
    assert core.calibration.on_thigh == thigh
