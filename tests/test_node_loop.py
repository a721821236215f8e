"""The whole node on steady chips: commands, streaming, faults of single parts, stalls, a link that is full or gone."""

import random
import struct
from itertools import pairwise

import pytest

import node_time
from node_fakes import Bus, Pipe, Processor, Pwm, SteadyAdc, SteadyHaptic, SteadyImu, Watchdog
from node_shims import firmware
from presscue import wire

board = firmware.board
BOOT = 0x1234


class Rig:
    """A node, its chips and the host's end of the link. `messages`: (name, fields) received so far."""

    def __init__(self, start=node_time.PERIOD - 3_000_000, chip=None, **options):
        node_time.reset(start)
        self.sled, self.leg = SteadyImu(), SteadyImu()
        self.adc, self.haptic, self.pwm = SteadyAdc(), SteadyHaptic(), Pwm()
        chips = {
            board.SLED_ADDRESS: self.sled,
            board.LEG_ADDRESS: self.leg,
            board.PADS_ADDRESS: self.adc,
            board.HAPTIC_ADDRESS: self.haptic,
        }
        bus = Bus(chips)
        self.pipe = Pipe()
        self.watchdog = Watchdog()
        devices = {
            "sled": firmware.lsm6dsox.Lsm6dsox(bus, board.SLED_ADDRESS),
            "leg": firmware.lsm6dsox.Lsm6dsox(bus, board.LEG_ADDRESS),
            "pads": firmware.pads.Pads(firmware.ads1115.Ads1115(bus, board.PADS_ADDRESS)),
            "haptic": firmware.drv2605l.Drv2605l(bus, board.HAPTIC_ADDRESS),
            "buzzer": firmware.buzzer.Buzzer(self.pwm),
        }
        self.processor = chip or Processor()
        known = (BOOT, b"DEVICE01", b"node", self.processor)
        self.node = firmware.node.Node(devices, self.pipe, self.watchdog, lambda: 3900, *known, **options)
        self.decoder = wire.FrameDecoder()
        self.messages: list[tuple[str, dict]] = []

    def send(self, name, *values, tail=b""):
        self.pipe.coming += wire.frame(wire.encode(name, *values, tail=tail))

    def run_ms(self, ms):
        end = node_time.ticks_add(node_time.ticks_us(), 1000 * ms)
        while node_time.ticks_diff(end, node_time.ticks_us()) > 0:
            wait = self.node.poll()
            if not self.pipe.coming:
                node_time.advance(wait or 200)
        for message in self.decoder.feed(self.pipe.sent):
            decoded = wire.decode(message)
            assert decoded is not None, message
            self.messages.append(decoded)
        self.pipe.sent = bytearray()

    def ask(self, name, *values, tail=b""):
        """Send, and return what is answered, samples left out."""
        before = len(self.messages)
        self.send(name, *values, tail=tail)
        self.run_ms(10)
        return [message for message in self.messages[before:] if message[0] != "samples"]

    def samples(self, source):
        return [fields for name, fields in self.messages if name == "samples" and fields["source"] == source]

    def notices(self):
        found = [fields for name, fields in self.messages if name == "notice"]
        return [(wire.PARTS[f["part"]], wire.NOTICES[f["code"]], f["value"]) for f in found]

    def status(self):
        return self.ask("status_request", 9)[0][1]

    def faults(self):
        faults = self.status()["faults"]
        return [name for bit, name in enumerate(wire.PARTS) if faults >> bit & 1]


@pytest.fixture
def rig():
    rig = Rig()
    rig.run_ms(10)
    return rig


@pytest.fixture
def streaming(rig):
    rig.send("start", 1, 99, 0)
    rig.run_ms(200)
    return rig


def readings(samples):
    """Numbers that the steady chip gave its readings, from all messages."""
    return [
        number for fields in samples for number in struct.unpack(f"<{len(fields['data']) // 2}h", fields["data"])[::6]
    ]


# commands


