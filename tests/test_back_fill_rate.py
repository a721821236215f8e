"""How fast what a drop took is fetched, as a share of what the live stream leaves of the link; and what cues notice."""

from random import Random

import numpy as np
import pytest

from presscue import wire
from presscue.results import Cue
from test_download import Pressed
from test_drops import settled
from troubled_link import Gym

GAP_S = 6.0
PACKETS, INTERVAL_S, PACKET_BYTES = 4, 0.015, 244
CABLE_BYTES_PER_S = 92_160
"""921,600 baud, ten bits a byte."""
FETCHED = frozenset(wire.TYPES[name] for name in ("packed", "fetched"))


class Meter:
    """Bytes that come over a link: live ones, fetched ones, and when."""

    def __init__(self, live):
        self.fetched: list[tuple[float, int]] = []
        self.live: list[tuple[float, int]] = []
        decoder = wire.PacketDecoder() if live.link.envelope == "packets" else wire.FrameDecoder()
        read = live.link.read

        def counted(timeout_s: float) -> bytes:
            data = read(timeout_s)
            for message in decoder.feed(data) if data else ():
                (self.fetched if message[0] in FETCHED else self.live).append((live.link.now_s(), len(message) + 1))
            return data

        live.link.read = counted

    def share(self, capacity: float) -> float:
        """Fetched bytes a second, of what the live ones leave of `capacity` meanwhile."""
        times = [t_s for t_s, _ in self.fetched]
        first_s, last_s = min(times), max(times)
        live = sum(size for t_s, size in self.live if first_s <= t_s <= last_s)
        fetched = sum(size for _, size in self.fetched)
        return fetched / (capacity * (last_s - first_s) - live)


def dropped(gym: Gym, live, gap_s: float) -> Meter:
    """The link is away for so long; a meter on the new one."""
    began_s = gym.now_s
    gym.reach(False)
    gym.at(began_s + gap_s, lambda: gym.reach(True))
    while gym.now_s < began_s + gap_s or live.state != "streaming":
        live.step(0.02)
    return Meter(live)


@pytest.mark.parametrize("kind", ["ble", "usb"])
def test_back_fill_takes_half_of_the_spare_rate_at_least(kind, tmp_path):
    with Gym(Pressed((4.0,), 5.0), kind, tmp_path, seed=3, **({"packets": PACKETS} if kind == "ble" else {})) as gym:
        live = gym.host()
        while gym.now_s < 6.0:
            live.step(0.02)
        meter = dropped(gym, live, GAP_S)
        while not settled(live):
            live.step(0.005)
        live.finish()
        share = meter.share(PACKETS * PACKET_BYTES / INTERVAL_S if kind == "ble" else CABLE_BYTES_PER_S)
        print(f"{kind}: a gap of {GAP_S:g} s fetched at {share:.0%} of the spare rate")
        assert share >= 0.5
        assert live.session.counts.filled_readings == live.session.counts.lost_readings > 2000


@pytest.mark.slow
def test_cues_notice_nothing_of_what_is_fetched_beside_them(tmp_path):
    """Cues are planted while gaps of forty seconds are fetched over the air at 15 ms."""
    dice, sent, detected_s = Random(1), 0, {}
    with Gym(Pressed((4.0,), 5.0), "ble", tmp_path, seed=3) as gym:
        live = gym.host()
        while gym.now_s < 4.0:
            live.step(0.02)
        for _ in range(6):
            dropped(gym, live, 40.0)
            next_s = gym.now_s + 0.5  # what waited in the node until then is too old to be cued
            while not settled(live):
                before_s = live.core.merge.watermark
                live.step(0.02)
                now_s = live.core.merge.watermark
                if live.back_fill.busy and now_s > before_s and gym.now_s > next_s:
                    detected_s[sent] = dice.uniform(before_s, now_s)
                    live._take([Cue(sent, detected_s[sent], "tempo", "pulse", 5, 100, 300, "planted")])
                    sent, next_s = sent + 1, gym.now_s + dice.uniform(0.09, 0.13)
            until_s = gym.now_s + 0.5
            while gym.now_s < until_s:
                live.step(0.02)
        live.finish()
        p50, p95, p99 = np.percentile(live.latencies_ms, (50, 95, 99))
        print(f"{len(live.latencies_ms)} of {sent} cues while {live.session.counts.filled_readings:,} readings were "
              f"fetched: p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms")  # fmt: skip
        assert len(live.latencies_ms) == sent >= 100
        assert p95 <= 75
        assert p99 <= 100
