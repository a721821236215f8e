"""What lifters, machines and sensors of other kinds have taught, each cause on a drawn stretch of readings."""

import math

import numpy as np
import pytest

from drawn_frames import Drawing, Run, inclined_set
from presscue.calibration.model import Calibration
from presscue.estimation.estimator import PHI, begin, update_entry
from presscue.estimation.linkage import pose
from presscue.reps import machine as reps
from presscue.tracker import model_of, new_state
from presscue.tracker.linking import stop_linkage, switch_on
from presscue.tracker.sled import step_sled


@pytest.mark.parametrize("deep_deg", [50.0, 55.0])
def test_half_reps_after_a_deep_one_are_counted(deep_deg):
    """From the top half of the bend is a third of the way."""
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep().rep(deep_deg=100.0).rep(deep_deg=deep_deg)
    found, _, _ = Run().results(drawing.rep().move(60.0, 1.5).hold(9.5).frames())
    assert [r.max_flexion_deg for r in found] == pytest.approx([80.0, 100.0, deep_deg, 80.0], abs=1.0)


def test_half_reps_are_counted_where_reps_begin_with_the_press():
    drawing = Drawing(78.0).hold(2.0)
    for deep_deg in (100.0, 52.0, 78.0, 78.0):
        drawing.move(18.0, 1.5).hold(0.4).move(deep_deg, 2.0).hold(0.3)
    found, _, _ = Run(reps.Params(order=reps.PRESS_FIRST)).results(drawing.hold(9.0).frames())
    assert len(found) == 4


def test_a_set_that_begins_with_a_half_rep_begins_with_unracking_like_the_one_before():
    drawing = Drawing(60.0)
    for deep_deg in (80.0, 52.0):
        drawing.hold(2.0).move(18.0, 1.3).hold(0.8).rep(deep_deg=deep_deg).rep().move(60.0, 1.5).hold(9.5)
    found, sets, _ = Run(reps.Params(order=reps.LOWERING_FIRST)).results(drawing.frames())
    assert [s.reps for s in sets] == [2, 2]
    assert all(rep.bottom_s < rep.end_s - 1.0 for rep in found)


def test_a_sled_that_seems_to_go_while_the_knee_does_not_turn_makes_no_rep():
    rows = inclined_set(4).frames()
    aside = np.interp(rows["t_s"], [8.0, 8.15, 8.2, 8.35], [0.0, 0.08, 0.08, 0.0])  # in the pause at the top
    rows["position_m"] -= aside
    rows["velocity_mps"] -= np.gradient(aside, rows["t_s"])
    found, _, _ = Run().results(rows)
    assert len(found) == 4


def test_a_sled_that_went_astray_while_the_linkage_was_off_makes_no_rep():
    """A slam at the top stops the linkage, and throws the sled's filter by 15 cm/s until the leg rests again."""
    rows = inclined_set(4).frames()
    clean, _, _ = Run().results(rows)
    off = (rows["t_s"] > 7.95) & (rows["t_s"] < 8.45)
    rows["position_m"][off] -= 0.15 * (rows["t_s"][off] - 7.95)
    rows["velocity_mps"][off], rows["still"][off] = -0.15, 0.0
    for name in ("flexion_deg", "rate_dps", "engaged"):
        rows[name][off] = np.nan
    found, _, _ = Run().results(rows)
    assert len(found) == 4
    assert found[1].start_s == pytest.approx(clean[1].start_s, abs=0.05)


def test_a_lowering_that_the_sleds_filter_sees_too_slow_is_no_sled_put_down():
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep().rep(lower_s=4.0, press_s=4.0, pause_s=2.0)
    rows = drawing.rep().move(60.0, 1.5).hold(9.5).frames()
    slow = (rows["t_s"] > 8.0) & (rows["t_s"] < 14.5)
    rows["velocity_mps"][slow] *= 0.3
    found, _, _ = Run().results(rows)
    assert len(found) == 3


def racked(bent_deg: float) -> np.ndarray:
    """Frames of a set whose sled is put down with a clank that throws its filter by 2 cm; the knee turns by so much
    as the lifter slides back."""
    drawing = inclined_set(3)
    rows = drawing.frames()
    down_s = 4.1 + 3 * 4.4 + 1.5
    after = rows["t_s"] - down_s
    thrown = np.interp(after, [0.0, 0.5], [0.0, 0.02])
    rows["position_m"] += thrown
    rows["velocity_mps"] += np.gradient(thrown, rows["t_s"])
    rows["still"][(after > 0.0) & (after < 0.6)] = 0.0
    rows["flexion_deg"] += np.interp(after, [0.0, 0.5], [0.0, bent_deg])
    for side in ("left", "right"):
        rows[f"heel_{side}"][after > -0.02] = 15.0
    return rows


def test_a_clank_as_the_sled_is_put_down_lifts_no_heel():
    assert Run().results(racked(0.5))[2] == []
    assert len(Run().results(racked(-6.0))[2]) == 2  # a knee that turns makes it a movement


