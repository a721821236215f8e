"""A seat that lifts where there is no pad on it: an estimate once the set is over, from leg and sled together."""

from typing import cast

import numpy as np
import pytest

from presscue.calibration.model import Calibration, History, Priors
from presscue.core import Core, CoreConfig
from presscue.faults import hip
from presscue.findings import Findings
from presscue.fitting import feed_answering, finish_answering
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario
from presscue.validation.bounds import total
from presscue.validation.trial import Task, run_trial
from test_core import blocks_of


@pytest.fixture(scope="module")
def session():
    scenario = random_scenario(10, faults=("seat_lift",), sets=(9,))
    performance = perform(scenario)
    return performance.truth, render(performance), Priors(scenario.height_m, None, performance.truth.hold_s)


def analysed(session, with_pad: bool, blocks_a_call: int = 1) -> tuple[Core, Findings]:
    """The session, with the seat's pad or without."""
    _, table, priors = session
    hidden = {} if with_pad else {"seat_n": np.full(len(table["time_s"]), np.nan)}
    core, found = Core(CoreConfig(priors=priors, patient=True)), Findings()
    blocks = blocks_of(table | hidden)
    for at in range(0, len(blocks), blocks_a_call):
        found.add(feed_answering(core, blocks[at : at + blocks_a_call]))
    found.add(finish_answering(core))
    return core, found


@pytest.fixture(scope="module")
def without_pad(session):
    return analysed(session, with_pad=False)


def lifted(found: Findings) -> dict[int | None, float]:
    return {event.rep: event.onset_s for event in found.faults() if event.kind == "seat_lift"}


def test_lifts_are_found_at_the_end_of_the_set_and_marked_as_estimates(session, without_pad):
    truth, (_, found) = session[0], without_pad
    made = {fault.rep: fault.onset_s for fault in truth.faults if fault.kind == "seat_lift"}
    assert made
    assert lifted(found).keys() == made.keys()
    for event in found.faults():
        if event.kind == "seat_lift":
            assert event.estimated
            assert event.detected_s > truth.reps[-1].end_s
            assert abs(event.onset_s - made[event.rep]) < 1.0
    assert not any(cue.kind == "seat_lift" for cue in found.cues)  # too late to be of use


def test_a_pad_on_the_seat_is_believed_instead(session):
    _, found = analysed(session, with_pad=True)
    assert not any(event.estimated for event in found.faults())


def test_how_readings_arrive_changes_nothing(session, without_pad):
    _, whole = analysed(session, with_pad=False, blocks_a_call=997)
    assert whole.events == without_pad[1].events


def test_a_rep_with_a_gap_or_without_flexion_is_not_judged(session, without_pad):
    core, found = without_pad
    history, rep = core.history(-np.inf, np.inf), found.reps[3]
    (way,) = hip.ways([rep])
    assert core.calibration is not None
    assert hip.step_of(history, core.calibration, way) is not None
    keep = np.abs(history.leg_t_s - rep.bottom_s) > 0.1
    gap = History(history.sled_t_s, history.sled, history.leg_t_s[keep], history.leg[keep])
    assert hip.step_of(gap, core.calibration, way) is None
    assert hip.step_of(history, core.calibration, way._replace(max_flexion_deg=np.nan)) is None
    assert hip.step_of(history, core.calibration, way._replace(start_s=way.start_s - 1e4)) is None


def lifts_of(monkeypatch, steps: list[tuple[float, float]], left_mm: float | list[float] = 0.5) -> list[int | None]:
    """The reps that lift, of steps (mm) at greatest flexions (deg), with so much left over, of all or of each."""
    left = np.broadcast_to(1e-3 * np.array(left_mm), len(steps))
    found = [
        hip.Step(rep, 8.0 * rep, 8.0 * rep + 1.0, 1e-3 * mm, deg, left[rep]) for rep, (mm, deg) in enumerate(steps)
    ]
    monkeypatch.setattr(hip, "step_of", lambda history, c, step: step)
    return [event.rep for event in hip.lifts(NOTHING, Calibration(0.0, True, True), cast("list[hip.Way]", found), 99.0)]


