"""What viewers of the page say while a session goes on: who lifts next and how much, how hard it was, where it hurt.

It goes where `presscue annotate` puts it, into the journal beside the recording, written by a thread: a slow disk does
not delay a cue. Lifter and load hold from the coming set on; effort, pain and notes are of the set that is done.
"""

import contextlib
import math
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..archive import journal
from ..archive.annotating import Said, statements
from ..archive.journal import Entry
from ..errors import PresscueError
from ..texts import section, text
from ..units import Units
from .session import LiveSession

LASTING = ("lifter", "load")
"""Operations that hold for every later set, until said otherwise."""
WORDS_MAX = 500


class Sayings:
    """One session's. A listener of the page, see `web.feed`."""

    def __init__(self, units: Units, names: list[str]):
        """names: of lifters to choose from."""
        self._units, self._names = units, names
        self._pool = ThreadPoolExecutor(1, "said")
        self._writing: list[Future] = []
        self._lasting: dict[str, Entry] = {}  # by op
        self._from_set = 0
        self._sets = 0
        self._answer: tuple[int, bool, str] = (0, True, "")

    def hear(self, live: LiveSession, command: Mapping[str, Any]) -> None:
        """A viewer's command; others than "say" are not for us."""
        if command.get("do") != "say":
            return
        path = live.kept.path
        if path is None:
            self._tell(False, text("say.not_recorded"))
            return
        coming = live.core.snapshot()
        try:
            before, of_set = self._understood(command, coming.set, coming.set_reps > 0)
        except ValueError as error:
            self._tell(False, str(error))
            return
        entries = [*before, *of_set]
        if not entries:
            self._tell(False, text("say.nothing"))
            return
        for entry in before:
            self._lasting[entry["op"]] = entry
            self._from_set = coming.set
        self._write(path, entries)
        said = [text("say.kept_next", set=coming.set + 1)] if before else []
        said += [text("say.kept_set", set=of_set[0]["set"] + 1)] if of_set else []
        self._tell(True, " ".join(said))

    def _catch_up(self, live: LiveSession) -> None:
        """What lasts is said of every further set, once that is done."""
        for future in [one for one in self._writing if one.done()]:
            self._writing.remove(future)
            if error := future.exception():
                self._tell(False, str(error))
        done = list(live.findings.sets.values())
        path = live.kept.path
        for one in done[self._sets :]:
            if path is not None and self._lasting and one.set > self._from_set:
                at = {"set": one.set, "at_s": (one.start_s + one.end_s) / 2}
                self._write(path, [{**entry, **at} for entry in self._lasting.values()])
        self._sets = len(done)

    def picture(self, live: LiveSession) -> dict[str, Any]:
        """What the page needs for its form; who trains and with how much, once that was said here."""
        self._catch_up(live)
        number, kept, words = self._answer
        shown: dict[str, Any] = {
            "say": {"can": live.kept.path is not None, "number": number, "kept": kept, "words": words,
                    "names": self._names},
        }  # fmt: skip
        if "lifter" in self._lasting:
            shown["lifter"] = self._lasting["lifter"]["lifter"]
        if "load" in self._lasting:
            shown["load"] = self._units.load(self._lasting["load"]["sled_load_kg"])
        return shown

    def close(self) -> None:
        """All of it is written."""
        self._pool.shutdown(wait=True)

    def _understood(self, form: Mapping[str, Any], coming: int, lifting: bool) -> tuple[list[Entry], list[Entry]]:
        """(what holds from the coming set on, what is of the set that is done). Raises ValueError with a line."""
        said = {key: " ".join(value.split())[:WORDS_MAX] for key, value in form.items() if isinstance(value, str)}
        load_kg = self._units.read_load_kg(said["load"]) if said.get("load") else None
        before = Said(set_number=coming + 1, lifter=said.get("lifter") or None, load_kg=load_kg)
        of = coming + 1 if lifting or coming == 0 else coming
        pain, when, side = (
            _one_of(said.get(name, ""), choices)
            for name, choices in (("pain", "pain.place"), ("when", "pain.when"), ("side", "side"))
        )
        after = Said(
            set_number=of, rpe=_out_of_ten(said.get("rpe", "")), note=said.get("note") or None, pain=pain,
            pain_level=_out_of_ten(said.get("level", "")) if pain else None, pain_when=when if pain else None,
            side=side if pain else None,
        )  # fmt: skip
        return _entries(before), _entries(after)

    def _write(self, path: Path, entries: list[Entry]) -> None:
        self._writing.append(self._pool.submit(journal.add, path, lambda _: entries))

    def _tell(self, kept: bool, words: str) -> None:
        self._answer = (self._answer[0] + 1, kept, words)


def _entries(said: Said) -> list[Entry]:
    def never() -> Any:
        raise AssertionError("a live session has no analysis yet")

    with contextlib.suppress(PresscueError):
        return statements(said, True, never)
    return []


def _one_of(word: str, choices: str) -> str | None:
    if word and word not in section(choices):
        raise ValueError(text("say.no_choice", word=word))
    return word or None


def _out_of_ten(word: str) -> float | None:
    if not word:
        return None
    with contextlib.suppress(ValueError):
        value = float(word.replace(",", "."))
        if math.isfinite(value) and 0.0 <= value <= 10.0:
            return value
    raise ValueError(text("say.out_of_ten", word=word))
