"""A dataset as one page: figures, plots over weeks and loads, and the answers that somebody should act on."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from ..report import drawing, page
from ..report.drawing import Point
from ..texts import has, text
from ..units import METRIC
from .query import Inquiry, shown
from .questions import QUESTIONS, title_of

ANSWERED = ("needs-a-look", "gone-quiet", "depth-trend", "asymmetry", "nodes", "failures")
"""Questions whose answers are tables of the page."""
LISTED = 12
EPOCH = date(1970, 1, 1)

_WEEKS = """
    SELECT date_trunc('week', start)::DATE AS week, count(DISTINCT source) AS sessions,
           10 * avg((len(faults) > 0)::INT) AS faulty,
           avg(max_flexion_deg) FILTER (len(faults) = 0) AS deg
    FROM reps WHERE start IS NOT NULL GROUP BY week ORDER BY week
"""
_TOTALS = """
    SELECT count(*), count(DISTINCT device), min(start)::DATE, max(start)::DATE, (SELECT count(*) FROM reps),
           (SELECT count(*) FROM reps WHERE len(faults) = 0),
           string_agg(DISTINCT core, ', ' ORDER BY core),
           (SELECT count(DISTINCT lifter) FROM reps), (SELECT count(*) FROM all_sessions WHERE error IS NOT NULL)
    FROM sessions
"""
_BY_LOAD = """
    SELECT 20 * floor(sled_load_kg / 20) AS low, 100 * avg((len(faults) > 0)::INT), count(*)
    FROM reps WHERE sled_load_kg IS NOT NULL GROUP BY low ORDER BY low
"""
_BY_FAULT = """
    SELECT fault, 100 * count(*) / (SELECT count(*) FROM reps) AS share
    FROM (SELECT unnest(faults) AS fault FROM reps) GROUP BY fault ORDER BY share DESC, fault
"""


def overview(inquiry: Inquiry) -> str:
    """The page as HTML, whole in itself."""
    sessions, nodes, first, last, reps, clean, cores, lifters, failed = inquiry.ask(_TOTALS).rows[0]
    facts = [(f"{sessions:,}", text("fleet.sessions")), (f"{reps:,}", text("fleet.reps"))]
    facts += [(f"{100 * clean / reps:.0f} %", text("fleet.clean"))] if reps else []
    facts += [(f"{failed:,}", text("fleet.failed"))] if failed else []
    words = {"sessions": sessions, "nodes": nodes, "lifters": lifters, "first": first or "–", "last": last or "–"}
    return page.rendered("fleet.html", METRIC, {
        "lead": text("fleet.lead", **words) if sessions else "", "facts": facts, "charts": _charts(inquiry),
        "bars": _bars(inquiry), "answers": [_answer(inquiry, name) for name in ANSWERED] if sessions else [],
        "made_by": text("fleet.made_by", cores=cores or "–"),
    })  # fmt: skip


def _charts(inquiry: Inquiry) -> list[tuple[str, Any]]:
    """(title, drawing) of what goes on week by week."""
    weeks = inquiry.ask(_WEEKS).rows
    out = []
    for name, column in (("chart_sessions", 1), ("chart_faults", 2), ("chart_depth", 3)):
        points = [Point((row[0] - EPOCH).days, float(row[column])) for row in weeks if row[column] is not None]
        if len(points) < 2:
            continue
        title, ends = text(f"fleet.{name}"), (str(weeks[0][0]), str(weeks[-1][0]))
        said = text("fleet.chart_alt", what=title, n=len(points), first=ends[0], last=ends[1])
        out.append((title, drawing.chart(points, said, ends=ends, from_zero=name != "chart_depth")))
    return out


def _bars(inquiry: Inquiry) -> list[tuple[str, Any]]:
    """(title, drawing) of shares side by side."""
    by_load = [
        (text("fleet.band", low=f"{low:.0f}", high=f"{low + 20:.0f}"), share)
        for low, share, _ in inquiry.ask(_BY_LOAD).rows
    ]
    by_fault = [
        (text(f"fault.{kind}.name") if has(f"fault.{kind}.name") else kind, share)
        for kind, share in inquiry.ask(_BY_FAULT).rows
    ]
    made: Sequence[tuple[str, list[tuple[str, float]]]] = (("bars_load", by_load), ("bars_fault", by_fault))
    return [(text(f"fleet.{name}"), drawing.bars(rows, text(f"fleet.{name}"))) for name, rows in made if rows]


def _answer(inquiry: Inquiry, name: str) -> dict[str, Any]:
    """A question, its columns (name, whether it is words), and the first rows of its answer as text."""
    answer = inquiry.ask(QUESTIONS[name])
    rows = [[shown(value) for value in row] for row in answer.rows[:LISTED]]
    more = text("fleet.shown", n=LISTED, all=len(answer.rows), name=name) if len(answer.rows) > LISTED else ""
    columns = [
        (column.replace("_", " "), any(isinstance(row[at], str) for row in answer.rows))
        for at, column in enumerate(answer.columns)
    ]
    return {"title": title_of(name), "columns": columns, "rows": rows, "more": more}
