"""An hour at once says what its messages one by one say: pages, session, order; and what waits is never lost."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue import wire
from presscue.readings.merge import Merge
from presscue.readings.messages import Messages
from presscue.readings.pages import PageReader
from presscue.results import Samples, Stretch
from presscue.session import Session
from presscue.session import events as ev
from presscue.session.bulk import BulkSession
from session_stream import channel_rows, info, samples, stream


def paged(messages: list[bytes]) -> bytes:
    writer = wire.PageWriter(7, 1)
    pages = [*map(writer.add, messages), writer.flush()]
    return b"".join(page for page in pages if page)


FILE = paged([info(), *channel_rows(), *stream(30)])


@given(
    st.lists(st.tuples(st.integers(0, len(FILE)), st.binary(max_size=300), st.integers(0, 300)), max_size=6),
    st.lists(st.integers(0, len(FILE)), max_size=6),
)
def test_pages_in_bulk_are_the_pages_one_by_one(damages, cuts):
    data = FILE
    for at, put, gone in damages:  # bytes overwritten, put in, taken out
        data = data[:at] + put + data[at + gone :]
    one_by_one, in_bulk = wire.PageDecoder(), PageReader()
    found, numbers, wanted = [], [], []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
        wanted += one_by_one.feed(data[begin:end])
        messages, pages = in_bulk.feed(data[begin:end])
        found += list(messages)
        numbers += pages.tolist()
    one_by_one.finish()
    in_bulk.finish()
    assert found == [message for page in wanted for message in page[3]]
    assert numbers == [page[2] for page in wanted]
    assert (in_bulk.good, in_bulk.bad_bytes) == (one_by_one.good, one_by_one.bad_bytes)


def spoilt(messages: list[bytes], rng: np.random.Generator) -> list[bytes]:
    """Messages as a bad link and a newer node deliver them: lost, late, twice, cut, unknown; channels that change."""
    out = []
    for message in messages:
        match int(rng.integers(24)):
            case 0:
                continue
            case 1:
                out.append(message[: int(rng.integers(len(message) + 1))])
            case 2:
                out += [message, message]
            case 3:
                out.insert(int(rng.integers(len(out) + 1)), message)
            case 4:
                out += [wire.encode("notice", 7, 5000, 1, 0, 3), message]
            case 5:
                out += [bytes([0xEE, 1, 2]), message, *channel_rows()[:3]]
            case 6:
                out += [wire.encode("channel", 0, 2, 6, 1, int(rng.integers(1, 9)), tail=b"sled_acc_z_mps2"), message]
            case 7:
                out += [samples(9, 7, 100_000, 0, 0, np.zeros((1, 4))), message]
            case _:
                out.append(message)
    return out


@pytest.mark.parametrize("seed", range(40))
def test_a_session_in_bulk_is_the_session_message_by_message(seed):
    rng = np.random.default_rng(seed)
    messages = [info(), *channel_rows(), *stream(60, seed=seed)]
    if seed % 2:
        messages += [info(boot=9), *stream(40, boot=9, seed=seed), *stream(60, seed=seed)[-5:], *stream(3, boot=11)]
    if seed % 4:
        messages = spoilt(messages, rng)
    plain, bulk = Session("pages"), BulkSession()
    wanted, others = [], []
    for event in plain.receive_messages(messages):
        if isinstance(event, ev.Readings):
            wanted.append(event.samples)
        else:
            others.append(event.message)
    found_events, parts = [], []
    for events, stretch in bulk.stretches(Messages.of(messages)):
        found_events += [event.message for event in events]
        parts.append(stretch)
    found, whole = Stretch.joined(parts), Stretch.of(wanted)
    assert dataclasses.asdict(bulk.counts) == dataclasses.asdict(plain.counts)
    assert sorted(found_events) == sorted(others)
    for one, other in zip(found[:4], whole[:4], strict=True):
        np.testing.assert_array_equal(one, other)
    pads = found.of_source(wire.PADS)
    np.testing.assert_array_equal(found.values[~pads], whole.values[~pads])
    np.testing.assert_array_equal(found.values[pads, :3], whole.values[pads, :3])


def test_a_block_of_any_length_goes_through():
    t_s = np.arange(40_000) / 200.0
    both = [Samples(source, t_s, np.zeros((len(t_s), 6))) for source in (wire.SLED, wire.LEG)]
    merge, stretch, at, taken = Merge(), Stretch.of(both[:1]), (0, 0), 0
    while at[0] < len(stretch.source):
        at = merge.accept(stretch, *at, 8192)
        kinds, _, _ = merge.released()
        merge.take(kinds)
        taken += len(kinds)
    assert taken + merge.waiting == len(t_s)
    assert merge.rings[wire.SLED].overrun == 0
