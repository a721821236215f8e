"""Faults appear in the truth when asked for and only then; everything follows from the seed."""

import numpy as np
import pytest

from presscue.simulator.performance import perform
from presscue.simulator.scenario import FAULTS, ScenarioError, parse_options, random_scenario

KIND = {"bounce": "tempo", "heel_lift_left": "heel_lift", "heel_lift_right": "heel_lift", "heel_lift_both": "heel_lift"}


@pytest.mark.parametrize("seed", range(36))
def test_faultless_sessions_have_reps_and_no_faults(seed):
    scenario = random_scenario(seed, sets=(2, 1), rest_s=6.0)
    truth = perform(scenario).truth
    assert truth.faults == []
    assert [rep.rep for rep in truth.reps] == list(range(sum(scenario.sets)))
    assert [s.reps for s in truth.sets] == list(scenario.sets)
    for rep, following in zip(truth.reps, truth.reps[1:], strict=False):
        assert rep.start_s < rep.bottom_s <= rep.end_s <= following.start_s
    for rep in truth.reps:
        assert rep.lowering_s >= 1.3
        assert 8.9 < rep.min_flexion_deg < 26
        assert 65 < rep.max_flexion_deg < 89.3
        assert rep.turn_acceleration_mps2 < 2.0
        assert rep.travel_m > 0.1


@pytest.mark.parametrize("seed", [1, 5])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_happens_when_asked(fault, seed):
    performance = perform(random_scenario(seed, faults=(fault,), sets=(3, 2), rest_s=6.0))
    truth, kind = performance.truth, KIND.get(fault, fault)
    own = [f for f in truth.faults if f.kind == kind]
    assert own
    others = {f.kind for f in truth.faults} - {kind}
    assert others <= ({"lockout"} if fault == "slam" else set())
    if fault.startswith("heel_lift_"):
        assert {f.side for f in own} == {fault.removeprefix("heel_lift_")}
    for f in own:
        assert 0 < f.onset_s <= f.end_s < performance.duration_s
        if f.rep is not None:
            rep = truth.reps[f.rep]
            assert rep.rep >= 3
            assert rep.start_s <= f.onset_s <= rep.end_s + 0.1


@pytest.mark.parametrize("seed", range(12))
def test_all_faults_together(seed):
    performance = perform(random_scenario(seed, faults=("lockout", "heel_lift", "depth", "tempo"), sets=(9,)))
    kinds = {f.kind for f in performance.truth.faults}
    assert kinds <= {"lockout", "heel_lift", "depth", "tempo"}
    assert len(kinds) == 4
    t_s = performance.truth.series["time_s"]
    force, rate = performance.imu("leg", t_s)
    assert np.isfinite(force).all()
    assert np.isfinite(rate).all()
    assert np.abs(force).max() < 60
    assert np.abs(rate).max() < 12


def test_onsets_are_where_the_curves_cross():
    performance = perform(random_scenario(1, faults=("lockout", "depth", "heel_lift", "valgus", "slam")))
    truth = performance.truth
    for f in truth.faults:
        if f.kind in ("lockout", "depth"):
            assert truth.at("knee_flexion_deg", np.array([f.onset_s]))[0] == pytest.approx(
                8.0 if f.kind == "lockout" else 90.0, abs=0.4
            )
        if f.kind == "valgus":
            assert truth.at("valgus_deg", np.array([f.onset_s]))[0] == pytest.approx(10.0, abs=0.3)
        if f.kind == "slam":
            assert f.rep is not None
            assert truth.reps[f.rep].speed_at_15_mps > 0.15
        if f.kind == "heel_lift" and f.side != "right":
            during = performance.pads(np.array([0.5 * (f.onset_s + f.end_s)]))[0, 0]
            assert during < 0.35 * performance.pads(np.array([f.onset_s - 0.4]))[0, 0]


def test_the_seed_decides_everything():
    faults = ("lockout", "heel_lift")
    one, two = (perform(random_scenario(7, faults, sets=(3, 2))) for _ in range(2))
    t_s = np.linspace(0, one.duration_s, 999)
    for which in ("sled", "leg"):
        assert np.array_equal(np.hstack(one.imu(which, t_s)), np.hstack(two.imu(which, t_s)))
    assert np.array_equal(one.pads(t_s), two.pads(t_s))
    assert one.truth.faults == two.truth.faults
    assert perform(random_scenario(8, faults, sets=(3, 2))).duration_s != one.duration_s


def test_scenarios_vary():
    scenarios = [random_scenario(seed) for seed in range(40)]
    assert {s.leg for s in scenarios} == {"left", "right"}
    assert {s.press_first for s in scenarios} == {True, False}
    assert {0.0, 90.0} <= {s.rail_deg for s in scenarios}
    assert len({s.leg_mount for s in scenarios}) == 40


def test_options_as_text():
    scenario, others = parse_options("seed=3,faults=heel_lift+lockout,sets=4+5,fast,walk=no,rail_deg=30")
    assert (scenario.seed, scenario.faults, scenario.sets) == (3, ("heel_lift", "lockout"), (4, 5))
    assert (scenario.walk, scenario.rail_deg) == (False, 30.0)
    assert others == {"fast": ""}
    assert parse_options("")[0] == random_scenario(0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("faults=heel", "no fault 'heel'"),
        ("seed=x", "seed=x"),
        ("seed", "needs a value"),
        ("seed=-1", "seed is -1"),
        ("walk=maybe", "yes or no"),
        ("sets=0", "sets"),
        ("rail_deg=120", "rail_deg"),
        ("lower_s=1", "numbers joined by +"),
        ("rail_deg=nan", "rail_deg"),
        ("leg=both", "left or right"),
    ],
)
def test_options_that_cannot_be_read_say_so_in_one_line(text, says):
    with pytest.raises(ScenarioError) as error:
        parse_options(text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
