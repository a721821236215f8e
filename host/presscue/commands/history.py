"""presscue history."""

from pathlib import Path

import click

from .options import archive_option, common


@click.command()
@archive_option()
@click.option("--lifter", metavar="NAME", help="Only sessions in which NAME trained.")
@click.option("--since", metavar="DATE", help="Only sessions since 2026-11-01, or of the last 30d or 6w.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the newest N.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every set.")
@click.option("--rebuild", is_flag=True, help="Analyse all that is new, changed, or analysed by another version.")
@common
def history(
    folder: Path | None,
    lifter: str | None,
    since: str | None,
    last: int | None,
    as_json: bool,
    rebuild: bool,
    quiet: bool,
) -> int:
    """List the recorded sessions, the newest last. Their numbers serve as SESSION in other commands.

    --rebuild shows its progress; stop it with Ctrl-C, and run it again to go on.
    """
    import time

    from ..archive.places import archive_folder
    from ..history import parse_since, run_history

    since_ms = None if since is None else parse_since(since, int(time.time() * 1000))
    return run_history(
        archive_folder(folder), lifter=lifter, since_ms=since_ms, last=last, as_json=as_json, rebuild=rebuild,
        quiet=quiet,
    )  # fmt: skip
