"""Reps from frames: every rep once, nothing else, with its own times; in any measure, order and chunking."""

import os
import subprocess
import sys

import numpy as np
import pytest

from drawn_frames import Drawing, Run, inclined_set, rail_m
from presscue import events, wire
from presscue.reps import machine as reps

MEASURES = ("sled leg", "sled", "leg", "pitch")


@pytest.mark.parametrize("measures", MEASURES)
def test_inclined_set_without_unracking_and_reracking(measures):
    found, sets, _ = Run().results(inclined_set(5).frames(measures))
    assert [r.rep for r in found] == [0, 1, 2, 3, 4]
    assert [(s.set, s.reps) for s in sets] == [(0, 5)]
    for i, rep in enumerate(found):
        start = 4.1 + i * 4.4
        assert rep.start_s == pytest.approx(start, abs=0.25)
        assert rep.bottom_s == pytest.approx(start + 2.0, abs=0.15)
        assert rep.end_s == pytest.approx(start + 3.8, abs=0.25)


@pytest.mark.parametrize("measures", MEASURES)
def test_level_set_begins_with_the_press(measures):
    drawing = Drawing(78.0).hold(2.0)
    for _ in range(4):
        drawing.move(18.0, 1.5).hold(0.4).move(78.0, 2.0).hold(0.3)
    found, sets, _ = Run(reps.Params(order=reps.usual_order(0.0))).results(drawing.hold(9.0).frames(measures))
    assert len(found) == 4
    assert sets[0].reps == 4
    assert all(rep.bottom_s == rep.end_s for rep in found)


def test_figures_of_a_rep():
    drawing = inclined_set(3, lower_s=2.0, press_s=1.6)
    press_s = drawing.moving_s(6.3, 7.9)
    found, sets, _ = Run().results(drawing.frames())
    travel = rail_m(18.0) - rail_m(80.0)
    for rep in found:
        assert rep.travel_m == pytest.approx(travel, abs=0.002)
        assert rep.max_flexion_deg == pytest.approx(80.0, abs=0.5)
        assert rep.end_flexion_deg == pytest.approx(18.0, abs=0.5)
        assert rep.eccentric_s + rep.pause_s + rep.concentric_s == pytest.approx(rep.end_s - rep.start_s)
        assert rep.mean_concentric_velocity_mps == pytest.approx(travel / press_s, rel=0.05)
        assert rep.peak_concentric_velocity_mps == pytest.approx(drawing.top_speed_mps(6.3, 7.9), rel=0.02)
    assert sets[0].velocity_loss == pytest.approx(0.0, abs=0.05)
    assert sets[0].rest_before_s is None


def test_without_a_sled_lengths_are_not_measured():
    found, sets, _ = Run().results(inclined_set(3).frames("leg"))
    assert np.isnan([found[0].travel_m, found[0].mean_concentric_velocity_mps]).all()
    assert sets[0].velocity_loss is None
    assert found[0].max_flexion_deg == pytest.approx(80.0, abs=0.5)


def test_velocity_loss_and_rest():
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.8)
    for press_s in (1.2, 1.6, 2.0):
        drawing.rep(press_s=press_s)
    drawing.move(60.0, 1.5).leg_off(12.0).hold(1.0).move(18.0, 1.3).hold(0.8).rep().move(60.0, 1.5).hold(9.0)
    found, sets, _ = Run().results(drawing.frames())
    assert [r.set for r in found] == [0, 0, 0, 1]
    assert sets[0].velocity_loss == pytest.approx(1 - 1.2 / 2.0, abs=0.05)
    assert sets[1].rest_before_s == pytest.approx(13.0, abs=0.5)
    assert sets[0].end_s < 30.0 < sets[1].start_s


def test_legs_off_end_the_set_sooner_than_a_rest():
    run = Run()
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.8).rep().move(60.0, 1.5)
    end_s = drawing.now_s
    rows = run.feed(drawing.leg_off(7.0).frames())
    (row,) = rows[rows["action"] == events.SET]
    assert row["t_s"] == pytest.approx(end_s + run.params[0].away_s, abs=0.5)


@pytest.mark.parametrize("measures", MEASURES)
def test_tempos_from_half_a_second_to_eight(measures):
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.5)
    starts = []
    tempos = [(0.6, 0.6), (8.0, 1.0), (4.0, 6.0), (1.0, 3.0)]
    for lower_s, press_s in tempos:
        starts.append(drawing.now_s)
        drawing.rep(lower_s, press_s)
    found, _, _ = Run().results(drawing.move(60.0, 1.5).hold(9.0).frames(measures))
    assert len(found) == 4
    if "sled" in measures:
        true = [drawing.moving_s(start, start + tempo[0]) for start, tempo in zip(starts, tempos, strict=True)]
        assert [r.eccentric_s for r in found] == pytest.approx(true, rel=0.1)


