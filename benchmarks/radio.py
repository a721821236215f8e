"""Cue latency over the modelled air: connection interval and loss. In virtual time, so the same on every machine.

python benchmarks/radio.py
"""

from presscue.demo import FAULTS, SESSION
from presscue.fitting import core_of
from presscue.links.ble import BleLink
from presscue.live import LiveSession
from presscue.profile import Profile
from presscue.simulator.performance import perform
from presscue.simulator.radio.room import Room
from presscue.simulator.scenario import parse_options
from presscue.simulator.virtual_node import VirtualNode

AIRS = ((7_500, 0.0), (15_000, 0.0), (15_000, 0.1), (30_000, 0.0), (30_000, 0.1), (60_000, 0.0), (60_000, 0.1))
"""Connection interval in us, share of connection events that fail."""
SEEDS = (10, 11, 12)


def session(seed: int, interval_us: int, loss: float) -> LiveSession:
    scenario, _ = parse_options(f"seed={seed},faults={FAULTS},{SESSION}")
    world = perform(scenario)
    room = Room(VirtualNode(world, seed=seed), interval_us=interval_us, seed=seed)
    try:
        room.air.loss = loss
        profile = Profile(height_m=round(scenario.height_m, 2), straight_leg_hold_s=(0.2, scenario.hold_s))
        live = LiveSession(BleLink("", room.radio), core_of(profile, patient=False), fits="inline", session_id=1)
        while live.step() and live.core.merge.watermark < world.duration_s - 0.5:
            pass
        live.finish()
        return live
    finally:
        room.close()


def main() -> None:
    print("interval  lost events  cues   p50   p95   p99 ms  expired  readings lost")
    for interval_us, loss in AIRS:
        sessions = [session(seed, interval_us, loss) for seed in SEEDS]
        latencies = sorted(each for live in sessions for each in live.latencies_ms)
        at = [latencies[min(int(len(latencies) * share), len(latencies) - 1)] for share in (0.5, 0.95, 0.99)]
        expired = sum(ack.outcome == "expired" for live in sessions for ack in live.acks)
        lost = sum(live.session.counts.lost_readings for live in sessions)
        print(
            f"{interval_us / 1000:5.1f} ms  {loss:10.0%}  {len(latencies):4d}  "
            + "  ".join(f"{each:4.0f}" for each in at)
            + f"  {expired:10d}  {lost:13d}"
        )


if __name__ == "__main__":
    main()
