"""A dataset: TABLE/month=2026-11/rows.parquet for each table and month, and what is staged for it.

Rows wait in `.staging`, a file for each recording, until they are settled: the files of the months concerned are then
written anew, their rows in one order (start, source, and within a session as analysed). So the bytes of a dataset
follow from the recordings alone, whoever has analysed them, in whatever order, with however many interruptions.
Settling that is cut off is done again: staged rows go last.
"""

import io
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow
from pyarrow import compute, parquet

from ..errors import InputError, UsageError
from ..locking import hold, is_held
from .schema import FORMAT, TABLES, Rows, month_of
from .store import Store
from .task import STAGING, packed, unpacked

MARKER = "presscue-dataset.json"
FILE = "rows.parquet"
LOCK = ".lock"
ROW_GROUP = 1 << 17

_KNOWN = ("source", "stamp", "core", "again", "error", "start_ms")


@dataclass(frozen=True)
class Known:
    """What the dataset says of a recording. again: it could not be read, so it is to be tried again."""

    stamp: str
    core: str
    again: bool
    error: str
    month: str


class Dataset:
    """A dataset at an address. Raises UsageError for a folder that is none, InputError, SaveError."""

    def __init__(self, address: str, *, create: bool = False):
        self.store = Store(address)
        if not self.store.exists(MARKER):
            if not create:
                raise UsageError(f"{self.store.address}: no dataset; presscue fleet analyze makes one")
            if self._is_in_use():
                raise UsageError(f"{self.store.address}: is a folder of something else; name a new or an empty one")
            self.store.write(MARKER, json.dumps({"format": FORMAT}).encode() + b"\n")
        try:
            form = json.loads(self.store.read(MARKER))["format"]
        except (ValueError, KeyError, TypeError):
            form = "unknown"
        if form != FORMAT:
            raise UsageError(f"{self.store.address}: its format is {form}, this presscue writes {FORMAT}; name another")

    def _is_in_use(self) -> bool:
        folder = self.store.folder
        if folder is not None:
            return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        return bool(self.store.listed("."))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else on this machine writes the dataset meanwhile. Raises UsageError if somebody does."""
        if self.store.folder is None:
            yield
            return
        path = self.store.folder / LOCK
        path.touch()
        if is_held(path):
            raise UsageError(f"{self.store.address}: another presscue is writing there")
        with open(path, "rb") as file:
            hold(file)
            yield

    def months(self, table: str) -> list[str]:
        """The partitions of a table."""
        return sorted(name.rpartition("=")[2] for name in self.store.listed(table))

    def read(self, table: str, month: str, columns: Collection[str] | None = None) -> pyarrow.Table:
        """The rows of a partition; none where there is no such file. Raises InputError."""
        name = _file(table, month)
        schema = TABLES[table]
        if not self.store.exists(name):
            return schema.empty_table() if columns is None else schema.empty_table().select(list(columns))
        try:
            return parquet.ParquetFile(io.BytesIO(self.store.read(name))).read(None if columns is None else [*columns])
        except (pyarrow.ArrowException, OSError) as error:
            raise InputError(
                f"{self.store.address_of(name)}: is damaged ({error}); delete it, and analyse again"
            ) from None

    def known(self) -> dict[str, Known]:
        """Every recording in the dataset, by source."""
        found = {}
        for month in self.months("sessions"):
            for row in self.read("sessions", month, _KNOWN).to_pylist():
                found[row["source"]] = Known(row["stamp"], row["core"], row["again"], row["error"] or "", month)
        return found

    def stage(self, name: str, rows: Rows) -> None:
        """Put rows where `settle` finds them. Raises SaveError."""
        self.store.write(name, packed(rows))

    def settle(self, gone: Collection[str] = ()) -> int:
        """Take in what is staged, and forget the sources that are `gone`; returns how many recordings were taken in.

        Memory is that of one month.
        """
        staged: dict[str, list[str]] = {}
        replaced = set(gone)
        names = self.store.listed(STAGING)
        for name in names:
            rows = unpacked(self.store.read(name))
            if rows is not None:
                row = rows["sessions"].select(["source", "start_ms"]).to_pylist()[0]
                replaced.add(row["source"])
                staged.setdefault(month_of(row["start_ms"]), []).append(name)
        if replaced:
            known = self.known()
            old = {known[source].month for source in replaced if source in known}
            for month in sorted(old | staged.keys()):
                self._settle_month(month, staged.get(month, ()), replaced)
        for name in names:
            self.store.delete(name)
        return sum(map(len, staged.values()))

    def _settle_month(self, month: str, names: Collection[str], replaced: set[str]) -> None:
        fresh = [rows for name in names if (rows := unpacked(self.store.read(name))) is not None]
        leaving = sorted(replaced)
        whole: Rows = {}
        for table in TABLES:
            old = self.read(table, month)
            kept = old.filter(~compute.field("source").isin(leaving))
            whole[table] = pyarrow.concat_tables([kept, *(rows[table] for rows in fresh)])
        rank = _ranks(whole["sessions"])
        for table, rows in whole.items():
            if not rows.num_rows:
                self.store.delete(_file(table, month))
                continue
            place = np.array([rank[source] for source in rows["source"].to_pylist()])
            self.store.write(_file(table, month), _parquet(rows.take(np.argsort(place, kind="stable"))))


def _file(table: str, month: str) -> str:
    return f"{table}/month={month}/{FILE}"


def _ranks(sessions: pyarrow.Table) -> dict[str, int]:
    """The place of each session in the order of its month."""
    rows = sessions.select(["start_ms", "source"]).to_pylist()
    rows.sort(key=lambda row: (row["start_ms"] or 0, row["source"]))
    return {row["source"]: place for place, row in enumerate(rows)}


def _parquet(rows: pyarrow.Table) -> bytes:
    """Bytes that follow from the rows alone."""
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(rows.combine_chunks(), sink, compression="zstd", row_group_size=ROW_GROUP)
    return sink.getvalue().to_pybytes()
