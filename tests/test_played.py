"""What was felt, and who let it be felt: host and node number their cues apart."""

from types import SimpleNamespace

from presscue import wire
from presscue.analysis.played import Played
from presscue.live.losses import guarded_text
from presscue.report.session import trust
from presscue.session import Session


def played(messages: list[bytes]) -> list[dict]:
    session, found = Session("packets"), []
    cues = Played(found)
    session.receive_messages([wire.encode("info", wire.PROTOCOL, 5, 0, 1, 0, 0, bytes(8), tail=b"cue-0000")])
    for event in session.receive_messages(messages):
        cues.hear(event)
    return found


def of_both(own_again: bool) -> list[bytes]:
    """Cue 0 of the host, then cue 0 and 1 of the guard; the node tells of its own once more out of its log."""
    own = [
        wire.encode("guard_cue", 5, 0, 70_000_000, 1),
        wire.encode("cue_ack", 0, 0, 1, 5, 70_002_000),
        wire.encode("guard_cue", 5, 1, 80_000_000, 0),
        wire.encode("cue_ack", 1, 0, 1, 5, 80_003_000),
        wire.encode("guard_cue", 5, 2, 81_000_000, 2),
        wire.encode("cue_ack", 2, 4, 1, 5, 81_000_000),
    ]
    host = [wire.encode("cue", 0, 0, 7, 100, 300, 10_000_000), wire.encode("cue_ack", 0, 0, 0, 5, 10_050_000)]
    return host + own + own[:4] * own_again


def test_a_cue_of_the_guard_is_none_of_the_host_that_has_its_number():
    for again in (False, True):
        found = played(of_both(again))
        assert [(cue["by"], cue["kind"], cue["pattern"], round(cue["cue_latency_ms"])) for cue in found] == [
            ("host", None, "long", 50),
            ("guard", "heel_lift left", None, 2),
            ("guard", "lockout", None, 3),
        ]


def test_the_report_says_what_the_node_cued_by_itself():
    found = played(of_both(False))
    summary = {"start_s": 5.0, "cue_latency_ms": {"p50": 50.0, "p95": 50.0}}
    said = trust({"quality": {}, "summary": summary, "cues_played": found})
    assert "over 1 cues" in said[0]
    assert "the node cued by itself, 2 times between 1:05 and 1:15: heel lift, left 1×; lockout 1×." in said[1]


def test_cues_of_the_guard_in_words():
    cued = [SimpleNamespace(kind=kind) for kind in ("lockout", "depth", "lockout")]
    assert guarded_text(cue.kind for cue in cued) == "lockout 2×; too deep 1×"
    assert guarded_text([]) == ""
