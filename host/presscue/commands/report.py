"""presscue report."""

from pathlib import Path

import click

from ..units import Units
from .options import FILE, archive_option, common, units_option


@click.command()
@click.argument("session")
@archive_option()
@click.option("--out", type=FILE, metavar="FILE.html", help="Where to; without it, beside you, named as the recording.")
@click.option("--open", "open_it", is_flag=True, help="Show it in the browser.")
@click.option("--as-measured", is_flag=True, help="Leave out what was said with presscue annotate.")
@units_option
@common
def report(
    session: str,
    folder: Path | None,
    out: Path | None,
    open_it: bool,
    as_measured: bool,
    units: Units,
    quiet: bool,
) -> int:
    """A page about a session: what went well, what to work on, every rep, curves. One file, to open or to print.

    SESSION is a file, `last`, a number of presscue history, or a name or its beginning. Not a diagnosis.
    """
    from ..archive.places import archive_folder
    from ..report.command import run_report

    return run_report(
        session, archive_folder(folder), out=out, open_it=open_it, as_measured=as_measured,
        units=units, quiet=quiet,
    )  # fmt: skip
