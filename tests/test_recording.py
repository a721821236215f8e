"""Session files: whole ones, damaged ones, and the disk that is full."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presscue import recording, wire
from presscue.errors import RecordingError, SaveError
from presscue.readings.messages import Messages
from presscue.recording import Recorder, in_order_of_sequence, read_recording
from presscue.session import Session, events
from session_stream import channel_rows, info, samples, stream

PROFILE = "[lifter]\nheight_m = 1.78\n" + "# a long remark, so that the profile takes several parts\n" * 12


def record(path: Path, messages, profile=PROFILE):
    """A recording of `messages` as live makes it."""
    session = Session()
    node, *_ = session.receive_messages([info(), *channel_rows()])
    assert isinstance(node, events.NodeInfo)
    recorder = Recorder(path, node, session.channels.messages, wall_ms=1_700_000_000_000, session=77, profile=profile)
    for message in messages:
        recorder.add(message)
    recorder.close()
    return path


def read(path: Path):
    """(recording, its messages without preambles)."""
    opened = read_recording(path)
    ours = [wire.TYPES[name] for name in ("header", "profile", "channel", "info")]
    return opened, [m for chunk in opened.messages() for m in chunk if m[0] not in ours]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[bytes, list[bytes]]:
    """(bytes of a session file, the messages in it)."""
    messages = stream(400)
    messages[500:500] = [
        wire.encode("cue", 1, 2, 5, 200, 80, 3_000_000),
        wire.encode("cue_ack", 1, 0, 0, 7, 3_040_000),
        recording.mark_message(1_700_000_000_500, "note", "water"),
        recording.calibration_message(3_500_000, 1, np.array([0.43, 0.42])),
    ]
    path = record(tmp_path_factory.mktemp("whole") / "a.presscue", messages)
    return path.read_bytes(), messages


def test_what_was_recorded_is_read(tmp_path, whole):
    data, messages = whole
    path = tmp_path / "a.presscue"
    path.write_bytes(data)
    opened, found = read(path)
    assert found == messages
    assert opened.header is not None
    assert (opened.header.session, opened.header.wall_ms, opened.header.name) == (77, 1_700_000_000_000, "press-1")
    assert opened.profile == PROFILE
    assert not opened.loss
    assert opened.loss.pages == len(data) // wire.PAGE_SIZE


def test_a_replay_gives_what_live_gave(tmp_path, whole):
    from test_session import same

    data, messages = whole
    live = Session().receive_messages([info(), *channel_rows(), *messages])
    path = tmp_path / "a.presscue"
    path.write_bytes(data)
    session = Session()
    replayed = [e for chunk in read_recording(path).messages() for e in session.receive_messages(chunk)]
    preamble = (events.NodeInfo, events.Channel, events.Header, events.ProfileText)
    assert same([e for e in replayed if not isinstance(e, preamble)], live[1 + len(channel_rows()) :])
    assert sum(isinstance(e, events.NodeInfo) for e in replayed) == 1


def test_the_profile_of_non_ascii_text_survives(tmp_path):
    text = "# " + "ü" * 700
    opened, _ = read(record(tmp_path / "a.presscue", stream(2), text))
    assert opened.profile == text


def test_at_most_half_a_second_is_not_on_the_disk(tmp_path):
    session = Session()
    node, *_ = session.receive_messages([info(), *channel_rows()])
    assert isinstance(node, events.NodeInfo)
    path = tmp_path / "a.presscue"
    recorder = Recorder(path, node, session.channels.messages, wall_ms=0, session=1)
    messages = stream(300)
    for number, message in enumerate(messages):
        recorder.add(message)
        if number % 50 == 0:
            _, found = read(path)
            assert found == messages[: len(found)]
            assert number - len(found) <= 3 * 26
    recorder.close()


def test_every_page_torn_off_costs_its_own_messages_only(tmp_path, whole):
    data, messages = whole
    path = tmp_path / "a.presscue"
    for cut in range(wire.PAGE_SIZE * 4, len(data), 1999):
        path.write_bytes(data[:cut])
        opened, found = read(path)
        assert found == messages[: len(found)]
        assert opened.loss.bad_bytes == cut % wire.PAGE_SIZE
        assert opened.loss.missing_pages == 0


@pytest.mark.parametrize("page", [0, 1, 2, 3, 20])
def test_any_single_page_lost_leaves_the_rest_readable(tmp_path, whole, page):
    data, messages = whole
    path = tmp_path / "a.presscue"
    at = page * wire.PAGE_SIZE
    for damaged in (data[:at] + data[at + wire.PAGE_SIZE :], data[: at + 100] + b"\x5a" + data[at + 101 :]):
        path.write_bytes(damaged)
        opened, found = read(path)
        lost = set(messages) - set(found)
        assert found == [m for m in messages if m not in lost]
        assert len(lost) <= 8
        assert opened.header is not None
        assert opened.profile == PROFILE
        assert opened.loss.missing_pages == 1
        session = Session()
        for chunk in opened.messages():
            session.receive_messages(chunk)
        assert session.counts.unconverted == 0


@settings(max_examples=60)
@given(st.data())
def test_flipped_bits_never_raise_and_never_invent(tmp_path_factory, whole, data):
    original, messages = whole
    damaged = bytearray(original)
    for at, bit in data.draw(st.lists(st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 7)), max_size=40)):
        damaged[at] ^= 1 << bit
    path = tmp_path_factory.mktemp("flip") / "a.presscue"
    path.write_bytes(damaged)
    opened, found = read(path)
    known = iter(messages)
    assert all(message in known for message in found)  # a subsequence
    assert len(messages) - len(found) <= 10 * -(-opened.loss.bad_bytes // wire.PAGE_SIZE)


@settings(max_examples=60)
@given(st.binary(max_size=3000))
def test_any_bytes_are_refused_in_one_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "a.presscue"
    path.write_bytes(data)
    with pytest.raises(RecordingError) as caught:
        read_recording(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_is_wrong_is_said(tmp_path):
    path = tmp_path / "a.presscue"
    with pytest.raises(RecordingError, match="No such file"):
        read_recording(path)
    with pytest.raises(RecordingError, match="directory"):
        read_recording(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(RecordingError, match="empty"):
        read_recording(path)
    path.write_bytes(wire.PAGE_MAGIC + b"\x09" + bytes(600))
    with pytest.raises(RecordingError, match=r"newer presscue \(page format 9\)"):
        read_recording(path)
    path.write_bytes(b"time_s,sled_acc_x_mps2\n" * 100)
    with pytest.raises(RecordingError, match="not a presscue session file"):
        read_recording(path)
    writer = wire.PageWriter(1, 1)
    writer.add(wire.encode("header", 9, 0, 1, bytes(8), 0, 1, 0, tail=b""))
    path.write_bytes(writer.flush() or b"")
    with pytest.raises(RecordingError, match=r"format 9: update"):
        read_recording(path)


def test_nothing_is_overwritten(tmp_path):
    path = record(tmp_path / "a.presscue", stream(2))
    before = path.read_bytes()
    with pytest.raises(SaveError, match="exists already"):
        record(path, stream(3))
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="cannot record there"):
        record(tmp_path / "file" / "a.presscue", [])


class FullDisk:
    """A file that takes `room` bytes and then tears a write in two."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size = min(self.room, len(data))
        self.room -= size
        return self.file.write(bytes(data[:size]))

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_a_full_disk_is_one_error_and_damages_nothing(tmp_path):
    session = Session()
    node, *_ = session.receive_messages([info(), *channel_rows()])
    assert isinstance(node, events.NodeInfo)
    path = tmp_path / "a.presscue"
    recorder = Recorder(path, node, session.channels.messages, wall_ms=0, session=1)
    recorder._file = FullDisk(recorder._file, 5000)  # type: ignore[assignment]
    messages = stream(200)
    failures = []
    for message in messages:
        try:
            recorder.add(message)
        except SaveError as error:
            failures.append(str(error))
    recorder.close()
    assert len(failures) == 1
    assert "No space left" in failures[0]
    opened, found = read(path)
    assert found
    assert found == messages[: len(found)]
    assert not opened.loss


