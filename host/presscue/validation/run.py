"""All of it: virtual lifters on several processes, then the real recordings."""

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from . import recordings, sensitivity
from .foresight import foresee
from .scoring import Predictions
from .trial import USUAL, WIDE, Task, Trial, run_trials

Item = TypeVar("Item")
Done = TypeVar("Done")
Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and how much there is."""

SENSITIVITY_LIFTERS = 3
FORESIGHT_LIFTERS = 10
WITHOUT_PAD_LIFTERS = 50


@dataclass
class Results:
    """What a run has found. Real recordings are None where they are absent."""

    seeds: range
    held: list[Trial] = field(default_factory=list)  # usual lifters, with the hold
    free: list[Trial] = field(default_factory=list)  # the same without it
    wide: list[Trial] = field(default_factory=list)  # with the hold
    without_pad: list[Trial] = field(default_factory=list)  # usual ones who lift off the seat, without pads
    harms: list[sensitivity.Harm] = field(default_factory=list)
    ahead: dict[float, Predictions] = field(default_factory=dict)  # by horizon, s
    robot: list[recordings.Move] | None = None
    rig: recordings.Rig | None = None
    broad: list[recordings.Tilt] | None = None
    insole: list[recordings.Heel] | None = None


def lifters(seeds: Iterable[int], hold: bool = True, population: str = USUAL) -> list[Task]:
    return [Task(seed, population, hold) for seed in seeds]


def spread(
    work: Callable[[Item], Done], items: list[Item], workers: int = 2, progress: Callable[[], None] | None = None
) -> list[Done]:
    """work(item) for each, on several processes, in order."""
    done: list[Done] = []
    with contextlib.ExitStack() as stack:
        if workers == 1:
            each = map(work, items)
        else:
            for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # threads within processes only get in the way
                os.environ.setdefault(name, "1")
            each = stack.enter_context(ProcessPoolExecutor(workers, get_context("spawn"))).map(work, items)
        for one in each:
            done.append(one)
            if progress is not None:
                progress()
    return done


def run_all(groups: list[list[Task]], workers: int = 2, progress: Callable[[], None] | None = None) -> list[Trial]:
    """Trials of groups of tasks, each group one lifter who performs once."""
    return [trial for some in spread(run_trials, groups, workers, progress) for trial in some]


def run(seeds: range, *, hold: bool, everything: bool, workers: int, data: Path | None, progress: Progress) -> Results:
    """Usual lifters, with the hold or without; with `everything` all that the page shows."""
    found = Results(seeds)

    def counted(what: str, of: int) -> Callable[[], None]:
        count = itertools.count(1)
        progress(what, 0, of)
        return lambda: progress(what, next(count), of)

    def trials(what: str, groups: list[list[Task]]) -> list[Trial]:
        return run_all(groups, workers, counted(what, len(groups)))

    if not everything:
        own = trials("virtual lifters", [[task] for task in lifters(seeds, hold)])
        (found.held if hold else found.free).extend(own)
        return found
    both = trials("usual lifters", [[Task(seed), Task(seed, hold=False)] for seed in seeds])
    found.held, found.free = both[::2], both[1::2]
    few, bare = seeds[: max(len(seeds) // 2, 1)], seeds[:WITHOUT_PAD_LIFTERS]
    found.wide = trials("wide lifters", [[task] for task in lifters(few, population=WIDE)])
    lifted = [[Task(seed, sensors=("sled", "leg"), faults=("seat_lift", "heel_lift", "tempo"))] for seed in bare]
    found.without_pad = trials("without pads", lifted)
    found.harms = sensitivity.harms(
        trials("sensitivity", [[task] for task in sensitivity.tasks(seeds[:SENSITIVITY_LIFTERS])])
    )
    some = list(seeds[:FORESIGHT_LIFTERS])
    for by_horizon in spread(foresee, some, workers, counted("lead times", len(some))):
        for horizon_s, seen in by_horizon.items():
            found.ahead[horizon_s] = found.ahead.get(horizon_s, Predictions()) + seen
    if data is not None and data.is_dir():
        progress("real recordings", 0, 1)
        found.robot = [recordings.robot(data, name, whole) for name in recordings.ROBOT for whole in (False, True)]
        found.rig, found.broad = recordings.rig(data), recordings.broad(data)
        found.insole = recordings.insole(data)
    return found
