"""The index: an SQLite file in the archive's folder, made from the files there and good for nothing but speed.

Its tables are no interface (SPEC.md): a newer presscue may make them otherwise, and then makes them anew.
"""

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import IndexDamaged, SaveError
from . import facts
from .annotations import Tree
from .journal import Entry
from .same import stand_ins
from .scan import Found

FILE = "index.sqlite"

SCHEMA = 3
"""Another number in the file: the index is made anew."""

BUSY_S = 20.0
"""How long one process waits for another to finish its writing, which takes milliseconds."""

_TABLES = """
CREATE TABLE sessions(
    name TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, notes_size INTEGER, notes_mtime_ns INTEGER,
    fingerprint TEXT, core TEXT, profile TEXT, error TEXT,
    start_ms INTEGER, dated_by TEXT, device TEXT, node TEXT, session INTEGER, boot INTEGER, imported_from TEXT,
    duration_s REAL, sets INTEGER, reps INTEGER, clean_reps INTEGER, reps_by_set TEXT, lifters TEXT,
    load_min_kg REAL, load_max_kg REAL, faults TEXT, lost_samples INTEGER, damaged_bytes INTEGER,
    missing_pages INTEGER, statements INTEGER, quality TEXT, measured TEXT, annotations TEXT
) WITHOUT ROWID;
CREATE TABLE sets(
    name TEXT, "set" INTEGER, start_s REAL, end_s REAL, reps INTEGER, rest_before_s REAL, velocity_loss REAL,
    sled_load_kg REAL, lifter TEXT, rpe REAL, intent TEXT, notes TEXT, pain TEXT, PRIMARY KEY(name, "set")
) WITHOUT ROWID;
CREATE TABLE reps(
    name TEXT, rep INTEGER, "set" INTEGER, start_s REAL, bottom_s REAL, end_s REAL, max_flexion_deg REAL,
    end_flexion_deg REAL, travel_m REAL, eccentric_s REAL, pause_s REAL, concentric_s REAL,
    mean_concentric_velocity_mps REAL, peak_concentric_velocity_mps REAL, PRIMARY KEY(name, rep)
) WITHOUT ROWID;
CREATE TABLE events(
    name TEXT, kind TEXT, side TEXT, rep INTEGER, onset_s REAL, detected_s REAL, end_s REAL, severity REAL,
    confidence REAL, predicted INTEGER
);
CREATE INDEX events_name ON events(name);
CREATE TABLE raw(name TEXT PRIMARY KEY, study BLOB, curves BLOB);
"""

TABLES = ("sessions", "sets", "reps", "events", "raw")

_COLUMNS = {
    "sets": "set start_s end_s reps rest_before_s velocity_loss sled_load_kg lifter rpe intent notes pain".split(),
    "reps": "rep set start_s bottom_s end_s max_flexion_deg end_flexion_deg travel_m eccentric_s pause_s concentric_s "
    "mean_concentric_velocity_mps peak_concentric_velocity_mps".split(),
    "events": "kind side rep onset_s detected_s end_s severity confidence predicted".split(),
}

LISTED = (
    "name size mtime_ns start_ms dated_by device node boot duration_s sets reps clean_reps reps_by_set lifters "
    "load_min_kg load_max_kg faults lost_samples damaged_bytes missing_pages error imported_from statements"
).split()
"""Columns of a session that a list shows."""


@dataclass(frozen=True)
class Known:
    """What the index knows of a file, to tell whether it has changed since. core: that of the analysis."""

    size: int
    mtime_ns: int
    notes: tuple[int, int]
    core: str
    profile: str
    start_ms: int | None
    error: str

    def is_of(self, found: Found) -> bool:
        """Whether the recording is still the one that was analysed."""
        return (self.size, self.mtime_ns) == (found.size, found.mtime_ns)


