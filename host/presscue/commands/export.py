"""presscue export."""

from pathlib import Path

import click

from .options import archive_option, common


@click.command()
@click.argument("session")
@archive_option()
@click.option(
    "--format", "form", type=click.Choice(("csv", "parquet", "mcap", "sto")), help="csv, unless --to says otherwise."
)
@click.option(
    "--what", type=click.Choice(("samples", "series", "reps", "sets", "events")), multiple=True,
    help="Only this table; may be said several times.",
)  # fmt: skip
@click.option("--to", type=click.Path(path_type=Path), metavar="PATH", help="A folder, or the file to write.")
@common
def export(
    session: str, folder: Path | None, form: str | None, what: tuple[str, ...], to: Path | None, quiet: bool
) -> int:
    """Write a session as CSV, Parquet or MCAP (for Foxglove): readings, curves, reps, sets and faults.

    Or as sto: the shank's orientation, for OpenSim.

    SESSION is a file, `last`, a number of presscue history, or a name or its beginning. Annotations count. Without
    --to, the files are written here. What is there of the same name is replaced.
    """
    from ..archive.places import archive_folder
    from ..exporting.command import run_export

    return run_export(session, archive_folder(folder), form=form, what=what, to=to, quiet=quiet)
