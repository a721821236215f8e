"""Detectors of motion, one by one, on hand-drawn reps: what they find, when, and what they leave alone."""

import math
import time
from typing import get_args

import numpy as np
import pytest

from drawn_frames import Drawing, Run, drive, inclined_set, kinds, lifted
from presscue import events, faults
from presscue.faults import params_from_limits
from presscue.reps import machine as reps
from presscue.results import Kind


@pytest.mark.parametrize("measures", ["sled leg", "sled", "leg"])
def test_clean_reps_have_no_faults(measures):
    _, _, found = Run().results(inclined_set(6).frames(measures))
    assert found == []


def test_lockout():
    _, _, found = Run().results(inclined_set(3, top_deg=3.0).frames())
    assert kinds(found) == [("lockout", None, 0), ("lockout", None, 1), ("lockout", None, 2)]
    first = found[0]
    assert 7.0 < first.onset_s < 7.9
    assert first.detected_s - first.onset_s == pytest.approx(0.03, abs=0.02)
    assert first.end_s == pytest.approx(8.6, abs=0.5)
    assert first.severity == pytest.approx(5 / 8, abs=0.05)
    assert first.confidence > 0.95


@pytest.mark.parametrize(("top_deg", "wanted"), [(12.0, 0), (9.5, 0), (7.0, 3)])
def test_lockout_limit(top_deg, wanted):
    _, _, found = Run().results(inclined_set(3, top_deg=top_deg).frames())
    assert len(found) == wanted


def test_wobbling_about_the_soft_bend_is_one_lockout():
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.5).move(80.0, 2.0).move(6.0, 1.6)
    for _ in range(4):
        drawing.move(10.0, 0.3).move(6.0, 0.3)
    _, _, found = Run().results(drawing.rep().rep().move(60.0, 1.5).hold(9.0).frames())
    assert kinds(found) == [("lockout", None, 0)]


def test_a_straight_leg_without_load_is_no_lockout():
    drawing = Drawing(0.0).hold(5.0).move(60.0, 2.0).hold(4.6).move(18.0, 1.3).hold(0.6).rep().move(60.0, 1.5).hold(9.0)
    _, _, found = Run().results(drawing.frames())
    assert found == []


def test_uncertain_flexion_is_not_judged():
    rows = inclined_set(2, top_deg=3.0).frames()
    rows["flexion_sd_deg"] = 9.0
    assert Run().results(rows)[2] == []


def test_a_leg_led_into_its_straight_leg_hold_locks_nothing_out():
    """Sitting down, the lifter straightens the leg for the hold, puts the sled on its stops, and then trains."""
    drawing = Drawing(55.0).hold(2.0).move(1.0, 1.5).hold(3.5).move(60.0, 2.0).hold(4.6).move(18.0, 1.3).hold(0.8)
    rows = drawing.rep().rep(top_deg=3.0).move(60.0, 1.5).hold(9.5).frames()
    assert kinds(Run().results(rows)[2])[0] == ("lockout", None, None)
    run = Run(reps.Params(hold_s=4.0, held_s=7.0))
    found, _, faulty = run.results(rows)
    assert len(found) == 2
    assert kinds(faulty) == [("lockout", None, 1)]
    assert [event.rep for event in run.predictions] == [1]


def test_flesh_that_rings_after_a_slam_hides_no_lockout():
    """The soft bend is passed at 0.2 m/s; 15 ms later the strap shakes so that flexion is anywhere."""
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).move(80.0, 2.0).hold(0.2).move(-25.0, 0.8)
    drawing.pieces[-1] = np.maximum(drawing.pieces[-1], 2.0)
    rows = drawing.hold(0.3).rep().move(60.0, 1.5).hold(9.5).frames()
    after_s = rows["t_s"] - rows["t_s"][np.argmax((rows["flexion_deg"] < 8.0) & (rows["t_s"] > 5.0))]
    shaken = (after_s > 0.015) & (after_s < 1.2)
    rows["flexion_deg"][shaken] = 20.0 + 10.0 * np.sin(2.0 * math.pi * 15.0 * after_s[shaken])
    assert ("lockout", None, 0) in kinds(Run().results(rows)[2])


