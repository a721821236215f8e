"""Left against right over a set: against the lifter's own earlier sets, or as it is where pads are load cells."""

import numpy as np
import pytest

from drawn_frames import Run, inclined_set
from presscue import faults
from presscue.faults import Pads, params_of

NOBODY = faults.CUE_LATENCY_S


def session(*lefts: float, reps: int = 5, gain: float = 1.3) -> np.ndarray:
    """One set for each left part of the force; the right pad reads `gain` times too much."""
    parts, end_s = [], 0.0
    for left in lefts:
        rows = inclined_set(reps).frames()
        rows["heel_left"] *= 2.0 * left
        rows["heel_right"] *= 2.0 * (1.0 - left) * gain
        rows["t_s"] += end_s
        end_s = rows["t_s"][-1] + 0.01
        parts.append(rows)
    return np.concatenate(parts)


def told(rows, pads: Pads | None = None) -> list:
    _, sets, found = Run(fault_params=params_of({}, pads or Pads(), NOBODY)).results(rows)
    for event in found:
        assert event.kind == "imbalance"
        assert event.rep is None
        assert event.onset_s == event.end_s
        assert event.onset_s in [one.end_s for one in sets]
        assert event.detected_s >= event.onset_s
    return [(event.side, [one.end_s for one in sets].index(event.onset_s)) for event in found]


def test_a_set_unlike_the_ones_before():
    assert told(session(0.5, 0.52, 0.64)) == [("left", 2)]
    assert told(session(0.5, 0.36, 0.5)) == [("right", 1)]


def test_the_last_set_is_judged_though_the_recording_ends_in_it():
    rows = session(0.5, 0.65)
    assert told(rows[rows["t_s"] < rows["t_s"][-1] - 9.0]) == [("left", 1)]


def test_two_pads_of_other_gain_are_no_imbalance():
    assert told(session(0.5, 0.5, 0.5, gain=2.0)) == []
    assert told(session(0.64, 0.64)) == []  # this lifter's own


def test_load_cells_are_compared_as_they_are():
    assert told(session(0.62, 0.62, gain=1.0), Pads(load_cells=True)) == [("left", 0), ("left", 1)]
    assert told(session(0.55, 0.45, gain=1.0), Pads(load_cells=True)) == []


def test_what_is_usual_may_be_known_from_earlier_sessions():
    assert told(session(0.64, gain=1.0), Pads(usual_left=0.5)) == [("left", 0)]
    assert told(session(0.64, gain=1.0), Pads(usual_left=0.62)) == []


def test_one_bad_rep_or_two_are_no_imbalance():
    rows = session(0.5, 0.5)
    bad = (rows["t_s"] > 42.0) & (rows["t_s"] < 49.0)
    rows["heel_left"][bad] *= 2.5
    assert told(rows) == []
    assert told(session(0.5, 0.66, reps=2)) == []


def test_the_poor_repeatability_of_people_stands_in_the_confidence():
    found = Run(fault_params=params_of({}, Pads(), NOBODY)).results(session(0.5, 0.6, 0.7))[2]
    assert [event.side for event in found] == ["left", "left"]
    assert found[0].confidence < 0.65 < found[1].confidence < 0.99
    assert found[0].severity < found[1].severity


@pytest.mark.parametrize("lacking", ["heel_left", "heel_right"])
def test_it_takes_both_pads(lacking: str):
    rows = session(0.5, 0.66)
    rows[lacking] = np.nan
    assert told(rows) == []
