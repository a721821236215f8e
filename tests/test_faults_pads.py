"""Heel and seat lifts on hand-drawn reps: what they find, when, and what they leave alone."""

import numpy as np
import pytest

from drawn_frames import Run, inclined_set, kinds, lifted
from presscue import wire


@pytest.mark.parametrize("side", ["left", "right"])
def test_heel_lift_of_each_side_alone(side):
    rows = inclined_set(4).frames()
    lifted(rows, f"heel_{side}", 10.0, 11.0)
    _, _, found = Run().results(rows)
    assert kinds(found) == [("heel_lift", side, 1)]
    assert found[0].onset_s == pytest.approx(10.0, abs=0.05)
    assert found[0].detected_s - found[0].onset_s == pytest.approx(0.11, abs=0.03)
    assert found[0].end_s == pytest.approx(11.0, abs=0.05)
    assert found[0].severity > 0.5


def test_a_heel_off_while_the_other_one_carries_is_told_at_once_in_the_pause_at_the_bottom_too():
    rows = inclined_set(4).frames()
    lifted(rows, "heel_left", 10.25, 10.55)
    found = Run().results(rows)[2]
    assert kinds(found) == [("heel_lift", "left", 1)]
    assert found[0].onset_s == pytest.approx(10.25, abs=0.05)
    assert found[0].end_s == pytest.approx(10.55, abs=0.05)
    assert found[0].detected_s - found[0].onset_s < 0.13


def test_both_heels_off_only_while_the_sled_pauses_at_the_bottom_are_told_once_the_press_goes_on():
    rows = inclined_set(4).frames()
    for pad in ("heel_left", "heel_right"):
        lifted(rows, pad, 10.25, 10.55)
    found = Run().results(rows)[2]
    assert sorted(kinds(found)) == [("heel_lift", "left", 1), ("heel_lift", "right", 1)]
    assert all(10.55 < each.detected_s < 11.5 for each in found)


def test_a_seat_that_is_light_together_with_both_heels_is_a_sled_put_down():
    for with_heels in (False, True):
        rows = inclined_set(4).frames()
        lifted(rows, "seat", 10.1, 10.7)
        for pad in ("heel_left", "heel_right") if with_heels else ():
            lifted(rows, pad, 10.1, 10.7)
        found = {kind for kind, _, _ in kinds(Run().results(rows)[2])}
        assert ("seat_lift" in found) is not with_heels


def test_heel_lifts_in_the_very_first_reps():
    rows = inclined_set(4).frames()
    for rep in range(4):
        lifted(rows, "heel_left", 5.3 + 4.4 * rep, 6.9 + 4.4 * rep)
    assert kinds(Run().results(rows)[2]) == [("heel_lift", "left", rep) for rep in range(4)]


@pytest.mark.parametrize(("share", "length_s"), [(0.6, 1.0), (0.1, 0.07)])
def test_light_or_short_lifts_do_not_count(share, length_s):
    rows = inclined_set(4).frames()
    lifted(rows, "heel_left", 10.0, 10.0 + length_s, share)
    assert Run().results(rows)[2] == []


def test_heels_are_judged_by_their_own_depth_profile():
    rows = inclined_set(8).frames()
    deep = rows["flexion_deg"] / 90.0
    for side in ("left", "right"):
        rows[f"heel_{side}"] *= 1.0 - 0.55 * np.nan_to_num(deep)  # much less heel at the bottom, in every rep
    assert Run().results(rows.copy())[2] == []
    lifted(rows, "heel_left", 31.8, 32.6, 0.25)
    assert kinds(Run().results(rows)[2]) == [("heel_lift", "left", 6)]


def test_heels_do_not_care_for_gain_drift_or_load():
    rows = inclined_set(5).frames()
    more = inclined_set(5).frames()
    more["t_s"] += rows["t_s"][-1] + 0.01
    more["heel_left"] *= 0.3  # fewer plates
    more["heel_right"] *= 4.0
    both = np.concatenate([rows, more])
    both["heel_left"] *= 1.0 + 0.4 * both["t_s"] / both["t_s"][-1]
    lifted(both, "heel_right", rows["t_s"][-1] + 10.0, rows["t_s"][-1] + 11.0)
    heels = [event for event in Run().results(both)[2] if event.kind == "heel_lift"]
    assert kinds(heels) == [("heel_lift", "right", 6)]


def test_putting_the_sled_down_lifts_no_heel():
    rows = inclined_set(3).frames()
    down_s = 4.1 + 3 * 4.4 + 1.5
    for side in ("left", "right"):
        rows[f"heel_{side}"][rows["t_s"] > down_s - 0.02] = 15.0
    assert Run().results(rows)[2] == []


@pytest.mark.parametrize("measures", ["sled leg", "sled", "leg", "pitch"])
@pytest.mark.parametrize("lift_s", [(9.7, 11.0), (10.25, 10.55)])  # about the bottom at 10.4 s; within its pause
def test_seat_lift(measures, lift_s):
    rows = inclined_set(4).frames(measures)
    lifted(rows, "seat", *lift_s, share=0.3)
    _, _, found = Run().results(rows)
    assert kinds(found) == [("seat_lift", None, 1)]
    assert found[0].onset_s == pytest.approx(lift_s[0], abs=0.05)
    assert found[0].detected_s - found[0].onset_s == pytest.approx(0.16, abs=0.03)
    assert found[0].end_s == pytest.approx(lift_s[1], abs=0.05)
    assert found[0].severity == pytest.approx(0.4, abs=0.05)


