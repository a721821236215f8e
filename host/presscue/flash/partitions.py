"""The partition table of an ESP32: read, checked, and given a place for the logs.

32 bytes an entry at 0x8000 (ESP-IDF, "Partition Tables"): magic 0x50AA, type, subtype, offset, size, label of 16
bytes, flags. Behind the last one stand 16 bytes beginning 0xEBEB and the MD5 of all entries; the rest is 0xFF.
"""

import hashlib
import struct
from itertools import pairwise
from typing import NamedTuple

from ..errors import FlashError

TABLE_AT = 0x8000
TABLE_BYTES = 0xC00
SECTOR = 4096
FILES_BYTES = 256 << 10
"""File system of a node: two copies of the package (90 KB) and main.py in it, key and settings, as much again free."""
LOGS_LEAST = 256 << 10
LOGS = "presscue"
"""As LOG_PARTITION in the firmware's wiring.py."""
FILES = "vfs"

_ENTRY = struct.Struct("<HBBII16sI")
_MAGIC = 0x50AA
_MD5 = b"\xeb\xeb" + b"\xff" * 14
_APP, _DATA = 0, 1
_FAT, _UNDEFINED = 0x81, 0x06


class Partition(NamedTuple):
    """Offset and size in bytes."""

    label: str
    kind: int
    subtype: int
    offset: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.size


class Table(NamedTuple):
    partitions: tuple[Partition, ...]

    def get(self, label: str) -> Partition | None:
        return next((each for each in self.partitions if each.label == label and each.kind == _DATA), None)

    @property
    def app(self) -> Partition | None:
        """The first partition for a program: where an image goes."""
        return min((each for each in self.partitions if each.kind == _APP), key=lambda each: each.offset, default=None)

    @property
    def files_at(self) -> int:
        """Where the file system begins: MicroPython takes what is behind the last partition if none is named vfs."""
        files = self.get(FILES)
        return files.offset if files else max(each.end for each in self.partitions)


def read_table(data: bytes) -> Table:
    """Raises FlashError if the bytes are no table, or one that contradicts itself."""
    partitions = []
    for at in range(0, min(len(data), TABLE_BYTES) - _ENTRY.size + 1, _ENTRY.size):
        entry = data[at : at + _ENTRY.size]
        if entry[:16] == _MD5:
            if hashlib.md5(data[:at], usedforsecurity=False).digest() != entry[16:]:
                raise FlashError("the partition table does not match its own checksum")
            break
        if entry == b"\xff" * _ENTRY.size:
            break
        magic, kind, subtype, offset, size, label, flags = _ENTRY.unpack(entry)
        if magic != _MAGIC:
            raise FlashError("there is no partition table where it should be")
        name = label.partition(b"\0")[0].decode("ascii", errors="replace")
        partitions.append(Partition(name, kind, subtype, offset, size, flags))
    if not partitions:
        raise FlashError("there is no partition table where it should be")
    in_order = sorted(partitions, key=lambda each: each.offset)
    for before, after in pairwise(in_order):
        if after.offset < before.end:
            raise FlashError(f"the partition table lets {before.label} and {after.label} overlap")
    return Table(tuple(partitions))


def write_table(table: Table) -> bytes:
    """The table as it lies in the flash, TABLE_BYTES long."""
    entries = b"".join(
        _ENTRY.pack(_MAGIC, each.kind, each.subtype, each.offset, each.size, each.label.encode("ascii"), each.flags)
        for each in table.partitions
    )
    whole = entries + _MD5 + hashlib.md5(entries, usedforsecurity=False).digest()
    return whole.ljust(TABLE_BYTES, b"\xff")


def with_logs(table: Table, flash_bytes: int) -> Table:
    """The table of an image with a small file system and the rest of the flash for logs.

    Raises FlashError if the flash is too small for both, or something lies behind the file system.
    """
    start = table.files_at
    kept = tuple(each for each in table.partitions if each.label not in (FILES, LOGS))
    if any(each.offset >= start for each in kept):
        raise FlashError("the image's partition table has something behind the file system: no place for the logs")
    logs_at = start + FILES_BYTES
    if logs_at + LOGS_LEAST > flash_bytes:
        raise FlashError(
            f"a flash of {flash_bytes / 2**20:g} MB is too small: {logs_at + LOGS_LEAST:,} bytes are needed"
        )
    files = Partition(FILES, _DATA, _FAT, start, FILES_BYTES)
    logs = Partition(LOGS, _DATA, _UNDEFINED, logs_at, flash_bytes - logs_at)
    return Table((*kept, files, logs))
