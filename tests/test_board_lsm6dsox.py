"""The LSM6DSOX model against its data sheet, byte by byte over its registers."""

import numpy as np
import pytest

from presscue.simulator.board.drv2605l import Lra
from presscue.simulator.board.imu_signal import ImuSignal, Shaking
from presscue.simulator.board.lsm6dsox import Lsm6dsox

G = 9.80665
STEP_FORCE = np.array([1.0, -2.0, G])
STEP_RATE = np.array([0.5, 0.0, -1.0])


def still(t_s):
    shape = (len(t_s), 1)
    return np.tile(STEP_FORCE, shape), np.tile(STEP_RATE, shape)


def exact(t_s, force, rate):
    return force, rate


def build(world=still, oscillator=0.0, trim_error=0.0, frequency_hz=205.0):
    shaking = Shaking(Lra(frequency_hz), np.array([6.0, 0, 0]), np.array([0.6, 0, 0]))
    return Lsm6dsox(ImuSignal(world, exact, shaking), oscillator, trim_error), shaking.lra


def write(chip, register, value, t_us):
    chip.write(bytes((register, value)), t_us)


def read(chip, register, size, t_us):
    chip.write(bytes((register,)), t_us)
    return chip.read(size, t_us)


def configure(chip, t_us=0, ctrl1=0x58, mode=0x46):
    """208 Hz, ±4 g, ±500 dps, gyroscope, accelerometer and time stamps into the FIFO."""
    for register, value in ((0x12, 0x44), (0x19, 0x20), (0x09, 0x55), (0x10, ctrl1), (0x11, 0x54), (0x0A, mode)):
        write(chip, register, value, t_us)


def words(data):
    """(sensor, slot counter, three int16) of each FIFO word; asserts even parity of the tag."""
    out = []
    for at in range(0, len(data), 7):
        tag = data[at]
        assert bin(tag).count("1") % 2 == 0
        out.append((tag >> 3, tag >> 1 & 3, tuple(np.frombuffer(data[at + 1 : at + 7], "<i2").tolist())))
    return out


def depth(chip, t_us):
    status = read(chip, 0x3A, 2, t_us)
    return status[0] | (status[1] & 3) << 8, status[1]


def test_identity_and_reset_values():
    chip, _ = build()
    assert read(chip, 0x0F, 1, 0) == b"\x6c"
    assert read(chip, 0x12, 1, 0) == b"\x04"
    assert read(chip, 0x18, 1, 0) == b"\xe0"
    assert read(chip, 0x10, 2, 0) == b"\x00\x00"
    write(chip, 0x0F, 0x00, 0)
    assert read(chip, 0x0F, 1, 0) == b"\x6c"


def test_software_reset_takes_50_us_and_clears_everything():
    chip, _ = build()
    configure(chip)
    assert depth(chip, 1_000_000)[0] > 0
    write(chip, 0x12, 0x01, 1_000_000)
    assert read(chip, 0x12, 1, 1_000_010) == b"\x05"
    assert read(chip, 0x12, 1, 1_000_060) == b"\x04"
    assert read(chip, 0x10, 1, 1_000_060) == b"\x00"
    assert depth(chip, 2_000_000) == (0, 0)


def test_nothing_is_measured_before_a_rate_is_set():
    chip, _ = build()
    write(chip, 0x0A, 0x46, 0)
    write(chip, 0x09, 0x55, 0)
    assert depth(chip, 1_000_000)[0] == 0
    assert read(chip, 0x22, 12, 1_000_000) == bytes(12)