def test_hello_is_answered_by_info_and_every_channel(rig):
    (_, info), *channels = rig.ask("hello", wire.PROTOCOL)
    assert (info["protocol"], info["boot"], info["device"], info["name"]) == (1, BOOT, b"DEVICE01", b"node")
    rows = [(row["source"], row["index"], row["channels"], row["scale_nano"], row["label"]) for _, row in channels]
    labels = [label for *_, label in rows]
    assert labels[:6] == [b"sled_" + name for name in IMU_LABELS]
    assert labels[6:12] == [b"leg_" + name for name in IMU_LABELS]
    assert labels[12:] == [b"heel_left_v", b"heel_right_v", b"seat_v"]
    assert rows[0] == (wire.SLED, 0, 6, 1_196_411, b"sled_acc_x_mps2")
    assert rows[9] == (wire.LEG, 3, 6, 305_433, b"leg_gyr_x_radps")
    assert rows[12] == (wire.PADS, 0, 3, 125_000, b"heel_left_v")
    assert {row["period_ns"] for _, row in channels} == {4_799_760, 15_000_000}


IMU_LABELS = [b"acc_x_mps2", b"acc_y_mps2", b"acc_z_mps2", b"gyr_x_radps", b"gyr_y_radps", b"gyr_z_radps"]


def result(answers):
    ((name, fields),) = answers
    assert name == "result"
    return fields["command"], fields["token"], wire.RESULTS[fields["code"]], fields["text"]


def test_start_and_stop_each_only_once(rig):
    assert result(rig.ask("stop", 4)) == (0x11, 4, "wrong state", b"wrong state")
    assert result(rig.ask("start", 5, 1, 0)) == (0x10, 5, "ok", b"")
    assert result(rig.ask("start", 6, 1, 0)) == (0x10, 6, "wrong state", b"wrong state")
    assert result(rig.ask("stop", 7)) == (0x11, 7, "ok", b"")


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("batch_ms", 40, "ok"),
        ("batch_ms", 4, "bad value"),
        ("batch_ms", 201, "bad value"),
        ("cue_strength", 100, "ok"),
        ("cue_strength", -1, "bad value"),
        ("silence", 1, "ok"),
        ("silence", 2, "bad value"),
        ("watchdog_ms", 5_000, "ok"),
        ("watchdog_ms", 10, "bad value"),
    ],
)
def test_settings_have_a_range(rig, setting, value, code):
    assert result(rig.ask("configure", 3, wire.SETTINGS.index(setting), value))[2] == code


def test_settings_take_effect(rig):
    rig.ask("configure", 1, wire.SETTINGS.index("watchdog_ms"), 5_000)
    assert rig.watchdog.timeout_ms == 5_000
    rig.ask("configure", 1, wire.SETTINGS.index("batch_ms"), 35)
    rig.send("start", 1, 1, 0)
    rig.run_ms(1_000)
    assert {fields["count"] for fields in rig.samples(wire.SLED)[2:]} == {7, 8}


def test_an_unknown_setting_is_refused(rig):
    assert result(rig.ask("configure", 3, len(wire.SETTINGS), 0))[2] == "bad value"


def test_ping_tells_both_clocks(rig):
    (name, pong), (_, answer) = rig.ask("ping", 8, 123_456_789_012)
    assert (name, pong["token"], pong["host_us"]) == ("pong", 8, 123_456_789_012)
    assert 10_000 <= pong["node_us"] <= 20_000
    assert (answer["token"], answer["code"]) == (8, 0)


def test_status_counts(streaming):
    status = streaming.status()
    assert (status["boot"], status["state"], status["faults"], status["battery_mv"]) == (BOOT, 1, 0, 3900)
    assert streaming.ask("status_request", 2)[1][1]["token"] == 2


def test_messages_that_are_no_commands(rig):
    rig.pipe.coming += wire.frame(b"\x7f\x01\x02") + wire.frame(wire.encode("pong", 1, 2, 3)) + wire.frame(b"\x10\x01")
    rig.run_ms(20)
    results = [(f["command"], wire.RESULTS[f["code"]]) for name, f in rig.messages if name == "result"]
    assert results == [(0x7F, "unknown command"), (0x19, "unknown command"), (0x10, "bad value")]


