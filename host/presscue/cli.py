"""The command line. Everything heavy is imported by the command that needs it: `presscue --help` is quick."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from . import __version__
from .errors import PresscueError

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class Commands(click.Group):
    """Commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def common(command: Callable) -> Callable:
    """The options that every command takes. Of --debug, only its presence counts: see `_status`."""
    command = click.option("--debug", is_flag=True, expose_value=False, help="Show tracebacks.")(command)
    return click.option("--quiet", is_flag=True, help="Only say what went wrong.")(command)


def profile_option(command: Callable) -> Callable:
    return click.option(
        "--profile", type=FILE, metavar="P.toml", help="What is known of lifter, machine and mounting."
    )(command)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="presscue %(version)s")
def cli() -> None:
    """Form coaching on the leg press: sensors on sled and leg, and a buzz when form goes wrong."""


@cli.command()
@click.option("--fast", is_flag=True, help="In virtual time: a few seconds instead of a minute.")
@click.option("--seed", type=click.IntRange(0), default=None, metavar="N", help="Another lifter, machine and session.")
@click.option("--faults", default=None, metavar="A+B", help="Faults the lifter makes, as heel_lift+lockout.")
@click.option("--record", type=FOLDER, metavar="DIR", help="Folder for the session file.")
@click.option("--plain", is_flag=True, help="Lines instead of a picture.")
@common
def demo(fast: bool, seed: int | None, faults: str | None, record: Path | None, plain: bool, quiet: bool) -> int:
    """See presscue at work without hardware: a virtual lifter, the real firmware, and the cues."""
    from .demo import run_demo

    return run_demo(fast=fast, seed=seed, faults=faults, folder=record, plain=plain, quiet=quiet)


@cli.command()
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
    from .coach import run_live

    return run_live(
        link, profile=profile, folder=record, record=not no_record, observe=observe, plain=plain, quiet=quiet
    )


@cli.command()
@click.argument("recording", type=FILE)
@profile_option
@click.option("--json", "json_path", type=FILE, metavar="OUT.json", help="Write all results.")
@click.option("--series", type=FILE, metavar="OUT.csv|.parquet", help="Write knee, sled, leg and pads over time.")
@common
def analyze(recording: Path, profile: Path | None, json_path: Path | None, series: Path | None, quiet: bool) -> int:
    """Analyse a recording: a session file (.presscue), or a table (.csv, .parquet) from any sensor."""
    from .summary import run_analyze

    return run_analyze(recording, profile_path=profile, json_path=json_path, series_path=series, quiet=quiet)


@cli.command()
@click.argument("link", metavar="[LINK]", required=False)
@click.option("--json", "json_path", type=FILE, metavar="OUT.json", help="Write the findings; - is standard output.")
@click.option("--seconds", type=click.FloatRange(1, 60), default=4.0, show_default=True, help="How long to listen.")
@common
def doctor(link: str | None, json_path: Path | None, seconds: float, quiet: bool) -> int:
    """Check a node: identity, parts, rates, noise, link. Let leg and sled rest meanwhile."""
    from .doctor import run_doctor

    return run_doctor(link, json_path=json_path, seconds=seconds, quiet=quiet)


@cli.command()
@click.option("--seeds", type=click.IntRange(1, 1000), default=30, show_default=True, help="How many virtual lifters.")
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="Seed of the first.")
@click.option("--no-hold", is_flag=True, help="Without the straight-leg hold.")
@common
def validate(seeds: int, first: int, no_hold: bool, quiet: bool) -> int:
    """Virtual lifters through the whole analysis, against the truth. Simulation: an upper bound on real legs."""
    from .validate import run_validate

    return run_validate(range(first, first + seeds), hold=not no_hold, quiet=quiet)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 the work failed, 2 wrong usage or unusable input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(_status(arguments))


def _status(arguments: list[str]) -> int:
    debug = "--debug" in arguments
    try:
        result: Any = cli.main(arguments, prog_name="presscue", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        _say(error.format_message() + _hint(error))
        return 2
    except (click.Abort, KeyboardInterrupt):
        if debug:
            raise
        _say("stopped")
        return 130
    except PresscueError as error:
        if debug:
            raise
        _say(str(error))
        return error.exit_status
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except MemoryError:
        if debug:
            raise
        _say("out of memory: analyse a part of the recording, or leave --series out")
        return 1
    except Exception as error:
        if debug:
            raise
        _say(f"a fault in presscue itself: {type(error).__name__}: {error}; run again with --debug for the traceback")
        return 1


def _hint(error: click.ClickException) -> str:
    ctx = getattr(error, "ctx", None)
    return f" (see {ctx.command_path} --help)" if ctx is not None else ""


def _say(text: str) -> None:
    click.echo("presscue: " + " ".join(text.split()), err=True)
