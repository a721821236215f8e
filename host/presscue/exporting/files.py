"""A table as CSV or Parquet. The file appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow
from pyarrow import csv, parquet

from ..analysis.output import not_written, part_of


@contextmanager
def growing(path: Path) -> Iterator[Path]:
    """Where a file grows until it is whole; afterwards it is at `path`, on the disk. Raises SaveError."""
    part = part_of(path)
    try:
        yield part
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise not_written(path, error) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_table(path: Path, schema: pyarrow.Schema, batches: Iterator[pyarrow.RecordBatch]) -> int:
    """Write batches to a .csv or .parquet; returns the rows. Raises SaveError, and what the batches raise."""
    rows = 0
    with growing(path) as part:
        if path.suffix.lower() == ".csv":
            writer = csv.CSVWriter(str(part), schema)
        else:
            writer = parquet.ParquetWriter(str(part), schema, compression="zstd")
        with writer:
            for batch in batches:
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows
