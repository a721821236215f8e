"""The whole virtual node: the firmware's real sources on the board, and small scripts where a part is tried alone."""

import os
from pathlib import Path

import numpy as np
import pytest

from presscue import wire
from presscue.simulator.board import child
from presscue.simulator.board.child import FirmwareError, find_interpreter
from presscue.simulator.virtual_node import VirtualNode

INTERPRETERS = ["cpython"] + (["micropython"] if find_interpreter() == "micropython" else [])
STEP_S = 2.0


class StandIn:
    """Still, except that from `STEP_S` on the leg turns at 5 rad/s and is pushed at 3 m/s²."""

    duration_s = 60.0

    def imu(self, which, t_s):
        force = np.tile([0.0, 0.0, 9.80665], (len(t_s), 1))
        rate = np.zeros((len(t_s), 3))
        if which == "leg":
            rate[:, 1] = np.where(t_s >= STEP_S, 5.0, 0.0)
            force[:, 0] = np.where(t_s >= STEP_S, 3.0, 0.0)
        return force, rate

    def pads(self, t_s):
        return np.tile([120.0, 100.0, 300.0], (len(t_s), 1))


class Host:
    """Talks to a node and keeps what it says."""

    def __init__(self, node):
        self.node = node
        self.decoder = wire.FrameDecoder()
        self.said = []

    def send(self, name, *values):
        self.node.write(wire.frame(wire.encode(name, *values)))

    def until(self, t_us):
        self.node.run_until(t_us)
        for message in self.decoder.feed(self.node.read()):
            decoded = wire.decode(message)
            assert decoded is not None
            self.said.append(decoded)

    def all(self, name, **wanted):
        found = [fields for said, fields in self.said if said == name]
        return [fields for fields in found if all(fields[key] == value for key, value in wanted.items())]


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "script.py"
    path.write_text(text)
    return str(path)


def streaming(node, t_us=1_000_000):
    host = Host(node)
    host.until(200_000)
    host.send("hello", wire.PROTOCOL)
    host.send("start", 1, 7, 0)
    host.until(t_us)
    return host


def samples(host, source):
    """(t_s (n,), raw (n, channels)) of a source, and the readings missing between."""
    times, rows, missing, after = [], [], 0, None
    for f in host.all("samples", source=source):
        missing += f["seq"] - after if after is not None else 0
        after = f["seq"] + f["count"]
        data = np.frombuffer(f["data"], "<i2").reshape(f["count"], f["channels"])
        rows.append(data)
        times.append((f["t_us"] + np.arange(f["count"]) * f["period_ns"] / 1000) * 1e-6)
    return np.concatenate(times), np.concatenate(rows), missing


# the real firmware


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_the_firmware_boots_streams_and_plays_a_cue(interpreter):
    with VirtualNode(StandIn(), seed=4, interpreter=interpreter) as node:
        host = streaming(node)
        assert host.all("info")[0]["protocol"] == wire.PROTOCOL
        assert len(host.all("channel")) == 15
        assert host.all("result", token=1)[0]["code"] == 0
        host.send("cue", 9, 0, 3, 100, 400, 1_000_000)
        host.until(3_000_000)
        ack = host.all("cue_ack", cue=9)[0]
        assert wire.OUTCOMES[ack["outcome"]] == "started"
        (start_us, level), (end_us, _) = node.motor_log
        assert level == 1.0
        assert start_us == pytest.approx(ack["start_us"], abs=500)
        assert end_us - start_us == pytest.approx(500_000, abs=10_000)
        host.send("status_request", 2)
        host.until(3_050_000)
        status = host.all("status")[0]
        assert 4_000 < status["battery_mv"] < 4_200
        losses = ("faults", "dropped_messages", "fifo_overruns", "bus_errors", "bad_frames")
        assert [status[key] for key in losses] == [0] * 5
        assert status["cues_played"] == 1
        assert [duty > 0 for _, pin, _, duty in node.hardware.pwm_log if pin == 27][-2:] == [True, False]
        assert host.decoder.bad == 0
        for source, count in ((wire.SLED, 580), (wire.LEG, 580), (wire.PADS, 183)):
            t_s, _, missing = samples(host, source)
            assert missing == 0
            assert len(t_s) == pytest.approx(count, abs=40)


def test_readings_carry_their_true_time():
    """The leg's steps arrive where they happened, late only by the filters: 4.5 ms at 43 Hz, 3.4 ms at ODR/4."""
    for seed in (1, 2, 3):
        with VirtualNode(StandIn(), seed=seed) as node:
            host = streaming(node, 3_000_000)
        t_s, raw, _ = samples(host, wire.LEG)
        for signal, half in ((raw[:, 4] * 305_433e-9, 2.5), (raw[:, 0] * 1_196_411e-9, 1.5)):
            after = np.argmax(signal > half)
            part = (half - signal[after - 1]) / (signal[after] - signal[after - 1])
            seen_s = t_s[after - 1] + part * (t_s[after] - t_s[after - 1])
            print(f"step seen {1000 * (seen_s - STEP_S):.1f} ms late")
            assert 0.000 < seen_s - STEP_S < 0.008


def test_handling_a_cue_costs_5_to_15_ms():
    """From the last byte at the node to the actuator's start, at thirty phases of the node's own rhythm."""
    costs = []
    with VirtualNode(StandIn(), seed=5) as node:
        host = streaming(node)
        for n in range(30):
            sent_us = 1_200_000 + n * 101_300
            host.until(sent_us)
            host.send("cue", n, 3, 1, 50, 1000, sent_us)
            arrival_us = sent_us + 1_000 + 30 * 1e6 / 90_000
            host.until(sent_us + 60_000)
            costs.append((host.all("cue_ack", cue=n)[0]["start_us"] - arrival_us) / 1000)
    print(f"cue handled in {min(costs):.1f} to {max(costs):.1f} ms, median {np.median(costs):.1f}")
    assert min(costs) > 5
    assert max(costs) < 15


def session_bytes(interpreter, cuts):
    with VirtualNode(StandIn(), seed=7, interpreter=interpreter) as node:
        out, inputs = b"", {200_000: ("start", 1, 7, 0), 1_000_000: ("cue", 1, 1, 1, 80, 500, 990_000)}
        for t_us in sorted({*cuts, *inputs, 1_300_000, 1_500_000, 2_600_000}):
            node.run_until(t_us)
            out += node.read()
            if t_us == 1_300_000:
                node.unplug("leg")
            elif t_us == 1_500_000:
                node.replug("leg")
            if t_us in inputs:
                node.write(wire.frame(wire.encode(*inputs[t_us])))
        return out, node.requests


def test_same_seed_same_bytes_under_both_interpreters_however_time_is_cut():
    first = session_bytes(INTERPRETERS[-1], ())
    assert len(first[0]) > 15_000
    assert session_bytes(INTERPRETERS[-1], range(0, 2_500_000, 1_700)) == first
    assert session_bytes(INTERPRETERS[0], range(0, 2_500_000, 250_000)) == first


def test_an_unplugged_sensor_is_reported_and_the_rest_goes_on():
    with VirtualNode(StandIn(), seed=1) as node:
        host = streaming(node)
        node.unplug("leg")
        host.until(2_500_000)
        assert wire.NOTICES[host.all("notice", part=wire.PARTS.index("leg"))[-1]["code"]] == "lost"
        before = len(host.all("samples", source=wire.LEG))
        sled = len(host.all("samples", source=wire.SLED))
        node.replug("leg")
        host.until(5_000_000)
        assert wire.NOTICES[host.all("notice", part=wire.PARTS.index("leg"))[-1]["code"]] == "back"
        assert len(host.all("samples", source=wire.LEG)) > before + 40
        assert len(host.all("samples", source=wire.SLED)) > sled + 100


def test_an_open_pad_reads_as_absent():
    with VirtualNode(StandIn(), seed=1) as node:
        host = streaming(node)
        node.open_pad("heel_right")
        host.until(2_000_000)
        _, raw, _ = samples(host, wire.PADS)
        assert raw[-1, 1] == -32768
        assert min(raw[-1, 0], raw[-1, 2]) > 1000
        with pytest.raises(ValueError, match="no pad 'toe'"):
            node.open_pad("toe")


def test_a_reset_starts_a_new_boot():
    with VirtualNode(StandIn(), seed=1) as node:
        host = streaming(node)
        first = host.all("info")[0]["boot"]
        node.reset()
        host.until(2_000_000)
        host.send("hello", wire.PROTOCOL)
        host.until(2_500_000)
        again = host.all("info")[-1]
        assert again["boot"] != first
        assert again["t_us"] == pytest.approx(2_000_000 - 1_000_000 - 350_000, abs=50_000)


def test_a_stuck_bus_costs_time_but_not_the_node():
    with VirtualNode(StandIn(), seed=1) as node:
        host = streaming(node)
        node.hardware.bus.stick()
        host.until(3_000_000)
        host.send("ping", 5, 0)
        host.until(4_000_000)
        assert host.all("pong", token=5)
        assert node.boots == 1


# small firmware, both interpreters

POWER = "import machine, time\nmachine.Pin(2, machine.Pin.OUT, value=1)\n"
BUS = POWER + "bus = machine.I2C(0, scl=machine.Pin(20), sda=machine.Pin(22), freq=400000, timeout=10000)\n"


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_scripts_see_the_bus_the_clock_and_the_flash(tmp_path, interpreter):
    text = BUS + (
        "import esp32, os\n"
        "out = [bus.scan(), bus.readfrom_mem(0x6A, 0x0F, 1)]\n"
        "try:\n    bus.readfrom_mem(0x10, 0, 1)\nexcept OSError as error:\n    out.append(error.errno)\n"
        "t = time.ticks_us()\n"
        "flash = esp32.Partition.find()[0]\n"
        "flash.ioctl(6, 3)\n"
        "out.append(time.ticks_diff(time.ticks_us(), t) // 1000)\n"
        "flash.writeblocks(3, b'\\x0f' * 256, 512)\n"
        "page = bytearray(4096)\n"
        "flash.readblocks(3, page)\n"
        "out += [bytes(page[511:514]), flash.ioctl(4, 0), machine.ADC(machine.Pin(35)).read_uv() // 100000]\n"
        "out += [machine.reset_cause(), len(machine.unique_id()), len(os.urandom(4))]\n"
        "text = repr(out).encode()\n"
        "stream.write(text, 0, len(text))\n"
        "while True:\n    time.sleep_ms(100)\n"
    )
    with VirtualNode(StandIn(), interpreter=interpreter, firmware=script(tmp_path, text)) as node:
        node.run_until(1_000_000)
        got = node.read().decode()
    assert got == repr([[0x48, 0x5A, 0x6A, 0x6B], b"\x6c", 19, 80, b"\xff\x0f\x0f", 1472, 20, 1, 6, 4])


