"""Which stroke a rep begins with: by machine, by where the sled rests and how deep it goes, by the sets before."""

import numpy as np
import pytest

from drawn_frames import Drawing, Run, inclined_set
from presscue import wire
from presscue.reps import machine as reps

INCLINED, UPRIGHT = reps.LOWERING_FIRST, reps.PRESS_FIRST


def pressed_set(drawing: Drawing, stops_deg: float, deep_deg: tuple[float, ...]) -> Drawing:
    """From stops: a press and a lowering to each of these, the last of them back on the stops."""
    for deg in (*deep_deg, stops_deg):
        drawing.move(18.0, 1.5).hold(0.6).move(deg, 2.0).hold(0.5)
    return drawing


def lowered_set(drawing: Drawing, catches_deg: float, deep_deg: tuple[float, ...]) -> Drawing:
    """From catches: unracking, a rep to each of these, re-racking."""
    drawing.move(18.0, 1.3).hold(0.8)
    for deg in deep_deg:
        drawing.rep(deep_deg=deg)
    return drawing.move(catches_deg, 1.3)


def orders(found) -> list[str]:
    return ["pressed" if rep.bottom_s == rep.end_s else "lowered" for rep in found]


@pytest.mark.parametrize(("stops_deg", "deep_deg"), [(79.0, (77.0, 78.0, 76.0)), (88.0, (86.0, 87.0, 87.0))])
def test_an_inclined_press_pressed_first_from_its_stops(stops_deg, deep_deg):
    drawing = pressed_set(Drawing(stops_deg).hold(2.0), stops_deg, deep_deg).hold(9.0)
    found, sets, _ = Run(reps.Params(order=INCLINED)).results(drawing.frames())
    assert orders(found) == ["pressed"] * 4
    assert [s.reps for s in sets] == [4]


@pytest.mark.parametrize("catches_deg", [45.0, 54.0, 60.0])
@pytest.mark.parametrize("deep_deg", [(78.0, 77.0, 92.0), (80.0, 100.0, 79.0)])
def test_an_upright_press_unracked_by_half_its_way(catches_deg, deep_deg):
    drawing = lowered_set(Drawing(catches_deg).hold(2.0), catches_deg, deep_deg).hold(9.0)
    found, _, _ = Run(reps.Params(order=UPRIGHT)).results(drawing.frames())
    assert orders(found) == ["lowered"] * 3


@pytest.mark.parametrize("deep_deg", [(100.0, 79.0, 78.0), (56.0, 80.0, 79.0), (78.0, 101.0, 80.0)])
def test_an_upright_press_from_its_stops_with_an_odd_rep_among_the_first(deep_deg):
    drawing = pressed_set(Drawing(78.0).hold(2.0), 78.0, deep_deg).hold(9.0)
    found, _, _ = Run(reps.Params(order=UPRIGHT)).results(drawing.frames())
    assert orders(found) == ["pressed"] * 4


def test_an_upright_press_that_goes_some_degrees_beyond_where_it_rested():
    """Stops and seats give, and flexion is off by more the deeper the knee."""
    drawing = pressed_set(Drawing(72.0).hold(2.0), 72.0, (83.0, 79.0, 82.0)).hold(9.0)
    found, _, _ = Run(reps.Params(order=UPRIGHT)).results(drawing.frames())
    assert orders(found) == ["pressed"] * 4


@pytest.mark.parametrize("order", [INCLINED, reps.UNKNOWN_ORDER])
def test_the_first_set_may_begin_with_a_half_rep(order):
    """Unracking is then longer than the lowering behind it."""
    drawing = lowered_set(Drawing(62.0).hold(2.0), 62.0, (54.0, 80.0, 79.0, 81.0)).hold(9.0)
    found, _, _ = Run(reps.Params(order=order)).results(drawing.frames())
    assert orders(found) == ["lowered"] * 4


