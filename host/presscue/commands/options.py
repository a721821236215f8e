"""What several commands take."""

from collections.abc import Callable
from pathlib import Path

import click

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
    """Metric or imperial, for what people read."""
    return click.option(
        "--units", type=click.Choice(("metric", "imperial")), default="metric", envvar="PRESSCUE_UNITS",
        show_envvar=True, show_default=True, help="Of loads, lengths and speeds shown; files are in SI units.",
    )(command)  # fmt: skip


def web_options(command: Callable) -> Callable:
    """The page beside the terminal."""
    for option in (
        click.option("--web", is_flag=True, help="Show it on a page too, in this machine's browser."),
        click.option("--lan", is_flag=True, help="The page for other devices on the network too: with a token."),
        click.option(
            "--web-port", type=click.IntRange(0, 65535), default=8642, show_default=True, metavar="N",
            help="Of the page; another is taken where it is in use.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command