def test_a_reading_is_three_words_with_one_counter_and_the_right_scale():
    chip, _ = build()
    configure(chip)
    got = words(read(chip, 0x78, 7 * 6, 12_000))  # 208.3 Hz: the second reading is due at 9.6 ms
    assert [(sensor, slot) for sensor, slot, _ in got] == [(1, 0), (2, 0), (4, 0), (1, 1), (2, 1), (4, 1)]
    gyro, accel, stamp = got[0][2], got[1][2], got[5][2]
    np.testing.assert_allclose(np.deg2rad(17.5e-3) * np.array(gyro), STEP_RATE, atol=1.6e-4)
    np.testing.assert_allclose(0.122e-3 * G * np.array(accel), STEP_FORCE, atol=6e-4)
    assert stamp[0] == int(2 * 32e6 / 6667 / 25)
    assert depth(chip, 12_000)[0] == 0


def test_reading_byte_by_byte_equals_a_burst():
    one, other = build()[0], build()[0]
    configure(one)
    configure(other)
    burst = read(one, 0x78, 70, 100_000)
    single = read(other, 0x78, 3, 100_000) + other.read(30, 100_000) + other.read(37, 100_000)
    assert burst == single


def test_rates_and_scales_are_honoured():
    chip, _ = build()
    configure(chip, ctrl1=0x64)  # 416 Hz, ±16 g
    write(chip, 0x11, 0x62, 0)  # 416 Hz, ±125 dps
    count, _ = depth(chip, 1_000_000)
    assert count == 512
    got = words(read(chip, 0x78, 7 * 3, 1_000_000))
    by_sensor = {sensor: data for sensor, _, data in got}
    np.testing.assert_allclose(0.488e-3 * G * np.array(by_sensor[2]), STEP_FORCE, atol=2.5e-3)
    np.testing.assert_allclose(np.deg2rad(4.375e-3) * np.array(by_sensor[1]), STEP_RATE, atol=5e-5)


def test_saturation():
    chip, _ = build(world=lambda t: (np.full((len(t), 3), 100.0), np.full((len(t), 3), -20.0)))
    configure(chip)
    got = words(read(chip, 0x78, 7 * 2, 20_000))
    assert {data for _, _, data in got} == {(32767,) * 3, (-32768,) * 3}


def test_overrun_keeps_the_newest_words_and_latches_a_flag():
    chip, _ = build()
    configure(chip)
    count, flags = depth(chip, 810_000)  # 168 readings: 504 words
    assert (count, flags & 0x68) == (504, 0)
    count, flags = depth(chip, 900_000)
    assert (count, flags & 0x68) == (512, 0x68)
    assert depth(chip, 900_000)[1] & 0x68 == 0x60  # the latch is cleared by reading it
    got = words(read(chip, 0x78, 7 * 512, 900_000))
    stamps = [data[0] & 0xFFFF for sensor, _, data in got if sensor == 4]
    assert stamps[-1] == int(187 * 32e6 / 6667 / 25)
    assert depth(chip, 900_000) == (0, 0)


def test_fifo_mode_stops_when_full():
    chip, _ = build()
    configure(chip, mode=0x41)
    assert depth(chip, 2_000_000)[0] == 512
    stamps = [data[0] for sensor, _, data in words(read(chip, 0x78, 21, 2_000_000)) if sensor == 4]
    assert stamps == [int(32e6 / 6667 / 25)]


def test_bypass_empties_the_fifo_and_watermark_is_flagged():
    chip, _ = build()
    configure(chip)
    write(chip, 0x07, 30, 0)
    assert depth(chip, 40_000)[1] & 0x80 == 0
    assert depth(chip, 60_000)[1] & 0x80
    write(chip, 0x0A, 0x40, 60_000)
    assert depth(chip, 60_000) == (0, 0)
    write(chip, 0x0A, 0x46, 60_000)
    assert depth(chip, 61_000)[0] <= 3


def test_time_stamp_counter_and_its_reset():
    chip, _ = build(oscillator=0.02)
    assert read(chip, 0x40, 4, 1_000_000) == bytes(4)
    write(chip, 0x19, 0x20, 1_000_000)
    assert int.from_bytes(read(chip, 0x40, 4, 2_000_000), "little") == 40_800
    write(chip, 0x42, 0xAA, 2_000_000)
    assert int.from_bytes(read(chip, 0x40, 4, 2_500_000), "little") == 20_400


