"""presscue live."""

from pathlib import Path

import click

from .options import archive_option, common, profile_option, web_options


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@profile_option
@archive_option("--record")
@click.option(
    "--load", "load_kg", type=click.FloatRange(0, 1000), metavar="KG", help="On the sled: plates and carriage."
)
@click.option("--lifter", metavar="NAME", help="Who trains.")
@click.option("--no-record", is_flag=True, help="Write no session file.")
@click.option("--observe", is_flag=True, help="Watch only: no cues.")
@click.option("--plain", is_flag=True, help="Lines instead of a picture.")
@web_options
@common
def live(
    link: str | None,
    profile: Path | None,
    folder: Path | None,
    load_kg: float | None,
    lifter: str | None,
    no_record: bool,
    observe: bool,
    plain: bool,
    web: bool,
    lan: bool,
    web_port: int,
    quiet: bool,
) -> int:
    """Coach a session as it happens. LINK is ble:NAME, serial:PORT, sim: or replay:FILE; end with Ctrl-C.

    Without LINK, the only serial port there is.
    """
    if folder is not None and no_record:
        raise click.UsageError("--record and --no-record exclude each other")
    from ..coach import run_live
    from ..web.shown import PageWish

    return run_live(
        link,
        profile=profile,
        folder=folder,
        record=not no_record,
        load_kg=load_kg,
        lifter=lifter,
        observe=observe,
        plain=plain,
        quiet=quiet,
        web=PageWish(web or lan, lan, web_port),
    )
