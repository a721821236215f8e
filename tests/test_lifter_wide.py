"""Stranger lifters and sensors: each oddity does what it says, and nothing else."""

import numpy as np
import pytest

from presscue.simulator.gait import steps
from presscue.simulator.imu_errors import ImuErrors
from presscue.simulator.performance import GRAVITY_MPS2, Performance, perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from presscue.simulator.sensors import random_sensors

CALM = {"sets": (3, 2), "rest_s": 6.0, "near_limit": 0.0, "sloppiness": 0.2, "nudge": False}


def played(seed: int = 2, faults=(), **settings) -> Performance:
    return perform(random_scenario(seed, faults, **CALM | settings))


@pytest.mark.parametrize("seed", range(12))
def test_wide_lifters_do_clean_reps_when_no_fault_is_asked_for(seed):
    """Whatever the hip, the strap and the rail do, the knee goes where the lifter wants it."""
    scenario = random_scenario(seed, wide=True, **CALM)
    truth = perform(scenario).truth
    assert [fault for fault in truth.faults if fault.kind != "depth"] == []
    assert [one.reps for one in truth.sets] == [3, 2]
    for rep in truth.reps:
        assert 13.0 < rep.min_flexion_deg < 27.0
        assert 40.0 < rep.max_flexion_deg < 91.0
        assert rep.travel_m > 0.04


def test_wide_lifters_differ_and_the_usual_ones_stay():
    wide = [random_scenario(seed, wide=True) for seed in range(60)]
    assert {s.stroke for s in wide} == {"human", "sine", "trapezoid", "min_jerk", "sticking"}
    assert {s.press_first for s in wide} == {True, False}
    assert max(s.tissue_deg for s in wide) > 3.5
    assert any(s.hyperextends_deg for s in wide)
    assert random_scenario(3).pelvic_tilt_m == 0.0
    assert random_scenario(3, wide=True).leg_mount == random_scenario(3).leg_mount
    rates = [random_sensors(seed).rate_leg_hz for seed in range(60)]
    assert min(rates) < 104
    assert max(rates) > 380


@pytest.mark.parametrize("seed", range(6))
def test_wide_readings_are_finite_and_human(seed):
    faults = ("lockout", "slam", "heel_lift", "seat_lift", "depth", "bounce", "valgus")
    performance = perform(random_scenario(seed, faults, wide=True, sets=(8,)))
    t_s = performance.truth.series["time_s"]
    for which in ("sled", "leg"):
        force, rate = performance.imu(which, t_s)
        assert np.isfinite(force).all()
        assert np.abs(force).max() < 150
        assert np.abs(rate).max() < 20


def test_a_knee_that_hyperextends_goes_below_zero_and_comes_back_smoothly():
    quiet = {"rumble_mps2": 0.0, "clank_mps2": 0.0, "tissue_wobble_deg": 0.0, "shuffle": False}
    performance = played(faults=("lockout",), hyperextends_deg=6.0, fault_share=0.4, clean_first=1, **quiet)
    truth = performance.truth
    assert min(rep.min_flexion_deg for rep in truth.reps) < -1.5
    assert {fault.kind for fault in truth.faults} == {"lockout", "slam"}
    flexion = truth.series["knee_flexion_deg"]
    assert np.nanmax(np.abs(np.diff(flexion, 2))) < 0.02
    force, _ = performance.imu("leg", truth.series["time_s"])
    on_sled = np.isfinite(flexion[1:])
    assert np.abs(np.diff(force, axis=0))[on_sled].max() < 1.0


def test_a_hip_that_moves_leaves_the_knee_its_course():
    """Sliding by 2 cm changes where the sled turns round, not the knee angle at which it does."""
    still, moved = played(), played(seat_slide_m=-0.02, pelvic_tilt_m=0.015, seat_shift_m=0.01)
    for a, b in zip(still.truth.reps, moved.truth.reps, strict=True):
        assert b.min_flexion_deg == pytest.approx(a.min_flexion_deg, abs=0.2)
        assert b.max_flexion_deg == pytest.approx(a.max_flexion_deg, abs=0.2)
    apart = np.abs(still.truth.series["sled_position_m"] - moved.truth.series["sled_position_m"])
    assert 0.01 < apart.max() < 0.06