NOTHING = History(np.zeros(0), np.zeros((0, 6)), np.zeros(0), np.zeros((0, 6)))
CLEAN = [(-7.0, 80.0), (-8.0, 81.0), (-6.5, 79.0), (-9.0, 82.0), (-7.5, 80.0)]


def test_a_hip_that_goes_up_from_the_rail_takes_the_sled_in(monkeypatch):
    assert lifts_of(monkeypatch, CLEAN) == []
    assert lifts_of(monkeypatch, [*CLEAN, (25.0, 80.0)]) == [5]
    assert lifts_of(monkeypatch, [*CLEAN, (-35.0, 80.0)]) == [5]


def test_what_is_usual_says_less_of_reps_not_as_deep(monkeypatch):
    """A linkage that is some per cent wrong is so by more at another depth."""
    assert lifts_of(monkeypatch, [*CLEAN, (60.0, 104.0), (1.0, 70.0)]) == []
    assert lifts_of(monkeypatch, [*CLEAN, (30.0, 90.0)]) == [5]


def test_deep_reps_do_not_say_what_is_usual_of_the_others(monkeypatch):
    assert lifts_of(monkeypatch, [(-13.6, 95.0), (-15.8, 98.0), (-3.1, 76.0), (-3.9, 76.0), (-12.9, 80.0)]) == []


@pytest.mark.parametrize(
    ("steps", "left_mm"),
    [([-4.5, -4.0, -4.3, 0.9, 0.6], 1.0), ([5.5, -0.6, 0.1, 3.2, -2.2, -0.3], 1.0), ([-4.1, -5.6, -3.1, 1.7], 1.3),
     ([-16.4, -14.4, -17.5, -4.1], 2.1)],
)  # fmt: skip
def test_a_few_reps_that_agree_by_chance_make_no_lift_of_the_next(monkeypatch, steps, left_mm):
    """Clean sets of an independent simulator, the last of seven seconds a rep: what is left tells how well they do."""
    assert lifts_of(monkeypatch, [(mm, 80.0) for mm in steps], left_mm) == []
    assert lifts_of(monkeypatch, [(mm, 80.0) for mm in (*steps, 45.0)], left_mm) == [len(steps)]


def test_three_reps_are_enough_and_lifts_may_be_as_many_as_clean_ones(monkeypatch):
    assert lifts_of(monkeypatch, [(2.0, 80.0), (32.0, 84.0), (1.0, 79.0)]) == [1]
    assert lifts_of(monkeypatch, [(-1.7, 75.0), (23.2, 82.0), (-0.8, 74.0), (15.6, 78.0)]) == [1, 3]
    assert lifts_of(monkeypatch, [(2.0, 80.0), (32.0, 84.0)]) == []


def test_what_no_hip_does_is_no_lift(monkeypatch):
    """A foot that comes off, a linkage that lost its way."""
    assert lifts_of(monkeypatch, [*CLEAN, (276.0, 80.0)]) == []
    assert lifts_of(monkeypatch, [*CLEAN, (27.0, 80.0)], [1.0, 1.0, 1.0, 1.0, 1.0, 39.0]) == []


@pytest.mark.parametrize("seed", [9403, 9412])
def test_hips_that_lift_at_the_bottom_of_reps_that_begin_with_the_press(seed: int):
    """A level and a vertical machine; the last rep of a set, which no press follows, is not judged."""
    trial = run_trial(Task(seed, sensors=("sled", "leg"), faults=("seat_lift", "heel_lift", "tempo")))
    count = trial.faults["seat_lift"]
    print(f"seed {seed}, press first: {count.hits} of {count.hits + count.missed} lifts, {count.ghosts} invented")
    assert count.hits >= 2
    assert count.missed == 0
    assert count.ghosts == 0


@pytest.mark.slow
def test_recall_and_false_alarms_over_thirty_lifters():
    trials = [
        run_trial(Task(seed, sensors=("sled", "leg"), faults=("seat_lift", "heel_lift", "tempo")))
        for seed in range(60, 90)
    ]
    count, clean = total(trials, "seat_lift"), sum(trial.clean_reps for trial in trials)
    print(f"seat lift without pad: recall {count.recall:.2f}, false in {count.clean_ghosts} of {clean} clean reps")
    assert count.recall >= 0.8
    assert count.clean_ghosts < 0.02 * clean
