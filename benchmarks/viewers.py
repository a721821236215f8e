"""What ten viewers cost the session: the same virtual sessions without a page and with ten viewers of one, in turns.

    python benchmarks/viewers.py [rounds]

Prints the processor time of a packet (p50, p99) in both, and the ratio of each. Viewers run in a process of their own.
"""

import subprocess
import sys
import time

import numpy as np

from presscue.demo import FAULTS, SESSION
from presscue.fitting import core_of
from presscue.links.sim import open_sim
from presscue.live import LiveSession
from presscue.profile import Profile
from presscue.warmup import warm_up
from presscue.web.feed import Page
from presscue.web.picture import Painter

VIEWERS = 10
UNTIL_S = 40.0
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


def session_s(with_viewers: bool) -> list[float]:
    """Processor time of each packet of one session, its fits left out."""
    link = open_sim(f"seed=10,faults={FAULTS},{SESSION},fast")
    live = LiveSession(link, core_of(Profile(height_m=1.75), patient=False), fits="inline", wall_ms=lambda: 0)
    page = viewers = None
    if with_viewers:
        page = Page(Painter(Profile(), "benchmark"), port=0)
        address = page.url.replace("http", "ws", 1) + "pictures"
        viewers = subprocess.Popen([sys.executable, "-c", LOOK, address, str(VIEWERS)], stdout=subprocess.PIPE)
        assert viewers.stdout is not None
        for _ in range(VIEWERS):
            viewers.stdout.readline()
    spent = []
    receive = live._receive

    def timed(data: bytes) -> bool:
        began_s = time.thread_time()
        readings = receive(data)
        if readings:
            spent.append(time.thread_time() - began_s)
        return readings

    live._receive = timed  # type: ignore[method-assign]
    while live.step() and live.core.merge.watermark < UNTIL_S:
        if page is not None:
            page.update(live)
    live.finish()
    if page is not None:
        page.close()
    if viewers is not None:
        viewers.wait()
        assert viewers.stdout is not None
        viewers.stdout.close()
    return spent


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    warm_up()
    spent: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        for with_viewers in (False, True):
            spent[with_viewers] += session_s(with_viewers)
    ratio = {}
    for share in (50, 99):
        alone, watched = (1000 * float(np.percentile(spent[which], share)) for which in (False, True))
        ratio[share] = watched / alone
        print(f"p{share}: alone {alone:.3f} ms, ten viewers {watched:.3f} ms, ratio {ratio[share]:.2f}")
    print(f"{'within' if ratio[99] <= BOUND else 'over'} the bound of {BOUND} (p99), {len(spent[True]):,} packets each")
    return 0 if ratio[99] <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
