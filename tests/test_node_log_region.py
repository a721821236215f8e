"""The log's region on a flash that needs erasing: round and round, what may go and what not, and every power cut."""

from pathlib import Path

import pytest

import node_time
from flash_blocks import FlashBlocks
from node_shims import firmware
from presscue import wire
from presscue.simulator.board.nor_flash import SECTOR, NorFlash, PowerCut

log_region = firmware.log_region
BOOT = 7
SECTORS = 40
BOOT_BUDGET_US = 200_000


def mounted(blocks, ready=8):
    region = log_region.Region(blocks, ready)
    region.mount(100)
    return region


def page(session, number):
    writer = wire.PageWriter(BOOT, session, number)
    writer.add(wire.encode("packed", BOOT, number, 1_000_000 + 77_000 * number, 0, tail=bytes(range(1, 200))))
    done = writer.flush()
    assert done is not None
    return bytearray(done)


def write(region, pages, wall_ms=0):
    """A session of so many pages; what it holds, by number. Ends early when the region is full."""
    assert region.begin(BOOT, 1_000_000, wall_ms)
    entry = region.writing
    held = {}
    while len(held) < pages:
        number = region.pages
        result = region.append(page(entry.session, number))
        if result in (log_region.FULL, log_region.SPLIT):
            break
        if result == log_region.WRITTEN:
            held[number] = bytes(page(entry.session, number))
    region.end(77 * region.pages)
    return entry, held


def read(region, entry):
    out = bytearray()
    for offset in range(0, entry.pages * wire.PAGE_SIZE, wire.PAGE_SIZE):
        buffer = bytearray(wire.PAGE_SIZE)
        region.read(entry, offset, buffer)
        out += buffer
    return bytes(out)


def rest(region, seconds):
    """A node at rest: turns of 5 ms."""
    for _ in range(200 * seconds):
        region.tend(node_time.ticks_us())
        node_time.advance(5_000)


@pytest.fixture(params=["flash", "files"])
def blocks(request, tmp_path: Path):
    node_time.reset()
    made = FlashBlocks(SECTORS) if request.param == "flash" else firmware.blocks.FileBlocks(str(tmp_path), SECTORS)
    yield made
    made.ioctl(3, 0)


def test_what_is_written_is_read_after_any_number_of_boots(blocks):
    first = mounted(blocks)
    entry, held = write(first, 70, wall_ms=1_700_000_000_123)
    first.catalogue.count_set(entry)
    other, more = write(first, 5)
    for boots in (2, 3):
        region = mounted(blocks)
        assert region.catalogue.boots == boots
        found, last = region.catalogue.entries()
        assert (found.session, found.boot, found.pages, found.sets, found.wall_ms) == (100, 7, 70, 1, 1_700_000_000_123)
        assert (found.length_ms, found.clock, found.verified) == (77 * 70, 1, False)
        assert read(region, found) == b"".join(held.values())
        assert (last.session, last.clock, last.wall_ms) == (other.session, 0, 0)
        assert read(region, last) == b"".join(more.values())


def test_only_what_is_verified_is_ever_deleted_and_the_oldest_first(blocks):
    region = mounted(blocks)
    sessions = [write(region, 8 * 16) for _ in range(4)]
    for kept in (1, 2):
        region.catalogue.verify(sessions[kept][0])
    newest, held = write(region, 12 * 16)
    there = [entry.session for entry in region.catalogue.entries()]
    assert there == [100, 102, 103, 104]  # 101, the older verified one, made room
    assert len(held) == 12 * 16
    last, _ = write(region, 100 * 16)
    assert [entry.session for entry in region.catalogue.entries()] == [100, 103, 104, last.session]
    assert not region.begin(BOOT, 0, 0)
    assert not region.has_room()
    for entry, pages in (sessions[0], sessions[3], (newest, held)):
        assert read(region, entry) == b"".join(pages.values())
    again = mounted(blocks)
    assert [read(again, entry) for entry in again.catalogue.entries()] == [
        read(region, entry) for entry in region.catalogue.entries()
    ]


def test_at_rest_no_second_loses_more_than_100_ms_and_a_set_never_waits():
    node_time.reset()
    blocks = FlashBlocks(SECTORS, flash=used_flash())
    region = mounted(blocks, ready=20)
    stalls = []
    for _ in range(200 * 30):
        began = blocks.took_us
        region.tend(node_time.ticks_us())
        stalls.append((node_time.ticks_us(), blocks.took_us - began))
        node_time.advance(5_000)
    long = [(t, took) for t, took in stalls if took > 20_000]
    assert len(long) == 20
    for t, _ in long:
        assert sum(took for other, took in stalls if 0 <= other - t < 1_000_000) < 100_000
    assert region.begin(BOOT, 0, 0)
    for _ in range(20 * 16):
        began = blocks.took_us
        assert region.append(page(100, region.pages)) == log_region.WRITTEN
        assert blocks.took_us - began < 3_000
    began = blocks.took_us
    assert region.append(page(100, region.pages)) == log_region.WRITTEN  # beyond what was erased: on it goes
    assert blocks.took_us - began > 80_000


