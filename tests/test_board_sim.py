"""The virtual node as a link: at the wall clock's pace over a socket, and in lock-step."""

import re
import socket
import subprocess
import sys
import time

import pytest

from presscue import wire
from presscue.errors import LinkLost, UsageError
from presscue.links import open_link
from presscue.links.sim import FastSimLink, PacedSimLink
from presscue.simulator.board.child import FirmwareError

SHORT = "seed=1,sets=1,rest_s=5"


def frame(name, *values):
    return wire.frame(wire.encode(name, *values))


def listen(link, duration_s, enough=None):
    """Messages that come within `duration_s` of the link's clock, or until all sources in `enough` have been heard."""
    decoder, heard, sources = wire.FrameDecoder(), [], set()
    end_s = link.now_s() + duration_s
    while link.now_s() < end_s and not (enough and sources >= enough):
        for message in decoder.feed(link.read(0.05)):
            decoded = wire.decode(message)
            assert decoded is not None
            heard.append(decoded)
            if decoded[0] == "samples":
                sources.add(decoded[1]["source"])
    assert decoder.bad == 0
    return heard


def test_real_time_over_a_socket():
    link = open_link(f"sim:{SHORT}")
    assert isinstance(link, PacedSimLink)
    try:
        link.write(frame("hello", wire.PROTOCOL) + frame("start", 1, 7, 0))
        began_s = link.now_s()
        heard = listen(link, 5.0, enough={wire.SLED, wire.LEG, wire.PADS})
        assert {"info", "channel", "result", "samples"} <= {name for name, _ in heard}
        now_us = next(fields for name, fields in heard if name == "info")["t_us"]
        assert now_us < (link.now_s() - began_s + 1.0) * 1e6  # node time runs at the wall clock's pace
        assert len(link.truth.reps) == 1
        assert link.duration_s > 5
    finally:
        link.close()
    assert link._process.returncode == 0
    with pytest.raises(LinkLost, match="is closed"):
        link.read(0.1)


def test_a_node_that_dies_is_a_lost_link():
    link = open_link(f"sim:{SHORT}")
    assert isinstance(link, PacedSimLink)
    try:
        link._process.kill()
        with pytest.raises(LinkLost, match=r"sim:.*stopped"):
            listen(link, 5.0)
    finally:
        link.close()


@pytest.fixture
def server():
    """(process, port) of the server by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "presscue.simulator.serve", SHORT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port = int(process.stdout.readline().split()[1])
        yield process, port
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=2.0)
    client.sendall(frame("ping", 1, 0))
    return client


def test_one_client_at_a_time_it_may_come_back_and_the_parent_ends_it(server):
    process, port = server
    with connect(port) as first:
        pong = first.recv(4096)
        assert pong
        with socket.create_connection(("127.0.0.1", port), timeout=2.0) as second:
            assert second.recv(1) == b""
        first.sendall(frame("ping", 2, 0))
        assert first.recv(4096)
    with connect(port) as again:
        assert again.recv(4096)
        process.stdin.close()
        time.sleep(0.1)
        assert process.poll() is None  # a client is still there
    assert process.wait(10.0) == 0


def test_lock_step_keeps_its_own_time():
    link = open_link(f"sim:{SHORT},fast")
    assert isinstance(link, FastSimLink)
    try:
        assert link.now_s() == 0.0
        assert link.read(0.0) == b""
        link.write(frame("hello", wire.PROTOCOL))
        assert link.read(0.5)
        assert link.now_s() < 0.05
        began = time.perf_counter()
        link.write(frame("start", 1, 7, 0))
        heard = listen(link, 5.0)
        pace = 5.0 / (time.perf_counter() - began)
        print(f"the whole node runs at {pace:.0f} times real time under {link.node.interpreter}")
        assert link.now_s() == pytest.approx(5.0, abs=0.1)
        samples = [fields for name, fields in heard if name == "samples"]
        assert [fields["order"] for fields in samples] == list(range(len(samples)))
        assert len(samples) > 700
        assert link.truth.reps
    finally:
        link.close()


def test_lock_step_reports_a_dead_firmware(monkeypatch):
    link = open_link(f"sim:{SHORT},fast")
    assert isinstance(link, FastSimLink)

    def die(t_us):
        raise FirmwareError("the firmware stopped:\n  File ...\nKeyError: 1")

    try:
        monkeypatch.setattr(link.node, "run_until", die)
        with pytest.raises(LinkLost, match="KeyError: 1"):
            link.read(1.0)
    finally:
        link.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("sede=3", "no option 'sede'; there are: fast, flash, interpreter, ble, seed, height_m"),
        ("faults=headache", "headache"),
        ("seed=x", "seed=x"),
        ("fast=yes", "'fast' takes no value"),
        ("interpreter=lua", "no interpreter 'lua'"),
    ],
)
def test_a_wrong_option_is_one_clear_line(options, says):
    with pytest.raises(UsageError, match=re.escape(says)) as error:
        open_link(f"sim:{options}")
    assert "\n" not in str(error.value)
