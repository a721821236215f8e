"""A session recorded by the laptop and by the node is one session in the list; the better recording stands for both."""

from pathlib import Path

import pytest

from archive_fakes import FIRST_MS, make_recordings, whole
from presscue.archive import facts
from presscue.archive.catalog import sessions
from presscue.archive.index import Index
from presscue.archive.journal import read_journal
from presscue.archive.same import stand_ins
from presscue.archive.scan import scan
from presscue.archive.select import select
from presscue.core_version import core_version


def row(name: str, start_s: float = 0.0, length_s: float = 600.0, log: bool = False, **others) -> dict:
    known = {"name": name, "device": "a", "boot": 7, "start_ms": FIRST_MS + round(1000 * start_s)}
    known |= {"duration_s": length_s, "dated_by": "host" if log else "recording"}
    return {**known, "lost_samples": 0, "statements": 0, "reps": 20, **others}


TWO_LOGS = {"1": "live", "2": "live"}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row("live"), row("log", 100, 300, log=True)], {"log": "live"}),
        ([row("live", lost_samples=500), row("log", 100, 300, log=True)], {"live": "log"}),
        ([row("live", lost_samples=500), row("log", 100, 300, log=True, reps=12)], {"log": "live"}),
        ([row("live", lost_samples=500, statements=1), row("log", 100, 300, log=True)], {"log": "live"}),
        ([row("live", lost_samples=9), row("1", 0, 90, log=True), row("2", 400, 90, log=True)], TWO_LOGS),
        ([row("live"), row("log", 500, 300, log=True)], {}),
        ([row("live"), row("log", 100, 300, log=True, boot=8)], {}),
        ([row("live"), row("log", 100, 300, log=True, device="b")], {}),
        ([row("live"), row("other", 100, 300)], {}),
        ([row("live"), row("log", 100, 300, log=True, boot=None, start_ms=None)], {}),
    ],
    ids=["inside", "live lost", "lacks reps", "annotated", "two logs", "beyond", "boot", "device", "two lives", "?"],
)  # fmt: skip
def test_which_stands_for_which(rows: list[dict], found: dict[str, str]):
    assert stand_ins(rows) == found


@pytest.mark.parametrize("lost", [0, 40])
def test_the_list_shows_one_and_last_means_it(tmp_path: Path, lost: int):
    live, log = (path.name for path in make_recordings(tmp_path, 2))
    tree = whole({"reps": [], "sets": [], "events": [], "annotations": {}, "summary": {"clean_reps": 0, "faults": {}}})
    with Index(tmp_path) as index:
        for name, start_ms, dated in ((live, FIRST_MS, "recording"), (log, FIRST_MS + 60_000, "host")):
            quality = {"lost_samples": lost if name == live else 0}
            origin = facts.Origin(start_ms, "0102", "press-1", 1, dated, 7)
            study = facts.Study("f", core_version(), "", origin, {**tree, "quality": quality})
            index.put(scan(tmp_path)[name], study, read_journal(tmp_path / name).standing())
        (one,) = sessions(scan(tmp_path), index)
    shown, other = (log, live) if lost else (live, log)
    assert (one.path.name, one.number, one.to_json()["joined"]) == (shown, 1, [other])
    assert one.double == ("the node's log: the laptop lost 40 readings" if lost else "also in the node's log")
    assert select("last", tmp_path).name == shown
    assert select("2", tmp_path).name == other
