"""A session as an MCAP file, which Foxglove and its like open: one channel a table, JSON with a schema.

Time of a message is Unix time where the session is dated, else counts from 1970; the session clock stays in it.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow

from .. import __version__, wire
from ..extras import need
from ..readings.channels import COLUMNS
from .files import growing
from .tables import NUMBER, SCHEMAS, TEXT, WHOLE, YES

PARTS = {
    "sled_imu": COLUMNS[wire.SLED],
    "leg_imu": COLUMNS[wire.LEG],
    "pads": tuple(f"{name}_n" for name in COLUMNS[wire.PADS]),
}
"""The samples are three channels, each with the rows in which its sensor was read."""

TIME = {"samples": "time_s", "series": "time_s", "reps": "start_s", "sets": "start_s", "events": "detected_s"}
"""Column by which the rows of a table stand in time."""

_JSON = {NUMBER: ["number", "null"], WHOLE: ["integer", "null"], TEXT: ["string", "null"], YES: ["boolean"]}


def write_mcap(
    path: Path, tables: dict[str, Iterator[pyarrow.RecordBatch]], *, zero_ns: int, facts: dict[str, str]
) -> int:
    """Write tables, by names of SCHEMAS; returns the messages. zero_ns: Unix time at session clock 0, in ns.

    Raises SaveError, UsageError where the library is missing, and what the batches raise.
    """
    need("mcap", "mcap")
    from mcap.writer import CompressionType, Writer

    count = 0
    with growing(path) as part, open(part, "wb") as file:
        writer = Writer(file, compression=CompressionType.ZSTD)
        writer.start(profile="", library=f"presscue {__version__}")
        writer.add_metadata("presscue", facts)
        for table, batches in tables.items():
            channels = {name: _channel(writer, name, table) for name in (PARTS if table == "samples" else (table,))}
            for batch in batches:
                for name, channel in channels.items():
                    count += _write(writer, channel, batch, ("time_s", *PARTS[name]) if name in PARTS else None,
                                    TIME[table], zero_ns)  # fmt: skip
        writer.finish()
    return count


def _channel(writer: Any, name: str, table: str) -> int:
    schema = SCHEMAS[table]
    columns = ("time_s", *PARTS[name]) if name in PARTS else schema.names
    fields = {column: {"type": _JSON[schema.field(column).type]} for column in columns}
    text = json.dumps({"type": "object", "properties": fields})
    number = writer.register_schema(f"presscue.{name}", "jsonschema", text.encode())
    return writer.register_channel(f"/{name}", "json", number)


def _write(writer: Any, channel: int, batch: pyarrow.RecordBatch, columns: tuple[str, ...] | None, time: str,
           zero_ns: int) -> int:  # fmt: skip
    """Rows as messages; rows of the samples in which this sensor was not read are left out."""
    if columns is not None:
        batch = batch.select(list(columns))
        read = [np.asarray(batch.column(name).is_valid()) for name in columns[1:]]
        batch = batch.filter(pyarrow.array(np.logical_or.reduce(read)))
    for row in batch.to_pylist():
        at_s = row[time]
        if at_s is None:
            continue
        at_ns = max(0, zero_ns + round(at_s * 1e9))
        plain = {key: None if isinstance(value, float) and not math.isfinite(value) else value
                 for key, value in row.items()}  # fmt: skip
        writer.add_message(channel, at_ns, json.dumps(plain, ensure_ascii=False).encode(), at_ns)
    return batch.num_rows
