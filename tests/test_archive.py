"""The archive: nothing doubled, nothing lost, an index that can be thrown away, and lists that are quick."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive_fakes import fill_index, make_recordings, whole
from presscue.archive import catalog, facts
from presscue.archive.index import FILE, Index, discard
from presscue.archive.journal import add, read_journal
from presscue.archive.refresh import look, refresh
from presscue.archive.scan import scan
from presscue.archive.select import select
from presscue.archive.take_in import take_in
from presscue.cli import _status
from presscue.errors import IndexDamaged, InputError, SaveError, UsageError
from presscue.locking import hold
from test_archive_annotations import ANALYSIS

WHOLE = whole(ANALYSIS)


def run(*arguments: object) -> int:
    return _status([str(argument) for argument in arguments])


def listed(folder: Path, *more: str) -> list[dict]:
    """What `history --json` says."""
    command = [sys.executable, "-m", "presscue", "history", "--archive", folder, "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["sessions"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three sessions of 2023, 2024, 2025 (the newest last in time), analysed as ANALYSIS says."""
    folder = tmp_path / "archive"
    make_recordings(folder, 3)
    fill_index(folder, ANALYSIS)
    return folder


def test_import_copies_verifies_and_names(tmp_path: Path, capsys):
    (source,) = make_recordings(tmp_path / "usb", 1)
    folder = tmp_path / "archive"
    assert run("import", source, "--archive", folder) == 0
    (there,) = folder.glob("*.presscue")
    assert there.name == "2023-11-14T22-13-20Z-060708.presscue"
    assert there.read_bytes() == source.read_bytes()
    assert run("import", source, "--archive", folder) == 0
    assert "there already" in capsys.readouterr().out
    assert len(list(folder.glob("*.presscue"))) == 1
    assert not list(folder.glob(".*.part"))


def test_a_renamed_copy_is_no_second_session_but_its_notes_count(tmp_path: Path):
    (source,) = make_recordings(tmp_path / "usb", 1)
    taken = take_in(source, tmp_path / "archive")
    copy = source.with_name("copy.presscue")
    shutil.copy(source, copy)
    add(copy, lambda _: [{"op": "note", "text": "from the other laptop"}])
    again = take_in(copy, tmp_path / "archive", move=True)
    assert (again.path, again.new, again.statements) == (taken.path, False, 1)
    assert not copy.exists()
    assert read_journal(taken.path).entries[0]["text"] == "from the other laptop"


def test_what_is_in_the_archive_can_be_imported_onto_itself(tmp_path: Path):
    (source,) = make_recordings(tmp_path / "archive", 1)
    assert not take_in(source, tmp_path / "archive", move=True).new
    assert source.exists()


def test_tables_are_kept_as_they_are(tmp_path: Path):
    text = "time_s,sled_acc_x_mps2,sled_acc_y_mps2,sled_acc_z_mps2\n" + "".join(
        f"{i / 100},0,0,9.8\n" for i in range(200)
    )
    table = tmp_path / "press.csv"
    table.write_text(text)
    folder = tmp_path / "archive"
    assert run("import", table, "--archive", folder, "--start", "2024-02-03T10:00+00:00", "--quiet") == 0
    (there,) = folder.glob("*.csv")
    assert there.read_text() == text
    (session,) = listed(folder)
    assert (session["start"], session["dated_by"]) == ("2024-02-03T10:00:00Z", "said")
    assert session["imported_from"] == "press.csv"
    assert session["state"] == "analysed"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.presscue", b"nonsense", "not a presscue session file"),
        ("a.presscue", b"", "is empty"),
        ("a.csv", b"a,b\n1,2\n", "no column time_s"),
        ("a.csv", b"time_s,b\n1,2\n", "no sensor has its columns"),
        ("a.txt", b"x", "ends in .presscue, .csv or .parquet"),
    ],
)
def test_what_is_no_recording_is_refused_and_the_others_are_taken(tmp_path: Path, name, content, why, capsys):
    (tmp_path / name).write_bytes(content)
    (good,) = make_recordings(tmp_path / "usb", 1)
    assert run("import", tmp_path / name, good, "--archive", tmp_path / "archive") == 2
    assert why in capsys.readouterr().err
    assert len(list((tmp_path / "archive").glob("*.presscue"))) == 1


FULL = """
import resource, signal, sys
from pathlib import Path
from presscue.cli import _status
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(_status(sys.argv[2:]))
"""