def test_foot_shuffles_clanks_and_drift_are_no_reps():
    drawing = Drawing(60.0).hold(2.0).leg_off(2.0).hold(1.0).move(52.0, 0.5).move(60.0, 0.5).hold(60.0)
    rows = drawing.frames()
    clank = (rows["t_s"] > 30.0) & (rows["t_s"] < 30.03)
    rows["velocity_mps"][clank] += 0.5
    rows["position_m"] += 0.05 * rows["t_s"] / 60.0
    assert len(Run().feed(rows)) == 0


@pytest.mark.parametrize("measures", ["sled leg", "leg"])
def test_a_leg_that_moves_off_the_sled_does_nothing(measures):
    drawing = Drawing(60.0).hold(1.0)
    for _ in range(6):
        drawing.move(20.0, 0.8).move(60.0, 0.8)
    rows = drawing.frames(measures)
    rows["engaged"] = 0.0
    if "sled" in measures:
        rows["position_m"], rows["velocity_mps"], rows["still"] = 0.5, 0.0, 1.0
    assert len(Run().feed(rows)) == 0


def test_putting_the_sled_down_is_no_lowering():
    drawing = Drawing(2.0).hold(2.0).move(60.0, 2.0).hold(4.6)  # a hold with a straight leg, then down to the stops
    drawing.move(18.0, 1.3).hold(0.6).rep().rep().move(60.0, 1.5).hold(9.0)
    found, _, _ = Run().results(drawing.frames())
    assert len(found) == 2
    assert found[0].start_s > 10.0


@pytest.mark.parametrize("stops_s", [1.5, 6.0])
def test_a_set_begins_with_its_first_stroke(stops_s):
    """The sled is put on stops too near for a stroke, and pushed out of them by less than it went down."""
    drawing = Drawing(6.0).hold(2.0).move(40.0, 2.0).hold(stops_s).move(22.0, 1.0).hold(1.2)
    began_s = drawing.now_s
    found, sets, _ = Run().results(drawing.rep(top_deg=22.0).rep(top_deg=22.0).hold(9.0).frames())
    assert len(found) == 2
    assert found[0].start_s == pytest.approx(began_s, abs=0.25)
    assert found[0].eccentric_s == pytest.approx(drawing.moving_s(began_s, began_s + 2.0), abs=0.05)
    assert sets[0].start_s == pytest.approx(began_s, abs=0.25)


def test_a_dip_on_the_way_is_no_rep():
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.5).rep()
    drawing.move(80.0, 2.0).move(66.0, 0.8).move(80.0, 0.8).move(18.0, 1.5).hold(0.5).rep()
    found, _, _ = Run().results(drawing.move(60.0, 1.5).hold(9.0).frames())
    assert len(found) == 3


def test_drifting_sled_positions():
    rows = inclined_set(8).frames("sled")
    rows["position_m"] += 0.004 * rows["t_s"]
    rows["velocity_mps"] += 0.004
    found, _, _ = Run().results(rows)
    assert len(found) == 8


def test_a_jump_of_the_sleds_zero_is_not_a_movement():
    rows = inclined_set(5).frames("sled")
    rows["position_m"][rows["t_s"] > 12.0] += 0.15
    found, _, _ = Run().results(rows)
    assert len(found) == 5


def test_a_press_that_the_sled_alone_has_missed():
    rows = inclined_set(5).frames()
    lost = (rows["t_s"] > 11.0) & (rows["t_s"] < 12.4)
    rows["position_m"][lost] = rows["position_m"][np.argmax(lost)]
    for name, value in (("velocity_mps", 0.0), ("still", 1.0), ("engaged", 0.0), ("flexion_deg", np.nan)):
        rows[name][lost] = value
    found, _, _ = Run().results(rows)
    assert len(found) == 5


def test_a_stroke_longer_than_a_leg_swallows_no_reps():
    """The sled's own filter astray by a metre and back, before the first rep and amid the set."""
    rows = inclined_set(6).frames("sled")
    for from_s in (3.5, 13.2):
        on_its_way = np.clip((rows["t_s"] - from_s) / 1.5, 0.0, 1.0)
        rows["position_m"] -= on_its_way
        rows["velocity_mps"][(on_its_way > 0.0) & (on_its_way < 1.0)] -= 1.0 / 1.5
    found, _, _ = Run().results(rows)
    assert [r.travel_m < 0.3 for r in found].count(True) >= 4
    assert len(found) <= 6


