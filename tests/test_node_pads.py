"""ADS1115 driver and pads: configuration bytes, round robin, open pads, failures."""

import pytest

import node_time
from node_fakes import Bus, SteadyAdc
from node_shims import firmware

ADDRESS = firmware.board.PADS_ADDRESS
TICK_US = firmware.board.TICK_US
OPEN = -32768


class LoggingAdc(SteadyAdc):
    def __init__(self):
        super().__init__()
        self.log: list[tuple[int, bytes]] = []

    def write(self, register, buffer):
        super().write(register, buffer)
        self.log.append((register, bytes(buffer)))


@pytest.fixture
def chip():
    node_time.reset()
    return LoggingAdc()


@pytest.fixture
def pads(chip):
    pads = firmware.pads.Pads(firmware.ads1115.Ads1115(Bus({ADDRESS: chip}), ADDRESS))
    pads.setup()
    chip.log.clear()
    return pads


def rounds(pads, count: int) -> list[tuple[int, tuple[int, ...]]]:
    """(ticks, counts) of the next `count` readings."""
    out = []
    while len(out) < count:
        if pads.step(node_time.ticks_us()):
            reading = bytes(pads.reading)
            values = [int.from_bytes(reading[i : i + 2], "little", signed=True) for i in (0, 2, 4)]
            out.append((pads.ticks, tuple(values)))
        node_time.advance(TICK_US)
    return out


def test_each_tick_starts_the_next_input(chip, pads):
    """Start, input against ground, 4.096 V, single conversion, 860 SPS, comparator off."""
    for _ in range(4):
        pads.step(node_time.ticks_us())
    starts = [data for _, data in chip.log]
    assert starts == [b"\xc3\xe3", b"\xd3\xe3", b"\xe3\xe3", b"\xc3\xe3"]
    assert {register for register, _ in chip.log} == {1}


def test_a_reading_is_stamped_at_its_middle_input(chip, pads):
    assert rounds(pads, 3) == [(TICK_US * (1 + 3 * n), (1000, 2000, 3000)) for n in range(3)]


@pytest.mark.parametrize(("count", "value"), [(59, OPEN), (60, 60), (-3 & 0xFFFF, OPEN), (0x7FFF, 32767), (0, OPEN)])
def test_a_pad_at_the_rail_reads_as_open(chip, pads, count, value):
    chip.counts[1] = count
    assert rounds(pads, 1)[0][1] == (1000, value, 3000)


def test_a_pad_is_called_open_after_a_while_and_whole_again_too(chip, pads):
    chip.counts[2] = 3
    rounds(pads, 7)
    assert pads.open_mask == 0
    rounds(pads, 1)
    assert pads.open_mask == 0b100
    chip.counts[2] = 3000
    rounds(pads, 4)
    chip.counts[2] = 3
    rounds(pads, 1)
    chip.counts[2] = 3000
    rounds(pads, 7)
    assert pads.open_mask == 0b100
    rounds(pads, 1)
    assert pads.open_mask == 0


def test_a_failed_transfer_starts_the_round_anew(chip, pads):
    pads.step(0)
    pads.step(5_000)
    chip.absent = True
    with pytest.raises(OSError, match="19"):
        pads.step(10_000)
    chip.absent = False
    node_time.reset(20_000)
    assert rounds(pads, 1) == [(25_000, (1000, 2000, 3000))]


def test_a_chip_that_keeps_nothing_is_refused(chip):
    chip.write = lambda register, buffer: None
    with pytest.raises(firmware.registers.WrongChip):
        firmware.ads1115.Ads1115(Bus({ADDRESS: chip}), ADDRESS).setup()
