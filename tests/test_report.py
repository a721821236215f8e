"""The report of a session and the page of a history: whole, small, true to what was found, and readable by all."""

import json
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archive_fakes import fill_index, make_recordings
from browser import LAPTOP, PHONE, barriers, chromium, page_of
from presscue.analysis.curves import CURVES, Curves, Tap
from presscue.archive.annotations import overlay
from presscue.archive.journal import add
from presscue.archive.select import select
from presscue.cli import _status
from presscue.kernel import COLUMNS
from presscue.report import story
from presscue.report.command import write_report
from presscue.report.session import Subject, session_page
from presscue.units import METRIC, Units
from report_fakes import curves_of, session_tree

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())

FAULTS = (("lockout", None, 3), ("heel_lift", "left", 4), ("depth", None, 5), ("tempo", None, 6))


class Checker(HTMLParser):
    """Well-formed, ids unique, and nothing that a browser would fetch."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if len(said) != len(attrs):
            self.wrong.append(f"{tag}: an attribute twice")
        self.ids += [said["id"] or ""] if "id" in said else []
        for name in ("src", "href", "action"):
            if name in said and not (said[name] or "").startswith("#"):
                self.wrong.append(f"{tag} asks for {said[name]}")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open = self.open[:-1] if tag not in VOID else self.open

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> ends nothing")


def checked(page: str) -> Checker:
    """The page, after holding it to the rules of HTML that can be held without a browser."""
    assert page.startswith("<!doctype html>")
    found = Checker()
    found.feed(page)
    assert found.wrong == []
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert found.headings[0] == 1
    assert all(later <= earlier + 1 for earlier, later in zip(found.headings, found.headings[1:], strict=False))
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", page)
    return found


def page_for(tree: dict, **more: Any) -> str:
    with_curves = more.pop("curves", curves_of(tree) if tree["reps"] else None)
    annotated = overlay(tree, more.pop("statements", []))
    return session_page(
        Subject("a.presscue", 1_800_000_000_000, annotated, with_curves, more.pop("units", METRIC), **more)
    )


# --- content ---


@pytest.mark.parametrize("tree", [session_tree(0, 0), session_tree(1, 1), session_tree(3, 10, FAULTS)])
def test_pages_of_all_sizes_are_sound(tree: dict):
    checked(page_for(tree))


def test_what_users_type_is_text_never_markup():
    evil = "<script>alert(1)</script>"
    tree = session_tree(1, 5)
    tree["sets"][0]["lifter"] = evil
    page = page_for(tree, statements=[{"id": "1", "op": "note", "text": evil}])
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 2
    checked(page)


def test_what_went_well_comes_first_and_two_things_follow():
    page = page_for(session_tree(2, 10, FAULTS))
    order = [page.index(f"<h2>{title}") for title in ("What went well", "Two things to work on", "Every rep")]
    assert order == sorted(order)
    assert page.count('<article class="card thing">') == 2
    things = story.to_work_on(session_tree(2, 10, FAULTS))
    assert [one.kind for one in things[:2]] == ["lockout", "heel_lift"]
    assert things[1].sides == ("left",)


def test_a_slam_is_not_said_twice():
    tree = session_tree(1, 6, (("slam", None, 2), ("lockout", None, 2)))
    assert [one.kind for one in story.to_work_on(tree)] == ["slam"]


def test_only_what_was_measured_is_praised():
    tree = session_tree(1, 6, (("tempo", None, 1),))
    tree["measured"] |= dict.fromkeys(("lockout", "heel_lift", "depth"), "not measured: no sensor")
    tree["measured"] |= dict.fromkeys(("seat_lift", "valgus"), "not measured: no sensor")
    said = " ".join(story.went_well(tree))
    assert "heel" not in said
    assert "bend" not in said
    page = page_for(tree)
    assert "not measured: no sensor" in page
    assert "not a diagnosis" in page


def test_every_rep_and_every_fault_is_on_the_page():
    tree = session_tree(2, 10, FAULTS)
    page = page_for(tree)
    strips = page[page.index("Every rep") : page.index('class="legend"')]
    assert strips.count("<li") == 20
    for kind, count in tree["summary"]["faults"].items():
        assert strips.count(f"#mark-{kind}") == count
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert len(data["marks"]) == sum(tree["summary"]["faults"].values())


def test_imperial_units_are_used_throughout():
    page = page_for(session_tree(1, 5), units=Units("imperial"))
    assert "265 lb" in page
    assert "ft/s" in page
    assert not re.search(r"\d (kg|mm|m/s)\b", page)


def test_three_hours_stay_small_and_quick(capsys):
    """The page alone: the analysis comes from the archive's index."""
    tree = session_tree(62, 20, FAULTS, rest_s=120.0)
    curves = curves_of(tree)
    assert tree["summary"]["duration_s"] > 3 * 3600
    page_for(session_tree(1, 1))  # templates are compiled once
    began_s = time.process_time()
    page = page_for(tree, curves=curves)
    took_s = time.process_time() - began_s
    with capsys.disabled():
        print(f"\nreport of three hours, {len(tree['reps'])} reps: {took_s:.2f} s, {len(page.encode()) / 1e6:.1f} MB")
    assert len(page.encode()) <= 6e6
    assert took_s <= 5.0
    checked(page)


