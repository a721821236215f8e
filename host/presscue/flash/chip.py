"""A chip in its boot loader, through esptool: what is on it, and what has to change.

Every part is compared by its MD5 in the flash first and written only where it differs. The partition table comes last:
while it is not there, the next run decides as this one did.
"""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..errors import FlashError
from ..extras import need
from .image import Image, for_flash_of
from .partitions import FILES, LOGS, SECTOR, TABLE_AT, TABLE_BYTES, Table, read_table, with_logs, write_table

BAUD = 460_800
_LITTLEFS = b"littlefs"  # at byte 8 of the first or second block, whichever is newer

Say = Callable[[str], None]


class Layout(NamedTuple):
    """table: as it will be. fresh: the file system begins anew. note: what the user should know of it."""

    table: Table
    fresh: bool
    note: str


def connect(port: str, chip: str) -> Any:
    """The chip on a port, ready for commands (esptool's loader with its stub). Raises FlashError."""
    need("flash", "esptool")
    import esptool

    with _one_line(port):
        esp = esptool.detect_chip(port, baud=115_200, connect_mode="default-reset")
        found = esp.CHIP_NAME.lower().replace("-", "")
        if found != chip:
            esptool.reset_chip(esp, "hard-reset")
            raise FlashError(f"{port}: the chip is {found}, the board has {chip}: check --board")
        esp = esptool.run_stub(esp)
        esp.change_baud(BAUD)
        esptool.attach_flash(esp)
        return esp


def lay_out(image: Image, flash_bytes: int, present: bytes, head: Callable[[int], bytes], erase: bool) -> Layout:
    """Decide on the partition table. present: the one in the flash. head(offset): the first two blocks of a partition.

    What holds files or logs stays where it is. Raises FlashError if the image does not go with that.
    """
    try:
        now = read_table(present)
    except FlashError:
        now = None
    if now is not None and not erase and (now.get(LOGS) or _LITTLEFS in head(now.files_at)):
        app = now.app
        if app is None or app.offset != image.app_at or len(image.app) > app.size:
            raise FlashError(
                f"{image.name}: does not fit the partitions on the board, and others would lose its files and logs: "
                "fetch the logs (presscue pull), then give --erase"
            )
        note = "partitions stay as they are"
        if now.get(LOGS) is None:
            note += ", without one for logs: these go into files; --erase makes one and loses the node's files"
        return Layout(now, False, note)
    table = with_logs(image.table, flash_bytes)
    files, logs = table.get(FILES), table.get(LOGS)
    assert files
    assert logs
    return Layout(table, True, f"new partitions: {files.size >> 10} KB for files, {logs.size >> 10} KB for logs")


def put(esp: Any, port: str, image: Image, erase: bool, say: Say) -> None:
    """Put an image on the chip and start it. Raises FlashError; running again heals what was cut off."""
    import esptool
    from esptool.util import flash_size_bytes

    with _one_line(port):
        size = esptool.detect_flash_size(esp)
        flash_bytes = None if size is None else flash_size_bytes(size)
        if flash_bytes is None:
            raise FlashError(f"{port}: the size of the flash is not known to esptool")
        present = esp.read_flash(TABLE_AT, TABLE_BYTES)
        layout = lay_out(image, flash_bytes, present, lambda at: esp.read_flash(at, 2 * SECTOR), erase)
        say(f"{esp.CHIP_NAME} with {size} of flash; {layout.note}")
        if layout.fresh:
            files, logs = layout.table.get(FILES), layout.table.get(LOGS)
            assert files
            assert logs
            say("clearing the file system")
            esp.erase_region(files.offset, files.size)
            esp.erase_region(logs.offset, 2 * SECTOR)  # the catalogue; the node erases the rest as it needs it
        for what, at, data in (
            ("MicroPython", image.app_at, image.app),
            ("boot loader", image.boot_at, for_flash_of(image.boot, flash_bytes)),
            ("partition table", TABLE_AT, write_table(layout.table)),
        ):
            _write(esp, what, at, data, say)
        esptool.reset_chip(esp, "hard-reset")


def _write(esp: Any, what: str, at: int, data: bytes, say: Say) -> None:
    import hashlib

    import esptool

    padded = data + b"\xff" * (-len(data) % 4)
    if esp.flash_md5sum(at, len(padded)) == hashlib.md5(padded, usedforsecurity=False).hexdigest():
        say(f"{what} is there already")
        return
    say(f"writing {what}: {len(data):,} bytes at {at:#x}")
    esptool.write_flash(esp, [(at, padded)], flash_mode="keep", flash_freq="keep", flash_size="keep", no_progress=True)


@contextmanager
def _one_line(port: str):
    """esptool silent, its errors and the port's as FlashError."""
    from esptool.logger import log
    from esptool.util import FatalError

    log.set_verbosity("silent")
    try:
        yield
    except FatalError as error:
        said = " ".join(str(error).split())
        advice = "hold BOOT, press RESET, let go, and run it again with the port that appears"
        raise FlashError(f"{port}: {said}; if the board does not answer: {advice}") from None
    except OSError as error:  # pyserial's SerialException is one
        said = " ".join(str(error).split())
        raise FlashError(
            f"{port}: the connection broke off ({said}); plug it in and run the same command again"
        ) from None
    finally:
        log.set_verbosity("auto")
