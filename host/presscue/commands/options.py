"""What several commands take."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from ..units import Units, read_load_kg

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def common(command: Callable) -> Callable:
    """The options that every command takes. Of --debug, only its presence counts: see `_status`."""
    command = click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks.")(command)
    return click.option("--quiet", is_flag=True, help="Only say what went wrong.")(command)


def profile_option(command: Callable) -> Callable:
    return click.option(
        "--profile", type=FILE, metavar="P.toml", help="What is known of lifter, machine and mounting."
    )(command)


def archive_option(*names: str) -> Callable:
    """Where the recordings are kept. names: further names of the option."""
    return click.option(
        "--archive", *names, "folder", type=FOLDER, metavar="DIR",
        help="Folder of the recordings; without it $PRESSCUE_ARCHIVE, else one among your data.",
    )  # fmt: skip


def units_option(command: Callable) -> Callable:
    """Metric or imperial, for what people read: the argument `units`, a `Units`."""

    @wraps(command)
    def with_units(*, units: str, **others):
        return command(units=Units("imperial" if units == "imperial" else "metric"), **others)

    return click.option(
        "--units", type=click.Choice(("metric", "imperial")), default="metric", envvar="PRESSCUE_UNITS",
        show_envvar=True, show_default=True, help="Of loads, lengths and speeds shown; files are in SI units.",
    )(with_units)  # fmt: skip


class Quantity(click.ParamType):
    """A number with its unit. read: raises ValueError with a line for people."""

    def __init__(self, name: str, read: Callable[[str], float]):
        self.name, self._read = name, read

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def load_option(command: Callable) -> Callable:
    """What is on the sled: the argument `load_kg`."""
    return click.option(
        "--load",
        "load_kg",
        type=Quantity("load", read_load_kg),
        metavar="KG",
        help="On the sled: plates and carriage; 265lb too.",
    )(command)


def display_options(command: Callable) -> Callable:
    """How a session is shown while it goes on: the argument `display`, a `Display`."""

    @wraps(command)
    def with_display(*, plain: bool, units: Units, web: bool, lan: bool, web_port: int, quiet: bool, **others):
        from ..web.shown import Display

        return command(display=Display(quiet, plain, units, web or lan, lan, web_port), **others)

    options: Callable = units_option(common(with_display))
    for option in (
        click.option("--plain", is_flag=True, help="Lines instead of a picture."),
        click.option("--web", is_flag=True, help="Show it on a page too, in this machine's browser."),
        click.option("--lan", is_flag=True, help="The page for other devices on the network too: with a token."),
        click.option(
            "--web-port", type=click.IntRange(0, 65535), default=8642, show_default=True, metavar="N",
            help="Of the page; another is taken where it is in use.",
        ),
    ):  # fmt: skip
        options = option(options)
    return options