# --- curves ---


def trace(t_s: np.ndarray, flexion_deg: np.ndarray) -> np.ndarray:
    rows = np.full((len(t_s), len(COLUMNS)), np.nan)
    rows[:, COLUMNS.index("time_s")], rows[:, COLUMNS.index("knee_flexion_deg")] = t_s, flexion_deg
    rows[:, COLUMNS.index("heel_left")] = 400.0
    return rows


def test_no_spike_is_lost_by_thinning():
    t_s = np.arange(0.0, 4000.0, 0.005)
    flexion_deg = 45.0 + np.zeros(len(t_s))
    flexion_deg[123_457] = 2.0
    tap = Tap()
    for start in range(0, len(t_s), 50_000):
        tap.add(trace(t_s[start : start + 50_000], flexion_deg[start : start + 50_000]))
    curves = tap.curves()
    assert curves is not None
    assert len(curves) <= 100_000
    at_s, least, greatest = curves.part("knee_flexion_deg", 0.0, 4000.0, 400)
    assert (len(at_s) <= 400, np.nanmin(least), np.nanmax(greatest)) == (True, 2.0, 45.0)
    assert at_s[np.nanargmin(least)] == pytest.approx(t_s[123_457], abs=10.0)
    assert np.nanmax(curves.part("heel_left", 0.0, 4000.0, 9)[2]) == pytest.approx(1.0)


def test_a_trace_that_begins_anew_replaces_what_was_there():
    tap = Tap()
    t_s = np.arange(0.0, 10.0, 0.01)
    tap.add(trace(t_s, np.full(1000, 10.0)))
    tap.add(trace(t_s[500:], np.full(500, 80.0)))
    curves = tap.curves()
    assert curves is not None
    _, least, greatest = curves.part("knee_flexion_deg", 0.0, 10.0, 10_000)
    assert set(least[:240]) == set(greatest[:240]) == {10.0}
    assert set(least[260:]) == set(greatest[260:]) == {80.0}


def test_curves_survive_the_index_and_refuse_anything_else():
    curves = curves_of(session_tree(1, 5))
    again = Curves.from_bytes(curves.to_bytes())
    assert again.step_s == curves.step_s
    np.testing.assert_allclose(again.greatest, curves.greatest, atol=float(np.nanmax(abs(curves.greatest))) / 30_000)
    for data in (b"", b"nonsense", curves.to_bytes()[:-9]):
        with pytest.raises(ValueError, match="no curves"):
            Curves.from_bytes(data)
    assert Tap().curves() is None
    assert curves.part(CURVES[0], 1e6, 2e6, 10)[0].shape == (0,)


