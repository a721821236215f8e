"""presscue scan."""

import click

from .options import common


@click.command()
@click.option("--seconds", type=click.FloatRange(0.5, 60), default=4.0, show_default=True, help="How long to listen.")
@click.option("--json", "as_json", is_flag=True, help="Write what was found to standard output as JSON.")
@common
def scan(seconds: float, as_json: bool, quiet: bool) -> int:
    """List the nodes in reach of Bluetooth, nearest first."""
    from ..node.scanning import run_scan

    return run_scan(seconds, as_json=as_json, quiet=quiet)
