"""Samples packed by the node's own code and unpacked by the host: the same messages, to the byte, in less room."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import node_time
from node_shims import firmware
from presscue import wire
from presscue.readings import packed
from presscue.readings.messages import Messages
from session_stream import samples, stream

packer = firmware.packer


class Packing:
    """A packer and what has come out of it."""

    def __init__(self):
        node_time.reset()
        self.ring = firmware.page_ring.PageRing(8)
        self.packer = packer.Packer(self.ring)
        self.pages: list[bytes] = []

    def take(self, message: bytes):
        if message[0] == wire.TYPES["samples"]:
            self.packer.take(bytearray(message) + bytes(4), len(message))
        else:
            self.packer.put(message, len(message))
        self._collect()

    def _collect(self):
        while self.ring.waiting:
            self.pages.append(bytes(self.ring.oldest(7, 5, len(self.pages))))
            self.ring.drop()

    def messages(self) -> list[bytes]:
        """All that is in the pages."""
        self.packer.seal()
        self._collect()
        opened = [wire.page_open(page) for page in self.pages]
        assert [page and page[:3] for page in opened] == [(7, 5, number) for number in range(len(opened))]
        return [message for page in opened if page for message in page[3]]


def unpacked(messages):
    return list(packed.expanded(Messages.of(messages)))


def test_places_are_those_of_the_wire():
    names = wire.MESSAGES[wire.TYPES["samples"]][2]
    at = dict(zip(names, np.cumsum([1, *(struct.calcsize("<" + code) for code in "BHIIQIBB")]), strict=False))
    assert (at["source"], at["order"], at["seq"], at["t_us"]) == (packer.SOURCE, packer.ORDER, packer.SEQ, packer.T_US)
    assert (at["period_ns"], at["count"], at["channels"]) == (packer.PERIOD, packer.COUNT, packer.CHANNELS)
    assert 1 + struct.calcsize(wire.MESSAGES[wire.TYPES["samples"]][1]) == packer.DATA


def test_noise_that_cannot_be_packed_is_kept_as_it_is():
    messages = stream(300)  # full-scale noise
    packing = Packing()
    for message in messages:
        packing.take(message)
    assert unpacked(packing.messages()) == messages


def smooth(batches, seed=0):
    """Messages as of a real movement: a slow sine with sensor noise, gaps, jumps in time and other messages between."""
    rng = np.random.default_rng(seed)
    seq, order, t_us, out = [0, 0, 0], 0, 5_000_000, []
    for batch in range(batches):
        for source, channels in ((wire.PADS, 3), (wire.SLED, 6), (wire.LEG, 6)):
            count = int(rng.integers(1, 3) if source == wire.PADS else rng.integers(4, 6))
            phase = (seq[source] + np.arange(count)[:, None]) / 200 + np.arange(channels)
            raw = 3000 * np.sin(phase) + rng.normal(0, 20, (count, channels))
            if rng.random() < 0.01:
                seq[source] += int(rng.integers(1, 70_000))
            if rng.random() < 0.01:
                order += int(rng.integers(1, 70_000))
            if rng.random() < 0.01:
                t_us += int(rng.integers(-30_000, 2_000_000))
            jitter = int(rng.integers(-40, 40))
            out.append(samples(source, 7, order, seq[source], t_us + jitter, raw.round().astype(int)))
            order, seq[source] = order + 1, seq[source] + count
        t_us += 20_000
        if batch % 50 == 7:
            out.append(wire.encode("cue_ack", batch, 0, 0, 7, t_us))
    return out


@pytest.mark.parametrize("seed", range(3))
def test_a_movement_is_packed_without_loss_into_half(seed):
    messages = smooth(1000, seed)
    packing = Packing()
    for message in messages:
        packing.take(message)
    assert unpacked(packing.messages()) == messages
    raw = sum(len(message) + 1 for message in messages) / wire.PAGE_ROOM
    print(f"pages: {len(packing.pages)}, as they are {raw:.0f}")
    assert len(packing.pages) < 0.5 * raw


@pytest.mark.parametrize("seed", range(40))
def test_any_messages_come_back(seed):
    """Values, counts and times at the edges of what the fields hold, in any order."""
    rng = np.random.default_rng(seed)
    packing = Packing()
    messages = []
    near = [0, 1, 4, 5, 63, 64, (1 << 30) - 1, 1 << 30, (1 << 32) - 9]
    order = int(rng.choice(near))
    for _ in range(40):
        source, channels = rng.choice([(0, 6), (1, 6), (2, 3), (2, 0), (1, 1), (7, 6), (0, 8)]).tolist()
        count = int(rng.integers(1, min(64, 206 // max(1, 2 * channels)) + 1))
        spread = int(rng.choice([1, 20, 500, 32768]))
        raw = rng.integers(-spread, spread, (count, channels))
        period = int(rng.choice([4_800_000, 4_800_123, 15_000_000, (1 << 25) - 1, 1 << 25, (1 << 32) - 1]))
        order += int(rng.choice([0, 1, 1, 1, 2, 65536]))
        tail = raw.astype("<i2").tobytes()
        seq, t_us = int(rng.choice(near)), int(rng.choice([*near, int(rng.integers(0, 1 << 53))]))
        fields = (source, 7, order & 0xFFFFFFFF, seq, t_us, period, count, channels)
        messages.append(wire.encode("samples", *fields, tail=tail))
        packing.take(messages[-1])
    assert unpacked(packing.messages()) == messages


@settings(max_examples=300)
@given(st.binary(max_size=231), st.integers(0, 40))
def test_any_bits_are_samples_or_refused(body, blocks):
    body = body[:14] + bytes([blocks]) + body[15:] if len(body) > 14 else body
    message = bytes([packed.PACKED]) + body
    found = unpacked([message, b"\x05"])
    assert found[-1] == b"\x05"
    for one in found[:-1]:
        decoded = wire.decode(one)
        assert one == message or (decoded is not None and decoded[0] == "samples")


def test_many_packed_messages_are_expanded_each_in_its_place():
    packing = Packing()
    messages = smooth(3000)
    for message in messages:
        packing.take(message)
    broken = bytes([packed.PACKED]) + bytes(14) + b"\x05"
    held = packing.messages()
    held[40:40] = [broken]
    found = unpacked(held)
    assert found.count(broken) == 1
    found.remove(broken)
    assert found == messages
