"""The other parts of the board: converter and pads, haptic driver, bus, flash, serial port."""

import numpy as np
import pytest

from presscue.simulator.board import charges
from presscue.simulator.board.ads1115 import Ads1115
from presscue.simulator.board.bus import ENODEV, ETIMEDOUT, BusError, I2cBus
from presscue.simulator.board.drv2605l import Drv2605l, Lra
from presscue.simulator.board.nor_flash import ERASE_US, PAGE, PROGRAM_US, SECTOR, NorFlash, PowerCut
from presscue.simulator.board.pads import Pads
from presscue.simulator.board.serial_port import BYTES_PER_S, LATENCY_US, RX_BUFFER, TX_BUFFER, SerialPort

VOLTS = (1.0, 2.0, 0.5, 0.0)


def read(chip, register, size, t_us):
    chip.write(bytes((register,)), t_us)
    return chip.read(size, t_us)


def write(chip, register, value, t_us):
    chip.write(bytes((register, value)), t_us)


# ADS1115


def converter(**options):
    chip = Ads1115(lambda channel, t_us: VOLTS[channel], **options)
    chip.power_on(0)
    return chip


def start(chip, config, t_us):
    chip.write(bytes((1, config >> 8, config & 0xFF)), t_us)


def counts(chip, t_us):
    return int.from_bytes(read(chip, 0, 2, t_us), "big", signed=True)


def test_converter_reset_values():
    chip = converter()
    assert [read(chip, register, 2, 0).hex() for register in range(4)] == ["0000", "8583", "8000", "7fff"]


def test_single_shot_takes_its_time_and_reads_the_input_asked_for():
    chip = converter()
    start(chip, 0xD3E3, 1000)  # AIN1 against ground, ±4.096 V, single shot, 860 SPS
    assert read(chip, 1, 2, 1100).hex() == "53e3"  # busy
    assert counts(chip, 1100) == 0
    assert read(chip, 1, 2, 2200).hex() == "d3e3"
    assert counts(chip, 2200) == 16000


@pytest.mark.parametrize(("pga", "expected"), [(0, 5333), (1, 8000), (2, 16000), (3, 32000), (4, 32767)])
def test_gain_and_saturation(pga, expected):
    chip = converter()
    start(chip, 0xC1E3 | pga << 9, 0)
    assert counts(chip, 5000) == expected


def test_differential_input():
    chip = converter()
    start(chip, 0x83E3, 0)  # AIN0 - AIN1
    assert counts(chip, 5000) == -8000


def test_slow_rate_and_its_own_oscillator():
    for error, ready_us in ((0.0, 125_025), (-0.1, 138_914)):
        chip = converter(rate_error=error)
        start(chip, 0xC303, 0)  # 8 SPS
        assert counts(chip, ready_us - 10) == 0
        assert counts(chip, ready_us + 10) == 8000


def test_continuous_conversion():
    chip = Ads1115(lambda channel, t_us: t_us * 1e-6)
    chip.power_on(0)
    start(chip, 0x42E3, 0)
    assert counts(chip, 1_000_000) == pytest.approx(8000, abs=16)
    assert counts(chip, 2_000_000) == pytest.approx(16000, abs=16)


# pads


def pads(force, seed=1):
    return Pads(lambda t_s: np.tile(np.asarray(force, float), (len(t_s), 1)), seed)


def test_a_pad_is_monotone_and_compressive_and_shows_that_it_is_there():
    volts = [
        np.mean([pads((f, f, f)).volts(0, t) for t in range(0, 1_000_000, 10_000)]) for f in (0, 50, 150, 300, 600)
    ]
    assert 0.012 < volts[0] < 0.019
    steps = np.diff(volts)
    assert np.all(steps > 0)
    assert steps[3] / 300 < steps[1] / 100
    assert volts[4] < 3.3