def test_garbage_does_no_harm(rig):
    noise = random.Random(5)
    for _ in range(300):
        rig.pipe.coming += bytes(noise.randrange(256) for _ in range(noise.randrange(60)))
        rig.run_ms(1)
    rig.pipe.coming += b"\x00"
    rig.run_ms(5)
    assert rig.status()["bad_frames"] > 20
    assert rig.node.flow.streaming is False


# streaming


def test_batches_every_20_ms_nothing_missing_time_right(streaming):
    streaming.run_ms(5_000)
    orders = sorted(fields["order"] for name, fields in streaming.messages if name == "samples")
    assert orders == list(range(len(orders)))
    for source in (wire.SLED, wire.LEG):
        samples = streaming.samples(source)
        assert {fields["count"] for fields in samples[1:]} <= {4, 5}
        numbers = readings(samples)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(numbers) > 1_000
        seq = 0
        for fields in samples:
            assert fields["seq"] == seq
            # The chip was powered at node time 0; reading n is due at (n + 1) * 4.8 ms.
            due = (readings([fields])[0] + 1) * 4_800
            assert abs(fields["t_us"] - due) <= 25
            seq += fields["count"]


def test_pads_give_a_reading_each_15_ms(streaming):
    streaming.run_ms(3_000)
    samples = streaming.samples(wire.PADS)
    assert sum(fields["count"] for fields in samples) == pytest.approx(3_200 / 15, abs=3)
    assert samples[-1]["seq"] + samples[-1]["count"] == sum(fields["count"] for fields in samples)
    assert samples[5]["data"][:6] == struct.pack("<3h", 1000, 2000, 3000)


def test_stop_ends_the_stream_and_a_new_start_has_no_gap(streaming):
    streaming.ask("stop", 2)
    before = len(streaming.samples(wire.SLED))
    streaming.run_ms(3_000)
    assert len(streaming.samples(wire.SLED)) == before
    streaming.ask("start", 3, 2, 0)
    streaming.run_ms(500)
    last, first = streaming.samples(wire.SLED)[before - 1 : before + 1]
    assert first["seq"] == last["seq"] + last["count"]
    assert first["t_us"] - last["t_us"] > 2_900_000


def test_a_stall_within_the_fifo_loses_nothing(streaming):
    node_time.advance(780_000)
    streaming.run_ms(500)
    numbers = readings(streaming.samples(wire.LEG))
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert max(fields["count"] for fields in streaming.samples(wire.LEG)) == 8
    status = streaming.status()
    assert (status["fifo_overruns"], status["dropped_messages"]) == (0, 0)


def test_a_longer_stall_is_counted_reading_by_reading(streaming):
    before = readings(streaming.samples(wire.SLED))[-1]
    node_time.advance(2_000_000)
    streaming.run_ms(500)
    samples = streaming.samples(wire.SLED)
    numbers = readings(samples)
    gap = next(b - a - 1 for a, b in pairwise(numbers) if b != a + 1)
    sequence = [(fields["seq"], fields["count"]) for fields in samples]
    lost = sum(b[0] - a[0] - a[1] for a, b in pairwise(sequence))
    assert lost == gap == pytest.approx(2_000_000 / 4_800 - 170, abs=5)
    assert numbers[numbers.index(before) + 1] == before + 1 + gap
    assert ("sled", "overrun", gap) in streaming.notices()
    assert streaming.status()["fifo_overruns"] == 2


def test_the_longest_turn_is_told_once(rig):
    rig.node.loop_max_us = 70_000
    assert rig.status()["loop_max_us"] == 0xFFFF
    assert rig.status()["loop_max_us"] < 0xFFFF


# faults of parts


@pytest.mark.parametrize("part", ["sled", "leg", "pads"])
def test_a_lost_part_is_told_and_the_rest_goes_on(streaming, part):
    chip = {"sled": streaming.sled, "leg": streaming.leg, "pads": streaming.adc}[part]
    source = {"sled": wire.SLED, "leg": wire.LEG, "pads": wire.PADS}[part]
    chip.absent = True
    streaming.run_ms(1_500)
    assert streaming.faults() == [part]
    assert streaming.notices() == [(part, "lost", 19)]
    before = [len(streaming.samples(each)) for each in (0, 1, 2)]
    silent = before[source]
    streaming.run_ms(1_000)
    assert len(streaming.samples(source)) == silent
    for each in (0, 1, 2):
        assert (len(streaming.samples(each)) > before[each] + 40) == (each != source)
    if part != "pads":
        chip.power_on()
    chip.absent = False
    streaming.run_ms(1_500)
    assert streaming.faults() == []
    assert streaming.notices()[1:] == [(part, "back", 0)]
    assert len(streaming.samples(source)) > silent + 10


