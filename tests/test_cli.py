"""The command line itself: help, version, usage, and how errors end."""

import subprocess
import sys
import time

import click
import pytest

from presscue import __version__
from presscue.cli import _status, cli


def commands() -> list[str]:
    """Every command, those of a group by two words."""
    return [
        " ".join([name, *inner])
        for name, command in cli.commands.items()
        for inner in ([[one] for one in command.commands] if isinstance(command, click.Group) else [[]])
    ]


@pytest.mark.parametrize("command", commands())
def test_every_command_has_help(command: str, capsys):
    assert _status([*command.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert {"--debug", "--quiet", "--help"} <= set(out.replace(",", " ").split())


def test_version(capsys):
    assert _status(["--version"]) == 0
    assert capsys.readouterr().out == f"presscue {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["fly"], 2, "No such command"),
        (["analyze"], 2, "Missing argument"),
        (["analyze", "nowhere.csv"], 2, "No such file"),
        (["analyze", "nowhere.csv", "--series", "o.txt"], 2, "a series ends in .csv or .parquet"),
        (["live", "tape:1"], 2, "no such kind of link"),
        (["live", "serial:/dev/nowhere", "--quiet"], 1, "there is no such port"),
        (["live", "replay:nowhere.presscue"], 2, "cannot be read"),
        (["live", "sim:", "--record", "a", "--no-record"], 2, "exclude each other"),
        (["demo", "--faults", "sneeze"], 2, "no fault 'sneeze'"),
        (["doctor", "replay:x"], 2, "cannot be examined"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: list[str], status: int, line: str, capsys):
    assert _status(arguments) == status
    err = capsys.readouterr().err
    assert line in err
    assert err.count("\n") == 1
    assert err.startswith("presscue: ")


def test_debug_shows_the_traceback():
    from presscue.errors import TableError

    with pytest.raises(TableError):
        _status(["analyze", "nowhere.csv", "--debug"])


def test_help_is_quick():
    began_s = time.monotonic()
    program = "import sys; from presscue.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"numpy", "numba", "pyarrow", "rich", "serial", "bleak"} & set(done.stdout.split())
    assert time.monotonic() - began_s < 5
