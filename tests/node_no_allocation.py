"""Run by MicroPython: streams and logs READINGS readings of both sensors, and the pads, twice; prints the heap.

The log is packed everywhere, and written where words are 64 bit: elsewhere each page's CRC is an object on the heap.

Arguments: folders to import from (joined by ':'), READINGS, and PLANT, what to plant in the hot path: nothing, slice,
tuple, float, view, varargs, bigint. Without arguments the two are globals. Prints `grown BYTES` (growth of the
heap with collection off), `locked ok` or `locked MemoryError` (the same loop, heap locked), `readings N`.
"""

import gc
import sys

if len(sys.argv) > 2:
    sys.path[:0] = sys.argv[1].split(":")
    READINGS = int(sys.argv[2])
    WRITES = True
    PLANT = sys.argv[3]

else:
    WRITES = False

import node_time

sys.modules["time"] = node_time

import micropython  # noqa: I001
import node_fakes
from presscue import wire
from presscue_node import board
from presscue_node.ads1115 import Ads1115
from presscue_node.batch import Batch
from presscue_node.clock import Clock
from presscue_node.flow import Flow
from presscue_node.guard import Guard
from presscue_node.lsm6dsox import Lsm6dsox
from presscue_node.outbox import Outbox
from presscue_node.pads import Pads
from presscue_node.log_region import Region
from presscue_node.part import Notices, Part
from presscue_node.recorder import ACTIVE, Recorder
from presscue_node.sampler import Sampler
from presscue_node.wall_clock import WallClock

sink = None
LIMITS = {"axes": b"\x00\x10" + bytes(6) + b"\x00\x10" + bytes(6) + b"\x00\x08", "bias": 3, "gain": 10_000}
LIMITS.update(straight=-2_000_000, middle=0, deep=2_000_000, heel_left=90, heel_right=90)


class RamBlocks:
    """A flash of a megabyte that is always erased enough."""

    def __init__(self):
        self.data = bytearray(b"\xff" * (1 << 20))

    def readblocks(self, number, buffer, offset=0):
        at = number * 4096 + offset
        for i in range(len(buffer)):
            buffer[i] = self.data[at + i]

    def writeblocks(self, number, buffer, offset=0):
        at = number * 4096 + offset
        for i in range(len(buffer)):
            self.data[at + i] = buffer[i]

    def ioctl(self, what, argument):
        return 256 if what == 4 else 0


def varargs(*values):
    return values[0]


class Leaky(Batch):
    """A batch with one small allocation per reading."""

    def add(self, reading, ticks, lost):
        global sink
        if PLANT == "slice":
            sink = reading[0:2]
        elif PLANT == "tuple":
            sink = (ticks, lost)
        elif PLANT == "float":
            sink = ticks / 3
        elif PLANT == "view":
            sink = memoryview(reading)
        elif PLANT == "varargs":
            sink = varargs(ticks, lost)
        elif PLANT == "bigint":
            sink = (1 << 30) + lost
        Batch.add(self, reading, ticks, lost)


def build():
    bus = node_fakes.Bus(
        {
            board.SLED_ADDRESS: node_fakes.SteadyImu(),
            board.LEG_ADDRESS: node_fakes.SteadyImu(),
            board.PADS_ADDRESS: node_fakes.SteadyAdc(),
        }
    )
    clock = Clock()
    outbox = Outbox()
    notices = Notices(outbox, clock, 1)
    sled = Part("sled", Lsm6dsox(bus, board.SLED_ADDRESS), notices)
    leg = Part("leg", Lsm6dsox(bus, board.LEG_ADDRESS), notices)
    pads = Part("pads", Pads(Ads1115(bus, board.PADS_ADDRESS)), notices)
    region = Region(RamBlocks(), 128)
    region.mount(1)
    hello = wire.encode("hello", 1)
    recorder = Recorder(region, clock, WallClock(), 1, notices, lambda session, wall_ms: [hello], lambda: hello)
    guard = Guard(None, recorder.gate, clock, outbox, 1)
    guard.set(LIMITS)
    flow = Flow(outbox, recorder, guard)
    flow.streaming = True
    sampler = Sampler(sled, leg, pads, flow, clock, notices, 1)
    return sampler, flow, recorder, outbox, clock


def run(sampler, recorder, outbox, clock, until):
    """Poll until the sled's batch has numbered `until` readings.

    On the way the outbox is full and empty, and now and then the loop stands still for 0.7 s.
    """
    batch = sampler._imu_batches[0]
    turns = 0
    while batch.seq < until:
        now = clock.update()
        sampler.poll(now)
        if WRITES:
            recorder.poll(now)
        if turns & 0x400:
            outbox.take()
        turns += 1
        node_time.advance(sampler.wait_us(now) or 300 if turns % 3_000 else 700_000)


node_time.reset(node_time.PERIOD - 20_000_000)  # the tick counter wraps on the way
sampler, flow, recorder, outbox, clock = build()
sampler.poll(clock.update())
sampler.start()
if PLANT != "nothing":
    batch = Leaky(flow, clock, 1, 0, 6)
    sampler._imu_batches = (batch, sampler._imu_batches[1])
before = after = 0  # every global exists before the heap is locked
locked = "ok"
run(sampler, recorder, outbox, clock, 1_000)

gc.collect()
gc.disable()
before = gc.mem_alloc()
before = gc.mem_alloc()
run(sampler, recorder, outbox, clock, 1_000 + READINGS)
after = gc.mem_alloc()
gc.enable()
print("grown", after - before)

micropython.heap_lock()
try:
    run(sampler, recorder, outbox, clock, 1_000 + 2 * READINGS)
except MemoryError:
    locked = "MemoryError"
micropython.heap_unlock()
print("locked", locked)
print("guarded", flow._guard._found)
print("readings", sampler._imu_batches[0].seq)
print("pages", recorder.region.pages if recorder.state == ACTIVE else 0)
