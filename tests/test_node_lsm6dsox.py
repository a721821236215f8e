"""The LSM6DSOX driver against bytes as the data sheet lays them out, on a scripted chip."""

import pytest

import node_time
from node_fakes import Bus, Chip, parity
from node_shims import firmware

SLED = firmware.board.SLED_ADDRESS
GYRO, ACCEL, TIME = 1, 2, 4
TICKS = 192  # 25 us chip ticks per reading


class ScriptedImu(Chip):
    """Registers, and a FIFO filled by the test. `fail_at`: bus transfers to go before one fails."""

    def __init__(self):
        super().__init__()
        self.registers[0x0F] = 0x6C
        self.fifo: list[bytes] = []
        self.log: list[tuple[int, int]] = []
        self.overrun = False
        self.stuck_in_reset = False
        self.stamps: list[int] = []
        self.fail_at = -1

    def _spark(self):
        self.fail_at -= 1
        if self.fail_at == -1:
            raise OSError(110)

    def write(self, register, buffer):
        self._spark()
        super().write(register, buffer)
        self.log.append((register, buffer[0]))
        if register == 0x12 and not self.stuck_in_reset:
            self.registers[0x12] &= 0xFE
        if register == 0x0A and not buffer[0] & 7:
            self.fifo.clear()

    def read(self, register, buffer):
        self._spark()
        if register == 0x3A:
            buffer[0] = len(self.fifo) & 0xFF
            buffer[1] = len(self.fifo) >> 8 | (0x08 if self.overrun else 0)
            self.overrun = False
        elif register == 0x40:
            stamp = self.stamps.pop(0) if len(self.stamps) > 1 else self.stamps[0]
            buffer[:] = (stamp & 0xFFFFFFFF).to_bytes(4, "little")[: len(buffer)]
            node_time.advance(100)
        elif register == 0x78:
            assert len(buffer) % 7 == 0, "words are read whole"
            words = b"".join(self.fifo.pop(0) for _ in range(len(buffer) // 7))
            buffer[:] = words
        else:
            super().read(register, buffer)


def word(sensor: int, slot: int, data: bytes) -> bytes:
    return bytes([parity(sensor << 3 | (slot & 3) << 1)]) + data


def vector(*axes: int) -> bytes:
    return b"".join(axis.to_bytes(2, "little", signed=True) for axis in axes)


def stamp(ticks: int) -> bytes:
    return (ticks & 0xFFFFFFFF).to_bytes(4, "little") + b"\x00\x00"


def slot(number: int, ticks: int | None = None, order: str = "gat") -> list[bytes]:
    """The three words of reading `number`, in an order of g(yroscope), a(ccelerometer), t(imestamp)."""
    ticks = number * TICKS if ticks is None else ticks
    words = {
        "g": word(GYRO, number, vector(number, -number, 7)),
        "a": word(ACCEL, number, vector(-1, number, 1000)),
        "t": word(TIME, number, stamp(ticks)),
    }
    return [words[letter] for letter in order]


def expected(number: int) -> bytes:
    return vector(-1, number, 1000, number, -number, 7)


@pytest.fixture
def chip() -> ScriptedImu:
    node_time.reset()
    chip = ScriptedImu()
    chip.stamps = [0]
    return chip


@pytest.fixture
def imu(chip):
    """Set up and settled: the last reading was number 15."""
    imu = firmware.lsm6dsox.Lsm6dsox(Bus({SLED: chip}), SLED)
    imu.setup()
    for number in range(1, 16):
        chip.fifo += slot(number)
    chip.stamps = [15 * TICKS]
    assert drain(imu) == []
    return imu


def drain(imu) -> list[tuple[bytes, int, int]]:
    """Everything in the FIFO: (reading, ticks, lost)."""
    out = []
    while True:
        imu.refill()
        while imu.next():
            out.append((bytes(imu.reading), imu.ticks(), imu.lost))
        if not imu.pending:
            return out


def test_setup_writes_what_the_data_sheet_asks_for(chip, imu):
    assert chip.log[0] == (0x12, 0x01)  # reset
    written = dict(chip.log)
    assert written[0x12] == 0x44  # block data update, address increment
    assert written[0x10] == 0x5A  # 208 Hz, 4 g, LPF2
    assert written[0x17] == 0x00  # LPF2 at ODR/4
    assert written[0x11] == 0x54  # 208 Hz, 500 dps
    assert written[0x13] == 0x02  # gyroscope LPF1 on
    assert written[0x15] == 0x05
    assert written[0x19] == 0x20  # timestamps count
    assert written[0x09] == 0x55  # both batched at 208 Hz
    assert [value for register, value in chip.log if register == 0x0A] == [0x40, 0x46]


def test_wrong_identity_is_told(chip):
    chip.registers[0x0F] = 0x6B
    with pytest.raises(firmware.registers.WrongChip) as caught:
        firmware.lsm6dsox.Lsm6dsox(Bus({SLED: chip}), SLED).setup()
    assert caught.value.found == 0x6B
    assert chip.log == []


def test_a_reset_that_never_ends_is_given_up(chip):
    chip.stuck_in_reset = True
    with pytest.raises(OSError, match="110"):
        firmware.lsm6dsox.Lsm6dsox(Bus({SLED: chip}), SLED).setup()


@pytest.mark.parametrize(("fine", "rate"), [(0x00, 1.0), (0x0A, 1.015), (0xF6, 0.985), (0x80, 0.808), (0x7F, 1.1905)])
def test_the_period_follows_the_oscillator(chip, fine, rate):
    """FREQ_FINE is in two's complement, steps of 0.15 %."""
    chip.registers[0x63] = fine
    imu = firmware.lsm6dsox.Lsm6dsox(Bus({SLED: chip}), SLED)
    imu.setup()
    assert imu.period_ns == round(32e9 / 6667 / rate)


@pytest.mark.parametrize("order", ["gat", "agt", "tga", "tag", "atg"])
def test_words_of_a_slot_come_in_any_order(chip, imu, order):
    chip.fifo = slot(16, order=order) + slot(17, order=order)
    assert [reading for reading, _, _ in drain(imu)] == [expected(16), expected(17)]


def test_a_slot_split_between_two_reads_is_joined(chip, imu):
    words = slot(16) + slot(17)
    chip.fifo = words[:4]
    assert [reading for reading, _, _ in drain(imu)] == [expected(16)]
    chip.fifo = words[4:]
    assert [reading for reading, _, _ in drain(imu)] == [expected(17)]


def test_a_full_fifo_is_read_in_bursts(chip, imu):
    for number in range(16, 16 + 170):
        chip.fifo += slot(number)
    readings = drain(imu)
    assert [reading for reading, _, _ in readings] == [expected(number) for number in range(16, 186)]
    assert {lost for _, _, lost in readings} == {0}


def test_reading_times_are_counted_back_from_the_chips_clock(chip, imu):
    """The pair of clocks is read in the middle of a transfer of 100 us; chip ticks are 25 us."""
    node_time.reset(1_000_000)
    chip.fifo = slot(16) + slot(17)
    chip.stamps = [17 * TICKS + 40]
    times = [ticks for _, ticks, _ in drain(imu)]
    assert times == [1_000_050 - (TICKS + 40) * 25, 1_000_050 - 40 * 25]


def test_a_slow_oscillator_stretches_the_times(chip):
    chip.registers[0x63] = 0x9C  # -100: 15 % slow
    imu = firmware.lsm6dsox.Lsm6dsox(Bus({SLED: chip}), SLED)
    imu.setup()
    for number in range(1, 17):
        chip.fifo += slot(number)
    chip.stamps = [20 * TICKS]
    ((_, ticks, _),) = drain(imu)
    assert node_time.ticks_diff(ticks, 50) == pytest.approx(-4 * TICKS * 25 / 0.85, abs=1)


@pytest.mark.parametrize("first", [0xFFFFFF - 200, 0xFFFFFFFF - 200])
def test_the_chips_counter_wraps(chip, imu, first):
    """Both where the driver's 24 bits wrap and where the chip's 32 do."""
    imu.restart()
    for number in range(4):
        chip.fifo += slot(number, first + number * TICKS)
    chip.stamps = [first + 4 * TICKS]
    node_time.reset(500_000)
    readings = drain(imu)
    assert [lost for _, _, lost in readings] == [0, 0, 0, 0]
    assert [ticks for _, ticks, _ in readings] == [500_050 - n * TICKS * 25 for n in (4, 3, 2, 1)]


def test_node_ticks_wrap_between_reading_and_clock(chip, imu):
    node_time.reset(1_000)
    chip.fifo = slot(16)
    chip.stamps = [16 * TICKS + 400]
    ((_, ticks, _),) = drain(imu)
    assert ticks == node_time.PERIOD + 1_050 - 10_000


def test_a_counter_about_to_carry_is_read_again(chip, imu):
    """Byte 0 read just before a carry, byte 1 just after it would be 6.4 ms off."""
    chip.fifo = slot(16)
    torn, whole = 0x0FFF, 0x0F05
    chip.stamps = [torn, whole]
    node_time.reset(0)
    ((_, ticks, _),) = drain(imu)
    assert ticks == node_time.ticks_add(150, -(whole - 16 * TICKS) * 25)


def test_lost_readings_are_counted_by_time(chip, imu):
    chip.fifo = slot(16) + slot(116) + slot(117)
    chip.overrun = True
    assert [lost for _, _, lost in drain(imu)] == [0, 99, 0]
    assert imu.overruns == 1


def test_an_overrun_is_reported_once(chip, imu):
    chip.overrun = True
    assert imu.refill() is True
    assert imu.refill() is False


def test_a_word_of_wrong_parity_is_dropped(chip, imu):
    chip.fifo = slot(16) + slot(17) + slot(18)
    chip.fifo[3] = bytes([chip.fifo[3][0] ^ 0x01]) + chip.fifo[3][1:]  # gyroscope of 17
    readings = drain(imu)
    assert [(reading, lost) for reading, _, lost in readings] == [(expected(16), 0), (expected(18), 1)]
    assert imu.parity_errors == 1


def test_a_lost_timestamp_is_made_up_from_the_slots(chip, imu):
    chip.fifo = slot(16) + slot(17)[:2] + slot(18)
    chip.stamps = [18 * TICKS]
    readings = drain(imu)
    assert [(reading, lost) for reading, _, lost in readings] == [(expected(n), 0) for n in (16, 17, 18)]
    assert node_time.ticks_diff(readings[1][1], readings[0][1]) == TICKS * 25


def test_four_lost_slots_do_not_hide_behind_the_same_counter(chip, imu):
    chip.fifo = slot(16)[:1] + slot(20)
    assert [(reading, lost) for reading, _, lost in drain(imu)] == [(expected(20), 4)]


def test_words_of_other_sensors_are_passed_over(chip, imu):
    chip.fifo = [word(0x03, 16, bytes(6)), *slot(16), word(0x19, 17, bytes(6)), bytes(7)]
    assert [reading for reading, _, _ in drain(imu)] == [expected(16)]


def test_an_error_in_the_middle_loses_words_not_sense(chip, imu):
    chip.fifo = slot(16) + slot(17)
    chip.fail_at = 2  # status, clock, then words
    with pytest.raises(OSError, match="110"):
        imu.refill()
    imu.abandon()
    chip.fifo = slot(18)
    assert [(reading, lost) for reading, _, lost in drain(imu)] == [(expected(18), 2)]


def test_after_a_restart_nothing_counts_as_lost(chip, imu):
    chip.fifo = slot(400)
    imu.restart()
    assert drain(imu) == []
    chip.fifo = slot(900)
    assert [(reading, lost) for reading, _, lost in drain(imu)] == [(expected(900), 0)]


def test_a_chip_that_lost_power_fails_the_check(chip, imu):
    assert imu.check()
    chip.registers[0x10] = 0
    assert not imu.check()
