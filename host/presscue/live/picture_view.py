"""The picture on a terminal: the knee's trace with its safe band, big figures, heels, the reps of the set, the cue.

It shows what the page shows (`web.picture`), in characters. Redrawn between packets: nothing of it runs while a packet
waits.
"""

import time
from collections import deque
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ..profile import Profile
from ..texts import text
from ..units import NONE, Units
from ..web.picture import Painter
from .session import LiveSession
from .trace import Trace

REDRAW_S = 0.1
WIDTH = 100
SIDE = 34
"""Columns of the figures beside the trace."""
TRACE_ROWS = 9
LIFTED = "bold white on red"
STYLES = {
    "lockout": "red", "slam": "bold red", "seat_lift": "yellow", "heel_lift": "magenta", "depth": "blue",
    "valgus": "cyan", "varus": "green", "tempo": "yellow", "imbalance": "white",
}  # fmt: skip
DIGITS = {
    "0": "█▀█ █ █ ▀▀▀", "1": "▀█   █  ▀▀▀", "2": "▀▀█ █▀▀ ▀▀▀", "3": "▀▀█  ▀█ ▀▀▀", "4": "█ █ ▀▀█   ▀",
    "5": "█▀▀ ▀▀█ ▀▀▀", "6": "█▀▀ █▀█ ▀▀▀", "7": "▀▀█   █   ▀", "8": "█▀█ █▀█ ▀▀▀", "9": "█▀█ ▀▀█ ▀▀▀",
    "–": "    ▀▀▀    ", "°": "▄▄  ▀▀     ",
}  # fmt: skip
"""Three rows of three characters, one blank between rows."""


class PictureView:
    """A picture of fixed height. A view as those of view.py are."""

    def __init__(self, title: str, profile: Profile, units: Units, console: Console | None = None):
        console = console or Console()
        self._width = min(WIDTH, console.width)
        self._painter = Painter(profile, title, units)
        columns = self._width - SIDE - 8
        self._trace = Trace(columns, TRACE_ROWS, profile.soft_bend_deg or 8.0, profile.max_flexion_deg or 90.0)
        self._marks: deque[tuple[int, str]] = deque(maxlen=64)  # (rep, kind) of the latest faults
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()
        self._drawn_s = 0.0

    def update(self, live: LiveSession) -> None:
        now_s = time.monotonic()
        if now_s - self._drawn_s >= REDRAW_S:
            self._drawn_s = now_s
            self._live.update(self.drawn(live), refresh=True)

    def close(self) -> None:
        self._live.stop()

    def drawn(self, live: LiveSession) -> Panel:
        """The state of a session, as rich draws it."""
        now = self._painter.picture(live)
        self._trace.add(now["t_s"], now["knee_deg"], now["depth"])
        body = Table.grid(padding=(0, 2), expand=True)
        body.add_column(width=self._width - SIDE - 4)
        body.add_column(width=SIDE - 4)
        body.add_row(self._trace.drawn(), _figures(now))
        body.add_row(_pads(now), _reps(live, now))
        who = " · ".join(filter(None, (now["title"], now["lifter"], now["load"], now["node"])))
        return Panel(
            Group(body, Text(""), self._cue(now), _below(now)), title=Text(who, "bold"), subtitle=_state(now),
            width=self._width, border_style="red" if now["link"] == "lost" else "dim",
        )  # fmt: skip

    def _cue(self, now: dict[str, Any]) -> Text:
        cue, width = now["cue"], self._width - 4
        if cue is None:
            words = "live.observing" if now["observing"] else "live.no_cue" if now["ready"] else "live.watching"
            return Text(text(words).center(width), "dim")
        words = f"{text('fault.' + cue['kind'] + '.name').upper()}  {cue['reason']}"
        style = f"{STYLES.get(cue['kind'], 'yellow')}{' bold reverse' if cue['fresh'] else ''}"
        return Text(words.center(width)[:width], style)


def zone_style(knee_deg: float | None, limits_deg: list[float]) -> str:
    """Colour of a knee angle: inside the safe band, near straight, or beyond a limit."""
    straight, soft, deep = limits_deg
    if knee_deg is None:
        return "dim"
    return "bold red" if knee_deg < straight or knee_deg > deep else "bold yellow" if knee_deg < soft else "bold green"


def big(figure: str) -> list[str]:
    """A figure in three rows of blocks."""
    rows = [DIGITS[one].ljust(11) for one in figure]
    return [" ".join(one[4 * i : 4 * i + 3] for one in rows) for i in range(3)]


