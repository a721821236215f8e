"""The virtual lifter obeys mechanics: every reading is checked against a second way of knowing it."""

import numpy as np
import pytest

from presscue.simulator.body import Body, dot, machine_axes, pose, quaternion_matrix, rotation
from presscue.simulator.motion import Motion, draw
from presscue.simulator.performance import GRAVITY_MPS2, angular_rate, perform
from presscue.simulator.plan import plan_reps
from presscue.simulator.scenario import Scenario, random_scenario
from presscue.simulator.truth import find_truth

QUIET = {
    "rumble_mps2": 0.0,
    "clank_mps2": 0.0,
    "tissue_wobble_deg": 0.0,
    "sets": (2,),
    "shuffle": False,
    "nudge": False,
}


def act(scenario: Scenario) -> tuple[Motion, Body]:
    rng = np.random.default_rng(scenario.seed)
    motion = draw(scenario, plan_reps(scenario, rng), rng)
    return motion, pose(scenario, motion, np.zeros((motion.t_s.size, 3)), rng)


@pytest.mark.parametrize("seed", range(6))
def test_specific_force_at_rest_is_gravity_in_the_mounted_frame(seed):
    scenario = random_scenario(seed, hold_s=3.0, **QUIET)
    performance = perform(scenario)
    t_s = np.linspace(0.5, 2.5, 50)
    for which in ("sled", "leg"):
        force, rate = performance.imu(which, t_s)
        assert np.abs(np.linalg.norm(force, axis=1) - GRAVITY_MPS2).max() < 1e-5
        assert np.abs(rate).max() < 1e-6
    sled_up = (machine_axes(scenario.rail_deg) @ quaternion_matrix(scenario.sled_mount)).T @ [0, 0, GRAVITY_MPS2]
    assert np.allclose(performance.imu("sled", t_s)[0], sled_up, atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_sled_only_translates_and_its_acceleration_is_the_rail_coordinates(seed):
    scenario = random_scenario(seed, faults=("slam", "bounce"), clean_first=0, **QUIET)
    performance = perform(scenario)
    t_s = performance.truth.series["time_s"]
    force, rate = performance.imu("sled", t_s)
    assert np.all(rate == 0)
    axes = machine_axes(scenario.rail_deg) @ quaternion_matrix(scenario.sled_mount)
    in_world = force @ axes.T - [0, 0, GRAVITY_MPS2]
    along = in_world @ machine_axes(scenario.rail_deg)
    assert np.abs(along[:, 1:]).max() < 1e-5
    velocity = np.cumsum(along[:, 0]) / 1000
    assert np.abs(velocity - performance.truth.series["sled_velocity_mps"]).max() < 5e-3
    position = performance.truth.series["sled_position_m"]
    assert np.abs(np.cumsum(velocity) / 1000 - (position - position[0])).max() < 2e-3


@pytest.mark.parametrize("seed", range(4))
def test_bones_are_rigid_and_knee_angle_is_the_truths(seed):
    scenario = random_scenario(seed, faults=("heel_lift", "seat_lift", "valgus", "depth"), clean_first=0, **QUIET)
    motion, body = act(scenario)
    assert np.allclose(np.linalg.norm(body.knee - body.hip, axis=1), scenario.thigh_m, atol=1e-9)
    assert np.allclose(np.linalg.norm(body.knee - body.ankle, axis=1), scenario.shank_m, atol=1e-9)
    thigh, shank = body.hip - body.knee, body.ankle - body.knee
    cosine = dot(thigh, shank)[:, 0] / (scenario.thigh_m * scenario.shank_m)
    flexion = 180 - np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    truth = find_truth(scenario, motion, body).series["knee_flexion_deg"]
    seen = ~np.isnan(truth)
    assert seen.mean() > 0.5
    assert np.abs(truth - flexion)[seen].max() < 1e-4
    upper = machine_axes(scenario.rail_deg)[:, 2]
    above = (body.knee - 0.5 * (body.hip + body.ankle)) @ upper
    assert np.all(above[flexion > 20] > 0)  # the knee is on the upper side


@pytest.mark.parametrize("seed", range(4))
def test_integrated_rate_is_the_rotation(seed):
    scenario = random_scenario(seed, faults=("valgus",), clean_first=0, **QUIET)
    _, body = act(scenario)
    axes = body.strap_axes @ quaternion_matrix(scenario.leg_mount)
    rate = angular_rate(axes)
    turned = axes[0]
    steps = rotation(0.5 * (rate[:-1] + rate[1:]) / 1000)
    for step in steps:
        turned = turned @ step
    assert np.abs(turned - axes[-1]).max() < 2e-4


def test_hold_is_a_straight_still_leg():
    for seed in range(5):
        performance = perform(random_scenario(seed, hold_s=3.0, sets=(1,)))
        assert performance.truth.hold_s == (0.0, 3.0)
        t_s = np.linspace(0, 3, 40)
        assert np.abs(performance.truth.at("knee_flexion_deg", t_s)).max() < 1e-3
        assert np.abs(performance.imu("leg", t_s)[1]).max() < 1e-3


def test_readings_have_no_spikes_without_clanks_and_rumble():
    """Accelerations are continuous: from one millisecond to the next they change little, even in faults."""
    for seed in range(4):
        faults = ("lockout", "heel_lift", "seat_lift", "valgus", "depth", "tempo")
        performance = perform(
            random_scenario(seed, faults=faults, **QUIET | {"sets": (6,), "clean_first": 0, "shuffle": True})
        )
        t_s = performance.truth.series["time_s"]
        for which in ("sled", "leg"):
            force, rate = performance.imu(which, t_s)
            assert np.abs(np.diff(force, axis=0)).max() < 1.0, (seed, which)
            assert np.abs(np.diff(rate, axis=0)).max() < 0.1, (seed, which)


def test_lookup_between_grid_points_is_smooth():
    performance = perform(random_scenario(3, **QUIET))
    t_s = np.arange(20.0, 24.0, 1 / 3331)
    force, _ = performance.imu("leg", t_s)
    assert np.abs(np.diff(force, 2, axis=0)).max() < 1e-2
    before, after = performance.imu("leg", np.array([-1.0, performance.duration_s + 1]))[0]
    assert np.isfinite(before).all()
    assert np.isfinite(after).all()


def test_feet_off_the_sled_press_no_pad():
    performance = perform(random_scenario(2, rest_s=15.0, walk=True, sets=(2, 2)))
    between = performance.truth.sets[0].end_s, performance.truth.sets[1].start_s
    pads = performance.pads(np.linspace(*between, 500))
    assert pads.min(axis=0).max() < 1e-6
    middle = np.mean([performance.truth.sets[0].start_s, performance.truth.sets[0].end_s])
    assert performance.pads(np.array([middle]))[0].min() > 30.0


def test_an_imu_on_the_thigh_turns_with_the_thigh():
    """Shank and thigh turn oppositely, and together as much as the knee bends (in the plane of the leg)."""
    still = {"hold_s": 3.0, "tissue_deg": 0.0, "toe_out_deg": 0.0, "abduction_deg": 0.0, "screw_home_deg": 0.0}
    turned = {}
    flexion = np.empty(0)
    for segment in ("shank", "thigh"):
        scenario = random_scenario(3, faults=(), segment=segment, ankle_lateral_m=0.0, **QUIET, **still)
        series = perform(scenario).truth.series
        turned[segment], flexion = series["leg_pitch_deg"], series["knee_flexion_deg"]
    assert np.nanmax(turned["shank"]) > 20
    assert np.nanmin(turned["thigh"]) < -20
    assert np.nanmax(np.abs(turned["shank"] - turned["thigh"] - flexion)) < 0.1
