"""`presscue live --all`: every node in reach, one process, a page with a tile for each, and MQTT if it is wanted."""

import secrets
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from ..analysis.summary import counted_text
from ..archive.places import archive_folder
from ..errors import LinkError, PresscueError, UsageError
from ..fitting import core_of
from ..links import open_link
from ..live.coach import get_ready, recorder_in, reopener, say_where
from ..live.session import LiveSession
from ..live.stations import Station, Stations
from ..profile import Profile, read_profile
from ..web.feed import Page
from ..web.shown import Display, open_page
from .broker import Address, Broker
from .reach import in_reach
from .reporter import Reporter
from .tiles import Tiles
from .topics import Topics, slug

PICTURE_S = 0.1
LOOK_S = 30.0
"""How often to look for nodes that were switched on since, or gave up."""
KINDS = ("ble:", "serial:", "sim:")


@dataclass(frozen=True)
class Wish:
    """What was asked for. said: values of the profile from the command line, None where there are none.

    broker: None without MQTT. describe: to Home Assistant."""

    profile: Path | None
    said: dict[str, Any]
    folder: Path | None
    record: bool
    observe: bool
    display: Display
    broker: Address | None = None
    describe: bool = True


class Floor:
    """The stations of a floor, each with a reporter if there is a broker."""

    def __init__(self, wish: Wish, known: Profile, broker: Broker | None):
        self._wish, self._known, self._broker = wish, known, broker
        self._reporters: dict[str, Reporter] = {}
        self._slugs: set[str] = set()

    def begin(self, moniker: str) -> Callable[[Executor], LiveSession]:
        """What a station does first: open its link."""

        def begin(pool: Executor) -> LiveSession:
            link = open_link(moniker)
            fast = moniker.startswith("sim:") and "fast" in moniker.partition(":")[2].split(",")
            keep = recorder_in(archive_folder(self._wish.folder), self._known) if self._wish.record else None
            core = core_of(self._known, patient=False, observe_only=self._wish.observe)
            return LiveSession(
                link, core, fits="inline" if fast else "thread", reopen=reopener(moniker, link), record=keep,
                session_id=secrets.randbits(32), fit_pool=pool,
            )  # fmt: skip

        return begin

    def each(self, station: Station) -> None:
        """After every step of a station, in its own thread."""
        live = station.live
        if self._broker is None or live is None or live.session.info is None:
            return
        reporter = self._reporters.get(station.name)
        if reporter is None:
            reporter = self._reporters[station.name] = self._reporter(live, self._broker)
        reporter.update(live)

    def end(self, station: Station) -> None:
        """The station has ended."""
        if reporter := self._reporters.pop(station.name, None):
            reporter.end(station.live)

    def _reporter(self, live: LiveSession, broker: Broker) -> Reporter:
        assert live.session.info is not None
        info = live.session.info
        name = slug(info.name or info.device)
        if name in self._slugs and name not in {one.topics.station for one in self._reporters.values()}:
            self._slugs.discard(name)  # the same node again
        while name in self._slugs:
            name += f"-{secrets.token_hex(2)}"
        self._slugs.add(name)
        topics = Topics(broker.address.prefix, name)
        return Reporter(topics, self._known, secrets.randbits(32), broker.tell, describe=self._wish.describe)


def run_floor(links: Sequence[str], wish: Wish) -> int:
    """Run until Ctrl-C, or until virtual lifters are done. 1 if a station ended in error. Raises PresscueError."""
    for link in links:
        if not link.startswith(KINDS):
            raise UsageError(f"{link}: --all takes nodes: ble:NAME, serial:PORT or sim:OPTIONS")
    known = Profile() if wish.profile is None else read_profile(wish.profile)
    known = replace(known, **{name: value for name, value in wish.said.items() if value is not None})
    quiet, errors = wish.display.quiet, Console(stderr=True)

    def say(line: str) -> None:
        if not quiet:
            errors.print(line, markup=False, highlight=False, soft_wrap=True)

    monikers, why = (list(links), "") if links else in_reach()
    if why:
        say(f"presscue: {why}")
    if not monikers:
        raise LinkError(
            "no node in reach: lift the sleds once to wake them, plug them in, or name them: presscue live --all LINK…"
        )
    get_ready(quiet)
    broker = None if wish.broker is None else Broker(wish.broker, say=say)
    page = open_page("", known, wish.display, page="floor")
    floor = Floor(wish, known, broker)
    try:
        with Stations({name: floor.begin(name) for name in monikers}, floor.each) as stations:
            _watch(stations, floor, links, page, Tiles(known, wish.display.units), broker, say)
        for station in stations:
            floor.end(station)
            _report(station, wish)
    finally:
        if page is not None:
            page.close()
        if broker is not None:
            broker.close()
            if broker.dropped:
                say(f"presscue: MQTT: {broker.dropped} events did not fit in while the broker was away")
    return 1 if any(station.error for station in stations) else 0


def _watch(
    stations: Stations,
    floor: Floor,
    links: Sequence[str],
    page: Page | None,
    tiles: Tiles,
    broker: Broker | None,
    say: Callable[[str], None],
) -> None:
    """Show the stations, say what changes, and begin those that come later, until the end."""
    told: dict[str, str] = {}
    looked_s = time.monotonic()
    looking = ThreadPoolExecutor(1, "look")
    found: Future | None = None
    try:
        while stations.running or not links:
            for station in stations:
                state = str(station.error or (station.live and station.live.state) or "connecting")
                if told.get(station.name) != state:
                    told[station.name] = state
                    say(f"{station.name}: {state}")
                if not station.running:
                    floor.end(station)
            if page is not None:
                page.show(tiles.picture(stations, "" if broker is None else broker.trouble))
            if _done(stations):
                return
            if found is not None and found.done():
                for name in found.result()[0]:
                    stations.add(name, floor.begin(name))
                found, looked_s = None, time.monotonic()
            if not links and found is None and time.monotonic() - looked_s > LOOK_S:
                found = looking.submit(in_reach)
            time.sleep(PICTURE_S)
    except KeyboardInterrupt:
        pass
    finally:
        looking.shutdown(wait=False, cancel_futures=True)


def _done(stations: Stations) -> bool:
    """Whether all there is are virtual lifters who have finished."""
    running = [one for one in stations if one.running]
    lives = [one.live for one in running if one.live is not None]
    ends = [getattr(live.link, "duration_s", None) for live in lives]
    return (
        bool(running)
        and len(lives) == len(running)
        and all(
            end is not None and live.core.merge.watermark >= end - 0.5 for live, end in zip(lives, ends, strict=True)
        )
    )


def _report(station: Station, wish: Wish) -> None:
    """How it went at a station."""
    if wish.display.quiet:
        if station.error is not None:
            print(f"presscue: {station.name}: {station.error}", file=sys.stderr)
        return
    console = Console()
    live = station.live
    if live is not None:
        console.print(f"{station.name}: {counted_text(live.findings)}", highlight=False)
        say_where(live, console)
    if station.error is not None and not isinstance(station.error, PresscueError):
        console.print(f"{station.name}: a fault in presscue itself: {station.error}", markup=False, highlight=False)
