"""The set-up on a terminal: a line for everything new, keys and the form by lines typed."""

import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from rich.console import Console

from ..live.session import LiveSession
from ..texts import text
from .leader import Leader
from .machine import CHECKLIST, STEPS

KEYS = {"": "next", "s": "skip", "a": "again"}
QUIT = "q"
FORM = {"name": "lifter", "height": "height", "load": "load", "observe": "observe"}
"""First words of a line that fills in the form."""
YES, NO = frozenset(("yes", "y", "on")), frozenset(("no", "n", "off"))


class Terminal:
    """Says what the leader's picture says; the lines typed are keys, a tick of the list, or the form."""

    def __init__(self, leader: Leader, console: Console, typed: Callable[[], list[str]]):
        """typed: the lines since it was last asked."""
        self._leader, self._console, self._typed = leader, console, typed
        self._step = -1
        self._progress = self._who = ""
        self._problems: list[str] = []

    def turn(self, live: LiveSession) -> None:
        """Take keys, say what is new. Raises KeyboardInterrupt when the lifter wants to stop."""
        for line in self._typed():
            self._take(line)
        shown = self._leader.picture(live)["setup"]
        if shown is None:
            self._say_done()
            return
        if shown["step"] != self._step:
            self._say_step(shown)
        if shown["who"] is not None:
            self._say_who(shown["who"])
        for problem in shown["problems"]:
            if problem not in self._problems:
                self._say(f"! {problem}", "bold yellow")
        if shown["progress"] and shown["progress"] != self._progress:
            self._say(f"  {shown['progress']}")
        self._progress, self._problems = shown["progress"], shown["problems"]

    def _take(self, line: str) -> None:
        if line.lower() == QUIT:
            raise KeyboardInterrupt
        first, _, rest = line.partition(" ")
        if line.lower() in KEYS:
            self._leader.setup.press(KEYS[line.lower()])
        elif line.isdecimal() and 1 <= int(line) <= len(CHECKLIST):
            self._leader.setup.press(f"check:{CHECKLIST[int(line) - 1]}")
            self._say_checklist()
        elif first.lower() in FORM and rest.strip():
            value: Any = rest.strip()
            if first.lower() == "observe":
                value = True if value.lower() in YES else False if value.lower() in NO else None
            self._leader.enter({FORM[first.lower()]: value})

    def _say_step(self, shown: dict[str, Any]) -> None:
        self._step = shown["step"]
        if shown["behind"]:
            self._say(f"✔ {shown['behind']}", "green")
        name = shown["name"]
        title = text("setup.step", n=shown["step"] + 1, of=len(STEPS), title=text(f"setup.{name}.title"))
        self._say(f"\n{title}", "bold")
        self._say(text(f"setup.{name}.text"))
        if name == "press":
            self._say_checklist()
        if name != "find":
            self._say(text("setup.keys", next=text("setup.next")), "dim")

    def _say_checklist(self) -> None:
        checked = self._leader.setup.checked
        for at, one in enumerate(CHECKLIST):
            box = "☑" if one in checked else "☐"
            self._say(f"  {at + 1} {box} {text(f'setup.check.{one}')}: {text(f'setup.check.{one}_why')}")

    def _say_who(self, who: dict[str, Any]) -> None:
        known = ", ".join(filter(None, (who["lifter"] or text("setup.who.nobody"), who["height"], who["load"])))
        words = text("setup.who.line", title=text("setup.who.title"), who=known)
        words += f"; {text('setup.who.observe')}" if who["observe"] else ""
        words = who["trouble"] or words
        if words != self._who:
            first, self._who = not self._who, words
            self._say(f"  {words}", "yellow" if who["trouble"] else "cyan")
            if first:
                self._say(f"  {text('setup.who.change')}", "dim")

    def _say_done(self) -> None:
        if self._step < len(STEPS):
            self._step = len(STEPS)
            self._say(f"✔ {text('setup.press.done')}", "bold green")
            if self._leader.setup.observe_first:
                self._say(text("setup.press.observe"))

    def _say(self, words: str, style: str = "") -> None:
        self._console.print(words, style=style, markup=False, highlight=False, soft_wrap=True)


def typed_lines() -> Callable[[], list[str]]:
    """Lines typed since the last call; a thread waits for them."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line.strip())

    threading.Thread(target=listen, name="keys", daemon=True).start()

    def typed() -> list[str]:
        return [lines.get() for _ in range(lines.qsize())]

    return typed
