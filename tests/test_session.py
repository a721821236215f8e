"""The sans-io session: what comes out for what goes in, whatever the chunks and however bad the peer."""

import contextlib
import dataclasses
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue import results, wire
from presscue.errors import PeerError, SessionMisuse
from presscue.session import Session, events
from session_stream import PERIOD_NS, channel_rows, info, samples, stream

ROWS = channel_rows()
OPENING = [info(), *ROWS]


def same(a, b):
    """Equality of events to the bit, arrays and NaN included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    return a == b


def readings(found):
    return [event.samples for event in found if isinstance(event, events.Readings)]


def opened():
    session = Session()
    session.receive_messages(OPENING)
    return session


def test_info_and_channels():
    session = Session()
    found = session.receive_messages(OPENING)
    assert isinstance(found[0], events.NodeInfo)
    assert (found[0].boot, found[0].version, found[0].name) == (7, (0, 1, 0), "press-1")
    assert found[0].device == "0102030405060708"
    assert [isinstance(e, events.Channel) and e.complete for e in found[1:]] == [
        *[False] * 5,
        True,
        *[False] * 5,
        True,
        False,
        False,
        True,
    ]
    assert session.receive_messages(ROWS) == []
    assert session.channels.messages == ROWS


def test_values_are_si_at_their_own_times():
    raw = np.array([[1, -2, 32767, 100, -32768, 0], [5, 6, 7, 8, 9, 10]])
    (got,) = readings(opened().receive_messages([samples(wire.LEG, 7, 0, 3, 5_000_000, raw)]))
    scale = np.array([1_196_411] * 3 + [305_433] * 3) * 1e-9
    assert got.source == wire.LEG
    assert np.array_equal(got.values, raw * scale)
    assert np.allclose(got.t_s, [5.0, 5.0 + PERIOD_NS * 1e-9], rtol=0, atol=1e-12)


def test_an_open_pad_is_nan():
    raw = np.array([[-32768, 8000, 0]])
    (got,) = readings(opened().receive_messages([samples(wire.PADS, 7, 0, 0, 0, raw)]))
    assert np.isnan(got.values[0, 0])
    assert got.values[0, 1:].tolist() == [1.0, 0.0]


def test_channels_in_another_order_or_missing():
    session = Session()
    session.receive_messages(
        [
            wire.encode("channel", wire.PADS, 0, 2, 0, 1_000_000_000, tail=b"seat_n"),
            wire.encode("channel", wire.PADS, 1, 2, 0, 2_000_000_000, tail=b"heel_left_n"),
        ]
    )
    (got,) = readings(session.receive_messages([samples(wire.PADS, 7, 0, 0, 0, np.array([[3, 4]]))]))
    assert got.values[0, [0, 2]].tolist() == [8.0, 3.0]
    assert np.isnan(got.values[0, 1])


@given(st.lists(st.integers(1, 400), max_size=60))
def test_any_chunking_gives_the_same_events_to_the_bit(sizes):
    messages = [*OPENING, *stream(12)]
    data = b"".join(map(wire.frame, messages))
    whole = Session().receive(data)
    session, found, at = Session(), [], 0
    for size in [*sizes, len(data)]:
        found += session.receive(data[at : at + size])
        at += size
    assert same(found, whole)
    one_by_one = Session()
    assert same([event for message in messages for event in one_by_one.receive_messages([message])], whole)


def test_pages_and_frames_give_the_same_events():
    messages = [*OPENING, *stream(30)]
    writer = wire.PageWriter(7, 1)
    pages = [page for message in messages if (page := writer.add(message))] + [writer.flush() or b""]
    assert same(Session("pages").receive(b"".join(pages)), Session().receive(b"".join(map(wire.frame, messages))))


def test_loss_is_told_with_the_next_samples_of_the_source():
    messages = stream(10)
    session = opened()
    dropped = messages[6:12]
    got = readings(session.receive_messages(messages[:6] + messages[12:]))
    lost = [struct.unpack_from("<BHIIQIBB", m, 1) for m in dropped]
    for source in (wire.SLED, wire.LEG, wire.PADS):
        first = next(s for s in got[6:] if s.source == source)
        assert first.lost == sum(head[6] for head in lost if head[0] == source)
    assert session.counts.lost_readings == sum(head[6] for head in lost)


def test_late_and_repeated_messages():
    messages = stream(10)
    session = opened()
    session.receive_messages(messages[:6] + messages[12:])
    found = session.receive_messages([messages[8], messages[8], messages[0], *messages[9:12], messages[6]])
    assert [type(event) for event in found] == [events.LateReadings] * 5
    assert (session.counts.late, session.counts.repeated) == (5, 2)


@given(st.permutations(range(12)), st.lists(st.integers(0, 11), max_size=6))
def test_every_message_is_new_late_or_repeated_exactly_once(order, again):
    messages = stream(4)
    session = opened()
    found = session.receive_messages([messages[i] for i in order] + [messages[i] for i in again])
    assert sorted(event.message for event in found) == sorted(messages)
    assert session.counts.repeated == len(again)
    times = [s.t_s for s in readings(found)]
    for source in range(3):
        own = [s.t_s[0] for s in readings(found) if s.source == source]
        assert own == sorted(own)
    assert times


def test_a_reboot_carries_the_session_clock_on():
    session = opened()
    before = readings(session.receive_messages(stream(20)))
    found = session.receive_messages([info(boot=9), *stream(5, boot=9)])
    assert isinstance(found[0], events.Rebooted)
    assert isinstance(found[1], events.NodeInfo)
    assert found[1].t_s == pytest.approx(found[0].resumes_s + 0.001)
    after = readings(found)
    assert after[0].t_s[0] > before[-1].t_s[-1] + 0.9
    assert after[0].lost == 0
    assert session.counts.reboots == 1
    cue = results.Cue(1, after[0].t_s[0], "lockout", "triple", 5, 200, 80, "")
    assert struct.unpack("<BHBBBHQ", session.cue(cue))[-1] == 2000
    (late,) = session.receive_messages([stream(21)[-1]])
    assert isinstance(late, events.LateReadings)


def test_samples_before_the_channel_table_are_counted():
    session = Session()
    assert session.receive_messages([info(), *stream(2)])[1:] == []
    assert session.counts.unconverted == 6
    session.receive_messages(ROWS)
    assert readings(session.receive_messages(stream(3)[6:]))[0].lost == 0


def test_answers():
    session = opened()
    start = session.start(5, 1_700_000_000_000)
    token = struct.unpack_from("<H", start, 1)[0]
    found = session.receive_messages(
        [
            wire.encode("result", wire.TYPES["start"], token, 0, tail=b""),
            wire.encode("result", wire.TYPES["stop"], 999, 2, tail=b"not streaming"),
            wire.encode("status", 7, 2_000_000, 1, 0b100, 1, 2, 3, 4, 900, 3700, 60000, 5),
            wire.encode("notice", 7, 3_000_000, 2, 0, -5, tail=b"no answer"),
            wire.encode("pong", 3, 10, 20),
            wire.encode("cue_ack", 4, 0, 0, 7, 1_500_000),
            wire.encode("mark", 1, 0, tail="über".encode()),
            wire.encode("calibration", 2_500_000, 1, tail=struct.pack("<2f", 0.5, 0.25)),
        ]
    )
    started, stopped, status, notice, pong, ack, mark, calibration = found
    assert isinstance(started, events.Result)
    assert (started.command, started.code, started.ours) == ("start", "ok", True)
    assert isinstance(stopped, events.Result)
    assert (stopped.code, stopped.text, stopped.ours) == ("wrong state", "not streaming", False)
    assert isinstance(status, events.Status)
    assert (status.t_s, status.state, status.faults, status.battery_mv) == (2.0, "streaming", ("leg",), 3700)
    assert isinstance(notice, events.Notice)
    assert (notice.part, notice.code, notice.value, notice.text) == ("leg", "lost", -5, "no answer")
    assert isinstance(pong, events.Pong)
    assert isinstance(ack, events.CueAck)
    assert (ack.cue, ack.outcome, ack.by, ack.start_s) == (4, "started", "host", 1.5)
    assert isinstance(mark, events.Mark)
    assert (mark.code, mark.text) == ("link lost", "über")
    assert isinstance(calibration, events.CalibrationRead)
    assert calibration.values.tolist() == [0.5, 0.25]


def test_a_coded_value_from_the_future_is_shown_as_its_number():
    (ack,) = opened().receive_messages([wire.encode("cue_ack", 4, 77, 0, 7, 0)])
    assert isinstance(ack, events.CueAck)
    assert ack.outcome == "code 77"


def test_what_is_malformed_or_unknown_is_counted():
    session = opened()
    good = samples(wire.SLED, 7, 0, 0, 0, np.zeros((2, 6)))
    assert session.receive_messages([good[:-1], good[:5], b"\x13", wire.encode("hello", 1)]) == []
    assert session.counts.malformed == 4
    (unknown,) = session.receive_messages([b"\xee\x01"])
    assert isinstance(unknown, events.Unknown)
    assert session.counts.unknown == 1


def test_commands_say_what_they_should():
    session = opened()
    assert wire.decode(session.hello()) == ("hello", {"protocol": wire.PROTOCOL})
    name, fields = wire.decode(session.configure("batch_ms", 40)) or ("", {})
    assert (name, fields["setting"], fields["value"]) == ("configure", 0, 40)
    assert wire.unframe(session.send(session.stop())[:-1]) is not None
    tokens = {struct.unpack_from("<H", session.status_request(), 1)[0] for _ in range(70000)}
    assert tokens == set(range(1, 65536))


def test_misuse_is_our_own_exception():
    with pytest.raises(SessionMisuse, match="hello"):
        Session().start(1, 1)
    with pytest.raises(SessionMisuse, match="batch_ms"):
        opened().configure("colour", 1)
    with pytest.raises(SessionMisuse, match="pattern"):
        opened().cue(results.Cue(1, 1.0, "lockout", "waltz", 1, 1, 1, ""))
    with pytest.raises(SessionMisuse, match="envelope"):
        Session("parcels")


def test_a_newer_protocol_is_refused():
    with pytest.raises(PeerError, match=r"protocol 9.*update"):
        Session().receive_messages([info(protocol=9)])


def test_something_else_is_refused():
    with pytest.raises(PeerError, match="not a presscue node"):
        Session().receive(b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n\x00" * 300)
    assert "no answer" in str(Session().unanswered())


def test_a_boot_log_before_the_first_frame_is_forgiven():
    session = Session()
    found = session.receive(b"ets Jul 29 2019\r\nrst:0x1\r\n" * 100 + b"\x00" + wire.frame(info()))
    assert isinstance(found[-1], events.NodeInfo)
    assert session.counts.bad_frames == 1


def test_a_new_connection_ends_the_frame_the_old_one_broke_off():
    session = opened()
    messages = stream(2)
    session.receive(wire.frame(messages[0])[:20])
    session.reconnected()
    found = session.receive(wire.frame(messages[1]))
    assert [type(event) for event in found] == [events.Readings]
    assert session.counts.bad_frames == 1


MESSAGE_HEADS = st.sampled_from([bytes([number]) for number in wire.MESSAGES] + [b"", b"\xff"])


@given(st.lists(st.tuples(MESSAGE_HEADS, st.binary(max_size=60)), max_size=20))
def test_no_message_raises_anything_but_a_peer_error(parts):
    session = opened()
    with contextlib.suppress(PeerError):
        session.receive_messages([head + body for head, body in parts])


@st.composite
def well_formed(draw):
    """A message of a random type with random fields of the right sizes."""
    number = draw(st.sampled_from(sorted(wire.MESSAGES)))
    _, layout, _, tail = wire.MESSAGES[number]
    body = draw(st.binary(min_size=struct.calcsize(layout), max_size=struct.calcsize(layout)))
    return bytes([number]) + body + (draw(st.binary(max_size=40)) if tail else b"")


@given(st.lists(well_formed(), max_size=20))
def test_no_well_formed_nonsense_raises_anything_but_a_peer_error(messages):
    session = opened()
    with contextlib.suppress(PeerError):
        session.receive(b"".join(map(wire.frame, messages)))


@given(st.binary(max_size=2000))
def test_no_bytes_raise(data):
    Session().receive(data)
    Session("pages").receive(data)
