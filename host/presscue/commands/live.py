"""presscue live."""

from pathlib import Path

import click

from .options import FOLDER, common, profile_option


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@profile_option
@click.option("--record", type=FOLDER, metavar="DIR", help="Folder for the session file.")
@click.option("--no-record", is_flag=True, help="Write no session file.")
@click.option("--observe", is_flag=True, help="Watch only: no cues.")
@click.option("--plain", is_flag=True, help="Lines instead of a picture.")
@common
def live(
    link: str | None,
    profile: Path | None,
    record: Path | None,
    no_record: bool,
    observe: bool,
    plain: bool,
    quiet: bool,
) -> int:
    """Coach a session as it happens. LINK is serial:PORT, sim: or replay:FILE; end with Ctrl-C.

    Without LINK, the only serial port there is.
    """
    if record is not None and no_record:
        raise click.UsageError("--record and --no-record exclude each other")
    from ..coach import run_live

    return run_live(
        link, profile=profile, folder=record, record=not no_record, observe=observe, plain=plain, quiet=quiet
    )
