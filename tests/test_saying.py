"""What lifters say from the page while they train: it stands in the journal, with the set that is meant."""

import time
from pathlib import Path

import pytest

from live_fakes import OPTIONS, session
from presscue.archive import annotations, catalog
from presscue.archive.journal import read_journal
from presscue.links.sim import open_sim
from presscue.live.saying import Sayings
from presscue.units import METRIC, Units


def test_two_people_take_turns(tmp_path: Path):
    path = tmp_path / "s.presscue"
    link = open_sim(OPTIONS.replace("sets=4+3", "sets=2+2+2") + ",fast")
    live = session(link, path)
    sayings = Sayings(Units("imperial"), ["Ann"])
    shown = {}
    try:
        while live.step() and live.core.merge.watermark < link.duration_s - 0.5:
            done = len(live.findings.sets)
            if done not in shown and live.kept.path is not None:
                if done == 0:
                    sayings.hear(live, {"do": "say", "lifter": "Ann"})
                elif done == 1:
                    sayings.hear(
                        live, {"do": "say", "lifter": "Ben", "load": "200", "rpe": "8", "pain": "knee", "side": "left"}
                    )
                shown[done] = sayings.picture(live)
            sayings.picture(live)
    finally:
        live.finish()
        sayings.picture(live)
        sayings.close()
    assert shown[0]["lifter"] == "Ann"
    assert (shown[1]["lifter"], shown[1]["load"], shown[1]["say"]["kept"]) == ("Ben", "200 lb", True)
    assert shown[1]["say"]["words"] == "Kept: from set 2 on. Kept for set 1."
    tree = annotations.overlay(catalog.results(path), read_journal(path).standing())
    assert [one["lifter"] for one in tree["sets"]] == ["Ann", "Ben", "Ben"]
    assert [one["rpe"] for one in tree["sets"]] == [8.0, None, None]
    assert tree["sets"][2]["sled_load_kg"] == pytest.approx(90.72, abs=0.01)
    assert tree["sets"][0]["pain"] == [{"where": "knee", "side": "left", "level": None, "when": None}]


class NotRecorded:
    """A live session as far as it matters here."""

    class kept:
        path = None


def test_what_makes_no_sense_is_answered_and_not_kept(tmp_path: Path):
    live = session(open_sim("seed=3,sets=1,hold_s=2,fast"), tmp_path / "s.presscue")
    while live.kept.path is None:
        live.step()
    sayings = Sayings(METRIC, [])
    for form, words in (
        ({}, "Nothing was said"),
        ({"rpe": "eleven"}, "0 to 10"),
        ({"rpe": "11"}, "0 to 10"),
        ({"rpe": "nan"}, "0 to 10"),
        ({"load": "a lot"}, "number of kg"),
        ({"pain": "hair"}, "none of the choices"),
        ({"lifter": 3, "note": ["x"]}, "Nothing was said"),
    ):
        sayings.hear(live, {"do": "say", **form})
        said = sayings.picture(live)["say"]
        assert (said["kept"], words in said["words"]) == (False, True), (form, said)
    sayings.hear(live, {"do": "check:toes", "note": "not for us"})
    assert sayings.picture(live)["say"]["number"] == 7
    sayings.hear(NotRecorded, {"do": "say", "note": "x"})  # type: ignore[arg-type]
    assert "not" in sayings._answer[2].lower()
    live.finish()
    sayings.close()
    assert read_journal(tmp_path / "s.presscue").entries == []


def test_a_slow_disk_does_not_hold_the_session_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    live = session(open_sim("seed=3,sets=1,hold_s=2,fast"), tmp_path / "s.presscue")
    while live.kept.path is None:
        live.step()
    sayings = Sayings(METRIC, [])
    monkeypatch.setattr("presscue.live.saying.journal.add", lambda *_: time.sleep(0.5))
    began_s = time.monotonic()
    sayings.hear(live, {"do": "say", "note": "slow"})
    assert time.monotonic() - began_s < 0.3
    live.finish()
    sayings.close()
