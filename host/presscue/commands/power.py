"""presscue power."""

import click

from .options import common


class Minutes(click.ParamType):
    """Whole minutes up to four hours, or `off`."""

    name = "minutes"

    def convert(self, value, param, ctx) -> int:
        try:
            minutes = 0 if value == "off" else int(value)
        except ValueError:
            minutes = -1
        if not 0 <= minutes <= 240 or value == "0":
            self.fail(f"{value!r} is neither 1 to 240 nor off", param, ctx)
        return minutes


@click.command()
@click.argument("link", metavar="[LINK]", required=False)
@click.option("--sleep", "sleep_min", type=Minutes(), metavar="MIN|off",
              help="Sleep after so many minutes without movement or a host (1 to 240; at first 10).")  # fmt: skip
@common
def power(link: str | None, sleep_min: int | None, quiet: bool) -> int:
    """Show how awake a node is, or set when it sleeps. LINK is serial:PORT or ble:NAME; without it, the only port.

    A sleeping node wakes when the sled is moved or its button pressed. It never sleeps while a host is connected, a
    set is recorded, or USB powers it.
    """
    from ..node.power import run_power

    return run_power(link, sleep_min=sleep_min, quiet=quiet)
