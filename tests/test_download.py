"""Logs from the node to the laptop, by the real firmware: recorded without loss, pulled whole whatever happens."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presscue import wire
from presscue.analysis.analyze import analyze
from presscue.archive.facts import origin_of
from presscue.errors import LinkLost, RecordingError
from presscue.node.dating import Dating, date_logs
from presscue.node.download import NodeLogs
from presscue.readings.packed import expanded_list
from presscue.recording import read_recording
from presscue.session.events import LogEntry
from presscue.simulator.board.serial_port import BYTES_PER_S
from presscue.simulator.virtual_node import VirtualNode
from test_board_node import StandIn

SAMPLES = wire.TYPES["samples"]
WALL_MS = 1_700_000_000_000


class Pressed(StandIn):
    """A sled that goes to and fro in sets: 1 m/s² at 0.4 Hz for `set_s`, from each of `starts_s` on."""

    def __init__(self, starts_s=(5.0,), set_s=6.0):
        self.starts_s, self.set_s = starts_s, set_s

    def imu(self, which, t_s):
        force, rate = super().imu("sled", t_s)
        for start_s in self.starts_s:
            phase = t_s - start_s
            moving = (phase >= 0) & (phase < self.set_s)
            force[moving, 0] += np.sin(2.5 * phase[moving])
            rate[moving, 1] += 0.3 * np.cos(2.5 * phase[moving])
        return force, rate


class VirtualLink:
    """A node's serial port in virtual time. It can be cut when so many bytes have come; `opened` counts the links."""

    envelope = "frames"
    name = "node"

    def __init__(self, node: VirtualNode):
        self.node = node
        self.opened = 1
        self.came = 0
        self.cuts: list[int] = []

    def read(self, timeout_s):
        end_us = self.node.now_us + round(timeout_s * 1e6)
        while not (data := self.node.read()) and self.node.now_us < end_us:
            self.node.run_until(min(self.node.now_us + 1000, end_us))
        self.came += len(data)
        if self.cuts and self.came > self.cuts[0]:
            del self.cuts[0]
            self.node.unplug("link")
            raise LinkLost("cut")
        return data

    def reopen(self):
        self.node.run_until(self.node.now_us + 300_000)
        self.node.replug("link")
        self.opened += 1
        return self

    def write(self, data):
        self.node.write(data)

    def now_s(self):
        return self.node.now_us * 1e-6

    def close(self):
        pass


