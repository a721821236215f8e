"""presscue history."""

from pathlib import Path

import click

from ..units import Units
from .options import FILE, archive_option, common, units_option


@click.command()
@archive_option()
@click.option("--lifter", metavar="NAME", help="Only sessions in which NAME trained.")
@click.option("--since", metavar="DATE", help="Only sessions since 2026-11-01, or of the last 30d or 6w.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the newest N.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every set.")
@click.option(
    "--training/--no-training",
    default=None,
    help="What the sessions say of the training; without it, only on a terminal.",
)
@click.option("--html", type=FILE, metavar="OUT.html", help="Write the training as a page.")
@click.option("--rebuild", is_flag=True, help="Analyse all that is new, changed, or analysed by another version.")
@units_option
@common
def history(
    folder: Path | None,
    lifter: str | None,
    since: str | None,
    last: int | None,
    as_json: bool,
    training: bool | None,
    html: Path | None,
    rebuild: bool,
    units: Units,
    quiet: bool,
) -> int:
    """The recorded sessions, the newest last, and what they say of the training: dose, trends, advice, pain guide.

    The numbers serve as SESSION in other commands.

    --rebuild shows its progress; stop it with Ctrl-C, and run it again to go on.
    """
    import time

    from ..archive.places import archive_folder
    from ..training.history import parse_since, run_history

    since_ms = None if since is None else parse_since(since, int(time.time() * 1000))
    return run_history(
        archive_folder(folder), lifter=lifter, since_ms=since_ms, last=last, as_json=as_json, training=training,
        html=html,
        rebuild=rebuild, units=units, quiet=quiet,
    )  # fmt: skip
