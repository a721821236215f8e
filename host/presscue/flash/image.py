"""A MicroPython image for an ESP32: boot loader, partition table and program in one file, as micropython.org has them.

The image's first byte belongs at 0x1000 on an ESP32 and at 0 on an ESP32-S3; the table is at 0x8000 of the flash.
Between table and program lie nvs and phy_init, with keys and calibration: those are never written.
"""

import hashlib
import struct
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import FlashError, UsageError
from ..extras import need
from .package import sha256
from .partitions import TABLE_AT, TABLE_BYTES, Table, read_table

BOOT_AT = {"esp32": 0x1000, "esp32s3": 0x0}
CHIP_IDS = {0: "esp32", 2: "esp32s2", 5: "esp32c3", 9: "esp32s3", 12: "esp32c2", 13: "esp32c6", 16: "esp32h2"}
"""Field chip_id of the extended header (esptool, ROM classes: IMAGE_CHIP_ID)."""

_MAGIC = 0xE9
_HEADER = 24
_SIZE_AT = 3  # flash size in the high, frequency in the low four bits
_CHIP_AT = 12
_HASHED_AT = 23
_HASH = 32


class Image(NamedTuple):
    """chip: what it was built for. boot, app: programs without padding, as they lie in the flash."""

    name: str
    chip: str
    boot: bytes
    table: Table
    app: bytes
    sha256: str

    @property
    def boot_at(self) -> int:
        return BOOT_AT[self.chip]

    @property
    def app_at(self) -> int:
        assert self.table.app is not None
        return self.table.app.offset


def read_image(path: Path, chip: str, expected_sha256: str | None = None) -> Image:
    """Read and check an image: hash where one is known (given, or in a file NAME.sha256), chip, wholeness, sizes.

    Raises UsageError, FlashError.
    """
    need("flash", "esptool")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    digest = sha256(data)
    expected = expected_sha256 or _sidecar(path)
    if expected is not None and expected.lower() != digest:
        raise UsageError(f"{path}: its SHA-256 is {digest}, not {expected.lower()}: load it again")
    if len(data) < _HEADER or data[0] != _MAGIC:
        raise UsageError(f"{path}: is no image for an ESP32 (its first byte is not 0xE9); take the .bin of your board")
    number = struct.unpack_from("<H", data, _CHIP_AT)[0]
    built_for = CHIP_IDS.get(number, f"chip number {number}")
    if built_for != chip:
        raise UsageError(f"{path}: is for {built_for}, the board has {chip}: take the .bin of your board")
    table_from = TABLE_AT - BOOT_AT[chip]
    try:
        table = read_table(data[table_from : table_from + TABLE_BYTES])
    except FlashError as error:
        raise UsageError(f"{path}: {error}; take the .bin for a new board, not the one for updates") from None
    app = table.app
    if app is None:
        raise UsageError(f"{path}: its partition table has no place for a program")
    boot = _program(path, "boot loader", data[:table_from], chip)
    program = _program(path, "program", data[app.offset - BOOT_AT[chip] :], chip)
    if len(program) > app.size:
        raise UsageError(f"{path}: its program has {len(program):,} bytes, its partition only {app.size:,}")
    return Image(str(path), chip, boot, table, program, digest)


def for_flash_of(boot: bytes, flash_bytes: int) -> bytes:
    """A boot loader that takes the flash to be so large: it refuses partitions behind what it was built for."""
    megabytes = flash_bytes >> 20
    patched = bytearray(boot)
    patched[_SIZE_AT] = (megabytes.bit_length() - 1) << 4 | boot[_SIZE_AT] & 0xF
    patched[-_HASH:] = hashlib.sha256(patched[:-_HASH]).digest()
    return bytes(patched)


def _program(path: Path, what: str, data: bytes, chip: str) -> bytes:
    """The bytes of the program that `data` begins with: segments, checksum and hash hold, as esptool reads them."""
    from esptool.bin_image import LoadFirmwareImage
    from esptool.util import FatalError

    try:
        parsed: Any = LoadFirmwareImage(chip, data)
    except (FatalError, struct.error, IndexError, EOFError, TypeError) as error:
        raise UsageError(f"{path}: its {what} is damaged or cut short ({error}): load it again") from None
    if parsed.checksum != parsed.calculate_checksum():
        raise UsageError(f"{path}: the checksum of its {what} is wrong: load it again")
    if data[_HASHED_AT] != 1 or parsed.stored_digest != parsed.calc_digest:
        raise UsageError(f"{path}: the hash of its {what} is wrong: load it again")
    return data[: parsed.data_length + _HASH]


def _sidecar(path: Path) -> str | None:
    """The hash in NAME.sha256, as sha256sum writes it; None if there is no such file."""
    beside = path.with_name(path.name + ".sha256")
    try:
        words = beside.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return None
    return words[0] if words else None
