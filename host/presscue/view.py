"""What a terminal shows of a live session: a picture that is redrawn, or lines where there is no terminal."""

import math
import sys
import time
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .kernel import IDLE
from .live import LiveSession
from .results import Advice, Cue, Rep
from .summary import advice_text, number

REDRAW_S = 0.12
WIDTH = 50
PHASES = ("", "lowering", "bottom", "pressing", "top")
CUE_SHOWN_S = 2.5
"""A cue stands out for so long, in the time of the session."""


class PictureView:
    """A picture of fixed height, redrawn between packets: nothing of it runs while a packet waits."""

    def __init__(self, title: str, soft_bend_deg: float = 8.0, max_flexion_deg: float = 90.0):
        self._title, self._soft_deg, self._deep_deg = title, soft_bend_deg, max_flexion_deg
        self._live = Live(console=Console(), auto_refresh=False, transient=True)
        self._live.start()
        self._drawn_s = 0.0

    def update(self, live: LiveSession) -> None:
        now_s = time.monotonic()
        if now_s - self._drawn_s >= REDRAW_S:
            self._drawn_s = now_s
            self._live.update(self.picture(live), refresh=True)

    def close(self) -> None:
        self._live.stop()

    def picture(self, live: LiveSession) -> Panel:
        """The state of a session, as rich draws it."""
        now = live.core.snapshot()
        grid = Table.grid(padding=(0, 2))
        grid.add_column(justify="right", style="dim", min_width=8)
        grid.add_column(width=WIDTH)
        grid.add_column(min_width=14)
        depth = Text("█" * round(now.depth * WIDTH), "cyan") if now.phase != IDLE else Text("")
        grid.add_row("depth", depth, PHASES[now.phase])
        grid.add_row("knee", self._knee(now.flexion_deg), number(now.flexion_deg, "{:.0f}°"))
        both = now.heel_left + now.heel_right
        share = now.heel_left / both if both > 0 else math.nan
        grid.add_row("heels", _balance(share), number(100 * share, "{:.0f} % left"))
        grid.add_row("", f"set {now.set + (now.set_reps > 0)}   rep {now.set_reps}   in all {now.reps}", "")
        cue, fresh = live.last_cue, False
        if cue is not None:
            fresh = now.t_s - cue.detected_s < CUE_SHOWN_S
        grid.add_row("cue", Text(cue_text(cue), "bold black on yellow" if fresh else "yellow") if cue else "–", "")
        advice = live.findings.advice
        grid.add_row("set right", Text(advice[-1].text, "bold red") if advice else "–", "")
        grid.add_row("link", status_text(live), "")
        return Panel(grid, title=self._title, subtitle=clock(now.t_s), width=92)

    def _knee(self, flexion_deg: float) -> Text:
        """0 to 110 degrees, the safe band green, a marker at the knee."""
        text = Text()
        at = -1 if math.isnan(flexion_deg) else min(WIDTH - 1, max(0, round(flexion_deg / 110 * WIDTH)))
        for i in range(WIDTH):
            degrees = i * 110 / WIDTH
            safe = self._soft_deg <= degrees <= self._deep_deg
            text.append("●" if i == at else "─", ("bold " if i == at else "dim ") + ("green" if safe else "red"))
        return text


class LineView:
    """A line for each rep, fault, cue and change of the link."""

    def __init__(self):
        self._told = 0
        self._state = ""
        self._trouble = ""

    def update(self, live: LiveSession) -> None:
        if (live.state, live.trouble) != (self._state, self._trouble):
            self._state, self._trouble = live.state, live.trouble
            self._say(f"link: {live.state}" + (f": {live.trouble}" if live.trouble else ""))
        outs, self._told = live.outputs[self._told :], len(live.outputs)
        for out in outs:
            if isinstance(out, Rep):
                what = (
                    f"{number(out.max_flexion_deg, '{:.0f}')}° deep, ends at {number(out.end_flexion_deg, '{:.0f}')}°"
                )
                self._say(f"{out.end_s:7.2f} s  set {out.set + 1} rep {out.rep + 1}: {what}{' (late)' * out.late}")
            elif isinstance(out, Advice):
                self._say(f"{out.t_s:7.2f} s  {advice_text(out)}")
            elif isinstance(out, Cue):
                self._say(f"{out.detected_s:7.2f} s  cue: {cue_text(out)}")

    def close(self) -> None:
        pass

    def _say(self, text: str) -> None:
        print(text, flush=True)


class NoView:
    """Nothing at all, for --quiet."""

    def update(self, live: LiveSession) -> None:
        pass

    def close(self) -> None:
        pass


class View(Protocol):
    """A display of a session: told after every step, closed at the end."""

    def update(self, live: LiveSession) -> None: ...

    def close(self) -> None: ...


class Views:
    """Several displays of one session."""

    def __init__(self, *views: View):
        self._views = views

    def update(self, live: LiveSession) -> None:
        for view in self._views:
            view.update(live)

    def close(self) -> None:
        for view in self._views:
            view.close()


def open_view(
    title: str, *, plain: bool, quiet: bool, soft_bend_deg: float = 8.0, max_flexion_deg: float = 90.0
) -> View:
    """A picture on a terminal, else lines."""
    if quiet:
        return NoView()
    if plain or not sys.stdout.isatty():
        return LineView()
    return PictureView(title, soft_bend_deg, max_flexion_deg)


def cue_text(cue: Cue) -> str:
    return f"{cue.kind.replace('_', ' ')} ({cue.pattern}): {cue.reason}"


def status_text(live: LiveSession) -> str:
    """The link in a few words."""
    if live.trouble:
        return f"{live.state}: {live.trouble}"
    words = [live.state]
    if live.calibrating:
        words.append("calibrating")
    elif live.core.calibration is None and live.state == "streaming":
        words.append("watching the first reps")
    if live.clock.known:
        words.append(f"round trip {live.clock.round_trip_us / 1000:.0f} ms")
    if latency := live.cue_latency_ms():
        words.append(f"cue latency {latency['p50']:.0f} ms")
    if live.session.counts.lost_readings:
        words.append(f"{live.session.counts.lost_readings} readings lost")
    return ", ".join(words)


def clock(t_s: float) -> str:
    return "" if math.isinf(t_s) else f"{int(t_s) // 60}:{int(t_s) % 60:02d}"


def _balance(share: float) -> Text:
    text = Text()
    at = -1 if math.isnan(share) else min(WIDTH - 1, max(0, round(share * WIDTH)))
    for i in range(WIDTH):
        text.append("●" if i == at else "│" if i == WIDTH // 2 else "─", "bold" if i == at else "dim")
    return text
