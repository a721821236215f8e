"""presscue validate."""

from pathlib import Path

import click

from .options import common


@click.command()
@click.option("--seeds", type=click.IntRange(1, 1000), default=30, show_default=True, help="How many virtual lifters.")
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="Seed of the first.")
@click.option("--no-hold", is_flag=True, help="Without the straight-leg hold.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Run everything (with and without the hold, wide lifters, sensitivity, real recordings) and write it here.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@common
def validate(seeds: int, first: int, no_hold: bool, report: Path | None, workers: int, quiet: bool) -> int:
    """Virtual lifters through the whole analysis, against the truth. Simulation: an upper bound on real legs."""
    from ..validation.command import run_validate

    return run_validate(range(first, first + seeds), hold=not no_hold, report=report, workers=workers, quiet=quiet)
