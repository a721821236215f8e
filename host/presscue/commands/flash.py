"""presscue flash."""

from pathlib import Path

import click

from .options import FILE, common


@click.command()
@click.option(
    "--board", metavar="NAME", help="The board: a file of pins in presscue_node/boards.  [default: feather_esp32_v2]"
)
@click.option("--port", metavar="PORT", help="Serial port of the board; without it, the only one there is.")
@click.option("--image", type=FILE, metavar="FIRMWARE.bin", help="MicroPython for the board, from micropython.org.")
@click.option("--sha256", metavar="HEX", help="What the image's hash must be; else FIRMWARE.bin.sha256, if there.")
@click.option(
    "--erase", is_flag=True, help="With --image: new partitions; logs, key and settings on the node are lost."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; with --port, look at the node, change nothing.")
@common
def flash(
    board: str | None,
    port: str | None,
    image: Path | None,
    sha256: str | None,
    erase: bool,
    dry_run: bool,
    quiet: bool,
) -> int:
    """Put MicroPython and the node's package on a board, or bring it up to date.

    Only what differs is written; logs, key and settings stay. A new package that does not answer is taken back. Cut
    off half-way? Run the same command again. With --image, on a board without a USB bridge: hold BOOT, press RESET.
    """
    from ..flash.run import run_flash

    return run_flash(board, port, image, sha256, erase, dry_run, quiet)