def logs_of(node):
    link = VirtualLink(node)
    return link, NodeLogs(link, reopen=link.reopen, wall_ms=lambda: WALL_MS + node.now_us // 1000, sleep=lambda _: None)


def filled(node, mebibytes):
    """Put a log of this size into the node's flash as the firmware would have left it, by its own code."""
    from flash_blocks import FlashBlocks
    from test_node_log_region import mounted, page

    region = mounted(FlashBlocks(flash=node.hardware.flash))
    assert region.begin(7, 1_000_000, 0)
    for _ in range(round(mebibytes * 4096)):
        region.append(page(region.writing.session, region.pages))
    region.end(60_000)
    node.reset()


@pytest.fixture(scope="module")
def pulled(tmp_path_factory):
    """Two sets, streamed live and recorded; then the log is pulled while a third set streams on."""
    folder = tmp_path_factory.mktemp("archive")
    with VirtualNode(Pressed((5.0, 30.0, 47.0)), seed=3) as node:
        _link, logs = logs_of(node)
        live = []
        node.run_until(200_000)
        node.write(wire.frame(wire.encode("hello", 1)))
        node.run_until(300_000)
        node.write(wire.frame(wire.encode("start", 1, 7, WALL_MS)))
        decoder = wire.FrameDecoder()
        while node.now_us < 46_000_000:
            node.run_until(node.now_us + 50_000)
            live += decoder.feed(node.read())
        (entry,) = logs.listed()
        sizes = []
        path = logs.pull(entry, folder, sizes.append)
        again = logs.listed()
        lost = logs.session.counts.lost_readings
        node.write(wire.frame(wire.encode("status_request", 77)))
        node.run_until(node.now_us + 100_000)
        status = next(
            f for m in decoder.feed(node.read()) if (d := wire.decode(m)) and d[0] == "status" for f in [d[1]]
        )
    return live, entry, path, sizes, again, lost, status


def test_what_is_pulled_is_what_was_streamed(pulled):
    live, entry, path, sizes, _, _, _ = pulled
    recording = read_recording(path)
    messages = [message for chunk in recording.messages() for message in chunk]
    logged = [m for m in messages if m[0] == wire.TYPES["samples"]]
    streamed = [m for m in live if m[0] == wire.TYPES["samples"]]
    assert set(logged) <= set(streamed) | set(logged[:3])
    assert not recording.loss
    assert path.stat().st_size == entry.size + wire.PAGE_SIZE
    assert sizes[-1] == entry.size
    times = np.array([int.from_bytes(m[12:20], "little") for m in logged if m[1] == wire.SLED]) * 1e-6
    gaps = times[:-1][np.diff(times) > 1.0]
    assert entry.sets == 2
    assert len(gaps) == 1
    assert times[0] < 5.0 - 1.5  # two seconds before the motion was seen
    assert 11.0 + 7.0 < gaps[0] < 11.0 + 10.0  # rest ends a set
    kinds = {message[0] for message in messages}
    assert {wire.TYPES[name] for name in ("notice", "status", "mark", "header", "channel", "info")} <= kinds


def test_nothing_is_lost_while_a_set_is_written_and_a_log_is_sent(pulled):
    *_, lost, status = pulled
    assert lost == 0
    assert [status[key] for key in ("dropped_messages", "fifo_overruns", "bus_errors", "bad_frames")] == [0] * 4


def test_the_log_is_verified_and_dated(pulled):
    _, entry, path, _, again, _, _ = pulled
    assert (entry.state, again[0].state) == ("closed", "verified")
    recording = read_recording(path)
    assert recording.header is not None
    assert recording.header.wall_ms == pytest.approx(WALL_MS + entry.start_us // 1000 - 300, abs=100)
    assert entry.clock == "host"
    assert origin_of(path).dated == "host"


def test_a_pulled_log_can_be_analysed(pulled):
    path = pulled[2]
    assert analyze(path) is not None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_pulled_log_cut_and_with_flipped_bits_gives_every_page_that_is_whole(pulled, tmp_path, data):
    whole = pulled[2].read_bytes()
    damaged = bytearray(whole[: data.draw(st.integers(1, len(whole)), label="cut at")])
    bits = data.draw(st.lists(st.integers(0, 8 * len(damaged) - 1), max_size=64, unique=True), label="bits")
    for bit in bits:
        damaged[bit // 8] ^= 1 << bit % 8
    path = tmp_path / "damaged.presscue"
    path.write_bytes(damaged)
    hurt = {bit // 8 // wire.PAGE_SIZE for bit in bits}
    intact = [page for page in range(len(damaged) // wire.PAGE_SIZE) if page not in hurt]
    try:
        recording = read_recording(path)
        samples = sum(message[0] == SAMPLES for chunk in recording.messages() for message in chunk)
    except RecordingError:
        assert not intact
        return
    decoder = wire.PageDecoder()
    pages = [p for page in intact for p in decoder.feed(whole[page * wire.PAGE_SIZE : (page + 1) * wire.PAGE_SIZE])]
    inside = expanded_list([message for page in pages for message in page[3]])
    assert samples == sum(message[0] == SAMPLES for message in inside)
    assert bool(recording.loss) == (bool(hurt) or len(damaged) % wire.PAGE_SIZE > 0)


@pytest.mark.parametrize(
    ("mebibytes", "cuts"), [(1, 0), (1, 10), pytest.param(5, 10, marks=pytest.mark.slow)], ids=lambda value: str(value)
)
def test_a_long_log_arrives_whole_and_at_the_speed_of_the_link(tmp_path, mebibytes, cuts):
    """At 80 % of the link or better, and with at most a twentieth sent twice."""
    with VirtualNode(StandIn(), seed=1) as node:
        node.run_until(100_000)
        filled(node, mebibytes)
        link, logs = logs_of(node)
        (entry,) = logs.listed()
        assert entry.size == mebibytes << 20
        rng = np.random.default_rng(4)
        link.cuts = sorted((link.came + rng.integers(0, entry.size, cuts)).tolist())
        began_s = link.now_s()
        path = logs.pull(entry, tmp_path)
        took_s = link.now_s() - began_s
        share = entry.size / took_s / BYTES_PER_S
        print(
            f"{cuts} cuts: {100 * logs.received / entry.size:.1f} % of its size sent, {100 * share:.0f} % of the link"
        )
        assert link.opened == 1 + cuts
        assert logs.received <= 1.05 * entry.size
        if not cuts:
            assert share > 0.8
        flash = node.hardware.flash
        assert path.read_bytes()[wire.PAGE_SIZE :] == bytes(flash.data[3 * 4096 : 3 * 4096 + entry.size])
        assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_download_goes_on_in_another_process_and_from_a_damaged_part(tmp_path):
    with VirtualNode(StandIn(), seed=1) as node:
        node.run_until(100_000)
        filled(node, 0.125)
        link, logs = logs_of(node)
        (entry,) = logs.listed()
        link.cuts = [link.came + 60_000]
        logs._reopen = None
        with pytest.raises(LinkLost):
            logs.pull(entry, tmp_path)
        (part,) = tmp_path.iterdir()
        assert part.suffix == ".part"
        held = bytearray(part.read_bytes())
        held[20_000] ^= 1
        part.write_bytes(held)
        node.replug("link")
        _, logs = logs_of(node)
        (entry,) = logs.listed()
        path = logs.pull(entry, tmp_path)
        assert not read_recording(path).loss
        assert logs.listed()[0].state == "verified"


# dates

HOUR_US = 3_600_000_000


def entry(session, boots_ago, start_h, wall_h=0.0, clock="none", length_h=0.5):
    wall_ms = round(wall_h * 3_600_000)
    fields = (f"{clock}", 1, boots_ago, round(start_h * HOUR_US), wall_ms, length_h * 3600, 1000)
    return LogEntry(b"", session, 9 - boots_ago, "closed", *fields)


def test_logs_without_a_clock_are_dated_by_uptime_or_between_those_that_have_one():
    entries = [
        entry(1, 3, 1.0, wall_h=1000.0, clock="host"),
        entry(2, 3, 2.0),  # the same boot
        entry(3, 2, 0.2),
        entry(4, 2, 1.2),
        entry(5, 0, 0.1),
    ]
    dates = date_logs(entries, 1100 * 3_600_000, round(2.0 * HOUR_US))
    hours = {session: (date.wall_ms / 3_600_000, date.clock) for session, date in dates.items()}
    assert hours[1] == (1000.0, "host")
    assert hours[2] == (1001.0, "uptime")
    assert hours[5] == (pytest.approx(1098.1), "uptime")
    assert hours[4] == (pytest.approx(1097.5), "boots")  # over before the present boot began
    assert dates[4].early_s == pytest.approx((1097.5 - 1001.5) * 3600)
    assert hours[3][0] <= hours[4][0] - 0.5
    assert str(dates[4]).startswith("boots: or up to")
    assert date_logs([entry(1, 1, 0.0)], 10**12, 0)[1] == Dating(10**12 - 1_800_000, "boots", None)


def test_the_slow_clock_of_a_sleep_is_believed_until_a_better_one_is_known():
    entries = [entry(1, 1, 0.1, wall_h=1000.0, clock="slept"), entry(2, 0, 0.5, wall_h=1099.0, clock="slept")]
    dates = date_logs(entries, 1100 * 3_600_000, round(0.75 * HOUR_US))
    assert dates[1] == Dating(1000 * 3_600_000, "slept")
    assert dates[2] == Dating(round(1099.75 * 3_600_000), "uptime")


def test_the_folder_is_made(tmp_path: Path):
    with VirtualNode(StandIn(), seed=1) as node:
        node.run_until(100_000)
        filled(node, 1 / 256)
        _, logs = logs_of(node)
        (one,) = logs.listed()
        assert logs.pull(one, tmp_path / "new" / "folder").parent.is_dir()