def test_a_sensor_that_lost_power_for_a_moment_is_set_up_again(streaming):
    streaming.leg.power_on()
    streaming.run_ms(1_500)
    assert streaming.notices() == [("leg", "lost", 0), ("leg", "back", 0)]
    assert streaming.samples(wire.LEG)[-1]["t_us"] > streaming.node.clock.us(node_time.ticks_us()) - 100_000


def test_a_wrong_chip_is_named(rig):
    rig.leg.registers[0x0F] = 0x6B
    rig.node.leg.working = False
    rig.run_ms(1_100)
    assert rig.notices() == [("leg", "lost", 0x6B)]


def test_a_node_without_any_part_still_talks():
    rig = Rig()
    for chip in (rig.sled, rig.leg, rig.adc, rig.haptic):
        chip.absent = True
    rig.run_ms(10)
    assert result(rig.ask("start", 5, 1, 0))[2] == "ok"
    rig.run_ms(500)
    assert rig.faults() == ["sled", "leg", "pads", "haptic"]


def test_an_open_pad_is_told(streaming):
    streaming.adc.counts[1] = 2
    streaming.run_ms(500)
    assert streaming.faults() == ["pads"]
    assert streaming.notices() == [("pads", "lost", 1)]
    assert streaming.samples(wire.PADS)[-1]["data"][:6] == struct.pack("<3h", 1000, -32768, 3000)
    streaming.adc.counts[1] = 2000
    streaming.run_ms(500)
    assert streaming.faults() == []
    assert streaming.notices()[1:] == [("pads", "back", 1)]


# link and watchdog


def test_a_cue_over_the_link_is_acknowledged(streaming):
    now_us = streaming.node.clock.us(node_time.ticks_us())
    (ack,) = streaming.ask("cue", 3, 1, 5, 80, 200, now_us)
    assert ack[0] == "cue_ack"
    assert (ack[1]["cue"], ack[1]["outcome"], ack[1]["boot"]) == (3, 0, BOOT)
    assert 0 <= ack[1]["start_us"] - now_us <= 10_000
    assert streaming.status()["cues_played"] == 1


def test_what_the_console_said_at_boot_spoils_no_message():
    rig = Rig()
    rig.pipe.sent += b"presscue node: Ctrl-C within 2 s for a prompt\r\n"
    assert rig.ask("hello", 1)[0][0] == "info"
    assert rig.decoder.bad == 1


def test_a_full_pipe_blocks_nothing_and_loses_the_oldest(streaming):
    streaming.run_ms(1_000)
    last = streaming.samples(wire.SLED)[-1]
    streaming.pipe.room = 0
    streaming.run_ms(3_000)
    streaming.pipe.room = 7
    streaming.run_ms(100)
    streaming.pipe.room = 4096
    streaming.run_ms(500)
    assert streaming.decoder.bad == 0
    dropped = streaming.status()["dropped_messages"]
    assert 300 < dropped < 450
    orders = [fields["order"] for name, fields in streaming.messages if name == "samples"]
    assert orders[-1] + 1 - len(orders) == dropped
    assert next(f for f in streaming.samples(wire.SLED) if f["seq"] > last["seq"])["order"] > last["order"]


def test_the_watchdog_is_fed_by_whole_turns_only(rig):
    rig.node.watch(board.WATCHDOG_MS)
    rig.node.poll()
    assert rig.watchdog.fed == 1

    def stuck(now):
        raise RuntimeError("bug")

    rig.node.sampler.poll = stuck
    with pytest.raises(RuntimeError):
        rig.node.poll()
    assert rig.watchdog.fed == 1