def test_pads_differ_in_gain_open_reads_zero_shorted_the_supply():
    gains = np.array([pads((100, 100, 100), seed).gain for seed in range(40)])
    assert gains.min() > 0.85
    assert gains.max() < 1.15
    assert np.ptp(gains) > 0.2
    bank = pads((100, 100, 100))
    bank.open.add("heel_right")
    bank.shorted.add("seat")
    assert bank.volts(0, 0) > 1.0
    assert bank.volts(1, 0) == 0.0
    assert bank.volts(2, 0) == 3.3
    assert bank.volts(3, 0) == 0.0


# DRV2605L


def driver():
    lra = Lra(175.0)
    chip = Drv2605l(lra)
    chip.power_on(0)
    return chip, lra


def test_driver_identity_reset_values_and_standby():
    chip, lra = driver()
    assert read(chip, 0x00, 1, 0)[0] >> 5 == 7
    assert read(chip, 0x01, 4, 0).hex() == "40000101"
    assert read(chip, 0x1A, 4, 0).hex() == "3693f5a0"
    write(chip, 0x02, 0x7F, 0)
    assert lra.log == []


def test_real_time_playback_rises_in_10_to_20_ms_and_is_logged():
    chip, lra = driver()
    write(chip, 0x1A, 0xB6, 0)
    write(chip, 0x01, 0x05, 0)
    write(chip, 0x02, 0x7F, 100_000)
    write(chip, 0x02, 0x00, 300_000)
    assert lra.log == [(100_000, 1.0), (300_000, 0.0)]
    at = np.arange(0, 500_000, 1000.0)
    strength = lra.amplitude(at)
    assert strength[:100].max() == 0.0
    rise_ms = np.argmax(strength >= 0.9) - 100
    assert 10 <= rise_ms <= 20
    assert strength[299] > 0.999
    assert strength[330] < 0.01
    assert lra.quiet(0, 99_999)
    assert not lra.quiet(0, 100_001)
    assert not lra.quiet(305_000, 306_000)
    assert lra.quiet(400_000, 500_000)


def test_an_lra_driven_as_a_dc_motor_hardly_moves():
    chip, lra = driver()
    write(chip, 0x01, 0x05, 0)
    write(chip, 0x02, 0x7F, 0)
    assert lra.log[-1][1] == pytest.approx(0.1)


def test_go_plays_the_sequence_and_clears_itself():
    chip, lra = driver()
    write(chip, 0x1A, 0xB6, 0)
    write(chip, 0x01, 0x00, 0)
    chip.write(bytes((0x04, 1, 0x80 | 10, 1, 0)), 0)
    write(chip, 0x0C, 1, 0)
    assert read(chip, 0x0C, 1, 100_000) == b"\x01"
    assert read(chip, 0x0C, 1, 500_000) == b"\x00"
    assert [level for _, level in lra.log] == [1.0, 0.0, 1.0, 0.0]
    assert lra.log[-1][0] == pytest.approx(400_000)


# bus


def test_bus_charges_time_and_reports_what_is_not_there():
    bus = I2cBus()
    bus.attach(0x48, Ads1115(lambda channel, t_us: 1.0))
    with pytest.raises(BusError) as error:
        bus.transfer(0x48, b"\x01", 2, 0)  # no supply yet
    assert error.value.errno == ENODEV
    bus.power(True, 0)
    data, took_us = bus.transfer(0x48, b"\x01", 2, 0)
    assert data.hex() == "8583"
    assert took_us == charges.BUS_TRANSFER_US + 5 * 9 * 2.5 // 1 + 2 * charges.BUS_READ_BYTE_US
    with pytest.raises(BusError) as error:
        bus.transfer(0x49, b"", 0, 0)
    assert error.value.errno == ENODEV


