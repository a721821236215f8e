"""`presscue fleet analyze` beside a plain process pool: python benchmarks/fleet.py [sessions]

Two hundred simulated sessions of three minutes, made once (in the temporary folder), on two workers each. The pool
does nothing but the analysis; the fleet starts its cluster, looks at the folder, schedules, stages and settles a whole
Parquet dataset. Both work through the same slices in turns, so that what else the machine does meets both alike, and
everything from their start to their last result counts. Printed: speed of the fleet as a part of the pool's (bound
0.85), and processor time beyond the pool's (bound 0.10). Then what DESIGN.md reckons with: bytes and seconds a session.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import psutil  # distributed brings it
from made_sessions import make

from presscue.archive.facts import Study, study
from presscue.fleet.analysis import look
from presscue.fleet.crew import crew
from presscue.fleet.dataset import Dataset
from presscue.fleet.task import Done, analyse
from presscue.live.warmup import warm_up
from presscue.recording import SUFFIX

WORKERS, SLICES = 2, 8
SPEED, OVERHEAD = 0.85, 0.10


def alone(path: str) -> Study:
    return study(Path(path), None, curves=False)


class Spent:
    """Seconds on the clock, and of processors, this process and its living and dead children included."""

    def __init__(self):
        self.wall_s = self.work_s = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        began_s, before_s = time.perf_counter(), _processor_s()
        yield
        self.wall_s += time.perf_counter() - began_s
        self.work_s += _processor_s() - before_s


def _processor_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    living = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return sum(one.ru_utime + one.ru_stime for one in used) + sum(one.user + one.system for one in living)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(count: int) -> int:
    archive = Path(tempfile.gettempdir()) / f"presscue-fleet-{count}-{os.getuid()}"
    paths = make(archive, count)
    warm_up()
    pool, fleet = Spent(), Spent()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(WORKERS, get_context("spawn")) as workers:
        with fleet.counted():
            dataset = Dataset(f"{folder}/dataset", create=True)
            work = look(dataset, [str(archive)], (SUFFIX,))
            opened = crew(None, WORKERS, 2)
            hands = opened.__enter__()
        for number in range(SLICES):
            with pool.counted():
                found = list(workers.map(alone, map(str, paths[number::SLICES])))
            assert all(one.analysis is not None for one in found)
            with fleet.counted():
                done = [result for _, result in hands.map(analyse, work.todo[number::SLICES])]
            assert all(isinstance(one, Done) and not one.error for one in done)
            print(f"{number + 1} of {SLICES}: pool {pool.wall_s:.1f} s, fleet {fleet.wall_s:.1f} s", flush=True)
        with fleet.counted():
            opened.__exit__(None, None, None)
            assert dataset.settle() == count
        began_s = time.process_time()
        assert look(dataset, [str(archive)], (SUFFIX,)).current == count
        again_s = time.process_time() - began_s
        bytes_in, bytes_out = size_of(archive) / count, size_of(Path(folder) / "dataset") / count
    speed, overhead = pool.wall_s / fleet.wall_s, fleet.work_s / pool.work_s - 1.0
    print(f"{count} sessions on {WORKERS} workers each")
    print(f"speed of the fleet, of the pool's: {speed:.2f} (bound {SPEED})")
    print(f"processor time beyond the pool's: {overhead:.3f} of {pool.work_s:.0f} s (bound {OVERHEAD})")
    print(f"a session: {bytes_in / 1e6:.2f} MB in, {bytes_out / 1e3:.1f} kB of Parquet out, "
          f"{pool.work_s / count:.2f} s of a processor; "
          f"looking again without change {1e3 * again_s / count:.2f} ms")  # fmt: skip
    return 0 if speed >= SPEED and overhead <= OVERHEAD else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