class Index:
    """Opened in a folder, made there if need be. Use as a context manager. Each `put` is on the disk or not at all.

    Every method raises SaveError when the disk does not take it or another process never finishes, IndexDamaged when
    the file is not what it should be.
    """

    def __init__(self, folder: Path):
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SaveError(f"{folder}: cannot be made: {error.strerror}") from None
        with self._clear():
            self._db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_) -> None:
        self._db.close()

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        if self._version() == SCHEMA:
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            if self._version() == SCHEMA:
                return  # another process was quicker
            for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                self._db.execute(f'DROP TABLE "{name}"')
            for statement in _TABLES.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {SCHEMA}")

    def _version(self) -> int:
        return self._db.execute("PRAGMA user_version").fetchone()[0]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _clear(self) -> Iterator[None]:
        """sqlite's errors in one clear line."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise SaveError(f"{self.path}: another presscue has been writing there for {BUSY_S:.0f} s") from None
            if error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) or (
                error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_IOERR
            ):
                raise SaveError(f"{self.path}: cannot be written: {error}; no recording is touched by that") from None
            raise self._damaged(error) from None
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> IndexDamaged:
        return IndexDamaged(
            f"{self.path}: the index is damaged ({error}); nothing is lost, it is made anew from the recordings: "
            "presscue history --rebuild"
        )

    def known(self) -> dict[str, Known]:
        """Every file in the index, by name."""
        columns = "name, size, mtime_ns, notes_size, notes_mtime_ns, core, profile, start_ms, error"
        with self._clear():
            rows = self._db.execute(f"SELECT {columns} FROM sessions").fetchall()
        return {name: Known(size, at, (n_size, n_at), *rest) for name, size, at, n_size, n_at, *rest in rows}

    def put(self, found: Found, study: facts.Study, statements: Sequence[Entry]) -> None:
        """Take in, or replace, what is known of a file."""
        row, tree = facts.session_row(study, statements)
        row |= {"name": found.name, "size": found.size, "mtime_ns": found.mtime_ns}
        row |= {"notes_size": found.notes[0], "notes_mtime_ns": found.notes[1]}
        with self._clear(), self._transaction():
            self._remove(found.name)
            self._insert("sessions", [row])
            self._db.execute("INSERT INTO raw VALUES(?, ?, ?)", (found.name, _packed(study), study.curves))
            for table, columns in _COLUMNS.items():
                rows = [] if tree is None else tree[table]
                self._insert(table, [{"name": found.name, **{key: one.get(key) for key in columns}} for one in rows])

    def remove(self, names: Iterable[str]) -> None:
        """Forget files."""
        with self._clear(), self._transaction():
            for name in names:
                self._remove(name)

    def _remove(self, name: str) -> None:
        for table in TABLES:
            self._db.execute(f"DELETE FROM {table} WHERE name = ?", (name,))

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            names = ", ".join(f'"{key}"' for key in rows[0])
            places = ", ".join("?" * len(rows[0]))
            values = [[_cell(value) for value in row.values()] for row in rows]
            self._db.executemany(f"INSERT OR REPLACE INTO {table}({names}) VALUES({places})", values)

    def study(self, name: str) -> facts.Study | None:
        """The study of a file as it was put in, without annotations; None where there is none."""
        with self._clear():
            row = self._db.execute("SELECT study, curves FROM raw WHERE name = ?", (name,)).fetchone()
        try:
            return None if row is None else _unpacked(row[0], row[1])
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise self._damaged(error) from None

    def sessions(self) -> list[dict[str, Any]]:
        """LISTED of every session; JSON columns are resolved."""
        with self._clear():
            rows = self._db.execute(f"SELECT {', '.join(LISTED)} FROM sessions").fetchall()
        return [_listed(row) for row in rows]

    def doubles(self) -> dict[str, str]:
        """See same.stand_ins."""
        columns = "name, device, boot, start_ms, duration_s, dated_by, lost_samples, statements, reps"
        with self._clear():
            return stand_ins(map(dict, self._db.execute(f"SELECT {columns} FROM sessions").fetchall()))

    def seen(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """`measured` and `annotations` of analysed sessions, by name."""
        query = "SELECT measured, annotations FROM sessions WHERE name = ? AND measured IS NOT NULL"
        with self._clear():
            rows = {name: self._db.execute(query, (name,)).fetchone() for name in names}
        return {name: _resolved(row) for name, row in rows.items() if row is not None}

    def check(self, *, thorough: bool = False) -> None:
        """See whether the file is sound, at a glance or page by page."""
        with self._clear():
            self._db.execute("SELECT name, start_ms FROM sessions LIMIT 1").fetchall()
            if thorough and (said := self._db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(said)

    def rows(self, table: str, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Annotated rows of "sets", "reps" or "events", each with its session's `name`; of all sessions or of some."""
        if table not in _COLUMNS:
            raise ValueError(table)
        order = "onset_s, kind" if table == "events" else "start_s"
        with self._clear():
            if names is None:
                rows = self._db.execute(f"SELECT * FROM {table} ORDER BY name, {order}").fetchall()
            else:
                query = f"SELECT * FROM {table} WHERE name = ? ORDER BY {order}"
                rows = [row for name in names for row in self._db.execute(query, (name,))]
        return [_resolved(row) for row in rows]


_JSON_COLUMNS = frozenset({"reps_by_set", "lifters", "faults", "notes", "pain", "quality", "measured", "annotations"})


def _resolved(row: sqlite3.Row) -> dict[str, Any]:
    return {
        key: json.loads(row[key]) if key in _JSON_COLUMNS and row[key] is not None else row[key]
        for key in row.keys()  # noqa: SIM118
    }


def _listed(row: sqlite3.Row) -> dict[str, Any]:
    """LISTED, with its JSON columns read in one go: a list has thousands of rows."""
    out: dict[str, Any] = dict(zip(LISTED, row, strict=True))
    if out["reps"] is not None:
        text = f"[{out['reps_by_set']},{out['lifters']},{out['faults']}]"
        out["reps_by_set"], out["lifters"], out["faults"] = json.loads(text)
    return out


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _packed(study: facts.Study) -> bytes:
    tree = {key: value for key, value in vars(study).items() if key != "curves"} | {"origin": vars(study.origin)}
    return zlib.compress(json.dumps(tree, ensure_ascii=False).encode(), 3)


def _unpacked(data: bytes, curves: bytes | None) -> facts.Study:
    tree: Tree = json.loads(zlib.decompress(data))
    return facts.Study(**{**tree, "origin": facts.Origin(**tree["origin"]), "curves": curves})


def discard(folder: Path) -> None:
    """Delete the index: it holds nothing that is not in the files. Raises SaveError."""
    try:
        for suffix in ("", "-wal", "-shm"):
            (folder / (FILE + suffix)).unlink(missing_ok=True)
    except OSError as error:
        raise SaveError(f"{folder / FILE}: cannot be deleted: {error.strerror}") from None
