"""`presscue fleet analyze` beside a plain process pool: python benchmarks/fleet.py [sessions] [rounds]

Two hundred simulated sessions of three minutes, made once (in the temporary folder), on two workers. The pool does
nothing but the analysis; the fleet starts its cluster, schedules, stages and settles a whole Parquet dataset. Both
are timed from nothing to all results, in turns. Printed: speed of the fleet as a part of the pool's (bound 0.85) and
processor time beyond the pool's (bound 0.10). Then what DESIGN.md reckons with: bytes and seconds a session.
"""

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from made_sessions import make

from presscue.archive.facts import Study, study
from presscue.fleet.analysis import run_analyze
from presscue.warmup import warm_up

WORKERS = 2
SPEED, OVERHEAD = 0.85, 0.10


def alone(path: str) -> Study:
    return study(Path(path), None, curves=False)


def pool(paths: list[Path]) -> None:
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as workers:
        found = list(workers.map(alone, map(str, paths)))
    assert all(one.analysis is not None for one in found)


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the clock, and of all processors, children included."""
    began_s, before_s = time.perf_counter(), _processor_s()
    work()
    return time.perf_counter() - began_s, _processor_s() - before_s


def _processor_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(count: int, rounds: int) -> int:
    archive = Path(tempfile.gettempdir()) / f"presscue-fleet-{os.getuid()}"
    paths = make(archive, count)
    warm_up()
    wall = {"pool": 0.0, "fleet": 0.0}
    work = dict.fromkeys(wall, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "archive"
        chosen.mkdir()
        for path in paths:
            os.link(path, chosen / path.name) if path.stat().st_dev == chosen.stat().st_dev else shutil.copy2(
                path, chosen
            )
        out = Path(folder) / "dataset"
        for turn in range(rounds):
            shutil.rmtree(out, ignore_errors=True)
            for name in ("pool", "fleet") if turn % 2 == 0 else ("fleet", "pool"):
                if name == "pool":
                    spent = timed(lambda: pool(paths))
                else:
                    spent = timed(lambda: print(run_analyze([str(chosen)], str(out), workers=WORKERS, quiet=True)))
                wall[name] += spent[0]
                work[name] += spent[1]
                print(f"{name}: {spent[0]:.1f} s, {spent[1]:.1f} s of processors")
        began_s = time.process_time()
        run_analyze([str(chosen)], str(out), quiet=True)
        again_s = time.process_time() - began_s
        bytes_in, bytes_out = size_of(archive) / len(list(archive.iterdir())), size_of(out) / count
    speed, overhead = wall["pool"] / wall["fleet"], work["fleet"] / work["pool"] - 1.0
    print(f"{count} sessions on {WORKERS} workers, {rounds} round(s)")
    print(f"speed of the fleet, of the pool's: {speed:.2f} (bound {SPEED})")
    print(f"processor time beyond the pool's: {overhead:.3f} (bound {OVERHEAD})")
    print(f"a session: {bytes_in / 1e6:.2f} MB in, {bytes_out / 1e3:.1f} kB of Parquet out, "
          f"{work['pool'] / rounds / count:.2f} s of a processor; "
          f"looking again without change {1e3 * again_s / count:.2f} ms")  # fmt: skip
    return 0 if speed >= SPEED and overhead <= OVERHEAD else 1


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(main(given[0] if given else 200, given[1] if len(given) > 1 else 1))
