"""What a terminal shows of a live session: a picture that is redrawn, or lines where there is no terminal."""

import sys
from typing import Protocol

from ..analysis.summary import advice_text, number
from ..profile import Profile
from ..results import Advice, Cue, Rep
from ..texts import spoken, text
from ..units import Units
from .session import LiveSession


class LineView:
    """A line for each rep, fault, cue and change of the link."""

    def __init__(self):
        self._told = 0
        self._state = ""
        self._trouble = ""
        self._guards = False
        self._guarded = 0

    def update(self, live: LiveSession) -> None:
        if (live.state, live.trouble) != (self._state, self._trouble):
            self._state, self._trouble = live.state, live.trouble
            words = text(f"terminal.state_{live.state}")
            self._say(f"{text('live.link')}: {words}" + (f": {live.trouble}" if live.trouble else ""))
        if live.guard.ready and not self._guards:
            self._guards = True
            self._say(text("terminal.guard_ready"))
        for cue in live.guard.cued[self._guarded :]:
            self._say(f"{cue.t_s:7.2f} s  {text('terminal.guard_cue', kind=cue.kind.replace('_', ' '))}")
        self._guarded = len(live.guard.cued)
        outs, self._told = live.outputs[self._told :], len(live.outputs)
        for out in outs:
            if isinstance(out, Rep):
                words = text(
                    "terminal.rep_late" if out.late else "terminal.rep", set=out.set + 1, rep=out.rep + 1,
                    deepest=number(out.max_flexion_deg, "{:.0f}"), end=number(out.end_flexion_deg, "{:.0f}"),
                )  # fmt: skip
                self._say(f"{out.end_s:7.2f} s  {words}")
            elif isinstance(out, Advice):
                self._say(f"{out.t_s:7.2f} s  {advice_text(out)}")
            elif isinstance(out, Cue):
                self._say(f"{out.detected_s:7.2f} s  {text('terminal.cue')}: {cue_text(out)}")

    def close(self) -> None:
        pass

    def _say(self, line: str) -> None:
        print(line, flush=True)


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


def open_view(title: str, profile: Profile, units: Units, *, plain: bool, quiet: bool) -> View:
    """A picture on a terminal, else lines."""
    if quiet:
        return NoView()
    if plain or not sys.stdout.isatty():
        return LineView()
    from .picture_view import PictureView

    return PictureView(title, profile, units)


def cue_text(cue: Cue) -> str:
    return f"{text('fault.' + cue.kind + '.name')} ({cue.pattern}): {spoken(cue.reason)}"
