"""presscue live."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import archive_option, display_options, load_option, profile_option

if TYPE_CHECKING:
    from ..web.shown import Display


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@profile_option
@archive_option("--record")
@load_option
@click.option("--lifter", metavar="NAME", help="Who trains.")
@click.option("--no-record", is_flag=True, help="Write no session file.")
@click.option("--observe", is_flag=True, help="Watch only: no cues.")
@display_options
def live(
    link: str | None,
    profile: Path | None,
    folder: Path | None,
    load_kg: float | None,
    lifter: str | None,
    no_record: bool,
    observe: bool,
    display: "Display",
) -> int:
    """Coach a session as it happens. LINK is ble:NAME, serial:PORT, sim: or replay:FILE; end with Ctrl-C.

    Without LINK, the only serial port there is.
    """
    if folder is not None and no_record:
        raise click.UsageError("--record and --no-record exclude each other")
    from ..coach import run_live

    return run_live(
        link,
        profile=profile,
        folder=folder,
        record=not no_record,
        load_kg=load_kg,
        lifter=lifter,
        observe=observe,
        display=display,
    )
