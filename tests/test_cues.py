"""The cue policy: importance, one at a time, refractory, reminder, and what never buzzes."""

import math
from dataclasses import replace

import pytest

from presscue import wire
from presscue.cues import AHEAD, KINDS, REMINDER, CuePolicy, Params
from presscue.events import FAULTS
from presscue.results import Event


def event(kind, t_s, side=None, **changes):
    return replace(Event(kind, side, 0, t_s - 0.05, t_s, math.nan, 0.5, 0.9), **changes)


def test_every_fault_but_imbalance_has_a_cue():
    kinds = {kind for kind, _ in FAULTS.values()}
    assert set(KINDS) == kinds - {"imbalance"}
    assert {pattern for _, pattern, _ in KINDS.values()} == set(wire.PATTERNS)


def test_order_of_importance():
    order = ["slam", "seat_lift", "heel_lift", "depth", "valgus", "tempo"]
    priorities = [KINDS[kind][0] for kind in order]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len(order)
    assert KINDS["lockout"][0] == KINDS["slam"][0]


def test_a_cue_says_all_the_node_needs():
    cue = CuePolicy().on_event(event("heel_lift", 31.31, "left"), 31.31)
    assert cue is not None
    assert (cue.detected_s, cue.kind, cue.pattern, cue.ttl_ms) == (31.31, "heel_lift", "double", 300)
    assert cue.reason.startswith("left heel lifted")
    wire.encode("cue", cue.cue, wire.PATTERNS.index(cue.pattern), cue.priority, cue.strength, cue.ttl_ms, 31_310_000)


def test_refractory_holds_back_all_but_the_more_important():
    policy = CuePolicy()
    assert policy.on_event(event("depth", 10.0), 10.0)
    assert policy.on_event(event("tempo", 10.5), 10.5) is None
    assert policy.on_event(event("depth", 10.6), 10.6) is None
    assert policy.held_back == 2
    assert policy.on_event(event("lockout", 11.0), 11.0)
    assert policy.on_event(event("slam", 11.1), 11.1) is None
    assert policy.on_event(event("tempo", 12.6), 12.6)


def test_numbers_of_cues_count_up():
    policy = CuePolicy()
    cues = [policy.on_event(event("tempo", t), t) for t in (10.0, 20.0, 30.0)]
    assert [cue.cue for cue in cues if cue] == [0, 1, 2]


def test_a_fault_is_cued_once():
    policy = CuePolicy()
    first = event("depth", 10.0)
    assert policy.on_event(first, 10.0)
    assert policy.on_event(replace(first, end_s=14.0), 14.0) is None
    assert policy.on_event(replace(first, rep=None), 15.0) is None


@pytest.mark.parametrize(
    "silent",
    [event("depth", 10.0, late=True), event("imbalance", 10.0), event("depth", 10.0, detected_s=9.6)],
    ids=["found late", "imbalance", "said late"],
)
def test_what_never_buzzes(silent):
    assert CuePolicy().on_event(silent, 10.0) is None


def test_observe_only():
    policy = CuePolicy(Params(observe_only=True))
    assert policy.on_event(event("lockout", 10.0), 10.0) is None
    assert policy.on_halfway(13.0) is None


def test_unsure_events_can_be_left_out_but_not_safety():
    policy = CuePolicy(Params(least_confidence=0.6))
    assert policy.on_event(event("depth", 10.0, confidence=0.5), 10.0) is None
    assert policy.on_event(event("lockout", 10.1, confidence=0.5), 10.1)


def test_lockout_is_remembered_half_way_up_the_next_press():
    policy = CuePolicy()
    assert policy.on_halfway(9.0) is None
    assert policy.on_event(event("lockout", 10.0), 10.0)
    reminder = policy.on_halfway(13.0)
    assert reminder is not None
    assert (reminder.kind, reminder.pattern, reminder.reason) == ("lockout", "long", REMINDER)
    assert policy.on_halfway(16.0) is None


