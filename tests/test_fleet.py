"""Many archives into one dataset: only what changed is done again, nothing is lost, and the bytes never differ."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive_fakes import make_recordings
from live_fakes import coached
from presscue.archive import facts
from presscue.archive.journal import add
from presscue.errors import InputError, LinkError, UsageError
from presscue.fleet import analysis, task
from presscue.fleet.analysis import look, run_analyze
from presscue.fleet.crew import crew
from presscue.fleet.dataset import Dataset
from presscue.fleet.schema import TABLES
from presscue.fleet.store import Store
from presscue.fleet.task import analyse, staged_rows, unpacked
from presscue.recording import SUFFIX

COPIES = 8


@pytest.fixture(scope="module")
def clinics(tmp_path_factory) -> Path:
    """Two clinics: one with coached sessions, one with short ones, a damaged file and another dataset."""
    folder = tmp_path_factory.mktemp("clinics")
    (folder / "north").mkdir()
    first = folder / "north" / "coached-0.presscue"
    coached(first)
    for number in range(1, COPIES):
        shutil.copy2(first, first.with_name(f"coached-{number}.presscue"))
    make_recordings(folder / "south" / "press-2", 3)
    (folder / "south" / "torn.presscue").write_bytes(b"nothing intact " * 40)
    return folder


@pytest.fixture(scope="module")
def serial(clinics: Path, tmp_path_factory) -> Path:
    """The dataset as one process makes it."""
    out = tmp_path_factory.mktemp("serial") / "dataset"
    assert run_analyze([str(clinics)], str(out), quiet=True) == 0
    return out


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[str]:
    """A Dask scheduler and two workers, each a process of its own, on loopback."""
    pytest.importorskip("distributed")
    folder = tmp_path_factory.mktemp("cluster")
    known = folder / "scheduler.json"
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent),
        "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
    }
    common = ["--no-dashboard", "--scheduler-file", str(known)]
    commands = [["dask_scheduler", "--host", "127.0.0.1", "--port", "0", *common]]
    commands += [["dask_worker", "--nthreads", "1", "--local-directory", str(folder), *common]] * 2
    processes = []
    with open(folder / "words", "wb") as words:
        try:
            for module, *options in commands:
                command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
                processes.append(
                    subprocess.Popen(command, stdout=words, stderr=words, env=environment, start_new_session=True)
                )
                wait_for(known.exists)
            import json

            yield json.loads(known.read_text())["address"]
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(20)


def wait_for(what, until_s: float = 60.0) -> None:
    end_s = time.monotonic() + until_s
    while not what():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def contents(dataset: Path) -> dict[str, bytes]:
    files = {path.relative_to(dataset).as_posix(): path for path in dataset.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in files.items()}


def rows(dataset: Path, table: str) -> list[dict]:
    held = Dataset(str(dataset))
    return [row for month in held.months(table) for row in held.read(table, month).to_pylist()]


def test_every_row_says_whence_it_is_and_which_core_made_it(serial: Path, clinics: Path):
    from presscue.core_version import core_version

    sessions = rows(serial, "sessions")
    assert len(sessions) == COPIES + 4
    failed = [row for row in sessions if row["error"]]
    assert [row["source"] for row in failed] == [str(clinics / "south" / "torn.presscue")]
    assert "not a presscue session file" in failed[0]["error"]
    own = {row["source"] for row in sessions}
    for table in TABLES:
        for row in rows(serial, table):
            assert row["source"] in own
            assert row["core"] == core_version()
    reps = [row for row in rows(serial, "reps") if row["source"].endswith("coached-0.presscue")]
    assert [row["rep"] for row in reps] == list(range(7))
    assert {row["set"] for row in reps} == {0, 1}
    faulty = {row["rep"] for row in rows(serial, "events") if "coached-0" in row["source"] and not row["predicted"]}
    assert {row["rep"] for row in reps if row["faults"]} == faulty - {None}


def test_a_cluster_of_three_processes_gives_the_bytes_of_one(serial: Path, clinics: Path, cluster: str, tmp_path: Path):
    out = tmp_path / "dataset"
    assert run_analyze([str(clinics)], str(out), scheduler=cluster, quiet=True) == 0
    assert contents(out) == contents(serial)


def counted(one: task.Task) -> task.Done:
    """As `analyse`, telling when the recording is really gone through."""
    if staged_rows(Store(one.out), one.staged) is None:
        with open(Path(one.out) / ".begun", "ab", buffering=0) as log:
            log.write(f"{os.getpid()} {one.name}\n".encode())
    return analyse(one)


def test_a_killed_worker_loses_nothing_and_repeats_its_file_at_most(
    serial: Path, clinics: Path, cluster: str, tmp_path: Path
):
    out = tmp_path / "dataset"
    dataset = Dataset(str(out), create=True)
    work = look(dataset, [str(clinics)], (SUFFIX,))
    with crew(cluster, 0, 2) as hands:
        results = hands.map(counted, work.todo)
        done = [next(results)[1]]
        begun = out / ".begun"
        victim = int(begun.read_text().split()[-2])  # it is amid a file
        os.kill(victim, signal.SIGKILL)
        done += [result for _, result in results]
    assert {result.source for result in done if isinstance(result, task.Done)} == {one.source for one in work.todo}
    started = [line.split()[1] for line in begun.read_text().splitlines()]
    repeated = len(started) - len(work.todo)
    print(f"{len(work.todo)} recordings, {repeated} begun again after a worker was killed")
    assert set(started) == {one.name for one in work.todo}
    assert repeated <= 1
    begun.unlink()
    dataset.settle()
    assert {name: data for name, data in contents(out).items() if name != ".lock"} == {
        name: data for name, data in contents(serial).items() if name != ".lock"
    }


def test_dask_on_this_machine_is_what_one_gets_by_default(serial: Path, clinics: Path, tmp_path: Path):
    out = tmp_path / "dataset"
    command = [sys.executable, "-m", "presscue", "fleet", "analyze", str(clinics), "--out", str(out)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert f"{COPIES + 3} analysed, 0 were up to date, 1 could not be" in said.stdout
    assert said.stderr.count("\n") == 1
    assert "torn.presscue: not a presscue session file" in said.stderr
    assert contents(out) == contents(serial)


def test_only_what_is_new_or_changed_or_of_another_core_is_done_again(clinics: Path, tmp_path: Path, monkeypatch):
    archive, out = tmp_path / "archive", tmp_path / "dataset"
    shutil.copytree(clinics / "south", archive)
    done: list[str] = []

    def watched(one: task.Task) -> task.Done:
        done.append(one.name)
        return analyse(one)

    def again() -> list[str]:
        done.clear()
        run_analyze([str(archive)], str(out), quiet=True)
        return sorted(done)

    monkeypatch.setattr(analysis, "analyse", watched)
    assert len(again()) == 4
    assert again() == []
    second = sorted((archive / "press-2").iterdir())[1]
    add(second, lambda _: [{"op": "lifter", "lifter": "Anna"}, {"op": "start", "start_ms": 1_600_000_000_000}])
    assert again() == [second.relative_to(archive).as_posix()]
    moved = [row for row in rows(out, "sessions") if row["source"] == str(second)]
    assert [row["start_ms"] for row in moved] == [1_600_000_000_000]
    assert "2020-09" in Dataset(str(out)).months("sessions")
    (archive / "new.presscue").write_bytes(b"torn")
    assert again() == ["new.presscue"]
    for module in (analysis, task, facts):
        if hasattr(module, "core_version"):
            monkeypatch.setattr(module, "core_version", lambda: "9.9.9+other")
    monkeypatch.setattr("presscue.core_version.core_version", lambda: "9.9.9+other")
    assert len(again()) == 5
    assert {row["core"] for row in rows(out, "sessions")} == {"9.9.9+other"}
    second.unlink()
    assert again() == []
    assert len(rows(out, "sessions")) == 5
    assert run_analyze([str(archive)], str(out), forget=True, quiet=True) == 0
    assert len(rows(out, "sessions")) == 4


def test_a_run_that_was_cut_off_goes_on_where_it_was(clinics: Path, serial: Path, tmp_path: Path, monkeypatch, capsys):
    out = tmp_path / "dataset"
    left = [5]

    def stopped(one: task.Task) -> task.Done:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return analyse(one)

    monkeypatch.setattr(analysis, "analyse", stopped)
    assert run_analyze([str(clinics)], str(out)) == 1
    assert f"stopped: 5 analysed, 0 were up to date, {COPIES - 1} left" in capsys.readouterr().out
    assert len(rows(out, "sessions")) == 5
    # Killed outright: what is staged counts, a torn file of it does not.
    dataset = Dataset(str(out))
    staged = look(dataset, [str(clinics)], (SUFFIX,)).todo[:2]
    for one in staged:
        analyse(one)
    torn = out / staged[1].staged
    torn.write_bytes(torn.read_bytes()[:-100])
    left[0] = COPIES
    assert run_analyze([str(clinics)], str(out)) == 0
    assert f"{COPIES - 3} analysed, 6 were up to date, 1 could not be" in capsys.readouterr().out
    assert contents(out) == contents(serial)


def test_what_cannot_be_read_today_is_tried_again_tomorrow(clinics: Path, tmp_path: Path, monkeypatch):
    out = tmp_path / "dataset"

    def away(one: task.Task) -> task.Done:
        raise InputError(f"{one.source}: the share is away")

    with monkeypatch.context() as patched:
        patched.setattr(analysis, "analyse", away)
        assert run_analyze([str(clinics / "south")], str(out), quiet=True) == 1
    assert {row["error"] for row in rows(out, "sessions")} == {"the share is away"}
    assert run_analyze([str(clinics / "south")], str(out), quiet=True) == 0
    assert sum(row["error"] is None for row in rows(out, "sessions")) == 3


def test_any_address_will_do(clinics: Path, serial: Path):
    """In memory, as fsspec knows it: nothing of the recordings or the dataset is a file."""
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(str(clinics / "south"), "/fleet-test/south", recursive=True)
    source, out = "memory://fleet-test/south", "memory://fleet-test/dataset"
    assert run_analyze([source], out, quiet=True) == 0
    assert look(Dataset(out), [source], (SUFFIX,)).current == 4
    dataset = Dataset(out)
    found = [row for month in dataset.months("sessions") for row in dataset.read("sessions", month).to_pylist()]
    local = {Path(row["source"]).name: row["fingerprint"] for row in rows(serial, "sessions")}
    assert {row["source"] for row in found} >= {f"{source}/torn.presscue"}
    for row in found:
        assert row["fingerprint"] == local[Path(row["source"]).name]
    memory.rm("/fleet-test", recursive=True)


def test_a_dataset_within_the_archives_is_no_archive(clinics: Path, tmp_path: Path):
    archive = tmp_path / "archive"
    shutil.copytree(clinics / "south", archive)
    out = archive / "dataset"
    assert run_analyze([str(archive)], str(out), tables=True, quiet=True) == 0
    assert look(Dataset(str(out)), [str(archive)], (SUFFIX, ".parquet")).todo == []


def test_wrong_addresses_are_said_in_a_line(clinics: Path, tmp_path: Path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "holiday.txt").write_text("")
    with pytest.raises(UsageError, match="something else"):
        run_analyze([str(clinics)], str(tmp_path / "taken"))
    with pytest.raises(InputError, match="no such folder"):
        run_analyze([str(tmp_path / "nowhere")], str(tmp_path / "new"))
    with pytest.raises(UsageError, match="nothing://"):
        run_analyze(["nothing://x"], str(tmp_path / "new"))
    with pytest.raises(UsageError, match="no dataset"):
        Dataset(str(tmp_path / "nowhere"))


def test_a_scheduler_that_is_not_there_is_said(clinics: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("presscue.fleet.crew.FOUND_S", 0.3)
    with pytest.raises(LinkError, match="no Dask scheduler answers"):
        run_analyze([str(clinics)], str(tmp_path / "new"), scheduler="tcp://127.0.0.1:9")


def test_a_worker_with_another_presscue_is_refused(clinics: Path, tmp_path: Path):
    dataset = Dataset(str(tmp_path / "new"), create=True)
    one = look(dataset, [str(clinics)], (SUFFIX,)).todo[0]
    with pytest.raises(task.OtherCore, match=r"runs presscue .*install the same"):
        analyse(replace(one, core="0.0.1+old"))


def test_staged_bytes_that_were_cut_anywhere_are_no_rows(clinics: Path, tmp_path: Path):
    dataset = Dataset(str(tmp_path / "new"), create=True)
    one = look(dataset, [str(clinics)], (SUFFIX,)).todo[0]
    analyse(one)
    data = dataset.store.read(one.staged)
    assert unpacked(data) is not None
    for cut in range(0, len(data), max(1, len(data) // 200)):
        assert unpacked(data[:cut]) is None


def test_the_spec_has_every_column_in_its_order(root: Path):
    text = (root / "SPEC.md").read_text(encoding="utf-8")
    part = text[text.index("## The dataset of a fleet") :]
    for table, schema in TABLES.items():
        line = next(line for line in part.splitlines() if line.startswith(f"| {table} |"))
        assert line.split("`")[1::2] == schema.names
