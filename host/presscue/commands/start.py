"""presscue start."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..units import read_height_m
from .options import Quantity, archive_option, display_options, load_option

if TYPE_CHECKING:
    from ..web.shown import Display


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@click.option("--lifter", metavar="NAME", help="Who trains; without it, who trained last.")
@click.option(
    "--height", "height_m", type=Quantity("height", read_height_m), metavar="CM", help="Body height; 5'11 or 71in too."
)
@load_option
@click.option(
    "--observe/--no-observe", default=None, help="Watch only in the first set; without it, for a lifter who is new."
)
@archive_option("--record")
@display_options
def start(
    link: str | None,
    lifter: str | None,
    height_m: float | None,
    load_kg: float | None,
    observe: bool | None,
    folder: Path | None,
    display: "Display",
) -> int:
    """Get ready step by step, then coach: find the node, feel the cues, put the sensors on, two easy reps.

    Enter goes on, s skips a step, a plays the cues again, q stops. LINK as for live.
    """
    from ..setup.start import run_start

    return run_start(
        link,
        lifter=lifter,
        height_m=height_m,
        load_kg=load_kg,
        folder=folder,
        observe=observe,
        display=display,
    )
