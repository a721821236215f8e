"""presscue pair."""

import click

from .options import common


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@click.option("--slot", type=click.IntRange(0, 3), metavar="N", help="Put the key in this slot (0 to 3).")
@click.option("--list", "show", is_flag=True, help="Show whose keys the node has; change nothing.")
@click.option("--remove", type=click.IntRange(0, 3), metavar="N", help="Empty a slot: its computer is shut out.")
@common
def pair(link: str | None, slot: int | None, show: bool, remove: int | None, quiet: bool) -> int:
    """Let this computer use a node over Bluetooth: gives both a new key, over the USB cable.

    LINK is serial:PORT; without it, the only serial port. A node has room for the keys of four computers.
    """
    from ..node.pairing import run_pair

    if sum((slot is not None, show, remove is not None)) > 1:
        raise click.UsageError("--slot, --list and --remove exclude each other")
    return run_pair(link, slot=slot, remove=remove, show=show, quiet=quiet)
