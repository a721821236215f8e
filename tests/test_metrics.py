"""What a coach reads off reps and sets."""

import math
from dataclasses import replace

import numpy as np
import pytest

from drawn_frames import Drawing, Run, inclined_set
from presscue.analysis.metrics import learnt_limits, set_metrics
from presscue.findings import Findings
from presscue.reps import machine as reps
from presscue.results import Event, Rep

REP = Rep(0, 0, 1.0, 3.0, 5.0, 80.0, 17.0, 0.2, 2.0, 0.2, 1.5, 0.15, 0.3, range_deg=63.0, left_share=0.5)


def drawn(drawing: Drawing, **changes) -> list[Rep]:
    rows = drawing.frames()
    rows["acceleration_mps2"] = np.gradient(rows["velocity_mps"], rows["t_s"])
    rows["acceleration_mps2"] = np.convolve(rows["acceleration_mps2"], np.ones(9) / 9, "same")
    rows["heel_left"] *= 1.5
    return Run(reps.on_rail(reps.Params(), 45.0)._replace(**changes)).results(rows)[0]


def test_range_share_and_propulsive_velocity_of_a_rep():
    for rep in drawn(inclined_set(3)):
        assert rep.range_deg == pytest.approx(62.0, abs=0.5)
        assert rep.left_share == pytest.approx(0.6, abs=0.001)
        assert rep.mean_propulsive_velocity_mps == pytest.approx(rep.mean_concentric_velocity_mps, rel=0.1)


def test_a_press_that_is_only_braked_by_the_load_is_not_propulsive_there():
    """Thrown up and left to gravity: the end of the press is no push."""
    thrown = drawn(inclined_set(3, press_s=1.0), brake_mps2=0.2)
    for rep in thrown:
        assert rep.mean_propulsive_velocity_mps > 1.1 * rep.mean_concentric_velocity_mps


@pytest.mark.parametrize(("rail_deg", "told"), [(45.0, True), (90.0, True), (0.0, False)])
def test_on_a_level_rail_no_propulsive_part_is_told(rail_deg: float, told: bool):
    assert math.isnan(reps.on_rail(reps.Params(), rail_deg).brake_mps2) is not told


def test_how_alike_the_reps_of_a_set_are():
    of = set_metrics([replace(REP, rep=i, travel_m=travel) for i, travel in enumerate((0.19, 0.20, 0.21))])
    assert of["mean_travel_m"] == pytest.approx(0.2)
    assert of["travel_cv"] == pytest.approx(0.05)
    assert of["concentric_cv"] == 0.0
    assert math.isnan(of["mean_propulsive_velocity_mps"])
    assert math.isnan(set_metrics([REP, REP])["travel_cv"])
    assert math.isnan(set_metrics([])["left_share"])


def lifted(rep: int) -> Event:
    return Event("seat_lift", None, rep, 3.0, 3.2, 3.5, 0.5, 0.9)


def test_a_depth_at_which_the_seat_lifts_again_and_again_is_suggested_as_a_limit():
    found = Findings()
    found.add([replace(REP, rep=i, start_s=10.0 * i, max_flexion_deg=80.0 + i) for i in range(8)])
    assert "max_flexion_deg" not in learnt_limits(found)
    found.add([lifted(7)])
    assert "max_flexion_deg" not in learnt_limits(found)  # once is no rule
    found.add([replace(lifted(6), onset_s=4.0)])
    assert learnt_limits(found)["max_flexion_deg"] == {
        "suggested": pytest.approx(83.0), "because": "the seat lifted in 2 reps",
    }  # fmt: skip
    assert learnt_limits(found)["clean_end_flexion_deg"]["reps"] == 6


def test_a_suggestion_never_loosens():
    found = Findings()
    found.add([replace(REP, rep=i, max_flexion_deg=99.0) for i in range(3)])
    found.add([replace(lifted(i), onset_s=float(i)) for i in range(3)])
    assert learnt_limits(found)["max_flexion_deg"]["suggested"] == 90.0
