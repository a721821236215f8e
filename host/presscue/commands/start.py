"""presscue start."""

from pathlib import Path

import click

from .options import archive_option, common, web_options


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@click.option("--lifter", metavar="NAME", help="Who trains; without it, who trained last.")
@click.option("--height", "height_cm", type=click.FloatRange(100, 250), metavar="CM", help="Body height.")
@click.option(
    "--load", "load_kg", type=click.FloatRange(0, 1000), metavar="KG", help="On the sled: plates and carriage."
)
@click.option(
    "--observe/--no-observe", default=None, help="Watch only in the first set; without it, for a lifter who is new."
)
@archive_option("--record")
@click.option("--plain", is_flag=True, help="Lines instead of a picture.")
@web_options
@common
def start(
    link: str | None,
    lifter: str | None,
    height_cm: float | None,
    load_kg: float | None,
    observe: bool | None,
    folder: Path | None,
    plain: bool,
    web: bool,
    lan: bool,
    web_port: int,
    quiet: bool,
) -> int:
    """Get ready step by step, then coach: find the node, feel the cues, put the sensors on, two easy reps.

    Enter goes on, s skips a step, a plays the cues again, q stops. LINK as for live.
    """
    from ..start import run_start
    from ..web.shown import PageWish

    return run_start(
        link,
        lifter=lifter,
        height_m=None if height_cm is None else height_cm / 100,
        load_kg=load_kg,
        folder=folder,
        observe=observe,
        plain=plain,
        quiet=quiet,
        web=PageWish(web or lan, lan, web_port),
    )
