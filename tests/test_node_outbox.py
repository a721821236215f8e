"""Clock, message ring and samples messages of the node."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import node_time
from node_shims import firmware
from presscue import wire

Clock, Outbox, Batch = firmware.clock.Clock, firmware.outbox.Outbox, firmware.batch.Batch


def taken(outbox) -> list[tuple[str, dict]]:
    messages = []
    while outbox.take():
        messages.append(wire.decode(bytes(outbox.message[: outbox.length])))
    return messages


def put_u64(clock, ticks) -> int:
    buffer = bytearray(10)
    clock.put_us(buffer, 1, ticks)
    assert (buffer[0], buffer[9]) == (0, 0)
    return int.from_bytes(buffer[1:9], "little")


# clock


@given(st.integers(0, node_time.MASK), st.lists(st.integers(0, node_time.PERIOD // 2 - 1), max_size=20))
def test_node_time_never_wraps(start, steps):
    node_time.reset(start)
    clock = Clock()
    total = 0
    for step in steps:
        node_time.advance(step)
        total += step
        now = clock.update()
        assert clock.us(now) == put_u64(clock, now) == total


@given(st.integers(0, 5 * node_time.PERIOD), st.integers(-(1 << 28), 1 << 28))
def test_moments_near_now_are_unwrapped_alike(age, offset):
    node_time.reset(7)
    clock = Clock()
    for _ in range(age // (1 << 28)):
        node_time.advance(1 << 28)
        clock.update()
    node_time.advance(age % (1 << 28))
    now = clock.update()
    if age + offset >= 0:
        moment = node_time.ticks_add(now, offset)
        assert clock.us(moment) == put_u64(clock, moment) == age + offset


# outbox


def numbered(outbox, number: int) -> None:
    message = wire.encode("samples", 0, 1, number, number, 0, 1, 0, 3)
    buffer = firmware.outbox.new_buffer()
    buffer[: len(message)] = message
    outbox.put_samples(buffer, len(message))


def test_a_full_ring_drops_the_oldest_samples_and_counts_them():
    outbox = Outbox(samples=4, control=2)
    for number in range(7):
        numbered(outbox, number)
    assert outbox.dropped == 3
    assert [(fields["seq"], fields["order"]) for _, fields in taken(outbox)] == [(n, n) for n in (3, 4, 5, 6)]
    numbered(outbox, 7)
    assert [fields["order"] for _, fields in taken(outbox)] == [7]


def test_buffers_are_handed_over_not_copied():
    outbox = Outbox(samples=2, control=1)
    mine = firmware.outbox.new_buffer()
    empty = outbox.put_samples(mine, 26)
    assert empty is not mine
    outbox.take()
    assert outbox.message is mine


def test_control_messages_go_first_and_have_room_of_their_own():
    outbox = Outbox(samples=2, control=3)
    for number in range(5):
        numbered(outbox, number)
    for token in range(4):
        outbox.put(wire.encode("stop", token))
    assert outbox.dropped == 3 + 1
    assert [name for name, _ in taken(outbox)] == ["stop", "stop", "stop", "samples", "samples"]
    outbox.put(wire.encode("stop", 9))
    assert taken(outbox) == [("stop", {"token": 9})]


def test_a_message_leaves_room_for_its_crc():
    outbox = Outbox(samples=1, control=1)
    outbox.put(bytes(wire.MESSAGE_MAX))
    outbox.take()
    assert len(outbox.message) >= outbox.length + 4


# samples messages


@pytest.fixture
def outbox():
    node_time.reset(1000)
    return Outbox(samples=8)


@pytest.fixture
def batch(outbox):
    flow = firmware.flow.Flow(outbox)
    flow.streaming = True
    batch = Batch(flow, Clock(), 0xBEEF, wire.LEG, 6)
    batch.period_ns = 4_800_000
    return batch


def reading(number: int) -> bytes:
    return bytes([number] * 12)


def test_a_batch_becomes_one_message(outbox, batch):
    for number in range(4):
        batch.add(reading(number), 51_000 + 4_800 * number, 0)
    batch.flush()
    ((name, fields),) = taken(outbox)
    assert name == "samples"
    assert fields == {
        "source": wire.LEG, "boot": 0xBEEF, "order": 0, "seq": 0, "t_us": 50_000, "period_ns": 4_800_000,
        "count": 4, "channels": 6, "data": b"".join(map(reading, range(4))),
    }  # fmt: skip
    assert outbox.length <= wire.MESSAGE_MAX


def test_an_empty_batch_sends_nothing(outbox, batch):
    batch.flush()
    assert taken(outbox) == []


def test_a_full_message_is_followed_by_the_next(outbox, batch):
    for number in range(40):
        batch.add(reading(number), 4_800 * number, 0)
    batch.flush()
    got = [fields for _, fields in taken(outbox)]
    assert [fields["count"] for fields in got] == [8, 8, 8, 8, 8]
    assert [fields["seq"] for fields in got] == [0, 8, 16, 24, 32]
    assert [fields["order"] for fields in got] == [0, 1, 2, 3, 4]


def test_missing_readings_leave_a_gap_in_seq(outbox, batch):
    batch.add(reading(0), 1_000, 0)
    batch.add(reading(1), 1_000 + 11 * 4_800, 10)
    batch.flush()
    got = [fields for _, fields in taken(outbox)]
    assert [(fields["seq"], fields["count"], fields["t_us"]) for fields in got] == [(0, 1, 0), (11, 1, 52_800)]


def test_a_reading_off_the_pace_gets_its_own_time(outbox, batch):
    for ticks in (1_000, 5_800, 12_000, 16_900):
        batch.add(reading(0), ticks, 0)
    batch.flush()
    assert [(fields["t_us"], fields["count"]) for _, fields in taken(outbox)] == [(0, 2), (11_000, 2)]
