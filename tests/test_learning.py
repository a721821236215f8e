"""When the core asks for a calibration: after the first reps, after each set, and never while an answer is awaited."""

import math
from dataclasses import replace

import numpy as np
import pytest

from presscue.calibration.activity import FIRST_TURN_RAD
from presscue.calibration.learning import (
    FIT_DELAY_S,
    LOOK_TURN_RAD,
    REFINE_TURN_RAD,
    RETRY_TURN_RAD,
    SET_TURN_RAD,
    Learning,
)
from presscue.calibration.model import LAYOUTS, VALUES, Calibration

BOTH = 8 | 1 | 2
SLED = 8 | 1
NEITHER = 8


def fitted(effective_s: float, layout: int = BOTH) -> Calibration:
    assert layout in LAYOUTS
    return Calibration.from_values(effective_s, layout, np.full(VALUES, 0.25))


def learnt(layout: int = BOTH) -> Learning:
    """After two repetitions, with a first calibration."""
    learning = Learning()
    wanted = learning.ask(20.0)
    learning.answer(fitted(wanted.effective_s, layout), 21.0)
    learning.take()
    return learning


def test_nothing_more_is_asked_while_an_answer_is_awaited():
    learning = Learning()
    assert learning.enough_rad == FIRST_TURN_RAD
    wanted = learning.ask(20.0)
    assert wanted.effective_s == pytest.approx(20.0 + FIT_DELAY_S)
    assert wanted.since_s == -math.inf
    assert learning.enough_rad == math.inf
    learning.answer(fitted(22.0), 21.0)
    assert learning.enough_rad == math.inf  # answered, but not yet in force
    assert learning.calibration is None


def test_the_first_is_refined_once_and_later_sets_are_looked_at():
    learning = learnt()
    assert not learning.refined
    assert learning.enough_rad == REFINE_TURN_RAD
    learning.ask(40.0)
    learning.answer(fitted(42.0), 41.0)
    learning.take()
    assert learning.refined
    assert learning.enough_rad == math.inf  # until the set is over
    wanted = learning.set_over(60.0, SET_TURN_RAD + 0.1)
    assert wanted is not None
    assert learning.prior is None  # what the set taught is still to come
    settled = learning.answer(fitted(62.0), 61.0)
    learning.take()
    assert learning.prior is settled
    assert learning.enough_rad == LOOK_TURN_RAD
    assert learning.ask(90.0).since_s == 62.0


def test_a_set_without_new_movement_ends_without_a_fit():
    learning = learnt()
    first = learning.calibration
    assert learning.set_over(60.0, SET_TURN_RAD) is None
    assert learning.prior is first


def test_a_sled_alone_is_calibrated_once():
    learning = learnt(SLED)
    assert learning.enough_rad == math.inf
    assert learning.set_over(60.0, 9.0) is None


def test_a_fit_that_failed_is_tried_again_soon_and_what_was_known_stays():
    learning = learnt()
    known = learning.calibration
    learning.ask(40.0)
    learning.answer(fitted(42.0, NEITHER), 41.0)
    assert not learning.take().usable
    assert learning.calibration is known
    assert learning.enough_rad == RETRY_TURN_RAD


def test_an_answer_that_comes_late_counts_from_now():
    learning = Learning()
    learning.ask(20.0)
    late = learning.answer(fitted(22.0), 30.0000004)
    assert late.effective_s >= 30.0000004
    assert replace(late, effective_s=22.0).same_as(fitted(22.0))


def test_at_the_end_without_any_it_is_asked_for_once_more():
    learning = Learning()
    assert learning.ask_last(-math.inf) is None  # not one reading came
    assert learning.ask_last(12.0) is not None
    learning.answer(fitted(14.0, NEITHER), 12.0)
    learning.take()
    assert learning.ask_last(12.0) is None
