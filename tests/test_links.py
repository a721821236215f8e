"""Links over a PTY, a socket and a session file; and what is said when there is nothing at the other end."""

import contextlib
import os
import pty
import socket
import time
import tty

import pytest

from presscue import wire
from presscue.errors import LinkEnded, LinkError, LinkLost, RecordingError, UsageError
from presscue.links import open_link
from presscue.session import Session, events
from session_stream import channel_rows, info, stream
from test_recording import record


@pytest.fixture
def terminal():
    """(the node's end as a file descriptor, the name of the host's end)."""
    node, host = pty.openpty()
    tty.setraw(host)
    yield node, os.ttyname(host)
    for end in (node, host):
        with contextlib.suppress(OSError):
            os.close(end)


def test_all_byte_values_pass_both_ways_over_a_pty(terminal):
    node, name = terminal
    link = open_link(f"serial:{name}")
    every = bytes(range(256))
    os.write(node, every)
    assert link.read(1.0) == every
    link.write(every)
    assert os.read(node, 1000) == every
    assert link.name == f"serial:{name}"
    link.close()


def test_reading_returns_as_soon_as_there_is_something(terminal):
    node, name = terminal
    link = open_link(f"serial:{name}")
    before_s = time.monotonic()
    assert link.read(0.01) == b""
    os.write(node, b"x")
    assert link.read(30.0) == b"x"
    assert time.monotonic() - before_s < 5.0
    assert link.now_s() >= before_s
    link.close()


def test_a_session_over_a_pty(terminal):
    node, name = terminal
    link = open_link(f"serial:{name}")
    session = Session(link.envelope)
    link.write(session.send(session.hello()))
    assert wire.decode(wire.FrameDecoder().feed(os.read(node, 100))[0]) == ("hello", {"protocol": 1})
    os.write(node, b"".join(map(wire.frame, [info(), *channel_rows(), *stream(5)])))
    found = []
    while len(found) < 1 + 15 + 15:
        found += session.receive(link.read(1.0))
    assert isinstance(found[-1], events.Readings)
    link.close()


def test_a_busy_port(terminal):
    _, name = terminal
    link = open_link(f"serial:{name}")
    with pytest.raises(LinkError, match="another program has it open"):
        open_link(f"serial:{name}")
    link.close()


def test_unplugged(terminal):
    node, name = terminal
    link = open_link(f"serial:{name}")
    os.close(node)
    with pytest.raises(LinkLost, match="unplugged"):
        link.read(1.0)
    link.close()


def test_over_a_socket():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        link = open_link(f"serial:socket://127.0.0.1:{port}")
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"hello")
            assert link.read(1.0) == b"hello"
            link.write(b"back")
            assert peer.recv(100) == b"back"
        with pytest.raises(LinkLost, match="unplugged"):
            link.read(1.0)
        link.close()


def test_a_peer_that_takes_nothing_is_lost(monkeypatch):
    monkeypatch.setattr("presscue.links.serial.WRITE_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = open_link(f"serial:socket://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(LinkLost, match="takes no more data"):
            link.write(bytes(64_000_000))
        link.close()


def one_line(caught):
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_port_that_is_not_there():
    with pytest.raises(LinkError, match=r"there is no such port; there (are|is none)") as caught:
        open_link("serial:/dev/ttyNOWHERE")
    assert one_line(caught).exit_status == 1


def test_a_file_that_is_no_port(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LinkError, match="is not a serial port") as caught:
        open_link(f"serial:{tmp_path / 'file'}")
    one_line(caught)


def test_a_port_without_permission(monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refused)
    with pytest.raises(LinkError, match="dialout"):
        open_link("serial:/dev/ttyUSB0")


def test_a_socket_where_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkError, match=r"nothing answers there.*refused") as caught:
        open_link(f"serial:socket://127.0.0.1:{port}")
    one_line(caught)


@pytest.mark.parametrize(
    ("moniker", "text"),
    [
        ("COM3", "no link; write ble:NAME, serial:PORT"),
        ("usb:COM3", "no such kind of link: usb"),
        ("serial:", "needs a port"),
        ("serial:gopher://x", "gopher"),
    ],
)
def test_monikers_that_mean_nothing(moniker, text):
    with pytest.raises(UsageError, match=text) as caught:
        open_link(moniker)
    assert one_line(caught).exit_status == 2


def replayed(path):
    link = open_link(f"replay:{path}")
    session = Session(link.envelope)
    found = session.receive_messages([])
    link.write(session.send(session.hello()))
    with contextlib.suppress(LinkEnded):
        while True:
            found += session.receive(link.read(0.1))
    link.close()
    return session, found


def test_replay_gives_all_that_was_recorded(tmp_path):
    messages = stream(50)
    session, found = replayed(record(tmp_path / "a.presscue", messages))
    assert [e.message for e in found if isinstance(e, events.Readings)] == messages
    assert isinstance(found[0], events.Header)
    assert sum(isinstance(e, events.NodeInfo) for e in found) == 1
    assert session.counts.bad_frames == 0


def test_replay_of_a_file_with_a_damaged_start(tmp_path):
    path = record(tmp_path / "a.presscue", stream(200))
    path.write_bytes(bytes(4 * wire.PAGE_SIZE) + path.read_bytes()[4 * wire.PAGE_SIZE :])
    session, found = replayed(path)
    assert session.counts.unconverted == 0
    assert any(isinstance(e, events.Readings) for e in found)


def test_replay_of_no_file(tmp_path):
    with pytest.raises(RecordingError, match="No such file"):
        open_link(f"replay:{tmp_path / 'none.presscue'}")