@pytest.mark.parametrize("ringing_hz", [7.0, 10.0, 15.0])
def test_flesh_that_rings_after_a_stop_makes_one_lockout_not_many(ringing_hz):
    """Flexion swings beyond the safe band and back until the flesh under the strap has come to rest."""
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).move(80.0, 2.0).hold(0.2).move(4.0, 1.2)
    stop_s = drawing.now_s - 0.1
    rows = drawing.hold(0.8).rep().rep(top_deg=4.0).rep().move(60.0, 1.5).hold(9.5).frames()
    after_s = np.maximum(rows["t_s"] - stop_s, 0.0)
    rows["flexion_deg"] += 14.0 * np.sin(2.0 * math.pi * ringing_hz * after_s) * np.exp(-after_s / 0.3)
    assert [kind for kind in kinds(Run().results(rows)[2]) if kind[0] == "lockout"] == [
        ("lockout", None, 0),
        ("lockout", None, 2),
    ]


def test_lockout_when_unracking_belongs_to_no_rep():
    drawing = Drawing(60.0).hold(1.0).move(3.0, 1.3).hold(0.8).rep().rep().move(60.0, 1.5).hold(9.0)
    _, _, found = Run().results(drawing.frames())
    assert kinds(found) == [("lockout", None, None)]


def test_slam_is_also_a_lockout():
    _, _, found = Run().results(inclined_set(2, top_deg=-1.0, press_s=0.45).frames())
    assert kinds(found) == [("slam", None, 0), ("lockout", None, 0), ("slam", None, 1), ("lockout", None, 1)]
    assert found[0].detected_s < found[1].detected_s
    assert found[0].onset_s == found[0].detected_s == found[0].end_s


@pytest.mark.parametrize(("least_deg", "wanted"), [(-1.5, []), (-4.0, [("slam", None, 1)])])
def test_a_knee_beyond_straight_is_a_slam_once_it_is_sure(least_deg, wanted):
    """What the hold calls straight is so to two degrees."""
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep().rep(top_deg=least_deg, press_s=2.5).rep()
    found = Run().results(drawing.move(60.0, 1.5).hold(9.5).frames())[2]
    assert [k for k in kinds(found) if k[0] == "slam"] == wanted


def test_flesh_that_rings_beyond_straight_is_no_slam():
    rows = inclined_set(3, top_deg=3.0, press_s=2.5).frames()
    top = (rows["flexion_deg"] < 3.5) & (rows["t_s"] > 8.0)
    rows["flexion_deg"][top] += 12.0 * np.sin(2.0 * math.pi * 12.0 * rows["t_s"][top])
    assert {kind for kind, _, _ in kinds(Run().results(rows)[2])} == {"lockout"}


def test_depth():
    run = Run()
    found = run.results(inclined_set(2, deep_deg=98.0).frames())[2]
    assert kinds(found) == [("depth", None, 0), ("depth", None, 1)]
    assert found[0].severity == pytest.approx(0.4, abs=0.05)
    assert found[0].detected_s - found[0].onset_s == pytest.approx(0.03, abs=0.02)
    assert found[0].onset_s < 6.1 < found[0].end_s


def test_depth_by_the_lifters_own_limit():
    rows = inclined_set(2, deep_deg=80.0).frames()
    assert len(Run(fault_params=params_from_limits({"max_flexion_deg": 75.0})).results(rows)[2]) == 2


def test_a_knee_goes_no_deeper_while_the_sled_is_pressed():
    """One that falls inward as the press begins reads some degrees more."""
    rows = inclined_set(2, deep_deg=86.0).frames()
    rows["flexion_deg"] += 14.0 * np.sin(math.pi * np.clip((rows["t_s"] - 6.5) / 0.5, 0.0, 1.0))
    assert rows["flexion_deg"].max() > 92.0
    assert Run().results(rows)[2] == []


def test_feet_that_move_on_a_resting_sled_make_no_knee_too_deep():
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep().move(80.0, 2.0).hold(3.0).move(18.0, 1.6)
    rows = drawing.hold(0.6).move(60.0, 1.5).hold(9.5).frames()
    rows["flexion_deg"] += 15.0 * np.sin(math.pi * np.clip((rows["t_s"] - 12.2) / 1.0, 0.0, 1.0))
    assert rows["flexion_deg"].max() > 92.0
    assert Run().results(rows)[2] == []


