"""Pages: each stands alone, so damage costs the pages it touches and nothing else."""

import itertools
import struct
import time
from binascii import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue import wire
from wire_messages import one_of_each

BOOT, SESSION = 0xB007, 0xDEADBEEF
MESSAGES = [*one_of_each(), bytes(wire.MESSAGE_MAX), *one_of_each(), wire.PAGE_START * 70]


def paged(messages: list[bytes], number: int = 0) -> list[bytes]:
    """The pages that hold the messages, in order."""
    writer = wire.PageWriter(BOOT, SESSION, number)
    pages = [page for page in map(writer.add, messages) if page]
    last = writer.flush()
    return [*pages, last] if last else pages


def opened(*chunks: bytes) -> tuple[list[int], wire.PageDecoder]:
    """The numbers of the pages found, and the decoder at the end of the file."""
    decoder = wire.PageDecoder()
    pages = [page for chunk in chunks for page in decoder.feed(chunk)]
    decoder.finish()
    assert decoder.good == len(pages)
    for boot, session, number, messages in pages:
        assert (boot, session) == (BOOT, SESSION)
        assert messages == CONTENT[number]
    return [number for _, _, number, _ in pages], decoder


PAGES = paged(MESSAGES)
CONTENT = {n: (wire.page_open(page) or (0, 0, 0, []))[3] for n, page in enumerate(PAGES)}
FILE = b"".join(PAGES)
ALL = list(range(len(PAGES)))


@given(st.lists(st.binary(min_size=1, max_size=wire.MESSAGE_MAX), max_size=20), st.integers(0, 2**32 - 100))
def test_page_round_trip(messages, number):
    read = []
    for i, page in enumerate(paged(messages, number)):
        assert len(page) == wire.PAGE_SIZE
        contents = wire.page_open(page)
        assert contents is not None
        assert contents[:3] == (BOOT, SESSION, number + i)
        read += contents[3]
    assert read == messages


@given(st.lists(st.integers(0, len(FILE)), max_size=30))
def test_any_chunking_gives_the_same_pages(cuts):
    edges = [0, *sorted(cuts), len(FILE)]
    found, decoder = opened(*(FILE[a:b] for a, b in itertools.pairwise(edges)))
    assert found == ALL
    assert decoder.bad_bytes == 0


@pytest.mark.parametrize("mask", [0x01, 0xFF])
def test_a_flip_at_every_byte_costs_its_page_only(mask):
    for at in range(len(FILE)):
        found, decoder = opened(FILE[:at] + bytes([FILE[at] ^ mask]) + FILE[at + 1 :])
        assert found == [n for n in ALL if n != at // wire.PAGE_SIZE]
        assert decoder.bad_bytes == wire.PAGE_SIZE


@pytest.mark.parametrize("shift", ["deleted", "inserted"])
def test_a_shift_at_every_byte_costs_its_page_only(shift):
    for at in range(len(FILE)):
        data = FILE[:at] + (FILE[at + 1 :] if shift == "deleted" else bytes([FILE[at] ^ 0xFF]) + FILE[at:])
        found, decoder = opened(data)
        between = shift == "inserted" and at % wire.PAGE_SIZE == 0
        assert found == [n for n in ALL if between or n != at // wire.PAGE_SIZE]
        assert decoder.bad_bytes == len(data) - wire.PAGE_SIZE * len(found)


def test_a_torn_tail_costs_the_last_page_only():
    for size in range(len(FILE) + 1):
        found, decoder = opened(FILE[:size])
        assert found == ALL[: size // wire.PAGE_SIZE]
        assert decoder.bad_bytes == size % wire.PAGE_SIZE


@given(st.binary(max_size=1000), st.lists(st.integers(0, 2000), max_size=5))
def test_after_any_garbage_the_next_page_is_found(garbage, cuts):
    data = garbage + FILE
    edges = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    found, decoder = opened(*(data[a:b] for a, b in itertools.pairwise(edges)))
    assert found == ALL
    assert decoder.bad_bytes == len(garbage)


@given(st.binary(min_size=wire.PAGE_SIZE - 7, max_size=wire.PAGE_SIZE - 7))
def test_a_page_with_a_good_check_and_any_content_never_raises(rest):
    page = wire.PAGE_START + rest
    page += struct.pack("<I", crc32(page))
    contents = wire.page_open(page)
    assert contents is None or all(0 < len(message) <= wire.MESSAGE_MAX for message in contents[3])


@pytest.mark.parametrize("used", range(256))
def test_a_page_that_lies_about_its_length_never_raises(used):
    page = bytearray(b"\x10" * wire.PAGE_SIZE)
    struct.pack_into(wire.PAGE_HEADER, page, 0, wire.PAGE_MAGIC, wire.PAGE_FORMAT, used, 1, 2, 3)
    struct.pack_into("<I", page, wire.PAGE_SIZE - 4, crc32(page[:-4]))
    contents = wire.page_open(page)
    assert (contents is not None) == (used <= wire.PAGE_ROOM and used % 17 == 0)


def test_a_page_of_another_format_is_passed_over():
    page = bytearray(PAGES[0])
    page[2] = wire.PAGE_FORMAT + 1
    struct.pack_into("<I", page, wire.PAGE_SIZE - 4, crc32(page[:-4]))
    found, decoder = opened(bytes(page) + FILE)
    assert found == ALL
    assert decoder.bad_bytes == wire.PAGE_SIZE


@pytest.mark.parametrize("pattern", [b"\xff", wire.PAGE_MAGIC, wire.PAGE_START])
def test_hostile_files_take_linear_time_and_bounded_memory(pattern):
    data = (pattern * (300_000 // len(pattern) + 1))[:300_000]
    decoder = wire.PageDecoder()
    start = time.process_time()
    for i in range(0, len(data), 1000):
        assert decoder.feed(data[i : i + 1000]) == []
        assert len(decoder._part) < wire.PAGE_SIZE
    assert time.process_time() - start < 5, "far above the fraction of a second it takes"


@pytest.mark.parametrize("size", [0, wire.MESSAGE_MAX + 1])
def test_a_message_of_impossible_length_raises(size):
    with pytest.raises(wire.WireError):
        wire.PageWriter(BOOT, SESSION).add(bytes(size))


@pytest.mark.parametrize("ids", [(-1, 0, 0), (2**16, 0, 0), (0, 2**32, 0), (0, 0, 2**32)])
def test_ids_that_do_not_fit_raise(ids):
    with pytest.raises(wire.WireError):
        wire.PageWriter(*ids)
