"""How near the truth thirty virtual lifters come out. Figures: pytest -s tests/test_accuracy.py."""

import numpy as np
import pytest

from presscue import validate

SEEDS = range(30)


@pytest.fixture(scope="module")
def scores() -> list[validate.Score]:
    scores = validate.run_all(SEEDS)
    print("\n" + validate.report(scores))
    return scores


def test_every_rep_is_counted_and_none_invented(scores):
    assert [(s.seed, s.counted) for s in scores if s.counted != s.made] == []


def test_knee_flexion_is_within_three_degrees(scores):
    errors = [s.flexion_rmse_deg for s in scores]
    assert np.median(errors) <= 3.0
    assert np.quantile(errors, 0.95) <= 5.0


def test_sled_travel_is_within_five_millimetres(scores):
    assert np.median([s.travel_rmse_mm for s in scores]) <= 5.0


@pytest.mark.parametrize("kind", validate.KINDS)
def test_faults_are_found_and_not_invented(scores, kind):
    count = validate.totals(scores)[kind]
    assert count.hits > 30
    assert count.recall >= 0.95
    assert count.precision >= 0.95
