"""`presscue live`: open the link, get ready, coach until it ends, say how it went."""

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from .. import wire
from ..analysis.summary import advice_text, counted_text, faults_text, foresight_text, reps_table, sets_text
from ..archive.places import archive_folder, free_path, stem_of
from ..errors import LinkError, PathTaken, UsageError
from ..fitting import core_of
from ..lifters import lifter_names
from ..links import Link, open_link
from ..profile import Profile, parse_profile, read_profile
from ..recording import SUFFIX, Recorder, read_recording
from ..session.events import NodeInfo
from ..texts import text
from ..units import Units
from ..web.shown import Display, show
from .fits import How
from .known_latency import keep_latency, with_known_latency
from .losses import losses_now
from .session import LiveSession
from .view import View, Views
from .warmup import warm_up

if TYPE_CHECKING:
    from ..laboratory.outlet import Outlets

CALIBRATION = wire.TYPES["calibration"]


def run_live(
    moniker: str | None,
    *,
    profile: Path | None,
    folder: Path | None,
    record: bool,
    load_kg: float | None,
    lifter: str | None,
    observe: bool,
    display: Display,
    lsl: bool = False,
) -> int:
    """Coach over a link. lsl: with streams for a laboratory.

    0 when it ended as it should, 1 when the recording could not be kept. Raises PresscueError.
    """
    outlets = outlets_of(moniker) if lsl else None
    moniker = moniker or only_port()
    known = None if profile is None else read_profile(profile)
    fits: How = "thread"
    if moniker.startswith("replay:"):
        path = Path(moniker.removeprefix("replay:"))
        known = known or _recorded_profile(path)
        fits, record = ("recorded" if _has_calibrations(path) else "anew"), record and folder is not None
    elif "fast" in moniker.partition(":")[2].split(",") and moniker.startswith("sim:"):
        fits = "inline"
    known = known or Profile()
    said = {"sled_load_kg": load_kg, "lifter": lifter}
    known = replace(known, **{name: value for name, value in said.items() if value is not None})
    known = with_known_latency(known, moniker)
    if fits == "thread":
        get_ready(display.quiet)
    with show(moniker, known, display, lifter_names(archive_folder(folder))) as view:
        link = open_link(moniker)
    keep = recorder_in(archive_folder(folder), known) if record else None
    core = core_of(known, patient=fits == "anew", observe_only=observe, trace=lsl)
    live = LiveSession(
        link, core, fits=fits, reopen=reopener(moniker, link), record=keep, session_id=secrets.randbits(32)
    )
    if outlets is not None:
        live.watch, view = outlets.take, Views(view, outlets)
    coach(live, view, getattr(link, "duration_s", None))
    keep_latency(moniker, live.latencies_ms)
    if not display.quiet:
        report(live, Console(), display.units)
    return 1 if live.kept.error is not None else 0


def coach(live: LiveSession, view: View, duration_s: float | None = None) -> None:
    """Run a session to its end: of the recording, of a virtual lifter's time (node clock), or Ctrl-C."""
    try:
        while live.step():
            view.update(live)
            if duration_s is not None and live.core.merge.watermark >= duration_s - 0.5:
                break
    except KeyboardInterrupt:
        pass
    finally:
        try:
            live.finish()
            view.update(live)
        finally:
            view.close()


def report(live: LiveSession, console: Console, units: Units) -> None:
    """How the session went."""
    found = live.findings
    console.print(counted_text(found), style="bold", highlight=False)
    if found.reps:
        console.print(reps_table(found, units))
    for words in sets_text(found, units):
        console.print(words, highlight=False)
    if words := foresight_text(found):
        console.print(words, highlight=False)
    for advice in found.advice:
        console.print(advice_text(advice), style="yellow")
    if live.core.calibration is None:
        console.print(text("terminal.no_calibration"))
    if outside := [event for event in found.faults() if event.rep is None]:
        console.print(text("terminal.outside", faults=faults_text(outside)), highlight=False)
    if latency := live.cue_latency_ms():
        words = ", ".join(f"{name} {latency[name]:.0f} ms" for name in ("p50", "p95", "p99"))
        console.print(f"{text('live.latency')} {words}")
    if losses := losses_now(live.session):
        console.print(losses)
    say_where(live, console)


def say_where(live: LiveSession, console: Console) -> None:
    """Where the session file lies, or why there is none."""
    if live.kept.error is not None:
        Console(stderr=True).print(f"presscue: {live.kept.error}", markup=False, highlight=False, soft_wrap=True)
    elif live.kept.path is not None:
        console.print(text("terminal.file", path=live.kept.path), markup=False, highlight=False, soft_wrap=True)


def get_ready(quiet: bool) -> None:
    """Compile the kernels, or load them: before the first set, not in the middle of it."""
    console = Console(stderr=True)
    if quiet or not sys.stderr.isatty():
        warm_up()
        return
    with console.status(text("terminal.warm_up")):
        warm_up()


def recorder_in(folder: Path, profile: Profile) -> Callable[[NodeInfo, list[bytes]], Recorder]:
    """What makes the recorder once the node is known."""

    def make(info: NodeInfo, rows: list[bytes]) -> Recorder:
        wall_ms, session = int(time.time() * 1000), secrets.randbits(32)
        while True:
            path = free_path(folder, stem_of(wall_ms, info.device), SUFFIX)
            try:
                return Recorder(path, info, rows, wall_ms=wall_ms, session=session, profile=profile.to_toml())
            except PathTaken:  # another presscue began in the same second
                continue

    return make


def reopener(moniker: str, link: Link) -> Callable[[], Link] | None:
    """How a lost link is opened again; None where that makes no sense."""
    if moniker.startswith("ble:"):
        return lambda: open_link(link.name)  # that node, whatever others are in reach by now
    return (lambda: open_link(moniker)) if moniker.startswith("serial:") else None


def outlets_of(moniker: str | None) -> "Outlets":
    """Streams for a laboratory. Raises UsageError where there can be none."""
    if moniker is not None and moniker.startswith("replay:"):
        raise UsageError("--lsl streams from a node: a recording is not of now; presscue export writes it as files")
    from ..laboratory.outlet import Outlets

    return Outlets()


def only_port() -> str:
    """The serial port, if there is one and no other."""
    from ..links.serial import ports

    found = ports()
    if len(found) == 1:
        return f"serial:{found[0]}"
    if not found:
        raise LinkError("no serial port: plug the node in, or try presscue live sim:")
    raise UsageError(f"several serial ports; name one: {', '.join(f'serial:{port}' for port in found)}")


def _recorded_profile(path: Path) -> Profile | None:
    toml = read_recording(path).profile
    return None if toml is None else parse_profile(toml, f"{path}: its profile")


def _has_calibrations(path: Path) -> bool:
    return any(message[0] == CALIBRATION for chunk in read_recording(path).messages() for message in chunk)