def test_bus_faults():
    bus = I2cBus()
    bus.attach(0x48, Ads1115(lambda channel, t_us: 1.0))
    bus.power(True, 0)
    bus.transfer(0x48, b"\x01\x12\x34", 0, 0)
    bus.unplug(0x48)
    with pytest.raises(BusError):
        bus.transfer(0x48, b"\x01", 2, 0)
    bus.replug(0x48, 0)
    assert bus.transfer(0x48, b"\x01", 2, 0)[0].hex() == "8583"  # it lost its set-up
    bus.fail_next(1, 0x48)
    with pytest.raises(BusError):
        bus.transfer(0x48, b"\x01", 2, 0)
    bus.transfer(0x48, b"\x01", 2, 0)
    bus.clear(10_000)
    bus.stick()
    with pytest.raises(BusError) as error:
        bus.transfer(0x48, b"\x01", 2, 0)
    assert (error.value.errno, error.value.took_us) == (ETIMEDOUT, 10_000)
    bus.clear(10_000)
    bus.transfer(0x48, b"\x01", 2, 0)


# flash


def test_programming_only_clears_bits_and_erasing_sets_a_sector():
    flash = NorFlash(4 * SECTOR)
    assert flash.program(10, b"\xf0\x0f") == PROGRAM_US
    assert flash.program(10, b"\x3c\xff") == PROGRAM_US
    assert flash.read(9, 4) == b"\xff\x30\x0f\xff"
    assert flash.program(PAGE - 1, bytes(PAGE + 2)) == 3 * PROGRAM_US
    assert flash.erase(5) == ERASE_US
    assert flash.read(0, SECTOR) == b"\xff" * SECTOR
    assert flash.erases == [1, 0, 0, 0]
    with pytest.raises(ValueError, match="outside"):
        flash.read(4 * SECTOR - 1, 2)


def test_a_power_cut_leaves_a_page_or_a_sector_half_done():
    new = bytes(range(256))
    for seed in range(20):
        flash = NorFlash(2 * SECTOR, seed)
        flash.cut_power_after(1)
        with pytest.raises(PowerCut):
            flash.program(0, new + new)
        assert flash.read(0, PAGE) == new
        torn = flash.read(PAGE, PAGE)
        assert torn != new
        same = next(i for i in range(PAGE) if torn[i] != new[i])
        assert torn[same + 1 :] == b"\xff" * (PAGE - same - 1)
        assert torn[same] & new[same] == new[same]
    flash.cut_power_after(0)
    with pytest.raises(PowerCut):
        flash.erase(0)
    half = flash.read(0, PAGE)
    assert half != b"\xff" * PAGE
    assert all(a & b == b for a, b in zip(half, new, strict=True))


# serial port


def test_bytes_take_their_time_both_ways():
    port = SerialPort()
    port.host_write(b"x" * 90, 0)
    arrival_us = LATENCY_US + 90 * 1e6 / BYTES_PER_S
    assert port.available(arrival_us - 1) == 0
    assert port.read(50, arrival_us + 1) == b"x" * 50
    assert port.available(arrival_us + 1) == 40
    assert port.write(b"y" * 90, 10_000) == 90
    ready = port.next_output_us()
    assert ready is not None
    assert 11_000 < ready <= 10_000 + 1_000 + 2 * LATENCY_US
    assert port.host_read(ready - 1) == b""
    assert port.host_read(ready) == b"y" * 90


def test_the_transmit_buffer_is_finite_and_drains_at_line_rate():
    port = SerialPort()
    assert port.write(bytes(TX_BUFFER + 10), 0) == TX_BUFFER
    assert port.write(b"z", 0) == 0
    taken = port.write(bytes(TX_BUFFER), 10_000)
    assert taken == pytest.approx(BYTES_PER_S // 100, abs=1)


def test_an_overfull_receive_buffer_loses_and_counts():
    port = SerialPort()
    port.host_write(bytes(RX_BUFFER + 100), 0)
    assert port.available(1e6) == RX_BUFFER
    assert port.rx_lost == 100


def test_an_unplugged_cable_swallows_both_ways():
    port = SerialPort()
    port.plug(False)
    port.host_write(b"a", 0)
    assert port.write(b"b", 0) == 1
    assert port.available(1e6) == 0
    assert port.host_read(1e6) == b""
    port.plug(True)
    port.write(b"c", 1e6)
    assert port.host_read(2e6) == b"c"