def used_flash():
    flash = NorFlash(SECTORS * SECTOR)
    flash.data[2 * SECTOR :] = bytes(len(flash.data) - 2 * SECTOR)
    return flash


def test_all_blocks_wear_alike():
    node_time.reset()
    blocks = FlashBlocks(SECTORS, flash=used_flash())
    region = mounted(blocks)
    for _ in range(300):
        entry, _ = write(region, 37)
        region.catalogue.verify(entry)
        rest(region, 4)
    wear = blocks.flash.erases[2:]
    print(f"erases per block: {min(wear)} to {max(wear)}; catalogue {blocks.flash.erases[:2]}")
    assert max(wear) - min(wear) <= 2
    assert max(blocks.flash.erases[:2]) < max(wear)
    assert list(mounted(blocks).catalogue.entries())[-1].session == 100 + 299


def test_a_spoilt_page_costs_itself_only():
    node_time.reset()
    blocks = FlashBlocks(SECTORS)
    region = mounted(blocks)
    rest(region, 3)
    blocks.flash.data[3 * SECTOR + 2 * 256 + 40] = 0  # a bit that does not erase
    assert region.begin(BOOT, 0, 0)
    results = [region.append(page(100, region.pages)) for _ in range(6)]
    assert results.count(log_region.BAD) == 1
    assert results.count(log_region.WRITTEN) == 5


def session_writes():
    """Every program and erase of four sessions with rests between, in which verified ones make room."""
    node_time.reset()
    blocks = FlashBlocks(SECTORS, flash=used_flash())
    region = mounted(blocks)
    for number in range(4):
        rest(region, 3)
        entry, _ = write(region, 150, wall_ms=1_700_000_000_000 * (number & 1))
        region.catalogue.count_set(entry)
        if number < 3:
            region.catalogue.verify(entry)
    return blocks.writes


def replayed(flash, writes):
    for address, data in writes:
        if data is None:
            flash.erase(address)
        else:
            flash.program(address, data)


def pages_in(writes):
    """Of the sessions, each page written: (session, number): bytes."""
    found = {}
    for _, data in writes:
        opened = wire.page_open(data) if data is not None and len(data) == wire.PAGE_SIZE else None
        if opened is not None:
            found[opened[1], opened[2]] = data
    return found


def check_after_cut(flash, before):
    """All pages written before are there, within the time a boot may take, and recording goes on."""
    node_time.reset()
    blocks = FlashBlocks(flash=flash)
    region = mounted(blocks)
    took_us = blocks.took_us
    kept = {(entry.session, n): entry for entry in region.catalogue.entries() for n in range(entry.pages)}
    newest = max((session for session, _ in before), default=None)
    deleted = {session for session, _ in before} - {entry.session for entry in region.catalogue.entries()}
    assert newest not in deleted
    for key, data in before.items():
        if key[0] not in deleted:
            buffer = bytearray(wire.PAGE_SIZE)
            region.read(kept[key], key[1] * wire.PAGE_SIZE, buffer)
            assert buffer == data, key
    if region.has_room():
        entry, held = write(region, 3)
        assert len(held) == 3
        assert read(mounted(blocks), entry) == b"".join(held.values())
    return took_us, deleted


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_a_power_cut_at_every_write_loses_no_page_written_before(every):
    writes = session_writes()
    points = 0
    slowest_us = 0
    for torn in (False, True):
        flash = NorFlash(SECTORS * SECTOR)
        flash.data[2 * SECTOR :] = bytes(len(flash.data) - 2 * SECTOR)
        for number, (address, data) in enumerate(writes):
            cut = NorFlash(len(flash.data), seed=number)
            cut.data[:] = flash.data
            if torn:
                cut.cut_power_after(0)
                with pytest.raises(PowerCut):
                    replayed(cut, [(address, data)])
                cut.cut_power_after(None)
            if number % every == torn % every or data is None or len(data) < wire.PAGE_SIZE:
                took_us, deleted = check_after_cut(cut, pages_in(writes[:number]))
                assert deleted <= {100, 101, 102}
                slowest_us = max(slowest_us, took_us)
                points += 1
            replayed(flash, [(address, data)])
    print(f"{points} cuts in {len(writes)} writes, {slowest_us / 1000:.0f} ms at most to find the end")
    assert points >= 500
    assert slowest_us < BOOT_BUDGET_US


def test_the_end_of_a_long_session_is_found_in_time():
    """On the whole partition: bisection, not a walk through 24,000 pages."""
    node_time.reset()
    blocks = FlashBlocks(1536)
    region = mounted(blocks)
    assert region.begin(BOOT, 1_000_000, 0)
    for _ in range(20_003):
        region.append(page(100, region.pages))
    again = FlashBlocks(flash=blocks.flash)
    (found,) = mounted(again).catalogue.entries()
    print(f"found in {again.took_us / 1000:.0f} ms, {again.reads} reads")
    assert found.pages == 20_003
    assert found.length_ms == 77 * 20_002
    assert again.took_us < BOOT_BUDGET_US
