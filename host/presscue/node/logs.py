"""`presscue logs` and `presscue pull`: what the node has recorded by itself, and its way into the archive."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from ..archive.places import archive_folder
from ..errors import SaveError, UsageError
from ..links import open_link
from ..live.coach import only_port, reopener
from ..session.events import LogEntry, LogStatus
from .dating import Dating
from .download import NodeLogs

MEGABYTE = 1e6


def run_logs(moniker: str | None, *, json_path: Path | None, quiet: bool) -> int:
    """List the logs of a node. Raises PresscueError."""
    node = _node(moniker or only_port())
    try:
        entries = node.listed()
        assert node.status is not None
        rows = [_row(entry, node.dates[entry.session]) for entry in entries]
        if json_path is not None:
            _write_json(json_path, {"device": node.device, **_state(node.status), "logs": rows})
        if not quiet and str(json_path) != "-":
            _show(node, rows)
    finally:
        node.link.close()
    return 0


def run_pull(moniker: str, sessions: Sequence[int], *, everything: bool, folder: Path | None, quiet: bool) -> int:
    """Download logs: those named, else those not verified yet, or `everything`. Raises PresscueError."""
    node = _node(moniker)
    try:
        entries = node.listed()
        wanted = _wanted(node, entries, sessions, everything)
        into = archive_folder(folder)
        console = Console(stderr=True)
        with _bar(console, quiet) as bar:
            for entry in wanted:
                task = bar.add_task(_when(node.dates[entry.session]), total=entry.size)
                path = node.pull(entry, into, lambda size, task=task: bar.update(task, completed=size))
                if not quiet:
                    bar.console.print(f"{path}  verified", markup=False, highlight=False, soft_wrap=True)
        if not quiet and not wanted:
            console.print(
                "nothing to pull: " + ("there are no logs" if not entries else "all logs are verified (--all)")
            )
    finally:
        node.link.close()
    return 0


def _node(moniker: str) -> NodeLogs:
    if moniker.startswith("replay:"):
        raise UsageError(f"{moniker}: a recording has no logs; name a node, as serial:PORT or sim:")
    link = open_link(moniker)
    return NodeLogs(link, reopen=reopener(moniker, link))


def _wanted(
    node: NodeLogs, entries: Sequence[LogEntry], sessions: Sequence[int], everything: bool
) -> Sequence[LogEntry]:
    whole = [entry for entry in entries if entry.state != "open"]
    if not sessions:
        return whole if everything else [entry for entry in whole if entry.state != "verified"]
    by_number = {entry.session: entry for entry in whole}
    for session in sessions:
        if session not in by_number:
            is_open = any(entry.session == session for entry in entries)
            why = "is being recorded: wait for the set to end" if is_open else "is not there (presscue logs lists them)"
            raise UsageError(f"{node.link.name}: log {session} {why}")
    return [by_number[session] for session in sessions]


def _row(entry: LogEntry, date: Dating) -> dict:
    return {
        "session": entry.session,
        "start_ms": date.wall_ms,
        "start": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(date.wall_ms / 1000)),
        "clock": date.clock,
        "may_be_earlier_s": date.early_s,
        "length_s": entry.length_s,
        "sets": entry.sets,
        "size_bytes": entry.size,
        "state": entry.state,
    }


def _state(status: LogStatus) -> dict:
    return {
        "recorder": status.state,
        "region_bytes": status.size,
        "unverified_bytes": status.kept,
        "erased_bytes": status.ready,
        "stalls": status.stalls,
        "stall_max_s": status.stall_max_s,
    }


def _show(node: NodeLogs, rows: Sequence[dict]) -> None:
    console = Console()
    status = node.status
    assert status is not None
    if status.state == "absent":
        console.print("this node keeps no logs")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("log", "start", "length", "sets", "size", ""):
        table.add_column(name, justify="left" if name in ("start", "") else "right")
    for row in rows:
        date = node.dates[row["session"]]
        minutes, seconds = divmod(round(row["length_s"]), 60)
        state = row["state"] if row["state"] != "closed" else "[yellow]not verified[/]"
        size = f"{row['size_bytes'] / MEGABYTE:.2f} MB"
        table.add_row(str(row["session"]), _when(date), f"{minutes}:{seconds:02d}", str(row["sets"]), size, state)
    if rows:
        console.print(table)
    free = (status.size - status.kept) / MEGABYTE
    console.print(
        f"{len(rows)} logs, recorder {status.state}; {status.kept / MEGABYTE:.2f} MB unverified, {free:.1f} MB free",
        highlight=False,
    )


def _when(date: Dating) -> str:
    start = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(date.wall_ms / 1000))
    return {"boots": f"{start} or earlier", "slept": f"about {start}"}.get(date.clock, start)


def _bar(console: Console, quiet: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=quiet or not sys.stderr.isatty())


def _write_json(path: Path, value: dict) -> None:
    text = json.dumps(value, indent=2) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SaveError(f"{path}: cannot be written: {error.strerror}") from None
