"""presscue annotate."""

from pathlib import Path

import click

from .options import archive_option, common, load_option, profile_option

PLACES = ("knee", "hip", "lower_back", "upper_back", "neck", "ankle", "foot", "calf", "thigh", "groin", "other")
WHEN = ("lowering", "bottom", "pressing", "top", "whole_rep", "between_sets", "afterwards", "next_day")
KINDS = ("lockout", "slam", "depth", "heel_lift", "seat_lift", "valgus", "varus", "tempo", "imbalance")


@click.command()
@click.argument("session")
@archive_option()
@click.option("--set", "set_number", type=click.IntRange(1), metavar="N", help="Of this set only, from 1.")
@load_option
@click.option("--lifter", metavar="NAME", help="Who trained.")
@click.option("--rpe", type=click.FloatRange(0, 10), metavar="0-10", help="How hard it was.")
@click.option(
    "--intent",
    type=click.Choice(("maximal", "controlled")),
    help="How it was pushed; maximal: every press as fast as possible, which is what a 1RM from speed needs.",
)
@click.option("--note", metavar="TEXT", help="A remark.")
@click.option("--pain", type=click.Choice(PLACES), help="Where it hurt.")
@click.option("--pain-level", type=click.FloatRange(0, 10), metavar="0-10", help="How much it hurt.")
@click.option("--pain-when", type=click.Choice(WHEN), help="When it hurt.")
@click.option("--side", type=click.Choice(("left", "right", "both")), help="Of a pain or a fault.")
@click.option("--rep", "rep_number", type=click.IntRange(1), metavar="N", help="The rep meant, from 1.")
@click.option("--fault", type=click.Choice(KINDS), help="The fault meant, of the rep or at the time meant.")
@click.option("--at", "at_s", type=float, metavar="S", help="Onset of the fault meant, in seconds.")
@click.option("--delete", is_flag=True, help="The rep or the fault was none.")
@click.option("--add", is_flag=True, help="The rep has this fault, though it was not found.")
@click.option("--edit", multiple=True, metavar="NAME=VALUE", help="It was otherwise: max_flexion_deg=85, side=left.")
@click.option("--start", metavar="DATE", help="When the session began: 2026-11-21T18:03.")
@profile_option
@click.option("--undo", is_flag=False, flag_value="last", metavar="[ID]", help="Take back the last, or the one named.")
@click.option("--show", is_flag=True, help="Show all that was said, and the sets as they are now.")
@common
def annotate(session: str, folder: Path | None, undo: str | None, show: bool, quiet: bool, **said) -> int:
    """Say what the sensors cannot know: load, lifter, effort, pain; or that a rep or a fault was another or none.

    SESSION is a file, `last`, a number of presscue history, or a name or its beginning. The recording is never
    changed: all that is said stands in a file beside it, and can be taken back. It can be said during the session.
    """
    from ..archive.annotating import Said, run_annotate
    from ..archive.places import archive_folder

    return run_annotate(session, archive_folder(folder), Said(**said), undo=undo, show=show, quiet=quiet)
