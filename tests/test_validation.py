"""The statistics against examples worked by hand, the scoring against small made-up sessions, the page as a whole."""

import math
from pathlib import Path

import numpy as np
import pytest

from presscue.results import Event, Rep
from presscue.simulator.truth import TrueFault, TrueRep, Truth
from presscue.validation import sensitivity
from presscue.validation.run import Results, lifters, run_all
from presscue.validation.scoring import Count, in_true_reps, score_faults, score_predictions, too_near
from presscue.validation.statistics import agreement, icc, rmse, wilson
from presscue.validation.tables import table
from presscue.validation.trial import WANTED, Task, faults_of, run_trial


def true_rep(rep: int, **changes) -> TrueRep:
    fields = {
        "set": 0, "rep": rep, "start_s": 10.0 * rep, "bottom_s": 10.0 * rep + 2, "end_s": 10.0 * rep + 4,
        "lowering_s": 2.0, "press_s": 2.0, "min_flexion_deg": 18.0, "max_flexion_deg": 80.0, "travel_m": 0.2,
        "speed_at_15_mps": math.nan, "turn_acceleration_mps2": 1.0,
    }  # fmt: skip
    return TrueRep(**fields | changes)


def truth(reps: list[TrueRep], faults: list[TrueFault]) -> Truth:
    return Truth(reps, [], faults, None, [], {}, {})


def event(kind: str, rep: int | None, onset_s: float, after_s: float = 0.1, side=None, **more) -> Event:
    return Event(kind, side, rep, onset_s, onset_s + after_s, onset_s + 1, 0.5, 0.9, **more)  # pyright: ignore


def test_bias_and_limits_of_agreement():
    """Differences 1, 1, 3, 3: mean 2, standard deviation 2/sqrt(3)."""
    found = agreement(np.array([1.0, 2, 3, 4]), np.array([2.0, 3, 6, 7]))
    assert found.bias == 2.0
    assert found.high - found.bias == pytest.approx(1.96 * 2 / math.sqrt(3))
    assert found.low == pytest.approx(2 - 1.96 * 2 / math.sqrt(3))
    assert found.rmse == pytest.approx(math.sqrt(5))
    assert agreement(np.array([1.0, np.nan]), np.array([1.0, 2.0])).n == 1
    assert rmse(np.array([3.0, np.nan, 4.0])) == pytest.approx(math.sqrt(12.5))


def test_icc_for_absolute_agreement():
    """(1,2), (2,3), (3,4): rows' mean square 2, columns' 1.5, residual 0: 2 / (2 + 2/3 * 1.5) = 2/3."""
    assert icc(np.array([1.0, 2, 3]), np.array([2.0, 3, 4])) == pytest.approx(2 / 3)
    assert icc(np.array([1.0, 2, 3]), np.array([1.0, 2, 3])) == pytest.approx(1.0)


def test_wilson_interval():
    """Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662; none of 20 ends at 0.1611."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_hits_misses_and_ghosts_are_matched_by_kind_side_and_rep():
    reps = [true_rep(0), true_rep(1, min_flexion_deg=3.0), true_rep(2), true_rep(3)]
    made = [TrueFault("lockout", None, 1, 14.0, 15.0), TrueFault("heel_lift", "both", 2, 21.0, 22.0)]
    seen = [event("lockout", 1, 14.0, 0.06), event("heel_lift", 2, 21.0, 0.12, "left"), event("lockout", 3, 33.0)]
    counts = score_faults(truth(reps, made), seen)
    assert (counts["lockout"].hits, counts["lockout"].ghosts, counts["lockout"].clean_ghosts) == (1, 1, 1)
    assert counts["lockout"].delays_s == [pytest.approx(0.06)]
    assert (counts["heel_lift"].hits, counts["heel_lift"].missed) == (1, 1)
    assert counts["lockout"].recall == 1.0
    assert counts["lockout"].precision == 0.5
    assert (Count(1, 2, 3) + Count(1, 1, 1)).missed == 3


def test_a_lost_rep_does_not_count_against_every_fault_after_it():
    """The second of three reps was not counted: what was found in the second is the third's."""
    truly = truth([true_rep(0), true_rep(1), true_rep(2, min_flexion_deg=3.0)], [])
    nan = math.nan
    found = [
        Rep(0, i, start, start + 2, start + 4, 80, 5, 0.2, 2, 0, 2, 0.1, 0.2) for i, start in ((0, 0.1), (1, 20.2))
    ]
    events = [event("lockout", 1, 23.0), event("lockout", None, 9.0), event("depth", 0, nan)]
    assert [one.rep for one in in_true_reps(events, found, truly)] == [2, None, 0]


