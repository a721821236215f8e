"""The LSM6DSOX model's wake-up function, register by register, and the node's way of setting it."""

import numpy as np
import pytest

from node_shims import firmware
from presscue.simulator.board.lsm6dsox import Lsm6dsox
from test_board_lsm6dsox import build, write

PERIOD_US = 512e6 / 6667
MG = 9.80665e-3


def pushed(mg, since_s=5.0, until_s=60.0):
    """A world of gravity and, for a while, a push along x."""

    def world(t_s):
        force = np.tile([0.0, 0.0, 9.80665], (len(t_s), 1))
        force[:, 0] += np.where((t_s >= since_s) & (t_s < until_s), mg * MG, 0.0)
        return force, np.zeros((len(t_s), 3))

    return world


def watching(world, **registers) -> Lsm6dsox:
    """12.5 Hz, slope filter, threshold 1/256 of 2 g, one reading; `registers` by address as x5B=3."""
    chip, _ = build(world)
    settings = {0x5B: 1, 0x5C: 0x10, 0x5E: 0x20, 0x10: 0x10, 0x58: 0x80}
    settings |= {int(name[1:], 16): value for name, value in registers.items()}
    for register, value in settings.items():
        write(chip, register, value, 0)
    return chip


def risen_us(chip: Lsm6dsox, since_us: float, until_us: float) -> float:
    at_us = chip.int1_us(since_us, until_us)
    assert at_us is not None
    return at_us


def test_the_slope_filter_sees_half_a_step_and_only_the_step():
    assert watching(pushed(14)).int1_us(1e6, 2e7) is None
    at_us = risen_us(watching(pushed(17)), 1e6, 2e7)
    assert 5e6 <= at_us < 5e6 + 2 * PERIOD_US
    assert watching(pushed(17), x5C=0x30).int1_us(1e6, 2e7) is None  # two readings in a row


def test_the_high_pass_holds_a_step_for_longer_and_starts_from_gravity():
    settings = {"x56": 0x10, "x17": 0x40, "x5C": 0x30}
    at_us = risen_us(watching(pushed(17), **settings), 3e6, 2e7)
    assert 5e6 + PERIOD_US <= at_us < 5e6 + 3 * PERIOD_US
    assert watching(pushed(17, until_s=5.07), **settings).int1_us(3e6, 2e7) is None  # a knock
    assert risen_us(watching(pushed(0), **settings), 0, 1e6) < 0.3e6  # all of gravity passes at first,
    assert watching(pushed(0), **settings).int1_us(1.5e6, 2e7) is None  # and no more after a second and a half


@pytest.mark.parametrize("without", [{"x5E": 0}, {"x58": 0}, {"x10": 0}, {"x5B": 40}, {"x5C": 0x00}])
def test_every_register_counts(without):
    assert watching(pushed(17), **without).int1_us(1e6, 2e7) is None


def test_a_rise_holds_until_the_next_reading_and_lies_in_the_time_asked_for():
    chip = watching(pushed(17))
    assert chip.int1_us(1e6, 4.9e6) is None
    assert chip.int1_us(4.9e6, 2e7) == pytest.approx(5e6, abs=PERIOD_US)
    chip = watching(pushed(17))
    at_us = risen_us(watching(pushed(17)), 1e6, 2e7)
    assert chip.int1_us(at_us + 1_000, 2e7) == at_us + 1_000


class Bus:
    """Each transfer takes 100 µs."""

    def __init__(self, chip):
        self.chip, self.t_us = chip, 0.0

    def writeto_mem(self, address, register, buffer):
        self.t_us += 100
        self.chip.write(bytes((register, *buffer)), self.t_us)

    def readfrom_mem_into(self, address, register, buffer):
        self.writeto_mem(address, register, b"")
        buffer[:] = self.chip.read(len(buffer), self.t_us)


def test_the_node_sets_it_and_set_up_ends_it():
    chip, _ = build(pushed(30, since_s=30.0))
    bus = Bus(chip)
    imu = firmware.lsm6dsox.Lsm6dsox(bus, 0x6A)
    imu.setup()
    assert chip.drawing == "on"
    bus.t_us = 1e6
    put(imu, firmware.asleep._LEG)
    assert chip.drawing == "off"
    put(imu, firmware.asleep._SLED)
    assert chip.drawing == "watching"
    assert not imu.check()
    assert 30e6 < risen_us(chip, 2.5e6, 4e7) < 30.4e6
    bus.t_us = 4e7
    imu.setup()
    assert imu.check()
    assert chip.drawing == "on"


def put(imu, program):
    for register, value in zip(program[::2], program[1::2], strict=True):
        imu.registers.write(register, value)