def test_a_sled_that_flies_off_the_feet_lifts_no_heel():
    rows = inclined_set(3).frames()
    rows["thrust"] = 1.0
    thrown = (rows["t_s"] > 7.0) & (rows["t_s"] < 7.3)  # in the first press
    for side in ("left", "right"):
        rows[f"heel_{side}"][thrown] *= 0.1
    assert len(Run().results(rows)[2]) == 2
    rows["thrust"][thrown] = 0.2
    assert Run().results(rows)[2] == []


def test_the_linkage_says_where_the_sled_has_gone_in_its_absence():
    model, state = model_of(Calibration(0.0, True, True)), new_state()[0]
    begin(state.link, 0.3, 0.03, 0.0, 0.002)
    switch_on(model, state, 0.0)
    before_m = pose(model.links, 0.3).D
    stop_linkage(state, 1.0)
    state.sled.P[0, 0] = 0.1**2  # it has gone for a second, nobody knows how far
    begin(state.link, 1.2, 0.03, 0.0, 0.002)
    switch_on(model, state, 2.0)
    went_m = pose(model.links, float(state.link.x[PHI])).D - before_m
    print(f"{1e3 * state.sled.x[0]:.0f} of {1e3 * went_m:.0f} mm")
    assert state.sled.x[0] == pytest.approx(went_m, rel=0.15)
    assert pose(model.links, float(state.link.x[PHI])).D - state.sled_D == pytest.approx(float(state.sled.x[0]))


def test_what_the_sled_went_astray_by_while_the_leg_was_off_moves_it_no_more():
    """An empty rail is straight, and what a bent one had added is missed for twenty seconds: the sled's filter runs
    off by metres. Its place is the linkage's again then, and a bias that is only slowly unlearnt does not move it."""
    model, state = model_of(Calibration(0.0, True, True)), new_state()[0]
    state.sled.x[:] = 6.0, 0.6, -0.03
    sd_mps2, off_s = 0.004, 20.0
    drifted = np.array([-(off_s**2) / 2.0, -off_s, 1.0])
    state.sled.P[:] = sd_mps2**2 * np.outer(drifted, drifted) + np.diag([1e-4, 1e-4, 0.0])
    begin(state.link, 0.3, 0.03, 0.0, 0.002)
    state.sled_D = pose(model.links, 0.3).D
    switch_on(model, state, 0.0)
    place_m = float(state.sled.x[0])
    update_entry(state.sled, 1, -float(state.sled.x[1]), 1e-5, math.inf)  # the leg stands, and so does the sled
    print(f"moved by {1e3 * (state.sled.x[0] - place_m):.1f} mm, bias {state.sled.x[2]:.4f} m/s2")
    assert abs(state.sled.x[0] - place_m) < 0.005
    assert abs(state.sled.x[2]) < 0.005


def test_a_bent_rail_that_is_straight_again_without_the_legs_lets_no_sled_run_off():
    """Gravity of a quarter of a degree is missed as the legs go: 4.5 cm/s2, for fifteen seconds."""
    model, state = model_of(Calibration(0.0, True, True, sled_floor_mps2=0.01)), new_state()[0]
    rng = np.random.default_rng(19100)
    begin(state.link, 0.3, 0.03, 0.0, 0.002)
    switch_on(model, state, 0.0)
    state.sled.x[2], state.sled.P[2, 2], state.lean = -0.045, 0.004**2, -0.18
    stop_linkage(state, 1.0)
    state.sled_t_s, state.along, state.sled_low, state.sled_fast = 1.0, 0.0, 0.0, 0.0
    before_m = float(state.sled.x[0])
    for t_s in np.arange(1.01, 16.0, 0.01):
        step_sled(model, state, t_s, 0.01 * rng.normal(), math.nan, math.nan, math.nan, math.nan, False)
        state.sled_t_s = t_s
    off_m = float(state.sled.x[0]) - before_m
    print(f"off by {1e3 * off_m:.0f} mm, bias {state.sled.x[2]:.4f} m/s2")
    assert abs(off_m) < 0.02


@pytest.mark.parametrize("pauses_s", [(2.5, 3.7, 4.6), (2.0, 5.5, 2.0)])
def test_a_long_pause_at_the_bottom_below_where_the_sled_rests_is_no_sled_put_down(pauses_s):
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8)
    for pause_s in pauses_s:
        drawing.rep(lower_s=3.0, press_s=3.0, pause_s=pause_s)
    found, _, _ = Run().results(drawing.move(60.0, 1.5).hold(9.5).frames())
    assert len(found) == 3
    assert all(rep.bottom_s < rep.end_s - 3.0 for rep in found)


def test_a_sled_put_down_for_five_seconds_where_it_rested_makes_no_rep():
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep().rep()
    drawing.move(60.0, 1.5).hold(5.0).move(18.0, 1.3).hold(0.8).rep().rep()
    found, _, _ = Run().results(drawing.move(60.0, 1.5).hold(9.5).frames())
    assert len(found) == 4


def test_a_foot_shuffled_in_the_rest_between_two_sets_does_not_make_them_one():
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep().rep().move(60.0, 1.5).hold(5.0)
    drawing.move(62.5, 0.4).hold(0.5).move(60.0, 0.4).hold(4.5)
    found, sets, _ = Run().results(drawing.move(18.0, 1.3).hold(0.8).rep().rep().move(60.0, 1.5).hold(9.5).frames())
    assert len(found) == 4
    assert [each.reps for each in sets] == [2, 2]
