"""How near the truth virtual lifters come out. Figures: pytest -s tests/test_accuracy.py; more: docs/validation.md."""

import numpy as np
import pytest

from presscue.validation.bounds import total
from presscue.validation.command import text
from presscue.validation.run import Results, lifters, run_all
from presscue.validation.trial import WIDE, Trial

SEEDS = range(48)  # fewer, and one lifter decides whether a fault of the rarer kinds is within bounds


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    trials = run_all([[task] for task in lifters(SEEDS)])
    print("\n" + text(Results(SEEDS, held=trials)))
    return trials


def test_every_rep_is_counted_and_none_invented(trials):
    assert [(t.task.seed, t.counted) for t in trials if t.counted != t.made] == []


def test_knee_flexion_is_within_two_degrees(trials):
    assert np.median([t.flexion_rmse_deg for t in trials]) <= 2.0
    assert np.median([t.near_rmse_deg for t in trials]) <= 2.0


def test_sled_travel_is_within_five_millimetres(trials):
    assert np.median([t.travel_rmse_mm for t in trials]) <= 5.0


@pytest.mark.parametrize("kind", ["lockout", "heel_lift", "depth", "tempo"])
def test_faults_are_found_and_not_invented(trials, kind):
    count = total(trials, kind)
    assert count.hits >= 10
    assert count.recall >= 0.95
    assert count.precision >= 0.95


@pytest.mark.slow
def test_wide_lifters_do_not_break_it():
    trials = run_all([[task] for task in lifters(range(40), population=WIDE)])
    print("\n" + text(Results(range(40), wide=trials)))
    assert np.mean([t.made == t.counted for t in trials]) >= 0.8
    assert np.nanmedian([t.flexion_rmse_deg for t in trials]) <= 4.0