def test_a_hold_that_is_not_straight():
    truth = played(hold_s=3.0, hold_deg=4.0).truth
    assert truth.at("knee_flexion_deg", np.array([1.0]))[0] == pytest.approx(4.0, abs=1e-6)


def test_a_strap_that_slips_turns_the_housing_by_so_much():
    def turned(**slip) -> float:
        """Between the directions of gravity that the leg IMU feels in the quiet end, slipped and not, degrees."""
        at = np.array([played().duration_s - 0.5])
        a, b = (played(**one).imu("leg", at)[0][0] for one in ({}, slip))
        return float(np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))

    assert 1.0 < turned(strap_step_deg=8.0) <= 8.0
    assert 1.0 < turned(strap_creep_deg=8.0) <= 8.0


def test_a_rail_that_flexes_nods_the_sled_under_load_alone():
    performance = played(rail_flex_deg=0.5, rumble_mps2=0.0, clank_mps2=0.0)
    t_s = performance.truth.series["time_s"]
    _, rate = performance.imu("sled", t_s)
    loaded = performance.truth.series["loaded"] > 0
    assert 0.05 < np.degrees(np.abs(rate).max()) < 5.0
    assert np.abs(rate[~loaded]).max() < 1e-6


def test_stick_slip_jerks_a_creeping_sled():
    smooth, dry = (played(stick_slip_mps2=jerk, rumble_mps2=0.0, clank_mps2=0.0) for jerk in (0.0, 1.0))
    t_s = smooth.truth.series["time_s"]
    apart = np.abs(smooth.imu("sled", t_s)[0] - dry.imu("sled", t_s)[0])
    assert 0.5 < apart.max() < 6.0
    standing = np.abs(smooth.truth.series["sled_velocity_mps"]) < 1e-6
    assert standing.mean() > 0.2
    assert np.median(apart[standing]) < 1e-3


def test_steps_have_heel_strikes_and_the_walk_ends_where_it_began():
    t_s = np.arange(12000) / 1000
    walk = steps(t_s, 12.0, np.random.default_rng(1))
    assert np.degrees(np.ptp(walk.turn_rad[:, 1])) == pytest.approx(70.0, abs=12.0)
    jolt = np.abs(np.diff(walk.shift_m[:, 2], 2)).max() * 1e6
    assert 5.0 < jolt < 60.0


def test_partial_reps_turn_half_way():
    deep = [rep.max_flexion_deg for rep in played(partial=1.0).truth.reps]
    assert min(deep[:3]) > 68.0
    assert max(deep[3:]) < 68.0


def test_biases_walk_and_warm_alike_however_they_are_cut():
    t_s = np.arange(2000) / 208
    still = np.tile([0.0, 0.0, GRAVITY_MPS2], (2000, 1)), np.zeros((2000, 3))
    whole = np.hstack(ImuErrors(5, walk=0.5, warming=1.0).apply(t_s, *still))
    part = ImuErrors(5, walk=0.5, warming=1.0)
    cut = [np.hstack(part.apply(t_s[a:b], still[0][a:b], still[1][a:b])) for a, b in ((0, 1), (1, 700), (700, 2000))]
    assert np.allclose(np.vstack(cut), whole, rtol=0, atol=1e-12)
    plain = np.hstack(ImuErrors(5).apply(t_s, *still))
    assert 1e-4 < np.abs(whole - plain).max() < 0.2


def test_long_holes_and_late_stamps():
    performance = played()
    times = {}
    for lag_s in (0.0, 0.003):
        table = render(performance, dropouts=0.05, longest_s=1.5, lag_s=lag_s)
        times[lag_s] = table["time_s"][np.isfinite(table["leg_acc_x_mps2"])]
    assert np.diff(times[0.0]).max() > 0.2
    assert times[0.003][0] - times[0.0][0] == pytest.approx(0.003)
