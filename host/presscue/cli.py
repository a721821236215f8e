"""The command line. Everything heavy is imported by the command that needs it: `presscue --help` is quick."""

import sys
from typing import Any

import click

from . import __version__
from .commands import (
    analyze,
    annotate,
    demo,
    doctor,
    export,
    flash,
    fleet,
    history,
    import_,
    live,
    logs,
    pair,
    power,
    pull,
    report,
    scan,
    start,
    validate,
)
from .errors import PresscueError


class Commands(click.Group):
    """Commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="presscue %(version)s")
def cli() -> None:
    """Form coaching on the leg press: sensors on sled and leg, and a buzz when form goes wrong."""


for _command in (
    demo.demo,
    start.start,
    live.live,
    pair.pair,
    power.power,
    scan.scan,
    analyze.analyze,
    logs.logs,
    pull.pull,
    history.history,
    report.report,
    annotate.annotate,
    export.export,
    import_.import_,
    doctor.doctor,
    flash.flash,
    fleet.fleet,
    validate.validate,
):
    cli.add_command(_command)


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
