"""Faults, pain and dates in words, as report, history and terminal say them."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from .. import texts
from ..texts import text
from ..training.log import Workout
from ..training.pain import Cause, Guidance


def start_text(start_ms: int | None) -> str:
    """Local date and time; "" where nobody knows it."""
    return "" if start_ms is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(start_ms / 1000))


def date_text(start_ms: int | None) -> str:
    """Local date; "" where nobody knows it."""
    return start_text(start_ms)[:10]


def fault_words(event: Mapping[str, Any]) -> str:
    """As: heel lift, left."""
    name = text(f"fault.{event['kind']}.name")
    return f"{name}, {text('side.' + event['side'])}" if event.get("side") else name


def place_words(where: str | None, side: str | None) -> str:
    """As: knee, left."""
    name = f"pain.place.{where}"
    words = text(name) if texts.has(name) else str(where).replace("_", " ")
    return f"{words}, {text('side.' + side)}" if side and texts.has(f"side.{side}") else words


def pain_words(entry: Mapping[str, Any]) -> str:
    """As: knee, left, 4 of 10, at the bottom."""
    words = place_words(entry.get("where"), entry.get("side"))
    if entry.get("level") is not None:
        words = text("pain.where", where=words, level=f"{entry['level']:g}")
    when = f"pain.when.{entry.get('when')}"
    return f"{words}, {text(when)}" if texts.has(when) else words


class GuidanceWords:
    """What the pain guide's template says of a `Guidance`."""

    def place(self, one: Guidance) -> str:
        words = place_words(one.where, one.side)
        return words[:1].upper() + words[1:]

    def entry(self, workout: Workout, entry: Mapping[str, Any]) -> str:
        day = date_text(workout.start_ms)
        return text("pain.said_when", when_felt=pain_words(entry), on=day)

    def stops(self, one: Guidance) -> str:
        return "; ".join(text(f"pain.stop_{why}") for why in one.stop)

    def faults(self, causes: Iterable[Cause]) -> str:
        return ", ".join(text(f"fault.{cause.fault}.name") for cause in causes)

    def alternatives(self, one: Guidance) -> str:
        return "; ".join(text(f"pain.alternative.{name}") for name in one.alternatives)

    def flags(self, one: Guidance) -> str:
        return "; ".join(text(f"pain.flag.{name}") for name in one.red_flags)
