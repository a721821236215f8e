"""presscue import."""

from pathlib import Path

import click

from .options import FILE, archive_option, common, profile_option


@click.command("import")
@click.argument("files", type=FILE, nargs=-1, required=True)
@archive_option()
@profile_option
@click.option("--start", metavar="DATE", help="When a recording began that does not know it: 2026-11-21T18:03.")
@click.option("--move", is_flag=True, help="Delete the originals, once their copies are verified.")
@common
def import_(
    files: tuple[Path, ...], folder: Path | None, profile: Path | None, start: str | None, move: bool, quiet: bool
) -> int:
    """Copy recordings (.presscue, .csv, .parquet) into the archive. What is there already is not doubled."""
    from ..archive.importing import run_import
    from ..archive.places import archive_folder

    return run_import(files, archive_folder(folder), profile_path=profile, start=start, move=move, quiet=quiet)
