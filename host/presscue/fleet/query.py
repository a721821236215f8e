"""`presscue fleet query`: ready-made questions and free SQL, answered by DuckDB from the dataset's Parquet files."""

import csv
import io
import json
import math
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow

from ..analysis.output import plain
from ..errors import UsageError
from ..exporting.files import growing
from ..extras import need
from .dataset import FILE, Dataset
from .questions import QUESTIONS, VIEWS, title_of
from .schema import TABLES

FORMS = ("table", "csv", "json")
FORMAT = "presscue.fleet.answer/1"


@dataclass(frozen=True)
class Answer:
    """columns: their names. rows: one value for each, as Python has it."""

    columns: list[str]
    rows: list[tuple]


class Inquiry:
    """A dataset to be asked. SQL sees this dataset and nothing else of the machine. Use as a context manager.

    Raises UsageError where there is no dataset, or for SQL that means nothing.
    """

    def __init__(self, dataset: Dataset):
        need("fleet", "duckdb")
        import duckdb

        self.dataset = dataset
        self._error = duckdb.Error
        self._db = duckdb.connect()
        files_of, address = dataset.store.for_others()
        if dataset.store.folder is None:
            self._db.register_filesystem(files_of)
        address = address.replace("'", "''")
        for table, schema in TABLES.items():
            if dataset.months(table):
                self._db.execute(
                    f"CREATE VIEW all_{table} AS FROM read_parquet('{address}/{table}/*/{FILE}', "
                    "hive_partitioning = true, hive_types_autocast = false)"
                )
            else:
                columns = schema.append(pyarrow.field("month", pyarrow.string()))
                self._db.register(f"all_{table}", columns.empty_table())
        self._db.execute("SET TimeZone = 'UTC'")
        self._db.execute(VIEWS)
        self._db.execute(f"SET allowed_directories = ['{address}']")
        self._db.execute("SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")

    def __enter__(self) -> "Inquiry":
        return self

    def __exit__(self, *_) -> None:
        self._db.close()

    def ask(self, sql: str) -> Answer:
        """The answer to one statement. Raises UsageError."""
        try:
            found = self._db.execute(sql)
            if found is None or found.description is None:
                return Answer([], [])
            return Answer([column[0] for column in found.description], found.fetchall())
        except self._error as error:
            words = " ".join(str(error).split("LINE", 1)[0].split())
            raise UsageError(f"the dataset cannot answer that: {words}") from None


def run_query(
    address: str, question: str | None, *, sql: str | None, form: str, to: Path | None, html: Path | None, quiet: bool
) -> int:
    """Answer a question, or list those there are, or write the overview. Raises PresscueError."""
    if question is not None and sql is not None:
        raise UsageError("ask a ready-made question or --sql, not both")
    if question is not None and question not in QUESTIONS:
        raise UsageError(f"{question}: no such question; there are: {', '.join(QUESTIONS)}")
    with Inquiry(Dataset(address)) as inquiry:
        if html is not None:
            from ..report.page import write_page
            from .overview import overview

            write_page(html, overview(inquiry))
            if not quiet:
                print(f"written: {html}")
        if question is None and sql is None:
            if html is None:
                print("".join(f"{name:<17} {title_of(name)}\n" for name in QUESTIONS), end="")
            return 0
        answer = inquiry.ask(sql if sql is not None else QUESTIONS[question or ""])
    text = written(answer, form)
    if to is None:
        sys.stdout.write(text)
        return 0
    with growing(to) as part:
        part.write_text(text, encoding="utf-8")
    if not quiet:
        print(f"{to}: {len(answer.rows):,} rows")
    return 0


def written(answer: Answer, form: str) -> str:
    """An answer in one of FORMS."""
    if form == "json":
        rows = [{name: _value(value) for name, value in zip(answer.columns, row, strict=True)} for row in answer.rows]
        return json.dumps({"format": FORMAT, "rows": rows}, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows([["" if value is None else shown(value) for value in row] for row in answer.rows])
        return out.getvalue()
    return _table(answer)


def _table(answer: Answer) -> str:
    """Lines of columns, numbers to the right."""
    if not answer.rows:
        return "nothing\n"
    cells = [answer.columns, *([shown(value) for value in row] for row in answer.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [
        all(isinstance(value, (int, float, type(None))) for value in column)
        for column in zip(*answer.rows, strict=True)
    ]
    lines = []
    for row in cells:
        each = zip(row, widths, right, strict=True)
        lines.append("  ".join(cell.rjust(width) if to_right else cell.ljust(width) for cell, width, to_right in each))
    return "".join(line.rstrip() + "\n" for line in lines)


def shown(value: Any) -> str:
    """A value for people."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, list):
        return "; ".join(map(shown, value))
    return str(value)


def _value(value: Any) -> Any:
    """As JSON knows it."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    known = isinstance(value, (str, int, float, list, dict, type(None)))
    return plain(value) if known else str(value)
