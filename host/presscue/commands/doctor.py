"""presscue doctor."""

from pathlib import Path

import click

from .options import FILE, common


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@click.option("--json", "json_path", type=FILE, metavar="OUT.json", help="Write the findings; - is standard output.")
@click.option("--seconds", type=click.FloatRange(1, 60), default=4.0, show_default=True, help="How long to listen.")
@click.option("--ask/--no-ask", default=True, help="Play a cue and ask whether it was felt and heard (in a terminal).")
@common
def doctor(link: str | None, json_path: Path | None, seconds: float, ask: bool, quiet: bool) -> int:
    """Check a node: identity, parts, bus, storage, battery, rates, noise, pads, cues, link. Let leg and sled rest."""
    from ..doctor.run import run_doctor

    return run_doctor(link, json_path=json_path, seconds=seconds, ask=ask, quiet=quiet)
