"""Speed of the core, as figures of one run: python benchmarks/speed.py [minutes]

A virtual session is repeated to the length asked for (60 minutes), fed to the core as a live stream would be, and timed
in bulk and packet by packet. Beside each figure stands the same time as a part of real time, or of its bound. Times are
the processor's, so that other programs disturb them little.
"""

import sys
import time

import numpy as np
from made_sessions import sources_of

from presscue import kernel, wire
from presscue.calibration import model as calibration
from presscue.core import Core, CoreConfig
from presscue.fitting import answer, feed_answering, finish_answering
from presscue.results import CalibrationWanted, Samples
from presscue.simulator.performance import perform
from presscue.simulator.render import render
from presscue.simulator.scenario import random_scenario

PACKET_S = 0.02


def packets(minutes: float) -> tuple[list[list[Samples]], calibration.Priors, int]:
    """Blocks of 20 ms, as a node sends them; what is known beforehand; number of IMU readings."""
    scenario = random_scenario(2, faults=("lockout", "heel_lift", "depth", "tempo"))
    performance = perform(scenario)
    sources = sources_of(render(performance))
    cuts = np.arange(0.0, performance.duration_s, PACKET_S)
    once = []
    for since in cuts:
        packet = []
        for source, t_s, values in sources:
            a, b = np.searchsorted(t_s, (since, since + PACKET_S))
            if b > a:
                packet.append((source, t_s[a:b], values[a:b]))
        once.append(packet)
    made, readings = [], 0
    length_s = cuts[-1] + PACKET_S
    for turn in range(max(1, round(60 * minutes / length_s))):
        for packet in once:
            made.append([Samples(source, t_s + turn * length_s, values) for source, t_s, values in packet])
            readings += sum(len(t_s) for source, t_s, _ in packet if source != wire.PADS)
    return made, calibration.Priors(scenario.height_m, None, performance.truth.hold_s), readings


def main(minutes: float) -> None:
    made, priors, readings = packets(minutes)
    seconds = len(made) * PACKET_S
    warm = Core(CoreConfig(priors=priors, patient=True))
    feed_answering(warm, [block for packet in made[:3000] for block in packet])

    core = Core(CoreConfig(priors=priors, patient=True))
    began = time.process_time()
    feed_answering(core, [block for packet in made for block in packet])
    finish_answering(core)
    bulk_s = time.process_time() - began
    print(f"bulk: {seconds / 60:.0f} min in {bulk_s:.2f} s, {seconds / bulk_s:.0f} times real time")
    print(f"      {1e6 * bulk_s / readings:.2f} us a reading, two fits and all detectors included")

    states = kernel.new_states()
    kinds, t_s, values = core.merge.history()
    assert core._model is not None
    moved = core._moved.copy()
    none = np.zeros((0, len(kernel.COLUMNS)))
    loop = kernel.new_loop(core._model, core._p_reps, core._p_faults, states)
    arguments = (loop, moved, kinds, t_s, values)
    began = time.process_time()
    i = 0
    while i < len(t_s):
        states.out["used"] = 0
        i, _ = kernel.run(*arguments, i, len(t_s), np.inf, False, none)
    print(f"      {1e6 * (time.process_time() - began) / len(t_s):.2f} us a reading in the compiled loop alone")

    core = Core(CoreConfig(priors=priors))
    spent = []
    for packet in made[: int(300 / PACKET_S)]:
        began = time.process_time()
        outs = core.feed(packet)
        spent.append(time.process_time() - began)
        for wanted in outs:  # live, a thread of its own does this
            if isinstance(wanted, CalibrationWanted):
                core.calibrate(answer(core, wanted)[0])
    spent_ms = 1e3 * np.array(spent[len(spent) // 3 :])
    p50, p99 = np.quantile(spent_ms, (0.5, 0.99))
    print(f"packet by packet: p50 {p50:.3f} ms, p99 {p99:.3f} ms: {p99 / 0.5:.2f} of the 0.5 ms bound")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