def dropped_and_late(messages, rng):
    """The messages as a bad link delivers them: some late, some twice, none lost for good."""
    late = rng.random(len(messages)) < 0.2
    on_time = [m for m, is_late in zip(messages, late, strict=True) if not is_late]
    behind = [m for m, is_late in zip(messages, late, strict=True) if is_late]
    return on_time + behind + [messages[i] for i in rng.integers(0, len(messages), 5)]


@pytest.mark.parametrize("seed", range(5))
def test_order_of_sequence_is_the_session_without_drops(seed):
    rng = np.random.default_rng(seed)
    first, second = stream(40), stream(30, boot=9)
    arrived = [*dropped_and_late(first, rng), info(boot=9), *dropped_and_late(second, rng), first[7]]
    assert list(in_order_of_sequence(Messages.of(arrived))) == [*first, info(boot=9), *second]


def test_order_of_sequence_leaves_the_rest_in_its_place():
    messages = stream(4)
    note = wire.encode("mark", 1, 4, tail=b"here")
    broken = samples(0, 7, 0, 0, 0, np.zeros((1, 6)))[:-1]
    arrived = [note, *messages[3:6], broken, *messages[:3], note, *messages[6:]]
    wanted = [note, *messages[:3], broken, *messages[3:6], note, *messages[6:]]
    assert list(in_order_of_sequence(Messages.of(arrived))) == wanted