@pytest.mark.skipif("micropython" not in INTERPRETERS, reason="no MicroPython wheel here")
def test_the_overlay_allocates_nothing_in_the_sampling_path(tmp_path):
    """So that a proof that the firmware allocates nothing can be run on the virtual board itself."""
    text = BUS + (
        "import gc, micropython\n"
        "dog = machine.WDT(timeout=5000)\n"
        "data, word, rest = bytearray(70), bytearray(b'\\xc3\\xe3'), bytearray(64)\n"
        "def turn():\n"
        "    bus.readfrom_mem_into(0x6A, 0x78, data)\n"
        "    bus.writeto_mem(0x48, 1, word)\n"
        "    dog.feed()\n"
        "    stream.readinto(rest)\n"
        "    stream.wait(time.ticks_diff(time.ticks_add(time.ticks_us(), 300), time.ticks_us()))\n"
        "i = before = text = 0\n"
        "turn()\n"
        "gc.collect()\n"
        "gc.disable()\n"
        "before = gc.mem_alloc()\n"
        "micropython.heap_lock()\n"
        "while i < 500:\n    turn()\n    i += 1\n"
        "micropython.heap_unlock()\n"
        "text = b'%d' % (gc.mem_alloc() - before)\n"
        "stream.write(text, 0, len(text))\n"
        "time.sleep(10)\n"
    )
    with VirtualNode(StandIn(), interpreter="micropython", firmware=script(tmp_path, text)) as node:
        node.run_until(2_000_000)
        assert node.read() == b"0"


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_a_watchdog_that_is_not_fed_resets_the_node(tmp_path, interpreter):
    text = POWER + (
        "stream.write(b'%d ' % machine.reset_cause(), 0, 2)\n"
        "dog = machine.WDT(timeout=300)\n"
        "for i in range(5):\n    time.sleep_ms(100)\n    dog.feed()\n"
        "while True:\n    time.ticks_us()\n"
    )
    with VirtualNode(StandIn(), interpreter=interpreter, firmware=script(tmp_path, text)) as node:
        node.run_until(700_000)
        assert (node.boots, node.read()) == (1, b"1 ")
        node.run_until(1_300_000)
        assert (node.boots, node.read()) == (2, b"3 ")


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_an_exception_in_the_firmware_surfaces_with_its_traceback(tmp_path, interpreter):
    path = script(tmp_path, "import time\ntime.sleep_ms(10)\n{}['lost']\n")
    with VirtualNode(StandIn(), interpreter=interpreter, firmware=path) as node:
        node.run_until(5_000)
        with pytest.raises(FirmwareError, match=r"(?s)stopped at 0\.01.*KeyError.*lost"):
            node.run_until(1_000_000)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_firmware_that_ends_or_kills_its_interpreter_is_an_error(tmp_path, interpreter):
    with (
        VirtualNode(StandIn(), interpreter=interpreter, firmware=script(tmp_path, "pass")) as node,
        pytest.raises(FirmwareError, match="the firmware returned"),
    ):
        node.run_until(1_000)
    path = script(tmp_path, "print('last words')\nraise SystemExit\n")
    with (
        VirtualNode(StandIn(), interpreter=interpreter, firmware=path) as node,
        pytest.raises(FirmwareError, match=r"(?s)ended with status.*last words"),
    ):
        node.run_until(1_000)


def test_firmware_that_hangs_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "SILENCE_S", 0.3)
    path = script(tmp_path, "while True:\n    pass\n")
    with VirtualNode(StandIn(), firmware=path) as node, pytest.raises(FirmwareError, match="hangs"):
        node.run_until(1_000)


def test_closing_leaves_no_process_and_no_open_file():
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    node = VirtualNode(StandIn())
    node.run_until(100_000)
    process = node._running()._process
    node.close()
    node.close()
    assert process.returncode is not None
    after = len(os.listdir("/proc/self/fd")) if before else 0
    assert after == before
    with pytest.raises(FirmwareError, match="closed"):
        node.run_until(10_000_000)


def test_a_wrong_interpreter_is_named():
    with pytest.raises(ValueError, match="no interpreter 'lua'"):
        VirtualNode(StandIn(), interpreter="lua")