def test_an_order_seen_stays_though_a_set_begins_otherwise():
    """The first lowering of the second set is not seen: the sled's and the leg's IMU are silent."""
    drawing = lowered_set(Drawing(50.0).hold(2.0), 50.0, (80.0, 79.0, 81.0)).hold(10.0)
    drawing.move(18.0, 1.3).hold(0.8)
    silent_s = drawing.now_s - 2.5, drawing.now_s + 2.2
    drawing.rep().rep().rep().rep().move(50.0, 1.3).hold(9.0)
    rows = drawing.frames()
    rows = rows[(rows["t_s"] < silent_s[0]) | (rows["t_s"] > silent_s[1])]
    found, _, _ = Run(reps.Params(order=INCLINED)).results(rows)
    assert orders(found) == ["lowered"] * 6


def test_a_hole_in_both_imus_while_the_order_is_open_loses_no_rep_before_it():
    drawing = Drawing(74.0).hold(2.0).move(18.0, 1.3).hold(0.8).rep(deep_deg=76.0).rep(deep_deg=76.0)
    silent_s = drawing.now_s
    rows = drawing.hold(3.0).rep().rep().move(74.0, 1.5).hold(9.0).frames()
    rows = rows[(rows["t_s"] < silent_s) | (rows["t_s"] > silent_s + 1.5) | (rows["source"] == wire.PADS)]
    for order in (INCLINED, UPRIGHT):
        found, _, _ = Run(reps.Params(order=order)).results(rows)
        assert len(found) == 4


def test_a_sled_whose_filter_creeps_before_the_set_has_begun_no_rep():
    rows = pressed_set(Drawing(78.0).hold(8.0), 78.0, (79.0, 77.0)).hold(9.0).frames()
    creep = np.interp(rows["t_s"], [0.5, 4.5, 5.0, 7.5], [0.0, 0.0, 0.05, 0.08])
    rows["position_m"] -= creep
    rows["velocity_mps"] -= np.gradient(creep, rows["t_s"])
    rows["still"][rows["t_s"] < 7.5] = 0.0
    found, _, _ = Run(reps.Params(order=UPRIGHT)).results(rows)
    assert orders(found) == ["pressed"] * 3


@pytest.mark.parametrize("seed", [*range(6), 171, 192, 225, 281, 298, 349, 365])
def test_whatever_is_lost_a_rep_begins_before_it_ends_and_after_the_one_before(seed):
    """Sensors fall silent, or read on from where they stood, for a moment or for seconds."""
    rng = np.random.default_rng(seed)
    pressed = pressed_set(Drawing(78.0).hold(2.0), 78.0, (78.0, 78.0, 78.0)).leg_off(6.0).hold(9.0)
    rows = (inclined_set(4).leg_off(6.0) if seed % 2 else pressed).frames()
    t_s = rows["t_s"]
    sled, leg = ("position_m", "velocity_mps", "still"), ("flexion_deg", "rate_dps")
    for _ in range(rng.integers(1, 4)):
        start_s = rng.uniform(2.0, 24.0)
        lost = (t_s > start_s) & (t_s < start_s + rng.choice([0.2, 0.6, 1.5, 4.0, 10.0]))
        what = rng.integers(4)
        for name in (sled, leg, sled + leg, leg)[what]:
            rows[name][lost] = np.nan
        if what:
            rows["engaged"][lost] = rng.choice([0.0, np.nan])
        if what == 3:
            rows["position_m"][lost] = rows["position_m"][np.argmax(lost)]
            rows["velocity_mps"][lost], rows["still"][lost] = 0.0, 1.0
    found, _, _ = Run(reps.Params(order=int(rng.integers(-1, 2)))).results(rows)
    times = [at_s for rep in found for at_s in (rep.start_s, rep.bottom_s, rep.end_s)]
    assert times == sorted(times)
    assert all(rep.start_s < rep.end_s and rep.eccentric_s > 0.0 and rep.concentric_s > 0.0 for rep in found)


def test_a_sled_led_down_to_its_stops_says_nothing_of_the_order():
    """Before the first set, and without a rep."""
    drawing = Drawing(3.0).hold(2.0).move(78.0, 2.0).hold(6.0)
    found, _, _ = Run(reps.Params(order=UPRIGHT)).results(pressed_set(drawing, 78.0, (78.0, 77.0)).hold(9.0).frames())
    assert orders(found) == ["pressed"] * 3
