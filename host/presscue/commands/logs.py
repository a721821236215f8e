"""presscue logs."""

from pathlib import Path

import click

from .options import FILE, common


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@click.option("--json", "json_path", type=FILE, metavar="OUT.json", help="Write the list; - is standard output.")
@common
def logs(link: str | None, json_path: Path | None, quiet: bool) -> int:
    """List what a node has recorded by itself. LINK is serial:PORT or sim:; without it, the only serial port."""
    from ..node.logs import run_logs

    return run_logs(link, json_path=json_path, quiet=quiet)
