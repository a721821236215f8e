"""Eight hours of packets through the live core: python benchmarks/endurance.py [hours]

In virtual time: a session is repeated, as a node in a gym would send it all day, and each packet is fed by itself, with
fits answered at once. Printed each hour: blocks that Python holds (sys.getallocatedblocks) and the process's memory
(resident), and their growth since the first mark. Results are let go: what is measured is the core.
"""

import gc
import sys
from collections import deque
from pathlib import Path

from speed import PACKET_S, packets

from presscue.calibration.model import Priors
from presscue.core import Core, CoreConfig
from presscue.fitting import answer
from presscue.results import CalibrationWanted, Samples


def resident_bytes() -> int:
    """Of this process; Linux only."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def drive(core: Core, packet: list[Samples]) -> int:
    """Feed a packet and answer what it asks for; the number of results."""
    outs = core.feed(packet)
    for wanted in outs:
        if isinstance(wanted, CalibrationWanted):
            core.calibrate(answer(core, wanted)[0])
    return len(outs)


def main(hours: float) -> None:
    once, priors, _ = packets(3.0)
    length_s = len(once) * PACKET_S
    core = Core(CoreConfig(priors=Priors(priors.height_m, None, priors.hold_s)))
    marks: deque[tuple[int, int]] = deque()
    results = 0
    turns = round(3600.0 * hours / length_s)
    each = max(1, min(round(3600.0 / length_s), turns // 8))
    for turn in range(turns + 1):
        for packet in once if turn < turns else []:
            results += drive(core, [Samples(b.source, b.t_s + turn * length_s, b.values) for b in packet])
        if turn and turn % each == 0:
            gc.collect()
            blocks, resident = sys.getallocatedblocks(), resident_bytes()
            marks.append((blocks, resident))
            print(
                f"{turn * length_s / 3600:4.1f} h  {results:6d} results  {blocks:8,d} blocks {blocks - marks[0][0]:+6d}"
                f"  resident {resident / 2**20:7.1f} MiB {(resident - marks[0][1]) / 1024:+7.0f} KiB", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0)