@pytest.mark.parametrize(("lower_s", "wanted"), [(1.25, 0), (0.9, 3)])
@pytest.mark.parametrize("measures", ["sled leg", "sled", "leg", "pitch"])
def test_tempo(lower_s, wanted, measures):
    found_reps, _, found = Run().results(inclined_set(3, lower_s=lower_s).frames(measures))
    assert kinds(found) == [("tempo", None, i) for i in range(wanted)]
    for event, rep in zip(found, found_reps, strict=False):
        assert event.onset_s == pytest.approx(rep.bottom_s, abs=0.1)
        assert 0.0 < event.detected_s - event.onset_s < 0.4


@pytest.mark.parametrize(("pressed_again", "wanted"), [(False, []), (True, [("tempo", None, 2)])])
def test_putting_the_sled_back_in_haste_is_no_fault_but_a_half_rep_is(pressed_again, wanted):
    """Stops at 62 degrees are beyond half of the way."""
    drawing = Drawing(62.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep().rep().move(62.0, 0.75)
    if pressed_again:
        drawing.hold(0.2).move(18.0, 1.6).hold(0.6).move(62.0, 1.5)
    assert kinds(Run().results(drawing.hold(9.5).frames())[2]) == wanted


def bounced(accelerate_s: float) -> np.ndarray:
    """Three reps whose sled velocity is reversed at the bottom within 2 * accelerate_s."""
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.5).rep().rep().rep().move(60.0, 1.5).hold(9.0)
    rows = drawing.frames("sled")
    t = rows["t_s"] - 2.8
    phase = np.where((t > 0) & (t < 12.0), t % 4.0, 4.0)
    speed = 0.3 * np.tanh((phase - 1.6) / accelerate_s) * (phase > 0.05) * (phase < 3.15)
    inside = (t > 0) & (t < 12.0)
    rows["velocity_mps"][inside] = speed[inside]
    rows["position_m"][inside] = rows["position_m"][~inside][0] + 0.2
    rows["position_m"] = np.cumsum(rows["velocity_mps"] * np.gradient(rows["t_s"]))
    rows["still"] = np.abs(rows["velocity_mps"]) < 0.003
    return rows


def test_bounce():
    assert kinds(Run().results(bounced(0.05))[2]) == [("tempo", None, 0), ("tempo", None, 1), ("tempo", None, 2)]
    assert Run().results(bounced(0.2))[2] == []


def test_clanks_are_no_bounce():
    rows = inclined_set(3, pause_s=0.0).frames("sled")
    for bottom_s in (6.1, 10.3, 14.5):
        clank = (rows["t_s"] > bottom_s) & (rows["t_s"] < bottom_s + 0.02)
        rows["velocity_mps"][clank] += 0.15
        rows["acceleration_mps2"][clank] = 30.0
    assert Run().results(rows)[2] == []


def test_re_racking_fast_is_not_judged():
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.5).rep().rep().move(55.0, 0.5).hold(9.0)
    assert Run().results(drawing.frames())[2] == []


def fallen(rows, start_s, end_s, turned_deg):
    """Turn the knee out of plane from start_s to end_s, inward > 0."""
    rows["valgus_deg"] = np.where((rows["t_s"] >= start_s) & (rows["t_s"] < end_s), turned_deg, 0.0)


@pytest.mark.parametrize(("turned_deg", "kind"), [(14.0, "valgus"), (-14.0, "varus")])
@pytest.mark.parametrize("leg", ["left", "right"])
def test_a_knee_that_leaves_its_plane(turned_deg, kind, leg):
    rows = inclined_set(4).frames()
    fallen(rows, 11.0, 11.8, turned_deg)
    _, _, found = Run(fault_params=params_from_limits({}, leg)).results(rows)
    assert kinds(found) == [(kind, leg, 1)]
    assert found[0].onset_s == pytest.approx(11.0, abs=0.02)
    assert found[0].detected_s - found[0].onset_s == pytest.approx(0.1, abs=0.02)
    assert found[0].end_s == pytest.approx(11.8, abs=0.02)
    assert found[0].severity == pytest.approx(0.4)
    assert found[0].confidence > 0.95


@pytest.mark.parametrize(("turned_deg", "length_s", "wanted"), [(8.0, 1.0, 0), (14.0, 0.07, 0), (8.0, 1.0, 1)])
def test_valgus_limit(turned_deg, length_s, wanted):
    rows = inclined_set(4).frames()
    fallen(rows, 11.0, 11.0 + length_s, turned_deg)
    limits = {"valgus_deg": 6.0} if wanted else {}
    assert len(Run(fault_params=params_from_limits(limits)).results(rows)[2]) == wanted


