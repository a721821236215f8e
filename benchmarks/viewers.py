"""What ten viewers cost the session: every packet of a virtual session once with them and once without, in one run.

    python benchmarks/viewers.py [rounds]

The session runs at the pace of life. Stretches of a second with pictures for ten viewers take turns with stretches
without; in the next round the turns are exchanged, so that both kinds hold the same packets, and what else the machine
does meanwhile falls on both alike. Printed: processor time of a packet (p50, p99) in both, and the ratio of each.
"""

import subprocess
import sys
import time

import numpy as np

from presscue.demo import FAULTS, SESSION
from presscue.fitting import core_of
from presscue.links.sim import open_sim
from presscue.live.session import LiveSession
from presscue.live.warmup import warm_up
from presscue.profile import Profile
from presscue.web.feed import Page
from presscue.web.picture import Painter

VIEWERS = 10
UNTIL_S = 40.0
PACKET_S = 0.02
TURN = 50
"""Packets of one stretch."""
BOUND = 1.1

LOOK = """
import asyncio, sys
from websockets.asyncio.client import connect
async def look(url):
    async with connect(url, origin=url.replace("ws", "http", 1).removesuffix("/pictures"), compression=None) as socket:
        print("in", flush=True)
        async for _ in socket:
            pass
async def main():
    await asyncio.gather(*(look(sys.argv[1]) for _ in range(int(sys.argv[2]))), return_exceptions=True)
asyncio.run(main())
"""


def session_s(page: Page, watched_first: bool) -> dict[bool, list[float]]:
    """Processor time of each packet of one session, by whether it was watched; fits are left out."""
    link = open_sim(f"seed=10,faults={FAULTS},{SESSION},fast")
    live = LiveSession(link, core_of(Profile(height_m=1.75), patient=False), fits="inline", wall_ms=lambda: 0)
    spent: dict[bool, list[float]] = {False: [], True: []}
    receive, watched, packets = live._receive, watched_first, 0

    def timed(data: bytes) -> bool:
        nonlocal packets
        began_s = time.thread_time()
        readings = receive(data)
        if readings:
            spent[watched].append(time.thread_time() - began_s)
            packets += 1
        return readings

    live._receive = timed  # type: ignore[method-assign]
    due_s = time.monotonic()
    while live.step() and live.core.merge.watermark < UNTIL_S:
        watched = watched_first != bool(packets // TURN % 2)
        if watched:
            page.update(live)
        due_s = max(due_s + PACKET_S, time.monotonic() - PACKET_S)
        time.sleep(max(0.0, due_s - time.monotonic()))
    live.finish()
    return spent


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    warm_up()
    page = Page(Painter(Profile(), "benchmark"), port=0)
    address = page.url.replace("http", "ws", 1) + "pictures"
    viewers = subprocess.Popen([sys.executable, "-c", LOOK, address, str(VIEWERS)], stdout=subprocess.PIPE)
    assert viewers.stdout is not None
    spent: dict[bool, list[float]] = {False: [], True: []}
    try:
        for _ in range(VIEWERS):
            viewers.stdout.readline()
        for turn in range(2 * rounds):
            for watched, times in session_s(page, turn % 2 == 0).items():
                spent[watched] += times
    finally:
        page.close()
        viewers.wait()
        viewers.stdout.close()
    ratio = {}
    for share in (50, 99):
        alone, watched = (1000 * float(np.percentile(spent[which], share)) for which in (False, True))
        ratio[share] = watched / alone
        print(f"p{share}: alone {alone:.3f} ms, ten viewers {watched:.3f} ms, ratio {ratio[share]:.2f}")
    print(f"{'within' if ratio[99] <= BOUND else 'over'} the bound of {BOUND} (p99), {len(spent[True]):,} packets each")
    return 0 if ratio[99] <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
