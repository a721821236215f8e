"""Several stations in one process: each node with a link, a session, a core and a recording of its own.

    with Stations({"ble:cue-1a2b": begin, "ble:cue-3c4d": begin_other}) as stations:
        while stations.running:
            show(stations)
            time.sleep(0.2)

`begin()` opens the link and makes the LiveSession. Each station has a thread: one that searches for its node for
seconds, or writes to a slow disk, holds up no other. The kernels run without the interpreter's lock; between Python
and Python a thread waits SWITCH_S at most. All fits share one thread, so that thirty sets that end together do not
take the processors from the packets.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from types import TracebackType

from .session import LiveSession

SWITCH_S = 0.0005
"""How long a thread may keep the interpreter from one that has a packet; Python's usual 5 ms would be latency."""

Begin = Callable[[Executor], LiveSession]
"""Opens the link and makes the session; its fits run in the executor given (`LiveSession(fit_pool=...)`)."""


class Station:
    """One node. live: None until its link is open. error: what ended it early, any exception."""

    def __init__(self, name: str):
        self.name = name
        self.live: LiveSession | None = None
        self.error: Exception | None = None
        self.running = True


class Stations:
    """Begins at once; `stop`, or the end of the `with` block, ends every session and waits for it."""

    def __init__(self, begin: Mapping[str, Begin], each: Callable[[Station], None] = lambda station: None):
        """begin: by name of station. each: called after every step of a station, in that station's own thread."""
        self._each = each
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(1, "fit")
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH_S, self._switch_s))
        self._stations: dict[str, Station] = {}
        self._threads: list[threading.Thread] = []
        for name, one in begin.items():
            self.add(name, one)

    def __iter__(self) -> Iterator[Station]:
        return iter(list(self._stations.values()))

    def __getitem__(self, name: str) -> Station:
        return self._stations[name]

    def add(self, name: str, begin: Begin) -> None:
        """Begin a station that has come later, or one that has ended; one that runs is left alone."""
        if self._ended.is_set() or (name in self._stations and self._stations[name].running):
            return
        station = self._stations[name] = Station(name)
        self._threads.append(threading.Thread(target=self._run, args=(station, begin), name=name))
        self._threads[-1].start()

    @property
    def running(self) -> bool:
        """Whether any station is still at it."""
        return any(station.running for station in self)

    def stop(self) -> None:
        """End all sessions: nodes stopped, recordings on the disk. May be called twice."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._pool.shutdown()
        sys.setswitchinterval(self._switch_s)

    def __enter__(self) -> "Stations":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    def _run(self, station: Station, begin: Begin) -> None:
        try:
            live = station.live = begin(self._pool)
            try:
                while not self._ended.is_set() and live.step():
                    self._each(station)
            finally:
                live.finish()
        except Exception as error:  # one station's end is not that of the others; whoever looks finds it
            station.error = error
        finally:
            station.running = False
