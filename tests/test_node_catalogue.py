"""The catalogue of logged sessions says what was said to it, whatever happens: boots, moves, power cuts."""

import random

import pytest

import node_time
from flash_blocks import FlashBlocks
from node_shims import firmware
from presscue.simulator.board.nor_flash import SECTOR, NorFlash, PowerCut

SECTORS = 100
BOOT = 7
PLAIN = ("session", "boot", "boots", "t_us", "clock", "wall_ms", "sets", "pages", "length_ms", "verified")


def mounted(flash):
    node_time.reset()
    catalogue = firmware.catalogue.Catalogue(FlashBlocks(flash=flash))
    catalogue.mount(1)
    return catalogue


def told(catalogue) -> list[dict]:
    return [
        {name: getattr(entry, name) for name in PLAIN} | {"extents": list(entry.extents)}
        for entry in catalogue.entries()
    ]


class Said:
    """What has been said to a catalogue, kept the plain way."""

    def __init__(self, catalogue, rng: random.Random):
        self.catalogue = catalogue
        self.rng = rng
        self.rows: list[dict] = []

    def some(self, wanted=lambda row: True):
        """A session that is there and its row, or None."""
        rows = [row for row in self.rows if wanted(row)]
        if not rows:
            return None
        row = self.rng.choice(rows)
        (entry,) = (each for each in self.catalogue.entries() if each.session == row["session"])
        return entry, row

    def step(self):
        rng, catalogue = self.rng, self.catalogue
        opened = self.some(lambda row: row["pages"] is None)
        match rng.choice(("enter", "set", "extend", "end", "verify", "delete", "tidy", "date", "boot")):
            case "enter" if opened is None and not catalogue.full():
                t_us, sector, wall_ms = (
                    rng.getrandbits(44),
                    rng.randrange(2, SECTORS),
                    rng.choice((0, 1_700_000_000_123)),
                )
                entry = catalogue.enter(BOOT, t_us, sector, wall_ms, 1)
                clock = 1 if wall_ms else 0
                values = (entry.session, BOOT, catalogue.boots, t_us, clock, wall_ms, 0, None, 0, False)
                self.rows.append(dict(zip(PLAIN, values, strict=True)) | {"extents": [(0, sector)]})
            case "set" if opened:
                catalogue.count_set(opened[0])
                opened[1]["sets"] = min(opened[1]["sets"] + 1, 32)
            case "extend" if opened:
                place = rng.randrange(1, 60), rng.randrange(2, SECTORS)
                if catalogue.extend(opened[0], *place):
                    opened[1]["extents"].append(place)
            case "end" if opened:
                opened[1].update(pages=rng.randrange(0xFFF0), length_ms=rng.getrandbits(32))
                catalogue.end(opened[0], opened[1]["pages"], opened[1]["length_ms"])
            case "verify" if found := self.some(lambda row: row["pages"] is not None and not row["verified"]):
                catalogue.verify(found[0])
                found[1]["verified"] = True
            case "delete" if catalogue.full() and (found := self.some(lambda row: row["verified"])):
                catalogue.delete(found[0])
                self.rows.remove(found[1])
            case "tidy":
                catalogue.tidy()
            case "date" if found := self.some(lambda row: row["boots"] == catalogue.boots and not row["wall_ms"]):
                assert found[0].session > catalogue.before
                catalogue.date(found[0], 1_700_000_000_456)
                found[1].update(wall_ms=1_700_000_000_456, clock=2)
            case "boot" if opened is None and rng.random() < 0.2:
                self.catalogue = mounted(catalogue._blocks.flash)

    def check(self):
        assert told(self.catalogue) == self.rows
        assert self.catalogue.has_verified() == any(row["verified"] for row in self.rows)
        assert self.catalogue.kept == sum(row["pages"] or 0 for row in self.rows if not row["verified"])
        assert self.catalogue.full() == (len(self.rows) == firmware.catalogue.SESSIONS_MAX)


@pytest.mark.parametrize("seed", range(3))
def test_it_says_what_was_said_to_it_through_boots_and_moves_to_the_other_block(seed):
    said = Said(mounted(NorFlash(SECTORS * SECTOR)), random.Random(seed))
    was_full = 0
    for _ in range(2_500):
        said.step()
        said.check()
        was_full += said.catalogue.full()
    moves = said.catalogue._generation
    print(f"{moves} moves, {said.catalogue.boots} boots, {len(said.rows)} sessions, full in {was_full} steps")
    assert moves > 3
    assert said.catalogue.boots > 20
    assert was_full > 100


def test_an_end_that_power_cuts_have_torn_is_told_all_the_same():
    """The flash cannot tell it any more: what is found at the boot is kept in memory, in the other block as well."""
    torn = 0
    for seed in range(20):
        flash = NorFlash(SECTORS * SECTOR, seed=seed)
        catalogue = mounted(flash)
        catalogue.enter(BOOT, 1_000, 2, 0, 0)
        for pages in (0x1234, 0x0FED):
            catalogue = mounted(flash)
            (entry,) = catalogue.entries()
            if entry.pages is None:
                flash.cut_power_after(0)
                with pytest.raises(PowerCut):
                    catalogue.end(entry, pages, 77_000)
                flash.cut_power_after(None)
        catalogue = mounted(flash)
        (entry,) = catalogue.entries()
        if entry.pages is not None:
            continue
        catalogue.end(entry, 300, 9_000)
        for _ in range(70):
            (entry,) = catalogue.entries()
            assert (entry.pages, entry.length_ms, catalogue.kept) == (300, 9_000, 300 * (not entry.verified))
            if not entry.verified:
                catalogue.verify(entry)
            other = catalogue.enter(BOOT, 2_000, 3, 0, 0)
            catalogue.end(other, 1, 1)
            catalogue.verify(other)
            catalogue.delete(other)
        assert catalogue._generation > 0
        (entry,) = mounted(flash).entries()
        torn += entry.pages is None
    print(f"{torn} of 20 torn so that the flash does not tell them")
    assert torn >= 5
