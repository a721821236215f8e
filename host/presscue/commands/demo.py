"""presscue demo."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import archive_option, display_options

if TYPE_CHECKING:
    from ..web.shown import Display


@click.command()
@click.option("--fast", is_flag=True, help="In virtual time: a few seconds instead of a minute.")
@click.option(
    "--link", type=click.Choice(["usb", "ble"]), default="usb", show_default=True, help="How it is connected."
)
@click.option("--seed", type=click.IntRange(0), default=None, metavar="N", help="Another lifter, machine and session.")
@click.option("--faults", default=None, metavar="A+B", help="Faults the lifter makes, as heel_lift+lockout.")
@archive_option("--record")
@display_options
def demo(
    fast: bool,
    link: str,
    seed: int | None,
    faults: str | None,
    folder: Path | None,
    display: "Display",
) -> int:
    """See presscue at work without hardware: a virtual lifter, the real firmware, and the cues."""
    from ..demo import run_demo

    return run_demo(
        fast=fast,
        ble=link == "ble",
        seed=seed,
        faults=faults,
        folder=folder,
        display=display,
    )