# --- the commands ---


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three sessions, analysed as a session with faults."""
    folder = tmp_path / "archive"
    make_recordings(folder, 3)
    fill_index(folder, session_tree(2, 10, FAULTS))
    return folder


def run(*arguments: object) -> int:
    return _status([str(argument) for argument in arguments])


def test_a_report_compares_with_the_sessions_before(archive: Path, tmp_path: Path, capsys):
    out = tmp_path / "r.html"
    assert run("report", "last", "--archive", archive, "--out", out) == 0
    assert "written" in capsys.readouterr().out
    page = out.read_text(encoding="utf-8")
    checked(page)
    table = page[page.index("Against the last sessions") :]
    assert table[: table.index("</table>")].count("<tr") == 4
    assert "There are no curves" in page  # the index was filled without any


def test_pain_that_was_said_brings_its_guide(archive: Path, tmp_path: Path):
    add(select("1", archive), lambda _: [{"op": "pain", "where": "knee", "side": "left", "level": 4, "when": "bottom"}])
    out = tmp_path / "r.html"
    assert run("report", "1", "--archive", archive, "--out", out, "--quiet") == 0
    page = out.read_text(encoding="utf-8")
    assert "Pain guide" in page
    assert "hands the load" in page
    assert "hip thrust" in page
    assert "see a professional" in page


def test_wrong_targets_are_said_before_the_work(archive: Path, tmp_path: Path, capsys):
    assert run("report", "last", "--archive", archive, "--out", tmp_path / "r.pdf") == 2
    assert run("report", "last", "--archive", archive, "--out", tmp_path / "no" / "r.html") == 2
    assert run("report", "nothing", "--archive", archive) == 2
    assert run("history", "--archive", archive, "--html", tmp_path / "h.txt") == 2
    assert capsys.readouterr().err.count("\n") == 4


def test_history_says_the_training_and_writes_a_page(archive: Path, tmp_path: Path, capsys):
    add(select("1", archive), lambda _: [{"op": "rpe", "rpe": 9}, {"op": "lifter", "lifter": "<i>Ada"}])
    out = tmp_path / "h.html"
    assert run("history", "--archive", archive, "--html", out, "--training", "--lifter", "<i>ada") == 0
    said = capsys.readouterr().out
    assert "Training of <i>Ada" in said
    assert "Estimated 1RM" in said
    page = out.read_text(encoding="utf-8")
    checked(page)
    assert "<i>" not in page
    assert run("history", "--archive", archive, "--training", "--units", "imperial") == 0
    said = capsys.readouterr().out
    assert "265 lb" in said
    assert " kg" not in said


def test_the_history_of_nothing_is_a_page_too(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    assert run("history", "--archive", tmp_path / "empty", "--html", tmp_path / "h.html") == 0
    checked((tmp_path / "h.html").read_text(encoding="utf-8"))


# --- in a browser ---


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    trees = {"empty": session_tree(0, 0), "tiny": session_tree(1, 1), "faulty": session_tree(3, 10, FAULTS)}
    for name, tree in trees.items():
        write_report(
            folder / f"{name}.html", folder / "x.presscue", overlay(tree, []),
            curves_of(tree) if tree["reps"] else None, None, METRIC,
        )  # fmt: skip
    archive = folder / "archive"
    make_recordings(archive, 3)
    fill_index(archive, session_tree(2, 10, FAULTS))
    add(select("1", archive), lambda _: [{"op": "pain", "where": "knee", "side": "left", "level": 8, "when": "top"}])
    assert run("history", "--archive", archive, "--html", folder / "history.html", "--quiet") == 0
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["empty", "faulty", "history"])
def test_no_barrier_for_weak_eyes_or_a_screen_reader(browser: Any, pages: Path, name: str, scheme: str):
    with page_of(browser, size=LAPTOP, color_scheme=scheme) as page:
        page.goto((pages / f"{name}.html").as_uri())
        assert barriers(page) == []
        assert page.trouble == []
        assert len(page.asked) == 1, "a page asks for nothing but itself"


@pytest.mark.parametrize("name", ["empty", "tiny", "faulty", "history"])
def test_a_phone_need_not_scroll_sideways(browser: Any, pages: Path, name: str):
    with page_of(browser, size=PHONE) as page:
        page.goto((pages / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_curves_can_be_zoomed_by_mouse_and_by_keys(browser: Any, pages: Path):
    with page_of(browser, size=LAPTOP) as page:
        page.goto((pages / "faulty.html").as_uri())
        canvas = page.locator("#curves")
        canvas.scroll_into_view_if_needed()
        whole = canvas.get_attribute("aria-label")
        canvas.focus()
        page.keyboard.press("+")
        nearer = canvas.get_attribute("aria-label")
        assert nearer != whole
        page.keyboard.press("0")
        assert canvas.get_attribute("aria-label").startswith("0:00")
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + 300, box["y"] + 100)
        page.mouse.down()
        page.mouse.move(box["x"] + 500, box["y"] + 100)
        page.mouse.up()
        assert canvas.get_attribute("aria-label") not in (whole, nearer)
        page.select_option("#which", label="Set 2")
        assert "lockout" in canvas.get_attribute("aria-label")


def test_on_paper_the_curves_stand_and_the_buttons_do_not(browser: Any, pages: Path):
    with page_of(browser, size=LAPTOP) as page:
        page.goto((pages / "faulty.html").as_uri())
        page.emulate_media(media="print")
        assert page.locator("svg.static").first.is_visible()
        assert not page.locator(".zoom").is_visible()
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
