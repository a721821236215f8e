"""Run by MicroPython: streams READINGS readings of both sensors, and the pads, twice; prints what the heap did.

Arguments: folders to import from (joined by ':'), READINGS, and PLANT, what to plant in the hot path: nothing, slice,
tuple, float, view, varargs, bigint. Without arguments the two are globals. Prints `grown BYTES` (growth of the
heap with collection off), `locked ok` or `locked MemoryError` (the same loop, heap locked), `readings N`.
"""

import gc
import sys

if len(sys.argv) > 2:
    sys.path[:0] = sys.argv[1].split(":")
    READINGS = int(sys.argv[2])
    PLANT = sys.argv[3]

import node_time

sys.modules["time"] = node_time

import micropython  # noqa: I001
import node_fakes
from presscue_node import board
from presscue_node.ads1115 import Ads1115
from presscue_node.batch import Batch
from presscue_node.clock import Clock
from presscue_node.flow import Flow
from presscue_node.lsm6dsox import Lsm6dsox
from presscue_node.outbox import Outbox
from presscue_node.pads import Pads
from presscue_node.part import Notices, Part
from presscue_node.sampler import Sampler

sink = None


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
    flow = Flow(outbox)
    flow.streaming = True
    sampler = Sampler(sled, leg, pads, flow, clock, notices, 1)
    return sampler, flow, outbox, clock


def run(sampler, outbox, clock, until):
    """Poll until the sled's batch has numbered `until` readings.

    On the way the outbox is full and empty, and now and then the loop stands still for 0.7 s.
    """
    batch = sampler._imu_batches[0]
    turns = 0
    while batch.seq < until:
        now = clock.update()
        sampler.poll(now)
        if turns & 0x400:
            outbox.take()
        turns += 1
        node_time.advance(sampler.wait_us(now) or 300 if turns % 3_000 else 700_000)


node_time.reset(node_time.PERIOD - 20_000_000)  # the tick counter wraps on the way
sampler, flow, outbox, clock = build()
sampler.poll(clock.update())
sampler.start()
if PLANT != "nothing":
    batch = Leaky(flow, clock, 1, 0, 6)
    sampler._imu_batches = (batch, sampler._imu_batches[1])
before = after = 0  # every global exists before the heap is locked
locked = "ok"
run(sampler, outbox, clock, 1_000)

gc.collect()
gc.disable()
before = gc.mem_alloc()
before = gc.mem_alloc()
run(sampler, outbox, clock, 1_000 + READINGS)
after = gc.mem_alloc()
gc.enable()
print("grown", after - before)

micropython.heap_lock()
try:
    run(sampler, outbox, clock, 1_000 + 2 * READINGS)
except MemoryError:
    locked = "MemoryError"
micropython.heap_unlock()
print("locked", locked)
print("readings", sampler._imu_batches[0].seq)
