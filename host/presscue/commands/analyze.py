"""presscue analyze."""

from pathlib import Path

import click

from .options import FILE, common, profile_option


@click.command()
@click.argument("recording", type=FILE)
@profile_option
@click.option("--json", "json_path", type=FILE, metavar="OUT.json", help="Write all results.")
@click.option("--series", type=FILE, metavar="OUT.csv|.parquet", help="Write knee, sled, leg and pads over time.")
@common
def analyze(recording: Path, profile: Path | None, json_path: Path | None, series: Path | None, quiet: bool) -> int:
    """Analyse a recording: a session file (.presscue), or a table (.csv, .parquet) from any sensor."""
    from ..summary import run_analyze

    return run_analyze(recording, profile_path=profile, json_path=json_path, series_path=series, quiet=quiet)