def test_reps_begin_with_the_lowering_behind_a_stroke_that_was_none():
    """Racked for a moment, the sled's own filter goes astray by a metre; then it is taken off again."""
    drawing = inclined_set(3)
    drawing.pieces[-1] = drawing.pieces[-1][:3000]
    rows = drawing.move(18.0, 1.3).hold(0.8).rep().rep().rep().move(60.0, 1.5).hold(9.0).frames("sled")
    on_its_way = np.clip((rows["t_s"] - 20.0) / 1.5, 0.0, 1.0)
    rows["position_m"] -= on_its_way
    astray = (on_its_way > 0.0) & (on_its_way < 1.0)
    rows["velocity_mps"][astray], rows["still"][astray] = -1.0 / 1.5, 0.0
    found, _, _ = Run().results(rows)
    assert [rep.bottom_s < rep.end_s for rep in found] == [True] * 6


def test_a_sled_that_seems_to_go_while_the_legs_walk_makes_no_stroke():
    """Plates shake it, and its own filter takes that for 15 cm/s, out and in again."""
    drawing = inclined_set(4)
    rows = drawing.leg_off(20.0).frames()
    walking = rows["t_s"] > drawing.now_s - 20.0
    beat = rows["t_s"][walking] % 4.0 < 2.0
    rows["velocity_mps"][walking] = np.where(beat, 0.15, -0.15)
    rows["position_m"][walking] += np.cumsum(
        rows["velocity_mps"][walking] * np.diff(rows["t_s"][walking], prepend=0.0).clip(0.0, 0.01)
    )
    rows["still"][walking] = 0.0
    found, sets, _ = Run().results(rows)
    assert len(found) == 4
    assert len(sets) == 1


@pytest.mark.parametrize("order", [reps.LOWERING_FIRST, reps.UNKNOWN_ORDER])
def test_provisional_index_is_that_of_the_rep(order):
    run = Run(reps.Params(order=order))
    rows = inclined_set(4).frames()
    seen = []
    for i in range(0, len(rows), 20):
        run.feed(rows[i : i + 20])
        seen.append((rows["t_s"][min(i + 19, len(rows) - 1)], int(run.state[0]["rep"])))
    for t_s, rep in seen:
        if 5.0 < t_s < 4.1 + 4 * 4.4 and not 0 <= (t_s - 4.1) % 4.4 < 0.8:
            assert rep == int((t_s - 4.1) // 4.4)


def test_halfway_marks_one_in_each_press():
    rows = Run().feed(inclined_set(4).frames())
    marks = rows[rows["action"] == events.HALFWAY]
    assert list(marks["rep"]) == [0, 1, 2, 3]
    assert list(marks["t_s"]) == pytest.approx([4.1 + 2.2 + 0.7 + 4.4 * i for i in range(4)], abs=0.15)


def test_block_by_block_and_save_and_resume_equal_one_block():
    rows = inclined_set(5, top_deg=5.0, lower_s=0.8).frames()
    whole = Run().feed(rows)
    assert len(whole) > 15
    rng = np.random.default_rng(1)
    for size in (1, 7, 5000):
        run, got, i = Run(), [], 0
        while i < len(rows):
            n = int(rng.integers(1, size + 1))
            got.append(run.feed(rows[i : i + n]))
            i += n
            if rng.random() < 0.05:
                run = run.copy()
        assert np.concatenate(got).tobytes() == whole.tobytes()


def test_compiled_equals_interpreted():
    program = (
        "import numpy as np\nfrom drawn_frames import Run, inclined_set\n"
        "rows = inclined_set(1, top_deg=5.0, lower_s=0.8).frames()[:6000]\n"
        "import sys; sys.stdout.buffer.write(Run().feed(rows).tobytes())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=os.path.dirname(__file__),
            env={**os.environ, "NUMBA_DISABLE_JIT": disable},
            capture_output=True,
            check=True,
        ).stdout
        for disable in ("0", "1")
    ]
    assert len(said[0]) >= 4 * events.ROW.itemsize
    assert said[0] == said[1]


def test_pads_alone_make_no_reps():
    rows = inclined_set(3).frames("")
    assert set(rows["source"]) == {wire.PADS}
    assert len(Run().feed(rows)) == 0


def test_a_full_buffer_counts_what_it_loses():
    run = Run()
    run.out = events.new_buffer(2).view(np.recarray)
    rows = run.feed(inclined_set(5).frames())
    assert len(rows) == 2
    assert run.out["lost"][0] > 5