def test_a_full_disk_loses_nothing_that_is_there(tmp_path: Path):
    """The kernel refuses to let files grow: import and index fail for real, and all stays as it was."""
    folder = tmp_path / "archive"
    sources = make_recordings(tmp_path / "usb", 2)
    take_in(sources[0], folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    command = [sys.executable, "-c", FULL, "3000", "import", str(sources[1]), "--archive", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the archive is as it was" in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    done = subprocess.run(
        [sys.executable, "-c", FULL, "3000", "history", "--archive", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("presscue: ")
    assert done.stderr.count("\n") == 1
    assert take_in(sources[1], folder).new
    assert [one["state"] for one in listed(folder)] == ["analysed", "analysed"]


def test_processes_that_import_at_once_double_nothing(tmp_path: Path):
    folder = tmp_path / "archive"
    sources = make_recordings(tmp_path / "usb", 5)
    command = [sys.executable, "-m", "presscue", "import", *map(str, sources), "--archive", str(folder), "--quiet"]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    assert len(list(folder.glob("*.presscue"))) == 5


def test_processes_that_list_and_annotate_at_once_agree(tmp_path: Path):
    folder = tmp_path / "archive"
    make_recordings(folder, 3)
    history = [sys.executable, "-m", "presscue", "history", "--archive", str(folder), "--rebuild", "--quiet"]
    note = [sys.executable, "-m", "presscue", "annotate", "last", "--archive", str(folder), "--note", "x", "--quiet"]
    running = [subprocess.Popen(command) for command in (history, note, history, note)]
    assert [one.wait(120) for one in running] == [0, 0, 0, 0]
    newest, *others = listed(folder)
    assert newest["statements"] == 2
    assert [one["state"] for one in [newest, *others]] == ["analysed"] * 3


def test_the_index_is_made_anew_from_the_files(archive: Path, capsys):
    add(select("last", archive), lambda _: [{"op": "lifter", "lifter": "Anna"}])
    with Index(archive) as index:
        look(archive, index)
        before = index.sessions(), index.rows("sets"), index.rows("reps"), index.rows("events")
    assert before[0][2]["lifters"] == ["Anna"]
    discard(archive)
    fill_index(archive, ANALYSIS)
    with Index(archive) as index:
        assert (index.sessions(), index.rows("sets"), index.rows("reps"), index.rows("events")) == before


@pytest.mark.parametrize("bad", [b"not a database, whatever its name says" * 200, b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_index_is_said_and_made_anew(tmp_path: Path, bad: bytes, capsys):
    folder = tmp_path / "archive"
    make_recordings(folder, 1)
    (folder / FILE).write_bytes(bad)
    assert run("history", "--archive", folder) == 1
    assert "presscue history --rebuild" in capsys.readouterr().err
    assert run("annotate", "last", "--archive", folder, "--note", "goes on without") == 0
    assert run("history", "--archive", folder, "--rebuild") == 0
    assert "1 analysed" in capsys.readouterr().out
    assert run("history", "--archive", folder) == 0


def test_a_damaged_page_of_the_index_is_said(archive: Path):
    data = bytearray((archive / FILE).read_bytes())
    for at in range(4096, len(data), 512):
        data[at : at + 64] = b"\xff" * 64
    (archive / FILE).write_bytes(data)
    with pytest.raises(IndexDamaged):
        list_all(archive)


def list_all(folder: Path) -> list[catalog.Session]:
    with Index(folder) as index:
        return catalog.sessions(scan(folder), index)


def test_only_what_is_new_or_changed_is_analysed_again(archive: Path, monkeypatch):
    with Index(archive) as index:
        assert look(archive, index, everything=True).todo == []
        newest = select("last", archive)
        newest.write_bytes(newest.read_bytes()[:-256])
        assert [found.path for found in look(archive, index).todo] == [newest]
        monkeypatch.setattr("presscue.archive.refresh.core_version", lambda: "another")
        work = look(archive, index)
        assert (work.left, work.outdated) == (1, 2)
        assert look(archive, index, everything=True).left == 3
        newest.unlink()
        look(archive, index)
        assert len(index.sessions()) == 2


def test_an_annotation_changes_the_index_without_an_analysis(archive: Path, monkeypatch):
    monkeypatch.setattr(facts, "study", lambda *_: pytest.fail("analysed"))
    add(select("1", archive), lambda _: [{"op": "load", "set": 1, "at_s": 41.0, "sled_load_kg": 140}])
    with Index(archive) as index:
        assert look(archive, index).todo == []
        newest = catalog.sessions(scan(archive), index)[0]
        assert (newest.facts["load_min_kg"], newest.facts["load_max_kg"]) == (100, 140)
    add(select("1", archive), lambda _: [{"op": "profile", "toml": "[lifter]\nheight_m = 1.6\n"}])
    with Index(archive) as index:
        assert len(look(archive, index).todo) == 1


def test_files_that_cannot_be_read_are_shown_and_stop_nothing(tmp_path: Path, capsys):
    folder = tmp_path / "archive"
    paths = make_recordings(folder, 3)
    paths[0].write_bytes(b"nonsense" * 99)
    paths[1].write_bytes(paths[1].read_bytes()[:300] + b"?" * 40 + paths[1].read_bytes()[340:])
    assert run("history", "--archive", folder, "--rebuild") == 0
    said = capsys.readouterr()
    assert "1 could not be" in said.out
    assert "not a presscue session file" in said.err
    assert [one["state"] for one in listed(folder)] == ["analysed", "damaged", "failed"]
    assert run("history", "--archive", folder) == 0
    assert "[damaged: 256 bytes bad, 1 pages missing]" in capsys.readouterr().out


def test_a_session_being_recorded_is_shown_as_such_and_can_be_annotated(tmp_path: Path, capsys):
    folder = tmp_path / "archive"
    newest = make_recordings(folder, 2)[-1]
    with open(newest, "ab") as file:
        hold(file)
        assert [one["state"] for one in listed(folder)] == ["recording", "analysed"]
        assert run("annotate", "last", "--archive", folder, "--set", 2, "--load", 140) == 0
        assert run("annotate", "last", "--archive", folder, "--rep", 1, "--delete") == 2
        assert "when it has ended" in capsys.readouterr().err
    assert listed(folder)[0]["state"] == "analysed"
    assert read_journal(newest).entries[0]["sled_load_kg"] == 140


@pytest.mark.slow
def test_a_rebuild_is_stopped_and_goes_on_where_it_was(tmp_path: Path):
    """Ctrl-C, as a terminal sends it: to the whole group, workers included."""
    folder = tmp_path / "archive"
    make_recordings(folder, 60, readings=400)
    command = [sys.executable, "-m", "presscue", "history", "--archive", str(folder), "--rebuild"]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and not (folder / FILE).exists():
        time.sleep(0.02)
    with Index(folder) as index:
        while time.monotonic() < until and not index.known():
            time.sleep(0.01)
    os.killpg(first.pid, signal.SIGINT)
    out, err = first.communicate(timeout=60)
    assert err == ""
    with Index(folder) as index:
        done = len(index.known())
    if done < 60:  # a machine so quick that it is done has nothing to stop
        assert first.returncode == 1
        assert f"stopped: {done} analysed, {60 - done} left" in out
    second = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"up to date: {60 - done} analysed" in second.stdout


def test_sessions_are_chosen_by_path_number_name_and_last(archive: Path):
    oldest, middle, newest = sorted(archive.glob("*.presscue"))
    assert select("last", archive) == select("1", archive) == newest
    assert select("3", archive) == oldest
    assert select(str(middle), archive) == middle
    assert select("2024", archive) == middle
    assert select(middle.stem, archive) == middle
    for text, why in (
        ("20", "3 recordings begin so"),
        ("1999", "number up to 3"),
        ("a/b", "no such file"),
        (str(archive), "a folder, not"),
    ):
        with pytest.raises(UsageError, match=why):
            select(text, archive)
    with pytest.raises(UsageError, match="no recordings in"):
        select("last", archive / "nowhere")


def test_lists_are_filtered(archive: Path, capsys):
    add(select("1", archive), lambda _: [{"op": "lifter", "lifter": "Anna"}])
    assert [one["number"] for one in listed(archive, "--lifter", "anna")] == [1]
    assert [one["number"] for one in listed(archive, "--since", "2024-01-01")] == [1, 2]
    assert [one["number"] for one in listed(archive, "--last", "2")] == [1, 2]
    assert run("history", "--archive", archive, "--since", "yesterday") == 2
    capsys.readouterr()
    assert run("history", "--archive", archive) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("1  2025-")
    assert "2 × 1–3" in lines[-1]
    assert "Anna" in lines[-1]
    assert "lockout 1, heel lift 1, tempo 1" in lines[-1]


@pytest.mark.slow
def test_history_of_5000_sessions_is_quick(tmp_path: Path):
    """Process start included. Processor time: what it takes when the machine does nothing else."""
    folder = tmp_path / "archive"
    make_recordings(folder, 5000, content=b"x" * 64)
    fill_index(folder, ANALYSIS)
    command = [sys.executable, "-m", "presscue", "history", "--archive", str(folder)]
    took_s = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.stdout.count("\n") == 5001
    print(f"history of 5,000 sessions: {min(took_s):.2f} s")
    assert min(took_s) <= 0.5


def test_results_come_from_the_index_or_are_made(archive: Path, monkeypatch):
    path = select("last", archive)
    add(path, lambda _: [{"op": "delete_rep", "rep": 0, "at_s": 11.0}])
    assert len(catalog.results(path)["reps"]) == 3
    assert len(catalog.results(path, annotated=False)["reps"]) == 4
    made = catalog.results(make_recordings(archive / "elsewhere", 1)[0])
    assert made["reps"] == []
    assert made["quality"]["samples"] > 0


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError):
        Index(tmp_path / "file")
    (source,) = make_recordings(tmp_path / "usb", 1)
    with pytest.raises(SaveError):
        take_in(source, tmp_path / "file")
    with pytest.raises(InputError):
        take_in(tmp_path / "nowhere.presscue", tmp_path / "archive")


def test_a_file_that_ends_its_process_is_told_from_the_others(tmp_path: Path, monkeypatch):
    from presscue.archive import refresh as module

    folder = tmp_path / "archive"
    make_recordings(folder, 4, readings=5)
    monkeypatch.setattr(module, "POOL_FILES", 1)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(module, "_study", dies_on_the_second)
    with Index(folder) as index:
        work = refresh(index, look(folder, index))
        assert (work.done, work.stopped) == (4, False)
        assert [name[:4] for name, _ in work.failed] == ["2024"]
        assert "ended the process" in work.failed[0][1]


def dies_on_the_second(found):
    if found.name.startswith("2024"):
        os._exit(9)
    return found, facts.Study("f", "c", "", facts.Origin(), WHOLE), []
