"""Cue latency over the modelled air: connection interval and loss. In virtual time, so the same on every machine.

    python benchmarks/radio.py [cues]

From the sample that completes a detection to the actuator's start, as the node acknowledges it. Detections are planted:
four times a second one of the readings that the core has just taken is declared to be one, so that there are cues
enough for a p99; all else is what live coaching does. (A detector's own delay belongs to the fault.)
"""

import sys
from random import Random

import numpy as np

from presscue.fitting import core_of
from presscue.links.ble import BleLink
from presscue.live.session import LiveSession
from presscue.profile import Profile
from presscue.results import Cue
from presscue.simulator.performance import perform
from presscue.simulator.radio.room import Room
from presscue.simulator.scenario import parse_options
from presscue.simulator.virtual_node import VirtualNode

AIRS = ((7_500, 0.0), (15_000, 0.0), (15_000, 0.1), (30_000, 0.0), (30_000, 0.1), (60_000, 0.0), (60_000, 0.1))
"""Connection interval in us, share of connection events that fail."""
EVERY_S = 0.25
TTL_MS = 300


def session(interval_us: int, loss: float, cues: int) -> tuple[LiveSession, int]:
    """A session with so many cues, and how many of them were played beyond their time to live."""
    scenario, _ = parse_options("seed=10,sets=8,rest_s=4,hold_s=2.5")
    room = Room(VirtualNode(perform(scenario), seed=10), interval_us=interval_us, seed=10)
    rng = Random(1)
    try:
        room.air.loss = loss
        live = LiveSession(
            BleLink("", room.radio), core_of(Profile(), patient=False, observe_only=True), fits="inline", session_id=1
        )
        sent, next_s, taken_s, detected_s = 0, 3.0, 0.0, {}
        while sent < cues:
            live.step()
            if taken_s > 0.0 and live.core.merge.watermark > max(taken_s, next_s):
                at_s = detected_s[sent] = rng.uniform(taken_s, live.core.merge.watermark)
                live._take([Cue(sent, at_s, "tempo", "pulse", 5, 100, TTL_MS, "planted")])
                sent, next_s = sent + 1, live.core.merge.watermark + EVERY_S * rng.uniform(0.8, 1.2)
            taken_s = live.core.merge.watermark
        live.finish()
        late = sum(ack.start_s - detected_s[ack.cue] > 1e-3 * TTL_MS for ack in live.acks if ack.outcome == "started")
        return live, late
    finally:
        room.close()


def main() -> None:
    cues = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("interval  lost events  played   p50   p95   p99 ms  expired  played late  readings lost")
    for interval_us, loss in AIRS:
        live, late = session(interval_us, loss, cues)
        p50, p95, p99 = np.percentile(live.latencies_ms, (50, 95, 99))
        expired = sum(ack.outcome == "expired" for ack in live.acks)
        lost = sum(live.session.missing().values())
        print(
            f"{interval_us / 1000:5.1f} ms  {loss:10.0%}  {len(live.latencies_ms):6d}  {p50:4.0f}  {p95:4.0f}"
            f"  {p99:4.0f}  {expired:10d}  {late:11d}  {lost:13d}",
            flush=True,
        )


if __name__ == "__main__":
    main()
