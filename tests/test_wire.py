"""Messages and frames: what goes in comes out, and no byte of input can raise, loop or be lost for good."""

import itertools
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue import wire
from wire_messages import encoded, field_codes, messages, one_of_each, tail_room

STREAM_MESSAGES = one_of_each()
STREAM = b"".join(wire.frame(message) for message in STREAM_MESSAGES)


def unframed(*chunks: bytes) -> tuple[list[bytes], wire.FrameDecoder]:
    decoder = wire.FrameDecoder()
    return [message for chunk in chunks for message in decoder.feed(chunk)], decoder


def chunked(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


# --- messages ----------------------------------------------------------------------------------


def test_table_is_sound():
    for number, (name, format_, keys, tail) in wire.MESSAGES.items():
        assert 0 < number < 0x100
        assert wire.TYPES[name] == number
        assert len(field_codes(format_)) == len(keys) == len(set(keys))
        assert format_.startswith("<")
        assert tail not in keys
        assert 1 + struct.calcsize(format_) <= wire.MESSAGE_MAX
    assert len(wire.TYPES) == len(wire.MESSAGES)


@given(messages())
def test_message_round_trip(message):
    name, fields = message
    assert wire.decode(encoded(name, fields)) == (name, fields)


@given(messages())
def test_every_cut_of_a_message_decodes_to_none_or_a_shorter_tail(message):
    name, fields = message
    whole = encoded(name, fields)
    fixed = 1 + struct.calcsize(wire.MESSAGES[whole[0]][1])
    for size in range(len(whole)):
        decoded = wire.decode(whole[:size])
        if size < fixed or name == "samples":
            assert decoded is None
        else:
            assert decoded is not None
            assert decoded[0] == name


@given(st.binary(max_size=300))
def test_decode_of_random_bytes_never_raises(data):
    wire.decode(data)


@pytest.mark.parametrize("number", sorted(set(range(256)) - set(wire.MESSAGES)))
def test_unknown_type_passes_the_envelopes_and_decodes_to_none(number):
    message = bytes([number]) + b"from a later version"
    assert unframed(wire.frame(message))[0] == [message]
    assert wire.decode(message) is None


@pytest.mark.parametrize(
    ("name", "values", "tail"),
    [
        ("nonsense", (), b""),
        ("hello", (), b""),
        ("hello", (1, 2), b""),
        ("hello", (-1,), b""),
        ("hello", (256,), b""),
        ("hello", (1.5,), b""),
        ("hello", ("1",), b""),
        ("hello", (None,), b""),
        ("hello", (1,), b"tail"),
        ("configure", (1, 0, 2**31), b""),
        ("ping", (1, 2**64), b""),
        ("info", (1, 2, 0, 1, 0, 9, "device"), b""),
        ("info", (1, 2, 0, 1, 0, 9, b"nine bytes"), b""),
        ("result", (1, 2, 0), "text"),
        ("result", (1, 2, 0), None),
        ("result", (1, 2, 0), bytes(tail_room("result") + 1)),
    ],
)
def test_misuse_of_encode_raises(name, values, tail):
    with pytest.raises(wire.WireError):
        wire.encode(name, *values, tail=tail)


# --- frames ------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=wire.MESSAGE_MAX))
def test_frame_round_trip(message):
    block = wire.frame(message)
    assert block.find(0) == len(block) - 1
    assert len(block) == len(message) + 6
    assert wire.unframe(block[:-1]) == message


@pytest.mark.parametrize("byte", [0, 1, 254, 255])
def test_frame_round_trip_at_every_length(byte):
    for size in range(1, wire.MESSAGE_MAX + 1):
        message = bytes([byte]) * size
        assert unframed(wire.frame(message))[0] == [message]
    assert len(wire.frame(bytes([byte]) * wire.MESSAGE_MAX)) == wire.FRAME_MAX


def test_frame_into_does_not_read_past_its_length():
    message = bytearray(b"abc" + b"\xee" * 20)
    out = bytearray(wire.FRAME_MAX)
    size = wire.frame_into(message, 3, out)
    assert bytes(out[:size]) == wire.frame(b"abc")
    assert message[7:] == b"\xee" * 16


@pytest.mark.parametrize("size", [0, wire.MESSAGE_MAX + 1])
def test_frame_of_impossible_length_raises(size):
    with pytest.raises(wire.WireError):
        wire.frame(bytes(size))


@given(st.lists(st.binary(min_size=1, max_size=wire.MESSAGE_MAX), max_size=8), st.lists(st.integers(0, 2000)))
def test_any_chunking_gives_the_same_messages(sent, cuts):
    stream = b"".join(wire.frame(message) for message in sent)
    received, decoder = unframed(*chunked(stream, cuts))
    assert received == sent
    assert (decoder.good, decoder.bad) == (len(sent), 0)


def test_empty_frames_are_neither_good_nor_bad():
    received, decoder = unframed(b"\x00\x00" + wire.frame(b"x") + b"\x00")
    assert received == [b"x"]
    assert (decoder.good, decoder.bad) == (1, 0)


FRAME_ENDS = [i + 1 for i, byte in enumerate(STREAM) if byte == 0]
DAMAGES = {
    "low bit flipped": lambda at: STREAM[:at] + bytes([STREAM[at] ^ 0x01]) + STREAM[at + 1 :],
    "all bits flipped": lambda at: STREAM[:at] + bytes([STREAM[at] ^ 0xFF]) + STREAM[at + 1 :],
    "zeroed": lambda at: STREAM[:at] + b"\x00" + STREAM[at + 1 :],
    "deleted": lambda at: STREAM[:at] + STREAM[at + 1 :],
    "doubled": lambda at: STREAM[:at] + STREAM[at : at + 1] + STREAM[at:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_at_every_byte_costs_its_own_frame_only(damage):
    for at in range(len(STREAM)):
        received, decoder = unframed(DAMAGES[damage](at))
        hit = next(i for i, end in enumerate(FRAME_ENDS) if at < end)
        harmless = STREAM[at] == 0 and damage in ("zeroed", "doubled")
        # A delimiter lost makes one of two frames, so both go.
        lost = 0 if harmless else 2 if STREAM[at] == 0 and hit + 1 < len(FRAME_ENDS) else 1
        assert received == STREAM_MESSAGES[:hit] + STREAM_MESSAGES[hit + lost :], (damage, at)
        assert decoder.good == len(received)
        # The last delimiter lost leaves a frame begun, which is not yet a loss.
        waiting = STREAM[at] == 0 and hit + 1 == len(FRAME_ENDS)
        assert decoder.bad >= (0 if harmless or waiting else 1)


def test_stream_cut_at_every_byte_gives_the_whole_frames_before_and_all_after_it():
    for at in range(len(STREAM) + 1):
        whole = sum(end <= at for end in FRAME_ENDS)
        assert unframed(STREAM[:at])[0] == STREAM_MESSAGES[:whole]
        # Picked up in the middle: the frame cut open is lost, or none if the cut is between two.
        begun = sum(end < at for end in FRAME_ENDS) + 1 if at not in (0, *FRAME_ENDS) else whole
        assert unframed(STREAM[at:])[0] == STREAM_MESSAGES[begun:]


@given(st.lists(st.binary(max_size=600), max_size=6))
def test_after_any_garbage_the_next_good_frame_is_found(garbage):
    decoder = wire.FrameDecoder()
    for data in garbage:
        for message in decoder.feed(data):
            assert 0 < len(message) <= wire.MESSAGE_MAX
    # A sender that opens with a delimiter is heard from its first frame on.
    assert decoder.feed(b"\x00" + wire.frame(b"hello"))[-1:] == [b"hello"]


@given(st.binary(max_size=300))
def test_unframe_of_random_bytes_never_raises(block):
    message = wire.unframe(block)
    assert message is None or 0 < len(message) <= wire.MESSAGE_MAX


@pytest.mark.parametrize("pattern", [b"\x00", b"\x01", b"\xff", b"\x01\x00", b"\x05\x01\x02\x03\x04\x00"])
def test_hostile_streams_take_linear_time_and_bounded_memory(pattern):
    data = (pattern * (1_000_000 // len(pattern)))[:1_000_000]
    decoder = wire.FrameDecoder()
    start = time.process_time()
    for i in range(0, len(data), 100):
        assert decoder.feed(data[i : i + 100]) == []
        assert len(decoder._part) < wire.FRAME_MAX
    assert time.process_time() - start < 5, "far above the fraction of a second it takes"
