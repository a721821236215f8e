"""Those who do the work: Dask's workers on this machine or in an existing cluster, or this process alone.

Dask schedules, tells who has died and starts their tasks again; here is only what keeps a few tasks a worker under way
(so that a million recordings are no million futures), and the errors of one recording apart from all others.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from ..core_version import core_version
from ..errors import LinkError, PresscueError
from ..extras import need

One = TypeVar("One")
Result = TypeVar("Result")

AHEAD = 4
"""Tasks under way for each worker: one that it works on, and the next ones."""
DEATHS = 3
"""Workers that may die over a recording before it is given up."""
FOUND_S = 30.0
"""How long to wait for the workers of an existing cluster."""


class Crew(Protocol):
    """map: (one, its result or the error that is left after all retries), as they come."""

    def map(self, work: Callable[[One], Result], todo: Iterable[One]) -> Iterator[tuple[One, Result | Exception]]: ...


class Alone:
    """This process: no Dask, no second processor."""

    def map(self, work: Callable[[One], Result], todo: Iterable[One]) -> Iterator[tuple[One, Result | Exception]]:
        for one in todo:
            try:
                result: Result | Exception = work(one)
            except PresscueError as error:
                result = error
            yield one, result


class DaskCrew:
    """The workers that a client of Dask knows. retries: further tries of a task that has raised."""

    def __init__(self, client: Any, retries: int):
        self.client, self.retries = client, retries

    def map(self, work: Callable[[One], Result], todo: Iterable[One]) -> Iterator[tuple[One, Result | Exception]]:
        from distributed import as_completed

        waiting = iter(todo)
        running: dict[Any, One] = {}
        finished = as_completed()
        room = deque(range(self._room()))
        try:
            while True:
                while room and (one := next(waiting, None)) is not None:
                    room.pop()
                    future = self.client.submit(work, one, pure=False, retries=self.retries)
                    running[future] = one
                    finished.add(future)
                if not running:
                    return
                future = next(finished)
                one = running.pop(future)
                room.append(0)
                if len(running) < self._room():
                    room.extend(range(self._room() - len(running) - len(room)))
                error = future.exception()
                yield one, future.result() if error is None else _told(error)
                future.release()
        finally:
            self.client.cancel(list(running))

    def _room(self) -> int:
        return AHEAD * max(1, sum(self.client.nthreads().values()))


def _told(error: BaseException) -> Exception:
    """An error as one of ours."""
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return LinkError(f"{DEATHS} workers died over it")
    if isinstance(error, PresscueError):
        return error
    return LinkError(f"a worker failed: {type(error).__name__}: {' '.join(str(error).split())}")


@contextmanager
def crew(scheduler: str | None, workers: int, retries: int) -> Iterator[Crew]:
    """Those at an address, or so many processes of this machine; 0: this process. Raises LinkError, UsageError."""
    if scheduler is None and workers == 0:
        yield Alone()
        return
    need("fleet", "dask", "distributed")
    with _quiet(), _cluster(workers) if scheduler is None else _existing(scheduler) as client:
        yield DaskCrew(client, retries)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own words are for those who run a cluster; ours say what matters here, in a line."""
    from dask import config  # pyright: ignore[reportPrivateImportUsage]

    loud = logging.getLogger("distributed")
    before = loud.level
    loud.setLevel(logging.CRITICAL)
    options = {
        "distributed.logging": {"distributed": "critical"},
        "distributed.scheduler.allowed-failures": DEATHS - 1,
        "distributed.worker.profile.enabled": False,  # a hundred samples a second that nobody looks at
        "distributed.admin.system-monitor.interval": "5s",
    }
    with config.set(options):
        try:
            yield
        finally:
            loud.setLevel(before)


@contextmanager
def _cluster(workers: int) -> Iterator[Any]:
    """Processes of one thread each, on loopback: analysis holds the interpreter's lock too long for threads."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1",
            silence_logs=logging.CRITICAL, preload=[f"{__package__}.preload"],
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        yield client


@contextmanager
def _existing(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(address, timeout=FOUND_S)
    except (OSError, ValueError) as error:
        raise LinkError(f"{address}: no Dask scheduler answers there: {' '.join(str(error).split())}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=FOUND_S)
        except TimeoutError:
            raise LinkError(f"{address}: the scheduler has no workers; start some: dask worker {address}") from None
        _same_everywhere(client, address)
        yield client


def _same_everywhere(client: Any, address: str) -> None:
    """Results carry the version of the core, so all workers must have the same. Raises LinkError."""
    own = core_version()
    for worker, answer in client.run(core_version, on_error="return").items():
        if isinstance(answer, Exception):
            raise LinkError(f"{address}: its worker {worker} cannot load presscue: {type(answer).__name__}: {answer}")
        if answer != own:
            raise LinkError(f"{address}: its worker {worker} has presscue {answer}, this is {own}; install the same")
