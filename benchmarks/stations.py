"""How many stations one process coaches in time: each a node of its own at 208 Hz, at the wall clock's pace.

    python benchmarks/stations.py [stations...]

The nodes are played by another process: readings of a virtual session, every 20 ms a batch, over loopback sockets that
are opened as serial ports are. Host latency is from the batch's sending to the end of all work on it (cues sent). The
bound is a p99 of 5 ms without a reading lost. Fits are made where they are made live, in one thread for all.
"""

import gc
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from presscue import wire
from presscue.fitting import core_of
from presscue.links.serial import SerialLink
from presscue.live.session import LiveSession
from presscue.live.stations import Stations
from presscue.live.warmup import warm_up
from presscue.profile import Profile
from presscue.session import events as ev
from presscue.simulator.performance import perform
from presscue.simulator.scenario import parse_options
from presscue.simulator.virtual_node import VirtualNode

STATIONS = (10, 20, 30, 40)
OPTIONS = "seed=10,faults=heel_lift+lockout,sets=4+3,rest_s=4,hold_s=2.5,lower_s=1.5+1.8"
LENGTH_S = 30.0
BATCH_S = 0.02
BOUND_MS = 5.0
STAMP = 0x7F
"""A message type that nobody knows, behind each batch: when it was sent."""


class Timed(LiveSession):
    """Notes for each packet how long ago its newest batch was sent, once everything that it brings is done."""

    def __init__(self, *arguments, **options):
        self.lateness_ms: list[float] = []
        self._sent_s = 0.0
        super().__init__(*arguments, **options)

    def _other(self, event: ev.SessionEvent) -> None:
        if isinstance(event, ev.Unknown):
            (self._sent_s,) = struct.unpack("<d", event.message[1:])
        else:
            super()._other(event)

    def _receive(self, data: bytes) -> bool:
        readings = super()._receive(data)
        if readings and self._sent_s:
            self.lateness_ms.append(1000.0 * (time.monotonic() - self._sent_s))
        return readings


def played() -> list[bytes]:
    """A virtual session as frames: what a node says to hello, then a batch of each 20 ms."""
    scenario, _ = parse_options(OPTIONS)
    with VirtualNode(perform(scenario), seed=scenario.seed) as node:
        node.run_until(300_000)
        node.write(wire.frame(wire.encode("hello", 1)))
        node.run_until(500_000)
        said = [node.read()]
        node.write(wire.frame(wire.encode("start", 1, 7, 0)))
        while node.now_us < LENGTH_S * 1e6:
            node.run_until(node.now_us + round(BATCH_S * 1e6))
            said.append(node.read())
    return said


def feed(path: Path, count: int) -> None:
    """The other process: a node behind each port; ports are told on standard output."""
    data = path.read_bytes()
    said, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        said.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    print(*(door.getsockname()[1] for door in doors), flush=True)
    hosts = [door.accept()[0] for door in doors]
    for host in hosts:
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host.recv(4096)  # hello
        host.sendall(said[0])
    began_s = time.monotonic() + 1.0
    for number, batch in enumerate(said[1:]):
        for index, host in enumerate(hosts):
            due_s = began_s + (number + index / count) * BATCH_S
            if (wait_s := due_s - time.monotonic()) > 0:
                time.sleep(wait_s)
            stamp = wire.frame(bytes([STAMP]) + struct.pack("<d", time.monotonic()))
            host.sendall(batch + stamp)
    time.sleep(1.0)


def run(path: Path, count: int) -> tuple[np.ndarray, int, float]:
    """Lateness of every packet (ms), readings lost, processors used by the host."""
    feeder = subprocess.Popen([sys.executable, __file__, "feed", path, str(count)], stdout=subprocess.PIPE)
    assert feeder.stdout is not None
    ports = feeder.stdout.readline().split()

    def begin(port: bytes):
        return lambda pool: Timed(
            SerialLink(f"socket://127.0.0.1:{int(port)}"), core_of(Profile(), patient=False), fits="thread",
            fit_pool=pool,
        )  # fmt: skip

    gc.collect()
    gc.freeze()
    began_s, worked_s = time.monotonic(), time.process_time()
    with Stations({f"station {number}": begin(port) for number, port in enumerate(ports)}) as stations:
        while stations.running:
            time.sleep(0.2)
    took_s, worked_s = time.monotonic() - began_s, time.process_time() - worked_s
    feeder.wait()
    feeder.stdout.close()
    lives = [station.live for station in stations]
    lost = sum(live.session.counts.lost_readings + live.session.counts.bad_frames for live in lives if live is not None)
    late = np.concatenate([live.lateness_ms for live in lives if isinstance(live, Timed)])
    assert len(late) > 0.5 * count * LENGTH_S / BATCH_S
    return late, lost, worked_s / took_s


def main() -> None:
    warm_up()
    print(f"{os.cpu_count()} processors, load before {os.getloadavg()[0]:.1f}")
    print("stations  packets   p50   p95   p99 ms  processors  readings lost")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "played"
        path.write_bytes(b"".join(struct.pack("<I", len(part)) + part for part in played()))
        for count in [int(text) for text in sys.argv[1:]] or STATIONS:
            late, lost, processors = run(path, count)
            p50, p95, p99 = np.percentile(late, (50, 95, 99))
            print(
                f"{count:8d}  {len(late):7d}  {p50:4.1f}  {p95:4.1f}  {p99:4.1f}  {processors:12.2f}  {lost:13d}"
                f"  {'kept' if p99 <= BOUND_MS and not lost else 'NOT kept'}",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["feed"]:
        feed(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
