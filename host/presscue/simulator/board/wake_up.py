"""The LSM6DSOX's wake-up function: readings through a slope or high-pass filter, against a threshold, onto INT1.

Register fields after ST's data sheet of the sister chip LSM6DSO32 (DocID032891, 9.41 to 9.49), the same in AN5272.
The digital form of the high-pass filter is not published: taken as of first order, starting with all of gravity in it.
"""

import numpy as np

from .imu_signal import ImuSignal

CTRL6_C, CTRL8_XL = 0x15, 0x17
TAP_CFG0, TAP_CFG2, WAKE_UP_THS, WAKE_UP_DUR, MD1_CFG = 0x56, 0x58, 0x5B, 0x5C, 0x5E
LOW_POWER, HIGH_PASS, ENABLED, ON_INT1, FINE = 0x10, 0x10, 0x80, 0x20, 0x10
CUTOFF = (1 / 4, 1 / 10, 1 / 20, 1 / 45, 1 / 100, 1 / 200, 1 / 400, 1 / 800)  # over ODR, by HPCF_XL
LOW_POWER_NOISE_MPS2 = 0.0018 * 9.80665
"""RMS at ±2 g in low-power mode, whatever the rate (DS12140, the LSM6DSO's data sheet, mechanical characteristics)."""


class WakeUp:
    """One chip's, from the start of a run of its accelerometer on."""

    def __init__(self, signal: ImuSignal, registers: bytearray, full_scale_mps2: float, seed: int):
        self._signal = signal
        self._registers = registers
        self._scale_mps2 = full_scale_mps2
        self._noise = np.random.default_rng([seed, 11])
        self._next = 0
        self._before = np.zeros(3)
        self._passed = np.zeros(3)
        self._beyond = 0  # readings in a row beyond the threshold

    def rises_us(self, since_us: float, until_us: float) -> float | None:
        """When INT1 is high first, of the readings that hold between the two moments."""
        registers = self._registers
        if not (registers[TAP_CFG2] & ENABLED and registers[MD1_CFG] & ON_INT1):
            return None
        weight = 256 if registers[WAKE_UP_DUR] & FINE else 64
        threshold = (registers[WAKE_UP_THS] & 0x3F) * self._scale_mps2 / weight
        wanted = 1 + (registers[WAKE_UP_DUR] >> 5 & 3)
        while True:
            (at_us,) = self._signal.times_us(self._next, self._next + 1)
            if at_us > until_us:
                return None
            self._beyond = self._beyond + 1 if np.abs(self._filtered()).max() > threshold else 0
            if self._beyond >= wanted and at_us + self._signal.period_us > since_us:
                return max(at_us, since_us)

    def _filtered(self) -> np.ndarray:
        """The next reading behind the filter, (3,) m/s²."""
        registers = self._registers
        force, _ = self._signal.reading(self._next)
        if registers[CTRL6_C] & LOW_POWER:
            force = force + LOW_POWER_NOISE_MPS2 * self._noise.standard_normal(3)
        self._next += 1
        if registers[TAP_CFG0] & HIGH_PASS:
            keep = 1 / (1 + 2 * np.pi * CUTOFF[registers[CTRL8_XL] >> 5])
            self._passed = keep * (self._passed + force - self._before)
        else:
            self._passed = (force - self._before) / 2
        self._before = force
        return self._passed
