"""One finding of the doctor, and how findings are shown."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass
class Check:
    """ok is None where there is nothing to judge. advice: the next thing to try, where something is wrong."""

    name: str
    ok: bool | None
    found: str
    advice: str = ""


def judged(name: str, ok: bool | None, found: str, advice: str) -> Check:
    """A finding whose advice counts only where it failed."""
    ok = None if ok is None else bool(ok)  # numpy has bools of its own
    return Check(name, ok, found, advice if ok is False else "")


def show(checks: list[Check], console: Console) -> None:
    """The findings as a table."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        mark = "[dim]·[/]" if check.ok is None else "[green]pass[/]" if check.ok else "[red]FAIL[/]"
        table.add_row(mark, check.name, check.found, f"→ {check.advice}" if check.advice else "")
    console.print(table)
    bad = sum(check.ok is False for check in checks)
    console.print("all is well" if not bad else f"{bad} of {len(checks)} checks failed")