def _figures(now: dict[str, Any]) -> RenderableType:
    """Knee angle and rep in big figures, with phase and tempo."""
    knee = now["knee_deg"]
    style = zone_style(knee, now["limits_deg"])
    knee_rows = big(NONE if knee is None else f"{max(0.0, knee):.0f}°")
    rep_rows = big(str(now["rep"] % 100))
    rows = [
        Text.assemble((left.ljust(15), style), (right, "bold")) for left, right in zip(knee_rows, rep_rows, strict=True)
    ]
    last = now["last_rep"] or {}
    tempo = [
        f"{text('live.' + name)} {NONE if last.get(f'{name}_s') is None else last[f'{name}_s']}"
        for name in ("down", "pause", "up")
    ]
    labels = f"{text('terminal.knee').ljust(15)}{text('terminal.set_rep', set=max(1, now['set']))}"
    phase = text(f"live.phase_{now['phase']}")
    return Group(
        Text(labels, "dim"), *rows, Text(""), Text(phase.upper(), "bold cyan"), Text(""), Text(" · ".join(tempo)),
    )  # fmt: skip


def _pads(now: dict[str, Any]) -> Table:
    """Heels and seat as bars."""
    lifted = {"left": {"left", "both"} & set(now["lifted"]), "right": {"right", "both"} & set(now["lifted"])}
    table = Table.grid(padding=(0, 1))
    cells = []
    for name, share, up in (
        ("heel_left", now["heels"][0], bool(lifted["left"])), ("heel_right", now["heels"][1], bool(lifted["right"])),
        ("seat", now["heels"][2], now["seat_lifted"]),
    ):  # fmt: skip
        if share is None:
            bar = Text("┄" * 12, "dim")
        else:
            full = round(12 * min(1.0, share))
            bar = Text("█" * full, "red" if up else "green") + Text("░" * (12 - full), "dim")
        cells += [Text(text(f"live.{name}"), LIFTED if up else "dim"), bar]
    table.add_row(*cells)
    return table


def _reps(live: LiveSession, now: dict[str, Any]) -> Text:
    """The reps of this set, a mark each; at rest, those of the last."""
    found = live.findings
    of = now["set"] - 1 if now["rep"] else now["set"] - 1 if now["summary"] is None else now["summary"]["set"] - 1
    marks = {event.rep: event.kind for event in found.recent(48)}
    line = Text()
    for rep in list(found.reps.values())[-40:]:
        if rep.set == of:
            kind = marks.get(rep.rep)
            line.append("● " if kind is None else "▲ ", "green" if kind is None else STYLES.get(kind, "yellow"))
    return line


def _below(now: dict[str, Any]) -> Text:
    """What is to be set right; at rest, how the set was."""
    if now["trouble"]:
        return Text(now["trouble"], "bold red")
    if now["parts_missing"]:
        return Text(text("live.part_missing", parts=", ".join(now["parts_missing"])), "bold red")
    if now["advice"]:
        return Text(": ".join(now["advice"][-1]), "bold yellow")
    done = now["summary"]
    if done is None:
        return Text("")
    words = [
        text("live.set_done", set=done["set"]),
        f"{done['reps']} {text('live.reps')}, {done['clean']} {text('live.clean')}",
    ]
    words += [f"{text('fault.' + kind + '.name')} {count}×" for kind, count in done["faults"]]
    words += [f"{text('live.slower')} {100 * done['slower']:.0f} %"] if done["slower"] is not None else []
    rest_s = int(done["rest_s"] or 0)
    return Text(" · ".join([*words, f"{text('live.resting')} {rest_s // 60}:{rest_s % 60:02d}"]), "bold")


def _state(now: dict[str, Any]) -> Text:
    """Link, battery, recording, latency."""
    trip = "" if now["round_trip_ms"] is None else f" {now['round_trip_ms']:.0f} ms"
    words = [
        (f"{text('live.link')} {text('live.state_' + now['link'])}{trip}", "red" if now["link"] == "lost" else "green")
    ]
    if now["battery_v"] is not None:
        words.append((f"{text('live.battery')} {now['battery_v']:.2f} V", "dim"))
    words.append((f"{text('live.storage')} {text('live.storage_' + now['storage']['state'])}", "dim"))
    if now["latency_ms"] is not None:
        words.append((f"{text('live.latency')} {now['latency_ms']['p50']:.0f} ms", "dim"))
    if now["calibrating"]:
        words.append((text("setup.press.calibrating"), "yellow"))
    elif now["guard_ready"]:
        words.append((text("terminal.guard_ready"), "dim"))
    if now["losses"]:
        words.append((now["losses"], "yellow"))
    line = Text()
    for at, (what, style) in enumerate(words):
        line.append(" · " * (at > 0), "dim")
        line.append(what, style)
    return line
