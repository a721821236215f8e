"""The demo from beginning to end, in virtual time."""

from pathlib import Path

from presscue.cli import _status
from presscue.demo import Match, delays_by_kind, match
from presscue.results import Event
from presscue.simulator.truth import TrueFault


def test_the_demo_finds_what_was_made(tmp_path: Path, capsys):
    assert _status(["demo", "--fast", "--record", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "9 reps counted, 9 done" in out
    assert "missed" not in out
    assert "not made" not in out
    for kind in ("lockout", "heel lift", "too deep", "too fast"):
        assert kind in out
    assert "within the budget" in " ".join(out.split())
    (recording,) = tmp_path.glob("*.presscue")
    assert recording.name in out.replace("\n", "")
    assert _status(["live", f"replay:{recording}", "--quiet"]) == 0
    assert _status(["analyze", str(recording), "--quiet"]) == 0


def fault(kind: str, rep: int, side: str | None = None) -> TrueFault:
    return TrueFault(kind, side, rep, 1.0, 2.0)


def event(kind, rep: int, side=None, late: bool = False) -> Event:
    return Event(kind, side, rep, 1.0, 1.1, 2.0, 0.5, 0.9, late)


def test_faults_are_matched_one_to_one():
    both, left, right = fault("heel_lift", 1, "both"), event("heel_lift", 1, "left"), event("heel_lift", 1, "right")
    assert match([both], [left, right]) == [Match(both, left)]
    lockout, other = fault("lockout", 1), event("lockout", 2)
    assert match([lockout], [other]) == [Match(lockout, None), Match(None, other)]
    one = fault("heel_lift", 1, "left")
    assert match([one], [right]) == [Match(one, None), Match(None, right)]


def test_what_is_found_late_has_no_delay():
    made = fault("depth", 1)
    assert delays_by_kind([Match(made, event("depth", 1, late=True))]) == {}
    assert abs(delays_by_kind([Match(made, event("depth", 1))])["depth"] - 0.1) < 1e-9