@pytest.mark.parametrize("oscillator", [-0.03, -0.0107, 0.0, 0.0042, 0.029])
def test_freq_fine_corrects_the_oscillator_to_its_step(oscillator):
    chip, _ = build(oscillator=oscillator)
    configure(chip)
    fine = int.from_bytes(read(chip, 0x63, 1, 0), "little", signed=True)
    stamps = []
    for t_us in range(400_000, 4_000_000, 400_000):
        count, _ = depth(chip, t_us)
        got = words(read(chip, 0x78, 7 * count, t_us))
        stamps += [data[0] & 0xFFFF | data[1] << 16 for sensor, _, data in got if sensor == 4]
    rate_hz = len(stamps) / 3.6
    assert rate_hz == pytest.approx(6667 / 32 * (1 + oscillator), abs=0.4)
    assert 6667 / 32 * (1 + 0.0015 * fine) == pytest.approx(6667 / 32 * (1 + oscillator), rel=0.00076)
    # The counter runs on the same oscillator: 192 ticks to a reading, whatever its error.
    assert np.all(np.abs(np.diff(stamps) - 192) <= 1)


def shaken(ctrl1, extra=()):
    """Peak-to-peak of accelerometer and gyroscope along x while the motor runs, m/s² and rad/s."""
    chip, lra = build()
    configure(chip, ctrl1=ctrl1)
    for register, value in extra:
        write(chip, register, value, 0)
    lra.drive(100_000, 1.0)
    read(chip, 0x78, 7 * depth(chip, 200_000)[0], 200_000)
    got = words(read(chip, 0x78, 7 * depth(chip, 900_000)[0], 900_000))
    force = [data[0] for sensor, _, data in got if sensor == 2]
    rate = [data[0] for sensor, _, data in got if sensor == 1]
    return 0.122e-3 * G * np.ptp(force), np.deg2rad(17.5e-3) * np.ptp(rate)


def test_motor_vibration_is_aliased_and_the_filters_attenuate_it():
    open_force, open_rate = shaken(0x58)
    quarter_force, _ = shaken(0x5A)
    tenth_force, narrow_rate = shaken(0x5A, extra=((0x17, 0x20), (0x13, 0x02), (0x15, 0x05)))
    assert open_force > 4.0
    assert quarter_force == pytest.approx(open_force * 0.066, rel=0.15)
    assert tenth_force < 0.015 * open_force
    assert narrow_rate < 0.6 * open_rate


def test_low_pass_delays_the_signal():
    def ramp(t_s):
        return np.outer(t_s, (1.0, 0, 0)), np.zeros((len(t_s), 3))

    lags = []
    for ctrl1 in (0x58, 0x5A):
        chip, _ = build(world=ramp)
        configure(chip, ctrl1=ctrl1)
        write(chip, 0x17, 0x20, 0)  # ODR/10
        value = np.frombuffer(read(chip, 0x28, 2, 2_000_000), "<i2")[0] * 0.122e-3 * G
        lags.append(2.0 - value)
    assert lags[0] < 0.007  # at most one period old
    assert lags[1] == pytest.approx(np.sqrt(2) / (2 * np.pi * 20.8) + lags[0], abs=0.002)


def test_readings_do_not_depend_on_when_they_are_fetched():
    def wave(t_s):
        return np.outer(np.sin(3 * t_s), (1.0, 2.0, 3.0)), np.outer(np.cos(2 * t_s), (1.0, 0.5, 0.2))

    outputs = []
    for step in (20_000, 70_000, 333_000):
        chip, _ = build(world=wave)
        configure(chip)
        out = b""
        for t_us in [*range(step, 1_998_000, step), 1_998_000]:
            out += read(chip, 0x78, 7 * depth(chip, t_us)[0], t_us)
        outputs.append(out)
    assert outputs[0] == outputs[1] == outputs[2]
