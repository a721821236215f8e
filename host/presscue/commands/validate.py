"""presscue validate."""

import click

from .options import common


@click.command()
@click.option("--seeds", type=click.IntRange(1, 1000), default=30, show_default=True, help="How many virtual lifters.")
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="Seed of the first.")
@click.option("--no-hold", is_flag=True, help="Without the straight-leg hold.")
@common
def validate(seeds: int, first: int, no_hold: bool, quiet: bool) -> int:
    """Virtual lifters through the whole analysis, against the truth. Simulation: an upper bound on real legs."""
    from ..validate import run_validate

    return run_validate(range(first, first + seeds), hold=not no_hold, quiet=quiet)
