"""What people say of a session: written down safely, taken back, and laid over what was measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue.archive import journal
from presscue.archive.annotations import overlay
from presscue.archive.journal import add, journal_path, parse_journal, read_journal, take_over
from presscue.errors import SaveError
from presscue.findings import findings_of


def rep(number: int, one_set: int, start_s: float, speed: float = 0.2) -> dict:
    return {
        "set": one_set, "rep": number, "start_s": start_s, "bottom_s": start_s + 1, "end_s": start_s + 2,
        "max_flexion_deg": 80.0, "end_flexion_deg": 15.0, "travel_m": 0.2, "eccentric_s": 1.0, "pause_s": 0.0,
        "concentric_s": 1.0, "mean_concentric_velocity_mps": speed, "peak_concentric_velocity_mps": 2 * speed,
        "late": False,
    }  # fmt: skip


def fault(kind: str, number: int, onset_s: float, side: str | None = None) -> dict:
    return {
        "kind": kind, "side": side, "rep": number, "onset_s": onset_s, "detected_s": onset_s, "end_s": None,
        "severity": 0.5, "confidence": 1.0, "late": False,
    }  # fmt: skip


def one_set(number: int, start_s: float, end_s: float, reps: int) -> dict:
    return {
        "set": number, "start_s": start_s, "end_s": end_s, "reps": reps, "rest_before_s": None, "velocity_loss": 0.5,
        "sled_load_kg": 100.0, "lifter": None,
    }  # fmt: skip


ANALYSIS = {
    "reps": [rep(0, 0, 10, 0.4), rep(1, 0, 13, 0.3), rep(2, 0, 16, 0.2), rep(3, 1, 40)],
    "sets": [one_set(0, 10, 18, 3), one_set(1, 40, 42, 1)],
    "events": [fault("lockout", 1, 14.5), fault("heel_lift", 2, 16.5, "left"), fault("tempo", 3, 41)],
    "summary": {"reps": 4, "clean_reps": 1, "sets": 2, "faults": {"lockout": 1, "heel_lift": 1, "tempo": 1}},
}


def said(*statements: dict) -> dict:
    return overlay(ANALYSIS, [{"id": "1", "wall_ms": 0, **one} for one in statements])


def test_two_people_take_turns_on_one_machine():
    tree = said(
        {"op": "load", "set": 1, "at_s": 41.0, "sled_load_kg": 140},
        {"op": "lifter", "lifter": "Ben"},
        {"op": "lifter", "set": 1, "at_s": 41.0, "lifter": "Anna"},
        {"op": "pain", "set": 0, "where": "knee", "side": "left", "level": 4, "when": "bottom"},
        {"op": "note", "text": "new shoes"},
    )
    assert [(one["sled_load_kg"], one["lifter"]) for one in tree["sets"]] == [(100.0, "Ben"), (140, "Anna")]
    assert tree["sets"][0]["pain"] == [{"where": "knee", "side": "left", "level": 4, "when": "bottom"}]
    assert tree["annotations"]["notes"] == ["new shoes"]


def test_a_deleted_rep_takes_its_faults_with_it_and_is_counted_no_more():
    tree = said({"op": "delete_rep", "rep": 2, "at_s": 17.0})
    assert [one["rep"] for one in tree["reps"]] == [0, 1, 3]
    assert [one["kind"] for one in tree["events"]] == ["lockout", "tempo"]
    assert tree["sets"][0]["reps"] == 2
    assert tree["sets"][0]["velocity_loss"] == pytest.approx(0.25)
    assert tree["summary"] == {"reps": 3, "clean_reps": 1, "sets": 2, "faults": {"lockout": 1, "tempo": 1}}
    assert [one["set"] for one in said({"op": "delete_rep", "rep": 3, "at_s": 41.0})["sets"]] == [0]


def test_faults_are_deleted_edited_and_added():
    assert said({"op": "delete_fault", "kind": "lockout", "onset_s": 14.4})["summary"]["clean_reps"] == 2
    edited = said(
        {"op": "edit_fault", "kind": "heel_lift", "side": "left", "onset_s": 16.5, "values": {"side": "both"}}
    )
    assert edited["events"][1]["side"] == "both"
    assert edited["events"][1]["edited"] == ["side"]
    added = said({"op": "add_fault", "kind": "valgus", "rep": 0, "at_s": 11.0, "side": None})
    assert (added["events"][0]["kind"], added["events"][0]["rep"]) == ("valgus", 0)
    assert added["summary"]["clean_reps"] == 0
    assert findings_of(added).clean_reps() == 0


def test_a_rep_is_known_by_its_time_when_a_new_core_counts_otherwise():
    later = {**ANALYSIS, "reps": [{**one, "rep": one["rep"] + 1} for one in ANALYSIS["reps"]]}
    tree = overlay(later, [{"id": "1", "op": "edit_rep", "rep": 1, "at_s": 14.0, "values": {"max_flexion_deg": 85}}])
    assert [one["max_flexion_deg"] for one in tree["reps"]] == [80.0, 85.0, 80.0, 80.0]
    gone = overlay(later, [{"id": "1", "op": "delete_rep", "rep": 1, "at_s": 30.0}])
    assert gone["reps"] == later["reps"]
    assert gone["annotations"]["unmatched"] == 1


def test_nothing_said_changes_nothing_but_the_empty_places():
    before = json.dumps(ANALYSIS)
    tree = said()
    assert json.dumps(ANALYSIS) == before
    assert tree["reps"] == ANALYSIS["reps"]
    assert tree["events"] == ANALYSIS["events"]
    assert tree["summary"] == ANALYSIS["summary"]


OPS = "load lifter rpe note pain delete_rep edit_rep delete_fault edit_fault add_fault start profile new".split()
KEYS = "set rep at_s onset_s kind side values sled_load_kg lifter rpe text where level when".split()
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 50)
    | st.floats()
    | st.sampled_from(["lockout", "left", "max_flexion_deg"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["side", "travel_m", "x"]), inner),
    max_leaves=4,
)


@given(st.lists(st.fixed_dictionaries({"op": st.sampled_from(OPS)}, optional=dict.fromkeys(KEYS, PLAIN)), max_size=4))
def test_whatever_stands_in_a_journal_is_laid_over_or_counted(statements: list[dict]):
    tree = said(*statements)
    assert tree["summary"]["reps"] == len(tree["reps"])
    findings_of(tree)
    json.dumps({"sets": tree["sets"], "reps": tree["reps"]}, allow_nan=False)


def test_taking_back_is_a_further_line(tmp_path: Path):
    path = tmp_path / "a.presscue"
    (first,) = add(path, lambda _: [{"op": "note", "text": "one"}])
    add(path, lambda _: [{"op": "rpe", "rpe": 7}, {"op": "note", "text": "two"}])
    add(path, lambda _: [{"op": "undo", "of": first["id"]}])
    known = read_journal(path)
    assert [one["op"] for one in known.standing()] == ["rpe", "note"]
    assert len(known.entries) == 4
    assert len(journal_path(path).read_bytes().splitlines()) == 4


@given(st.binary(max_size=200))
def test_any_bytes_are_read_as_a_journal(data: bytes):
    good = b'{"id": "1", "op": "note", "text": "x"}\n'
    known = parse_journal(good + data + b"\n" + good)
    assert len(known.entries) >= 2


def test_a_journal_cut_anywhere_loses_the_torn_line_only(tmp_path: Path):
    path = tmp_path / "a.presscue"
    for number in range(3):
        add(path, lambda _, number=number: [{"op": "note", "text": f"ä {number}"}])
    whole = journal_path(path).read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole) + 1):
        journal_path(path).write_bytes(whole[:cut])
        complete = sum(end - 1 <= cut for end in ends)
        assert len(read_journal(path).entries) == complete
        add(path, lambda _: [{"op": "note", "text": "after"}])
        assert len(read_journal(path).entries) == complete + 1


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path):
    """The kernel refuses to let the file grow: the write fails half-way, for real."""
    path = tmp_path / "a.presscue"
    add(path, lambda _: [{"op": "note", "text": "before"}])
    before = journal_path(path).read_bytes()
    program = """
