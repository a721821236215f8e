"""The cells of CSV and Parquet files: the names of the columns, then blocks of float64, a few megabytes at a time.

Everything pyarrow has to say about a bad file is turned into one clear line here, and pyarrow is imported here only.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import TableError

BLOCK_ROWS = 1 << 16
BLOCK_BYTES = 1 << 22
"""What is in memory at once, times a few copies, however large the file."""

_HEADER_MAX = 1 << 20


class Cells:
    """An opened table. columns: names as in the file.

    skipped: lines left out because they have not as many cells as the header (a torn last line, for one).
    """

    def __init__(self, path: Path, columns: list[str]):
        self.path = path
        self.columns = columns
        self.skipped = 0

    def blocks(self, names: list[str]) -> Iterator[dict[str, np.ndarray]]:
        """The named columns, float64 of shape (rows,), block by block; empty cells are NaN. Raises TableError."""
        raise NotImplementedError


def open_cells(path: Path) -> Cells:
    """Open a table by its extension. Raises TableError."""
    kind = {".csv": CsvCells, ".parquet": ParquetCells}.get(path.suffix.lower())
    if kind is None:
        raise TableError(f"{path}: a recording ends in .presscue, .csv or .parquet, not {path.suffix or 'in nothing'}")
    try:
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError as error:
        raise TableError(f"{path}: cannot be read: {error.strerror}") from None
    if not start:
        raise TableError(f"{path}: is empty")
    if (start == b"PAR1") != (kind is ParquetCells):
        really = "a Parquet file" if start == b"PAR1" else "not a Parquet file"
        raise TableError(f"{path}: is {really}, whatever its name says")
    return kind(path)


class CsvCells(Cells):
    """Comma, semicolon or tab between cells; the first line names the columns."""

    def __init__(self, path: Path):
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                line = file.readline(_HEADER_MAX)
                sample = file.readline(_HEADER_MAX)
        except UnicodeDecodeError:
            raise TableError(f"{path}: not a text file in UTF-8") from None
        self._delimiter = max(",;\t", key=line.count)
        self._decimal_point = "," if self._delimiter == ";" and "," in sample else "."
        try:
            names = [name.strip() for name in next(csv.reader([line], delimiter=self._delimiter), [])]
        except csv.Error as error:
            raise TableError(f"{path}, line 1: {error}") from None
        super().__init__(path, names)

    def blocks(self, names: list[str]) -> Iterator[dict[str, np.ndarray]]:
        import pyarrow

        try:
            yield from self._blocks(names, use_threads=True)
        except (pyarrow.ArrowException, OSError) as error:
            raise TableError(f"{self.path}{self._place(names, error)}") from None

    def _blocks(self, names: list[str], *, use_threads: bool) -> Iterator[dict[str, np.ndarray]]:
        import pyarrow
        from pyarrow import csv as arrow_csv

        keys = [f"{number}" for number in range(len(self.columns))]  # names with blanks or quotes would not match
        wanted = {keys[self.columns.index(name)]: name for name in names}
        try:
            reader = arrow_csv.open_csv(
                self.path,
                arrow_csv.ReadOptions(column_names=keys, skip_rows=1, use_threads=use_threads, block_size=BLOCK_BYTES),
                arrow_csv.ParseOptions(delimiter=self._delimiter, invalid_row_handler=self._skip),
                arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pyarrow.float64()),
                    include_columns=list(wanted),
                    decimal_point=self._decimal_point,
                ),
            )
        except pyarrow.ArrowInvalid as error:
            if "Could not skip initial" in str(error) or "Empty CSV" in str(error):
                return  # nothing behind the first line
            raise
        for batch in reader:
            yield {
                name: column.to_numpy(zero_copy_only=False)
                for name, column in zip(wanted.values(), batch.columns, strict=True)
            }

    def _place(self, names: list[str], error: Exception) -> str:
        """What is wrong, behind ", line N, column NAME".

        pyarrow knows the line only when it reads in one thread, so the file is read once more.
        """
        import pyarrow

        try:
            for _ in self._blocks(names, use_threads=False):
                pass
        except (pyarrow.ArrowException, OSError) as again:
            error = again
        message = str(error)
        row = re.search(r"Row #(\d+)", message)
        column = re.search(r"CSV column #(\d+)", message)
        value = re.search(r"invalid value '(.*)'", message, re.DOTALL)
        where = f", line {row[1]}" if row else ""
        if column:
            where += f", column {self.columns[int(column[1])]}"
        if value:
            return f"{where}: {value[1][:40]!r} is not a number"
        return f"{where}: {' '.join(message.split())[:200]}"

    def _skip(self, row) -> str:
        self.skipped += 1
        return "skip"


class ParquetCells(Cells):
    def __init__(self, path: Path):
        import pyarrow
        from pyarrow import parquet

        try:
            self._file = parquet.ParquetFile(path)
        except (pyarrow.ArrowException, OSError) as error:
            raise TableError(f"{path}: damaged Parquet file: {' '.join(str(error).split())[:200]}") from None
        super().__init__(path, list(self._file.schema_arrow.names))

    def blocks(self, names: list[str]) -> Iterator[dict[str, np.ndarray]]:
        import pyarrow

        for name in names:
            kind = self._file.schema_arrow.field(name).type
            if not (pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind) or pyarrow.types.is_null(kind)):
                raise TableError(f"{self.path}, column {name}: holds {kind}, not numbers")
        try:
            for batch in self._file.iter_batches(BLOCK_ROWS, columns=names):
                yield {
                    name: batch.column(name).cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)
                    for name in names
                }
        except (pyarrow.ArrowException, OSError) as error:
            raise TableError(f"{self.path}: damaged Parquet file: {' '.join(str(error).split())[:200]}") from None