def test_wobbling_about_the_valgus_limit_is_one_fault():
    rows = inclined_set(4).frames()
    turned = 10.0 + 2.0 * np.sin(2.0 * np.pi * 2.0 * rows["t_s"])
    rows["valgus_deg"] = np.where((rows["t_s"] >= 10.5) & (rows["t_s"] < 12.4), turned, 0.0)
    assert kinds(Run().results(rows)[2]) == [("valgus", "left", 1)]


def test_knees_that_drop_once_the_sled_is_put_down_are_no_fault():
    rows = inclined_set(3).frames()
    fallen(rows, 4.1 + 3 * 4.4 + 1.5 + 0.6, 30.0, 25.0)
    assert Run().results(rows)[2] == []


def test_limits_of_the_profile():
    assert params_from_limits({}) == faults.Params()
    params = params_from_limits({"soft_bend_deg": 10, "max_flexion_deg": 85.0})
    assert (params.lockout.soft_bend_deg, params.lockout.band_deg, params.depth.max_flexion_deg) == (10.0, 14.0, 85.0)


@pytest.mark.parametrize(
    "limits",
    [
        {"soft_bend_deg": -3.0},
        {"soft_bend_deg": math.nan},
        {"max_flexion_deg": math.inf},
        {"max_flexion_deg": "90"},
        {"max_flexion_deg": True},
        {"soft_bend": 8.0},
        {"soft_bend_deg": None},
    ],
)
def test_limits_that_make_no_sense(limits):
    with pytest.raises(ValueError, match=r"^\[limits\] soft_bend|^\[limits\] max_flexion") as error:
        params_from_limits(limits)
    assert "\n" not in str(error.value)


def test_the_soft_bend_is_the_same_for_the_prediction():
    assert params_from_limits({"soft_bend_deg": 11.0}).prediction.soft_bend_deg == 11.0


def test_states_copied_at_any_time_have_the_same_future():
    """All detectors at work: lockout, prediction, slam, depth, both heels, tempo, imbalance."""
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.5)
    drawing.rep().rep(top_deg=3.0).rep(deep_deg=98.0, lower_s=0.9).rep(top_deg=-1.0, press_s=0.45).rep()
    rows = drawing.move(60.0, 1.5).hold(9.5).frames()
    lifted(rows, "heel_left", 4.5, 5.4)
    lifted(rows, "heel_right", 19.0, 19.9)
    more = inclined_set(4).frames()
    more["t_s"] += rows["t_s"][-1] + 0.01
    more["heel_left"] *= 2.0
    rows = np.concatenate([rows, more])
    whole = Run()
    expected = np.concatenate([whole.feed(rows), whole.finish()])
    assert {"lockout", "slam", "depth", "heel_lift", "tempo", "imbalance"} == {
        events.FAULTS[int(row["fault"])][0] for row in expected if row["action"] == events.BEGUN
    }
    assert events.LOCKOUT_AHEAD in expected["fault"]
    for cut in np.linspace(100, len(rows) - 100, 60).astype(int):
        before = Run()
        head = before.feed(rows[:cut])
        after = before.copy()
        before.feed(rows[::-1].copy())  # what becomes of the original does not matter to the copy
        got = np.concatenate([head, after.feed(rows[cut:]), after.finish()])
        assert got.tobytes() == expected.tobytes()


def test_numbers_of_faults_are_all_known():
    assert sorted(events.FAULTS) == list(range(len(events.FAULTS)))
    assert {kind for kind, _ in events.FAULTS.values()} == set(get_args(Kind))


def test_cost_of_a_reading(capsys):
    rows = np.tile(inclined_set(6, top_deg=5.0).frames(), 3).view(np.recarray)
    rows["t_s"] = np.linspace(0.0, rows["t_s"][0] + len(rows) / 466.0, len(rows))
    run = Run()
    drive(run.params[0], run.state[0], run.params[1], run.states[0], rows[:10], run.out[0])
    best = math.inf
    for _ in range(3):
        state, states = reps.new_state(), faults.new_state()
        begun = time.perf_counter()
        drive(run.params[0], state[0], run.params[1], states[0], rows, run.out[0])
        best = min(best, (time.perf_counter() - begun) / len(rows))
    with capsys.disabled():
        print(f"\nreps and faults: {best * 1e9:.0f} ns a reading")
    assert best < 5e-6  # ten times the aim, since other work may share the machine
