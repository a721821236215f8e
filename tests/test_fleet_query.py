"""Questions to a dataset: quick, right about what was planted, in every form; and the page with its plots."""

import csv
import io
import json
import time
from functools import partial
from pathlib import Path

import pyarrow
import pytest

from browser import LAPTOP, PHONE, barriers, chromium, page_of
from fleet_fakes import DEEPER, HURTS, LEANS, QUIET, REPS, SETS, chain, thousand
from presscue.cli import _status
from presscue.errors import UsageError
from presscue.fleet.dataset import Dataset
from presscue.fleet.query import Inquiry, run_query
from presscue.fleet.questions import QUESTIONS
from presscue.fleet.schema import TABLES
from presscue.fleet.task import STAGING

SECONDS = 1.0


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    return thousand(tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def inquiry(address: str):
    with Inquiry(Dataset(address)) as opened:
        yield opened


def rows_of(inquiry: Inquiry, question: str) -> list[dict]:
    answer = inquiry.ask(QUESTIONS[question])
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def test_ten_questions_and_more_are_answered_within_a_second_each(inquiry: Inquiry):
    """Processor time of all threads: what it takes at most when the machine does nothing else."""
    assert len(QUESTIONS) >= 10
    took_s = {}
    for name, sql in QUESTIONS.items():
        began_s = time.process_time()
        answer = inquiry.ask(sql)
        took_s[name] = time.process_time() - began_s
        assert name == "failures" or name == "gone-quiet" or len(answer.rows) > 0, name
    print("1,000 sessions, s:", ", ".join(f"{name} {each:.3f}" for name, each in took_s.items()))
    assert max(took_s.values()) <= SECONDS


def test_what_was_planted_is_found(inquiry: Inquiry):
    rates = [row["rate"] for row in rows_of(inquiry, "faults-by-load")]
    assert rates == sorted(rates)
    assert rates[0] == pytest.approx(0.02, abs=0.01)
    assert rates[-1] == pytest.approx(0.10, abs=0.01)
    trends = {row["lifter"]: row["deg_per_week"] for row in rows_of(inquiry, "depth-trend")}
    assert trends.pop(DEEPER) == pytest.approx(1.0, abs=0.05)
    assert max(abs(each) for each in trends.values()) < 0.1
    sided = rows_of(inquiry, "asymmetry")
    assert sided[0]["lifter"] == LEANS
    assert sided[0]["change"] == pytest.approx(0.12, abs=0.02)
    look = {row["lifter"]: row["because"] for row in rows_of(inquiry, "needs-a-look")}
    assert next(iter(look)) == HURTS
    assert "pain" in look[HURTS]
    assert "one-sided" in look[LEANS]
    assert [row["lifter"] for row in rows_of(inquiry, "gone-quiet")] == [QUIET]
    assert sum(row["sessions"] for row in rows_of(inquiry, "nodes")) == 1000
    places = rows_of(inquiry, "faults-by-rep")
    assert [row["place"] for row in places] == list(range(1, REPS + 1))


def test_a_session_that_lies_in_two_places_counts_once(tmp_path: Path):
    dataset = chain(str(tmp_path / "twice"), 4)
    month = dataset.months("sessions")[0]
    rows = {}
    for table, schema in TABLES.items():
        own = [row for row in dataset.read(table, month).to_pylist() if row["source"] == "/made/0.presscue"]
        rows[table] = pyarrow.Table.from_pylist([row | {"source": "/copy/0.presscue"} for row in own], schema)
    dataset.stage(f"{STAGING}/copy.arrows", rows)
    assert dataset.settle() == 1
    with Inquiry(dataset) as inquiry:
        assert inquiry.ask("SELECT count(*) FROM all_sessions").rows == [(5,)]
        assert inquiry.ask("SELECT count(*) FROM sessions").rows == [(4,)]
        assert inquiry.ask("SELECT count(*) FROM reps").rows == [(4 * SETS * REPS,)]


def test_answers_come_as_table_csv_and_json(address: str, tmp_path: Path, capsys):
    def said(*options: str) -> str:
        assert _status(["fleet", "query", address, *options]) == 0
        return capsys.readouterr().out

    listed = said()
    assert [line.split()[0] for line in listed.splitlines()] == list(QUESTIONS)
    lines = said("dose").splitlines()
    assert lines[0].split()[:2] == ["lifter", "sessions_per_week"]
    found = list(csv.DictReader(io.StringIO(said("dose", "--format", "csv"))))
    tree = json.loads(said("dose", "--format", "json"))
    assert tree["format"] == "presscue.fleet.answer/1"
    assert [row["lifter"] for row in found] == [row["lifter"] for row in tree["rows"]]
    assert len(lines) == len(found) + 1
    out = tmp_path / "answer.csv"
    assert "1 rows" in said("--sql", "SELECT count(*) AS n FROM reps", "--format", "csv", "--to", str(out))
    assert out.read_text() == f"n\n{1000 * SETS * REPS}\n"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nonsense FROM reps",
        "SELEKT 1",
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY reps TO '/tmp/presscue-should-not-be.csv'",
        "SET enable_external_access = true",
        "",
    ],
)
def test_sql_that_means_nothing_or_reaches_beyond_the_dataset_is_refused(address: str, sql: str):
    if not sql:
        with Inquiry(Dataset(address)) as inquiry:
            assert inquiry.ask(sql).rows == []
        return
    with pytest.raises(UsageError, match="cannot answer"), Inquiry(Dataset(address)) as inquiry:
        inquiry.ask(sql)


def test_wrong_questions_are_said_in_a_line(address: str, tmp_path: Path):
    ask = partial(run_query, sql=None, form="table", to=None, html=None, quiet=True)
    with pytest.raises(UsageError, match="no such question"):
        ask(address, "whatever")
    with pytest.raises(UsageError, match="not both"):
        ask(address, "dose", sql="SELECT 1")
    with pytest.raises(UsageError, match="no dataset"):
        ask(str(tmp_path), "dose")


def test_an_empty_dataset_and_one_in_memory_can_be_asked():
    import fsspec

    for name, sessions in (("none", 0), ("some", 3)):
        dataset = chain(f"memory://fleet-query/{name}", sessions)
        with Inquiry(dataset) as inquiry:
            for sql in QUESTIONS.values():
                inquiry.ask(sql)
            assert inquiry.ask("SELECT count(*) FROM sessions").rows == [(sessions,)]
    fsspec.filesystem("memory").rm("/fleet-query", recursive=True)


def test_the_overview_is_one_page_with_plots_and_no_barriers(address: str, tmp_path: Path):
    out = tmp_path / "fleet.html"
    assert run_query(address, None, sql=None, form="table", to=None, html=out, quiet=True) == 0
    text = out.read_text()
    assert text.count('class="chart"') + text.count('class="bars"') == 5
    assert HURTS in text
    assert "1,000" in text
    with chromium() as browser:
        for size in (LAPTOP, PHONE):
            with page_of(browser, size=size) as page:
                page.goto(out.as_uri())
                page.screenshot(path=str(tmp_path / f"fleet-{size['width']}.png"), full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
                assert barriers(page) == []
                assert (page.asked, page.trouble) == ([out.as_uri()], [])


def test_an_empty_dataset_has_a_page_too(tmp_path: Path):
    from presscue.fleet.overview import overview

    with Inquiry(chain(str(tmp_path / "none"), 0)) as inquiry:
        assert "No analysed session" in overview(inquiry)
