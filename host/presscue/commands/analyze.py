"""presscue analyze."""

from pathlib import Path

import click

from ..units import Units
from .options import FILE, common, profile_option, units_option


@click.command()
@click.argument("recording", type=FILE)
@profile_option
@click.option("--json", "json_path", type=FILE, metavar="OUT.json", help="Write all results.")
@click.option("--series", type=FILE, metavar="OUT.csv|.parquet", help="Write knee, sled, leg and pads over time.")
@click.option("--report", "report_path", type=FILE, metavar="OUT.html", help="Write a page to read and to print.")
@click.option("--as-measured", is_flag=True, help="Leave out what was said with presscue annotate.")
@units_option
@common
def analyze(
    recording: Path,
    profile: Path | None,
    json_path: Path | None,
    series: Path | None,
    report_path: Path | None,
    as_measured: bool,
    units: Units,
    quiet: bool,
) -> int:
    """Analyse a recording: a session file (.presscue), or a table (.csv, .parquet) from any sensor.

    What was said of it with presscue annotate is laid over the results.
    """
    from ..analysis.summary import run_analyze

    return run_analyze(
        recording, profile_path=profile, json_path=json_path, series_path=series, report_path=report_path,
        annotated=not as_measured, units=units, quiet=quiet,
    )  # fmt: skip
