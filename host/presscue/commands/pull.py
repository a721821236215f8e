"""presscue pull."""

from pathlib import Path

import click

from .options import archive_option, common


@click.command()
@click.argument("link", metavar="LINK")
@click.argument("sessions", metavar="[LOG]...", type=click.IntRange(0), nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Those that are verified already, too.")
@archive_option("--to")
@common
def pull(link: str, sessions: tuple[int, ...], everything: bool, folder: Path | None, quiet: bool) -> int:
    """Download logs from a node into the archive: those named (see presscue logs), or all that no laptop has yet.

    Each is checked against the node's own check sum; only then may the node delete it. A download that was cut off
    goes on where it stopped.
    """
    if sessions and everything:
        raise click.UsageError("name logs, or --all, not both")
    from ..node.logs import run_pull

    return run_pull(link, sessions, everything=everything, folder=folder, quiet=quiet)
