"""`presscue import`: recordings into the archive, each for itself: one that fails does not stop the others."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from ..errors import PresscueError
from ..profile import read_profile
from ..training.history import parse_start
from . import journal
from .take_in import take_in


def run_import(
    files: Sequence[Path], folder: Path, *, profile_path: Path | None, start: str | None, move: bool, quiet: bool
) -> int:
    """0 if all are in the archive now, else the exit status of the last that failed. Raises PresscueError."""
    statements = []
    if profile_path is not None:
        statements.append({"op": "profile", "toml": read_profile(profile_path).to_toml()})
    if start is not None:
        statements.append({"op": "start", "start_ms": parse_start(start)})
    status = 0
    with Progress(
        TextColumn("{task.fields[name]}"), BarColumn(None), DownloadColumn(), TransferSpeedColumn(),
        console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=sum(file.stat().st_size for file in files if file.is_file()), name="")
        for file in files:
            bar.update(task, name=file.name)
            try:
                taken = take_in(file, folder, move=move, progress=lambda count: bar.advance(task, count))
                if statements:
                    journal.add(taken.path, lambda _: statements)
            except PresscueError as error:
                print(f"presscue: {' '.join(str(error).split())}", file=sys.stderr)
                status = error.exit_status
                continue
            if not quiet:
                print(f"{file}: {'now' if taken.new else 'there already,'} {taken.path}")
    return status
