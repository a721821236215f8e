"""All of it: virtual lifters on several processes, then the real recordings."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from . import recordings, sensitivity
from .foresight import HORIZONS_S, foresee
from .scoring import Predictions
from .trial import USUAL, WANTED, WIDE, Task, Trial, run_trials

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is, and how much there is."""

SENSITIVITY_LIFTERS = 6
FORESIGHT_LIFTERS = 16


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


def run_all(groups: list[list[Task]], workers: int = 2, progress: Callable[[], None] | None = None) -> list[Trial]:
    """Trials of groups of tasks (each group one lifter who performs once), on several processes, in order."""
    trials: list[Trial] = []
    if workers == 1:
        for group in groups:
            trials += run_trials(group)
            if progress is not None:
                progress()
        return trials
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for some in pool.map(run_trials, groups):
            trials += some
            if progress is not None:
                progress()
    return trials


def run(seeds: range, *, hold: bool, everything: bool, workers: int, data: Path | None, progress: Progress) -> Results:
    """Usual lifters, with the hold or without; with `everything` all that the page shows."""
    found = Results(seeds)

    def trials(what: str, groups: list[list[Task]]) -> list[Trial]:
        done = 0

        def one() -> None:
            nonlocal done
            done += 1
            progress(what, done, len(groups))

        progress(what, 0, len(groups))
        return run_all(groups, workers, one)

    if not everything:
        own = trials("virtual lifters", [[task] for task in lifters(seeds, hold)])
        (found.held if hold else found.free).extend(own)
        return found
    both = trials("usual lifters", [[Task(seed), Task(seed, hold=False)] for seed in seeds])
    found.held, found.free = both[::2], both[1::2]
    found.wide = trials("wide lifters", [[task] for task in lifters(seeds, population=WIDE)])
    few = seeds[: max(len(seeds) // 2, 1)]
    lifted = [[Task(seed, sensors=("sled", "leg"), faults=("seat_lift", "heel_lift", "tempo"))] for seed in few]
    found.without_pad = trials("without pads", lifted)
    found.harms = sensitivity.harms(
        trials("sensitivity", [[task] for task in sensitivity.tasks(seeds[:SENSITIVITY_LIFTERS])])
    )
    for number, seed in enumerate(seeds[:FORESIGHT_LIFTERS]):
        progress("lead times", number, min(len(seeds), FORESIGHT_LIFTERS))
        for horizon_s, seen in foresee(seed).items():
            found.ahead[horizon_s] = found.ahead.get(horizon_s, Predictions()) + seen
    if data is not None and data.is_dir():
        progress("real recordings", 0, 1)
        found.robot = [recordings.robot(data, name, whole) for name in recordings.ROBOT for whole in (False, True)]
        found.rig, found.broad = recordings.rig(data), recordings.broad(data)
        found.insole = recordings.insole(data)
    return found


__all__ = ["HORIZONS_S", "WANTED", "Results", "lifters", "run", "run_all"]