def test_the_reminder_ends_with_the_set():
    policy = CuePolicy()
    policy.on_event(event("lockout", 10.0), 10.0)
    policy.on_set_end()
    assert policy.on_halfway(40.0) is None


def test_a_held_back_lockout_is_remembered_all_the_same():
    policy = CuePolicy()
    policy.on_event(event("slam", 10.0), 10.0)
    assert policy.on_event(event("lockout", 10.1), 10.1) is None
    assert policy.on_halfway(13.0)


def foretold(t_s, onset_s):
    return event("lockout", t_s, predicted=True, onset_s=onset_s)


def test_a_prediction_is_the_cue_of_its_lockout():
    policy = CuePolicy()
    cue = policy.on_event(foretold(10.0, 10.3), 10.0)
    assert cue is not None
    assert (cue.kind, cue.pattern, cue.reason, cue.strength) == ("lockout", "long", AHEAD, 100)
    lockout = event("lockout", 15.0, onset_s=14.95, lead_s=4.95)  # long after, so that no refractory time is in the way
    assert policy.on_event(lockout, 15.0) is None
    assert policy.on_halfway(18.0), "the reminder stays"


def test_a_lockout_whose_prediction_was_held_back_is_cued_itself():
    policy = CuePolicy()
    policy.on_event(event("slam", 9.5), 9.5)
    assert policy.on_event(foretold(10.0, 11.2), 10.0) is None
    assert policy.on_event(event("lockout", 11.3, onset_s=11.25, lead_s=1.25), 11.3)


def test_a_prediction_that_did_not_come_true_reminds_of_nothing():
    policy = CuePolicy()
    first = foretold(10.0, 10.3)
    assert policy.on_event(first, 10.0)
    assert policy.on_event(replace(first, end_s=10.6, confirmed=False), 10.6) is None
    assert policy.on_halfway(14.0) is None


def test_cues_fade_to_every_second_rep_but_safety_never_does():
    policy = CuePolicy(Params(fade_after=2))
    cued = [policy.on_event(event("depth", 10.0 * i, rep=i), 10.0 * i) is not None for i in range(1, 9)]
    assert cued == [True, True, False, True, False, True, False, True]
    assert policy.faded == 3
    assert all(policy.on_event(event("lockout", 100.0 + 10.0 * i, rep=i), 100.0 + 10.0 * i) for i in range(8))
    assert all(CuePolicy().on_event(event("depth", 10.0 * i, rep=i), 10.0 * i) for i in range(1, 9))


def test_both_heels_of_a_rep_fade_together():
    policy = CuePolicy(Params(fade_after=1, refractory_s=0.0))
    said = []
    for rep in range(4):
        for k, side in enumerate(("left", "right")):
            said.append(policy.on_event(event("heel_lift", 10.0 * rep + k, side, rep=rep), 10.0 * rep + k) is not None)
    assert said == [True, True, False, False, True, True, False, False]


def test_save_and_resume():
    kinds = ["tempo", "depth", "lockout", "depth", "tempo"] * 3
    events = [event(kind, 10.0 + 0.7 * i, rep=i) for i, kind in enumerate(kinds)]
    events[7] = foretold(14.9, 15.2)
    events[12] = replace(events[12], lead_s=events[12].onset_s - 14.9)
    for cut in range(len(events)):
        whole, before, after = (CuePolicy(Params(fade_after=1)) for _ in range(3))
        expected = [(whole.on_event(e, e.detected_s), whole.on_halfway(e.detected_s + 0.3)) for e in events]
        got = [(before.on_event(e, e.detected_s), before.on_halfway(e.detected_s + 0.3)) for e in events[:cut]]
        after.restore(before.state())
        got += [(after.on_event(e, e.detected_s), after.on_halfway(e.detected_s + 0.3)) for e in events[cut:]]
        assert got == expected
        assert after.state() == whole.state()
