"""Which rep an event belongs to: provisional when said, settled when the rep comes, null when it does not."""

import math

import numpy as np

from presscue import events
from presscue.events import BEGUN, DEPTH, ENDED, HALFWAY, LOCKOUT, REP, SET, TEMPO, Ledger
from presscue.results import Event, Rep, SetResult


def row(action, **values):
    one = np.zeros(1, events.ROW)[0]
    one["action"] = action
    for name, value in values.items():
        one[name] = value
    return one


def fault(kind, rep, onset_s, end_s=math.nan, action=BEGUN, t_s=None):
    return row(action, fault=kind, rep=rep, start_s=onset_s, t_s=t_s or onset_s + 0.1, end_s=end_s, confidence=0.9)


def rep(number, start_s, end_s):
    return row(REP, rep=number, start_s=start_s, end_s=end_s, t_s=end_s + 1.0)


def test_an_event_comes_at_once_with_its_provisional_rep():
    (event,) = Ledger().enter(fault(DEPTH, 3, 10.0))
    assert isinstance(event, Event)
    assert (event.kind, event.side, event.rep, event.onset_s, event.detected_s) == ("depth", None, 3, 10.0, 10.1)
    assert math.isnan(event.end_s)


def test_its_end_keeps_when_it_was_detected():
    ledger = Ledger()
    ledger.enter(fault(DEPTH, 0, 10.0))
    (event,) = ledger.enter(fault(DEPTH, 0, 10.0, 11.0, ENDED, 11.0))
    assert isinstance(event, Event)
    assert (event.detected_s, event.end_s) == (10.1, 11.0)


def test_a_confirmed_rep_changes_nothing():
    ledger = Ledger()
    ledger.enter(fault(DEPTH, 0, 10.0, 11.0))
    said = ledger.enter(rep(0, 8.0, 12.0))
    assert [type(one) for one in said] == [Rep]
    assert [type(one) for one in ledger.enter(row(SET, rep=1, rest_before_s=math.nan))] == [SetResult]


def test_an_event_of_no_rep_is_said_again_without_one():
    ledger = Ledger()
    ledger.enter(fault(LOCKOUT, 0, 3.0, 4.0))  # when unracking
    ledger.enter(rep(0, 8.0, 12.0))
    ledger.enter(fault(TEMPO, 1, 14.0, 14.0))  # when re-racking
    said = ledger.enter(row(SET, rep=1))
    assert [(one.kind, one.rep) for one in said if isinstance(one, Event)] == [("lockout", None), ("tempo", None)]
    assert isinstance(said[-1], SetResult)


def test_a_wrong_provisional_rep_is_put_right():
    ledger = Ledger()
    ledger.enter(fault(DEPTH, 1, 10.0, 11.0))
    said = ledger.enter(rep(0, 8.0, 12.0))
    assert [one.rep for one in said if isinstance(one, Event)] == [0]


def test_lockout_at_the_top_belongs_to_the_rep_before():
    ledger = Ledger()
    ledger.enter(fault(LOCKOUT, 0, 12.1))
    assert len(ledger.enter(rep(0, 8.0, 12.0))) == 1
    assert ledger.close() == []


def test_an_event_that_outlasts_its_set_keeps_its_rep():
    ledger = Ledger()
    ledger.enter(fault(LOCKOUT, 0, 11.9))
    ledger.enter(rep(0, 8.0, 12.0))
    ledger.enter(row(SET, rep=1))
    (event,) = ledger.enter(fault(LOCKOUT, -1, 11.9, 21.0, ENDED, 21.0))
    assert isinstance(event, Event)
    assert (event.rep, event.end_s, event.detected_s) == (0, 21.0, 12.0)
    assert ledger.close() == []


def test_halfway_marks_are_no_results():
    assert Ledger().enter(row(HALFWAY, rep=0, t_s=9.0)) == []