def test_a_fault_outside_any_rep_is_a_ghost_and_a_late_one_has_no_delay():
    reps = [true_rep(0, min_flexion_deg=3.0)]
    made = [TrueFault("lockout", None, 0, 4.0, 5.0)]
    counts = score_faults(truth(reps, made), [event("lockout", 0, 4.0, late=True), event("lockout", None, 9.0)])
    assert (counts["lockout"].hits, counts["lockout"].ghosts) == (1, 1)
    assert counts["lockout"].clean_ghosts == 0
    assert counts["lockout"].delays_s == []


@pytest.mark.parametrize(
    ("kind", "near", "clear"),
    [
        ("lockout", {"min_flexion_deg": 8.5}, {"min_flexion_deg": 12.5}),
        ("depth", {"max_flexion_deg": 93.0}, {"max_flexion_deg": 94.5}),
        ("tempo", {"lowering_s": 1.05}, {"lowering_s": 1.2}),
        ("tempo", {"turn_acceleration_mps2": 3.5}, {"turn_acceleration_mps2": 5.5}),
        ("slam", {"speed_at_15_mps": 0.16, "min_flexion_deg": 5.0}, {"speed_at_15_mps": 0.2, "min_flexion_deg": 5.0}),
    ],
)
def test_truth_near_a_limit_is_not_scored(kind, near, clear):
    assert too_near(kind, true_rep(0, **near), 0.0, 90.0)
    assert not too_near(kind, true_rep(0, **clear), 0.0, 90.0)
    counts = score_faults(truth([true_rep(0, **near)], []), [event(kind, 0, 1.0)])
    assert (counts[kind].unscored, counts[kind].ghosts) == (1, 0)


def test_valgus_is_scored_by_how_far_the_knee_went():
    assert too_near("valgus", true_rep(0), 11.0, 90.0)
    assert not too_near("varus", true_rep(0), -15.0, 90.0)


def test_predictions_count_when_they_come_early_enough():
    reps = [true_rep(0, min_flexion_deg=3.0), true_rep(1, min_flexion_deg=3.0), true_rep(2), true_rep(3)]
    made = [TrueFault("lockout", None, 0, 3.5, 4.0), TrueFault("lockout", None, 1, 13.5, 14.0)]
    said = [event("lockout", 0, 3.3, -0.1), event("lockout", 1, 13.5, -0.05), event("lockout", 3, 33.0)]
    seen = score_predictions(truth(reps, made), said)
    assert (seen.lockouts, seen.early, seen.clean, seen.false) == (2, 1, 2, 1)
    assert seen.leads_s == [pytest.approx(0.3), pytest.approx(0.05)]


def test_sessions_carry_half_of_the_kinds_and_some_none():
    drawn = [faults_of(seed) for seed in range(200)]
    assert {kind for kinds in drawn for kind in kinds} == set(WANTED)
    assert 5 < sum(not kinds for kinds in drawn) < 40


def test_every_assumption_can_be_broken_and_the_worst_comes_first():
    every = sensitivity.tasks(range(2))
    assert len(every) == 2 * (1 + len(sensitivity.WRONG))
    wrong = next(i for i, one in enumerate(sensitivity.WRONG) if one.scenario.get("hold_deg") == 5.0)
    some = [task for task in every if task.seed == 0 and task.label in ("plain", str(wrong))]
    trials = run_all([[task] for task in some], workers=1)
    plain, broken = trials
    assert plain.flexion_rmse_deg < 1.5
    assert broken.flexion_rmse_deg > plain.flexion_rmse_deg + 0.5


def test_the_same_lifter_gives_the_same_figures():
    one, two = (run_trial(Task(3)) for _ in range(2))
    assert one == two
    assert run_all([[Task(3)]], workers=1) == [one]


def test_a_page_shows_every_part(tmp_path: Path):
    pytest.importorskip("matplotlib")
    from presscue.validation.page import write_page

    trials = run_all([[task] for task in lifters(range(2))], workers=1)
    found = Results(range(2), held=trials, free=trials, wide=trials, without_pad=trials)
    write_page(found, tmp_path / "validation.md")
    page = (tmp_path / "validation.md").read_text()
    for heading in ("## Bounds", "## Faults", "## Real recordings", "## What simulation cannot show"):
        assert heading in page
    for name in ("bland_altman.png", "delays.svg", "flexion_rmse.svg"):
        assert f"(validation/{name})" in page
        assert (tmp_path / "validation" / name).stat().st_size < 200_000
    assert "absent" in page
    assert table(("a", "b"), [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