import resource, signal, sys
from pathlib import Path
from presscue.archive.journal import add
from presscue.errors import SaveError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    add(Path(sys.argv[1]), lambda _: [{"op": "note", "text": "x" * 1000}])
except SaveError as error:
    print(error)
"""
    limit = str(len(before) + 100)
    done = subprocess.run([sys.executable, "-c", program, path, limit], capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert "unchanged" in done.stdout
    assert journal_path(path).read_bytes() == before


def test_processes_at_once_lose_no_line(tmp_path: Path):
    path = tmp_path / "a.presscue"
    program = """
import sys
from pathlib import Path
from presscue.archive.journal import add
for number in range(40):
    add(Path(sys.argv[1]), lambda _: [{"op": "note", "text": f"{sys.argv[2]} {number}" + "x" * 300}])
"""
    running = [subprocess.Popen([sys.executable, "-c", program, path, name]) for name in "abc"]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    known = read_journal(path)
    assert (len(known.entries), known.damaged) == (120, 0)


def test_undo_sees_what_another_process_has_just_written(tmp_path: Path):
    from presscue.archive.annotating import take_back

    path = tmp_path / "a.presscue"
    add(path, lambda _: [{"op": "note", "text": "one"}])
    add(path, lambda _: [{"op": "note", "text": "two"}])
    assert take_back(path, "last")[0]["text"] == "two"
    assert take_back(path, "last")[0]["text"] == "one"
    from presscue.errors import UsageError

    with pytest.raises(UsageError, match="nothing to take back"):
        take_back(path, "last")


def test_notes_of_two_laptops_are_joined(tmp_path: Path):
    one, other = tmp_path / "a.presscue", tmp_path / "b.presscue"
    add(one, lambda _: [{"op": "note", "text": "here"}])
    add(other, lambda _: [{"op": "note", "text": "there"}])
    assert take_over(one, other) == 1
    assert take_over(one, other) == 0
    assert [entry["text"] for entry in read_journal(one).entries] == ["here", "there"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    with pytest.raises(SaveError, match="cannot be written"):
        journal.add(tmp_path / "nowhere" / "a.presscue", lambda _: [{"op": "note", "text": "x"}])
