"""Studies on all processors, in processes that a bad file may end without ending the work."""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

One = TypeVar("One")
Result = TypeVar("Result")


class Interrupted(Exception):
    """Ctrl-C; all results that were under way have been handed out."""


def in_pool(
    workers: int, work: Callable[[One], Result], todo: Iterable[One], died: Callable[[One], Result]
) -> Iterator[Result]:
    """work(one) of each, as they come; died(one) for each whose process ended. Raises Interrupted.

    Ctrl-C begins nothing more and waits for what is under way; a second one does not wait.
    """
    todo = iter(todo)
    running: dict[Future, One] = {}
    interrupted = 0
    pool = _pool(workers)
    try:
        while True:
            done: set[Future] = set()
            lost = []
            try:
                while len(running) <= workers and not interrupted and (one := next(todo, None)) is not None:
                    lost = [one]  # until it is submitted: a broken pool takes nothing
                    running[pool.submit(work, one)] = one
                    lost = []
                if not running:
                    break
                done, _ = wait(running, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                interrupted += 1
                lost = []
                for future in [future for future in running if future.cancel()]:
                    del running[future]
                if interrupted > 1:
                    running = {}
            except BrokenProcessPool:
                done = set(running)
            for future in done:
                one = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    lost.append(one)
                else:
                    yield result
            if lost:
                lost += running.values()
                running = {}
                pool.shutdown(wait=True, cancel_futures=True)
                for one in lost:
                    yield _alone(work, one, died)
                pool = _pool(workers)
    finally:
        pool.shutdown(wait=interrupted < 2, cancel_futures=True)
    if interrupted:
        raise Interrupted


def _alone(work: Callable[[One], Result], one: One, died: Callable[[One], Result]) -> Result:
    """In a process of its own, to see which it was that ended one."""
    with _pool(1) as pool:
        try:
            return pool.submit(work, one).result()
        except BrokenProcessPool:
            return died(one)


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_ignore_interrupts)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; the first one decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
