"""When the node is awake, still, asleep: every way in and out, on steady chips and a processor that takes notes."""

import struct

import pytest

import node_fakes
import node_time
import test_node_loop
from flash_blocks import FlashBlocks
from node_fakes import Processor
from node_radio import Radio, Store
from node_shims import firmware
from presscue import wire
from test_node_loop import Rig, result

AWAKE, STILL = range(len(wire.POWER))
SLEEP_MIN = wire.SETTINGS.index("sleep_min")
NOON_MS = 1_700_000_000_000


MOVING = set()
"""Sensors that swing."""


class RestingImu(node_fakes.SteadyImu):
    """Reads the same for ever, unless it swings."""

    def _word(self, index, buffer, at):
        node_fakes.SteadyImu._word(self, index, buffer, at)
        if index % 3 < 2:
            value = 400 * (index // 300 % 2) if self in MOVING else 0
            for i in range(1, 7, 2):
                buffer[at + i], buffer[at + i + 1] = value & 0xFF, value >> 8


class Node(Rig):
    """A node with all that it can have, on battery, that sleeps after a minute."""

    def __init__(self, minutes: int | None = 1, processor=None, store=None):
        self.radio, self.store = Radio(), store or Store()
        super().__init__(chip=processor, bluetooth=self.radio, keys=self.store, blocks=FlashBlocks(sectors=160))
        self.run_ms(100)
        if minutes is not None:
            self.ask("configure", 1, SLEEP_MIN, minutes)

    @property
    def state(self):
        assert self.processor.is_slow == (self.node.power.state == STILL)
        return self.node.power.state

    def run_s(self, seconds, ping=False):
        for _ in range(seconds):
            if ping:
                self.send("ping", 1, 1)
            self.run_ms(1_000)
            if self.processor.slept:
                return


@pytest.fixture(autouse=True)
def resting(monkeypatch):
    monkeypatch.setattr(test_node_loop, "SteadyImu", RestingImu)


def test_still_after_ten_seconds_and_asleep_after_the_minutes_set():
    node = Node()
    node.run_s(9)
    assert node.state == AWAKE
    node.run_s(3)
    assert node.state == STILL
    node.run_s(47)
    assert not node.processor.slept
    node.run_s(5)
    assert len(node.processor.slept) == 1
    assert [chip.registers[0x10] >> 4 for chip in (node.sled, node.leg)] == [1, 0]  # accelerometers: 12.5 Hz, off
    assert [chip.registers[0x11] >> 4 for chip in (node.sled, node.leg)] == [0, 0]  # gyroscopes
    assert node.haptic.registers[0x01] == 0x40  # standby


def ping(node):
    pass


def usb(node):
    node.processor.on_usb = True


def central(node):
    node.radio.central()
    node.node.access.admitted = lambda host: True


def moved(node):
    MOVING.add(node.sled)


def guarding(node):
    node.node.guard.ready = True


def without_sled(node):
    node.sled.absent = True


def never(node):
    node.ask("configure", 1, SLEEP_MIN, 0)


@pytest.mark.parametrize("cause", [ping, usb, central, moved, guarding, without_sled, never], ids=lambda f: f.__name__)
def test_it_does_not_sleep(cause):
    node = Node()
    cause(node)
    node.run_s(130, ping=cause is ping)
    assert not node.processor.slept
    assert node.state == (AWAKE if cause in (ping, moved) else STILL)
    if cause is moved:
        assert node.node.recorder.state == wire.LOG_STATES.index("recording")
        MOVING.discard(node.sled)
        node.run_s(80)
        assert node.processor.slept
        assert node.node.recorder.region.writing is None  # the log is whole before it sleeps


def test_streaming_keeps_it_awake_until_the_host_has_gone_for_good():
    node = Node()
    node.send("start", 1, 99, 0)
    node.run_s(30, ping=True)
    assert node.state == AWAKE
    node.run_s(20)  # the host is silent: what it misses is written
    assert node.state == AWAKE
    node.node.pinged_at = None  # as after five minutes
    node.run_s(75)
    assert node.processor.slept


def message(node):
    node.send("hello", 1)


def button(node):
    node.node.panel_pressed = True
    firmware.panel.Panel(None, None)._press(node.node, True)


@pytest.mark.parametrize("cause", [message, button, moved], ids=lambda f: f.__name__)
def test_what_happens_ends_stillness_at_once(cause):
    node = Node(minutes=0)
    node.run_s(12)
    assert node.state == STILL
    cause(node)
    node.run_ms(600)
    assert node.state == AWAKE
    assert node.samples(wire.SLED) == []


def test_stillness_rests_the_pads_and_loses_no_reading():
    node = Node(minutes=0)
    taken, losses = [], []
    add = firmware.batch.Batch.add
    node.run_s(12)
    for batch in (*node.node.sampler._imu_batches, node.node.sampler._pads_batch):
        batch.add = lambda reading, ticks, lost, batch=batch: (
            taken.append(batch), losses.append(lost), add(batch, reading, ticks, lost)
        )  # fmt: skip
    node.run_s(2)
    counts = [taken.count(batch) for batch in (*node.node.sampler._imu_batches, node.node.sampler._pads_batch)]
    assert counts == [pytest.approx(416, abs=25), pytest.approx(416, abs=25), 0]
    message(node)
    node.run_s(2)
    assert taken.count(node.node.sampler._pads_batch) == pytest.approx(133, abs=3)
    assert sum(losses) == 0
    assert node.sled.registers[0x10] == 0x5A  # as ever


def test_a_knock_costs_a_minute_and_a_set_the_minutes_set():
    for sets, until_s in ((False, 61), (True, 180)):
        node = Node(minutes=None, processor=Processor(woke=wire.WAKES.index("motion")))
        assert node.node.power.minutes == 10
        if sets:
            MOVING.add(node.sled)
        node.run_s(3)
        MOVING.discard(node.sled)
        node.run_s(until_s)
        assert bool(node.processor.slept) is not sets


def test_what_a_sleep_must_not_forget():
    node = Node()
    node.send("clock", 1, NOON_MS)
    node.ask("configure", 1, wire.SETTINGS.index("silence"), 1)
    node.node.recorder.spoilt = 3
    node.run_s(70)
    (kept,) = node.processor.slept
    again = Node(minutes=None, processor=Processor(wire.WAKES.index("button"), kept), store=node.store)
    assert again.node.power.minutes == 1
    assert again.node.player.silence
    assert again.node.recorder.spoilt == 3
    wall_ms = again.node.wall.ms(again.node.clock.us(node_time.ticks_us()))
    assert wall_ms == pytest.approx(NOON_MS + 62_000, abs=5_000)
    assert wire.CLOCKS[again.node.wall.clock] == "slept"
    health = {"boot": test_node_loop.BOOT, "power": AWAKE, "sleep_min": 1, "woke": 1, "usb": 0, "spoilt": 3}
    assert dict(again.ask("log_list", 1, 0))["health"] == health
    again.ask("clock", 1, NOON_MS + 80_000)
    assert wire.CLOCKS[again.node.wall.clock] == "host"
    assert not [notice for notice in again.notices() if notice[1] == "clock"]


def test_a_node_that_knew_no_time_knows_none_after_a_sleep():
    node = Node()
    node.run_s(70)
    again = Node(processor=Processor(1, node.processor.slept[0]))
    assert not again.node.wall.known


def test_minutes_that_cannot_be_kept_are_refused():
    node = Node(minutes=3)
    node.store.broken = True
    assert result(node.ask("configure", 2, SLEEP_MIN, 5))[2] == "refused"
    assert result(node.ask("configure", 2, SLEEP_MIN, 241))[2] == "bad value"
    assert node.node.power.minutes == 3


def test_a_part_that_does_not_obey_keeps_it_awake_and_is_tried_again():
    node = Node()
    node.run_s(58)

    def broken(register, value):
        raise OSError(19)

    registers = node.node.leg.device.registers
    registers.write = broken
    node.run_s(10)
    assert not node.processor.slept
    del registers.write
    node.run_s(65)
    assert node.processor.slept
    assert struct.unpack("<B", node.processor.slept[0][:1]) == (0,)


def test_rest_of_any_length_is_rest():
    """Ticks wrap in 18 minutes: what lies further back than half of that would look like the future."""
    node_time.reset(5)
    gate = firmware.motion_gate.MotionGate()
    rested = []
    for _ in range(120):
        node_time.advance(20_000_000)
        rested.append(gate.rested_us(node_time.ticks_us()))
    assert rested[:20] == [20_000_000 * n for n in range(1, 21)]
    assert min(rested[26:]) > 500_000_000