def test_legs_taken_off_a_sled_that_stands_lift_no_heel():
    """A hard clank shakes the sled as it is put down and light; half a second later the leg is lifted off it."""
    drawing = inclined_set(3)
    rows = drawing.frames("sled leg pitch")
    after = rows["t_s"] - (4.1 + 3 * 4.4 + 1.5)
    rows["velocity_mps"] += np.interp(after, [0.0, 0.02, 0.5], [0.0, -0.14, 0.0])
    rows["position_m"] += np.interp(after, [0.0, 0.5], [0.0, -0.035])
    rows["still"][(after > 0.0) & (after < 0.5)] = 0.0
    for side in ("left", "right"):
        rows[f"heel_{side}"][after > 0.02] = 15.0
    rows["pitch_deg"] -= np.interp(after, [0.8, 1.0], [0.0, 8.0])
    rows["flexion_deg"] += np.interp(after, [0.1, 0.4, 0.8, 1.0], [0.0, -3.0, -3.0, 13.0])  # thrown by the clank
    assert Run().results(rows)[2] == []


def test_a_leg_that_sags_on_a_sled_put_down_lifts_no_heel():
    """The hip gives way behind a sled on its stops: knee and leg go on slowly, and the filter takes the sled along."""
    rows = inclined_set(3).frames("sled leg pitch")
    after = rows["t_s"] - (4.1 + 3 * 4.4 + 1.6)
    sags = (after > 0.0) & (after < 0.9)
    rows["velocity_mps"][sags], rows["still"][sags] = -0.036, 0.0
    for name, per_s in (("position_m", -0.036), ("flexion_deg", 5.0), ("pitch_deg", -2.5)):
        rows[name] += per_s * np.clip(after, 0.0, 0.9)
    for side in ("left", "right"):
        rows[f"heel_{side}"][after > 0.02] = 15.0
    assert Run().results(rows)[2] == []


def test_a_sled_taken_off_the_rack_twice_lifts_no_heel():
    """Before the second set it is put back once, and the feet rest for a moment."""
    drawing = inclined_set(3).move(50.0, 0.8).move(60.0, 0.8)
    back_s = drawing.now_s
    rows = drawing.hold(1.3).move(18.0, 1.3).hold(0.8).rep().rep().move(60.0, 1.5).hold(9.5).frames()
    for pad in ("heel_left", "heel_right"):
        lifted(rows, pad, back_s + 0.05, back_s + 1.25)
    assert Run().results(rows)[2] == []


def test_seat_lifts_in_the_very_first_reps():
    rows = inclined_set(4).frames()
    for rep in range(4):
        lifted(rows, "seat", 5.3 + 4.4 * rep, 6.9 + 4.4 * rep, share=0.3)
    assert kinds(Run().results(rows)[2]) == [("seat_lift", None, rep) for rep in range(4)]


@pytest.mark.parametrize(("share", "length_s"), [(0.6, 1.0), (0.1, 0.1)])
def test_light_or_short_seat_lifts_do_not_count(share, length_s):
    rows = inclined_set(4).frames()
    lifted(rows, "seat", 10.0, 10.0 + length_s, share)
    assert Run().results(rows)[2] == []


def test_the_seat_is_judged_by_its_own_depth_profile():
    rows = inclined_set(8).frames()
    rows["seat"] *= 1.0 - 0.4 * np.nan_to_num(rows["flexion_deg"]) / 90.0  # the body leans forward at the bottom
    rows["seat"] *= 0.01 * (1.0 + 0.2 * rows["t_s"] / rows["t_s"][-1])  # any scale, and creep
    assert Run().results(rows.copy())[2] == []
    lifted(rows, "seat", 31.8, 32.6, 0.35)
    assert kinds(Run().results(rows)[2]) == [("seat_lift", None, 6)]


def test_getting_up_after_the_set_is_no_seat_lift():
    rows = inclined_set(3).frames()
    rows["seat"][rows["t_s"] > 4.1 + 3 * 4.4 + 1.5 + 1.0] = 5.0
    assert Run().results(rows)[2] == []


def test_pads_need_not_be_read_together():
    rows = inclined_set(4).frames()
    lifted(rows, "seat", 9.7, 11.0)
    lifted(rows, "heel_left", 14.0, 15.4)
    pads = np.flatnonzero(rows["source"] == wire.PADS)
    for pad, every in (("seat", 5), ("heel_left", 2)):
        rows[pad][np.setdiff1d(pads, pads[::every])] = np.nan
    assert kinds(Run().results(rows)[2]) == [("seat_lift", None, 1), ("heel_lift", "left", 2)]


def test_without_pads_there_are_no_heels():
    assert Run().results(inclined_set(3).frames(pads=False))[2] == []
    rows = inclined_set(3).frames()
    rows["heel_left"] = np.nan
    lifted(rows, "heel_right", 10.0, 11.0)
    assert kinds(Run().results(rows)[2]) == [("heel_lift", "right", 1)]
