"""presscue beside what others offer, on the same readings in one run: python benchmarks/others.py [minutes]

Wants the extra `bench` (vqf, imufusion, brainflow); what is not installed is left out, with a line that says so.
Printed are ratios; the times behind them hold for this machine and this run only.

* The filter: presscue's compiled loop (linkage, both IMUs in one state, reps and fault detectors) against orientation
  filters, which see one IMU each and know of no leg; they get the leg's readings in blocks as a node sends them.
* The ring: a packet written and the last second read, in presscue's ring and in brainflow's buffer (its synthetic
  board, which fills it by itself: only the reading is timed there).
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from speed import packets

from presscue import kernel, wire
from presscue.core import Core, CoreConfig
from presscue.fitting import feed_answering
from presscue.readings.ring import Ring

RATE_HZ = 208.0
SECOND = 208
ROUNDS = 5


def best_s(work: Callable[[], object]) -> float:
    """The shortest of a few rounds: what else the machine does only ever adds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def missing(library: str) -> str:
    return f"{library}: not installed, left out; pip install -e '.[bench]'"


def presscue_s(minutes: float) -> tuple[float, list[tuple[np.ndarray, np.ndarray]]]:
    """Seconds a reading of the compiled loop over a virtual session, and the leg's readings in packets (gyr, acc)."""
    made, priors, _ = packets(minutes)
    core = Core(CoreConfig(priors=priors, patient=True))
    feed_answering(core, [block for packet in made for block in packet])
    kinds, t_s, values = core.merge.history()
    none = np.zeros((0, len(kernel.COLUMNS)))

    def run() -> None:
        states, moved = kernel.new_states(), core._moved.copy()
        loop = kernel.new_loop(core._model, core._p_reps, core._p_faults, states)
        i = 0
        while i < len(t_s):
            states.out["used"] = 0
            i, _ = kernel.run(loop, moved, kinds, t_s, values, i, len(t_s), np.inf, False, none)

    leg = [block.values for packet in made for block in packet if block.source == wire.LEG]
    blocks = [(np.ascontiguousarray(v[:, 3:]), np.ascontiguousarray(v[:, :3])) for v in leg]
    return best_s(run) / int(np.count_nonzero(kinds != wire.PADS)), blocks


def vqf_s(blocks: list[tuple[np.ndarray, np.ndarray]]) -> float | None:
    """Seconds a reading of VQF, block by block."""
    try:
        from vqf import VQF
    except ImportError:
        print(missing("vqf"))
        return None
    quaternions = VQF(1.0 / RATE_HZ)

    def run() -> None:
        for gyr, acc in blocks:
            quaternions.updateBatch(gyr, acc)

    return best_s(run) / sum(len(gyr) for gyr, _ in blocks)


def imufusion_s(blocks: list[tuple[np.ndarray, np.ndarray]]) -> float | None:
    """Seconds a reading of imufusion, which takes one at a time, in deg/s and g."""
    try:
        import imufusion
    except ImportError:
        print(missing("imufusion"))
        return None
    ahrs = imufusion.Ahrs()
    ahrs.set_sample_period(1.0 / RATE_HZ)
    converted = [(np.degrees(gyr), acc / 9.80665) for gyr, acc in blocks]

    def run() -> None:
        for gyr, acc in converted:
            for i in range(len(gyr)):
                ahrs.update_no_magnetometer(gyr[i], acc[i])

    return best_s(run) / sum(len(gyr) for gyr, _ in blocks)


def ring_s(width: int, packets_: int = 2000, rows: int = 4) -> float:
    """Seconds to write a packet and look at the last second, as brainflow's caller would, copied."""
    ring, packet = Ring(1 << 14, width), np.ones((rows, width))
    ring.append(np.zeros((SECOND, width)))
    ring.consume(SECOND)

    def run() -> None:
        for _ in range(packets_):
            ring.append(packet)
            ring.consume(rows)
            ring.history(SECOND).copy()

    return best_s(run) / packets_


def brainflow_s(reads: int = 2000) -> tuple[float, int] | None:
    """Seconds to read the last second from brainflow's buffer, and its rows."""
    try:
        from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams
    except ImportError:
        print(missing("brainflow"))
        return None
    BoardShim.disable_board_logger()
    board = BoardShim(BoardIds.SYNTHETIC_BOARD, BrainFlowInputParams())
    board.prepare_session()
    try:
        board.start_stream()
        while board.get_board_data_count() < SECOND:
            time.sleep(0.05)

        def run() -> None:
            for _ in range(reads):
                board.get_current_board_data(SECOND)

        rows = np.atleast_2d(np.asarray(board.get_current_board_data(1), np.float64)).shape[0]
        return best_s(run) / reads, rows
    finally:
        board.release_session()


def main(minutes: float) -> None:
    ours_s, blocks = presscue_s(minutes)
    print(f"compiled loop, both IMUs, reps and detectors: {ours_s * 1e6:.2f} us a reading here")
    for name, theirs_s in (("vqf", vqf_s(blocks)), ("imufusion", imufusion_s(blocks))):
        if theirs_s is not None:
            print(f"  {name}, orientation of one IMU: presscue takes {ours_s / theirs_s:.2f} of its time a reading")
    found = brainflow_s()
    if found is not None:
        theirs_s, width = found
        ours_s = ring_s(width)
        print(
            f"ring of {width} rows, last {SECOND} samples: presscue takes {ours_s / theirs_s:.3f} of brainflow's time"
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
