"""The command: listen, judge, show."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from ..analysis.output import write_analysis
from ..errors import UsageError
from ..links import open_link
from ..live.coach import only_port
from . import link, parts, sensors
from .check import Check, show
from .listening import Heard, listen

FORMAT = "presscue.doctor/1"


def run_doctor(moniker: str | None, *, json_path: Path | None, seconds: float, ask: bool, quiet: bool) -> int:
    """Examine a node and print the findings. 1 if anything failed. ask: questions only a user can answer, if there is
    one at the terminal. Raises PresscueError."""
    moniker = moniker or only_port()
    if moniker.startswith("replay:"):
        raise UsageError(f"{moniker}: a recording cannot be examined; use presscue analyze")
    asked = ask and not quiet and sys.stdin.isatty() and sys.stderr.isatty()
    opened = open_link(moniker)
    try:
        heard = listen(opened, seconds, _asked if asked else None)
    finally:
        opened.close()
    checks = examine(heard)
    report = {"link": moniker, "ok": all(check.ok is not False for check in checks)}
    report["checks"] = [asdict(check) for check in checks]
    if json_path is not None and str(json_path) == "-":
        print(json.dumps({"format": FORMAT, **report}, ensure_ascii=False, indent=1))
    else:
        if json_path is not None:
            write_analysis(json_path, report, FORMAT)
        if not quiet:
            show(checks, Console())
    return 0 if report["ok"] else 1


def examine(heard: Heard) -> list[Check]:
    """Judge what was heard."""
    return [*parts.checks(heard), *sensors.checks(heard), *link.checks(heard)]


def _asked(question: str) -> bool:
    import click

    return click.confirm(question, err=True)
