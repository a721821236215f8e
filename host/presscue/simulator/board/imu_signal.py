"""What an IMU's converters deliver: the world's motion through the chip's filters, its errors, the motor's shaking.

The world is asked in blocks of readings, well ahead of the node, because arrays are cheap and calls are not. The
motor depends on commands yet to come, so its vibration is added when a reading is really taken.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .drv2605l import Lra

BLOCK = 64

Motion = tuple[np.ndarray, np.ndarray]
"""Specific force (n, 3) m/s² and angular rate (n, 3) rad/s, in sensor axes."""


def low_pass_taps(cutoff: float) -> np.ndarray:
    """Impulse response of a second-order Butterworth low pass; `cutoff` as a share of the sampling rate, under 0.5."""
    warped = np.tan(np.pi * cutoff)
    norm = 1 / (1 + np.sqrt(2) * warped + warped**2)
    gain = warped**2 * norm
    a1, a2 = 2 * (warped**2 - 1) * norm, (1 - np.sqrt(2) * warped + warped**2) * norm
    count = min(512, max(16, int(4 / cutoff)))
    x = np.zeros(count)
    x[:3] = gain, 2 * gain, gain
    y = np.zeros(count)
    for i in range(count):
        y[i] = x[i] - (a1 * y[i - 1] if i > 0 else 0.0) - (a2 * y[i - 2] if i > 1 else 0.0)
    return y / y.sum()


def gain_at(frequency_hz: float, cutoff_hz: float) -> float:
    """Magnitude of that low pass in continuous time."""
    return float(1 / np.sqrt(1 + (frequency_hz / cutoff_hz) ** 4))


@dataclass(frozen=True)
class Shaking:
    """How the motor at full strength moves a sensor: a direction in sensor axes times an amplitude."""

    lra: Lra
    force_mps2: np.ndarray  # (3,)
    rate_radps: np.ndarray  # (3,)

    def at(self, t_us: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Added force (n, 3) and rate (n, 3) at times (n,), before any filter."""
        wave = self.lra.amplitude(t_us) * np.sin(2e-6 * np.pi * self.lra.frequency_hz * t_us)
        return wave[:, None] * self.force_mps2, wave[:, None] * self.rate_radps


class ImuSignal:
    """Readings at a chip's own pace: reading k is taken at `start_us + (k + 1) * period_us`."""

    def __init__(
        self,
        world: Callable[[np.ndarray], Motion],
        errors: Callable[[np.ndarray, np.ndarray, np.ndarray], Motion],
        shaking: Shaking,
    ):
        """`world(t_s)` is the true motion; `errors(t_s, force, rate)` adds noise and bias."""
        self._world = world
        self._errors = errors
        self.shaking = shaking
        self.restart(0.0, 1e6, 0.25, 0.25)

    def restart(self, start_us: float, period_us: float, force_cutoff: float, rate_cutoff: float) -> None:
        """A new series of readings; the cut-offs of the chip's filters as shares of its output rate."""
        self.start_us, self.period_us = start_us, period_us
        self._taps = low_pass_taps(min(force_cutoff, 0.49)), low_pass_taps(min(rate_cutoff, 0.49))
        output_hz = 1e6 / period_us
        frequency_hz = self.shaking.lra.frequency_hz
        # The first filter, at half the output rate, is always there; the second as set.
        first = 1 / np.sqrt(1 + (2 * frequency_hz / output_hz) ** 2)
        self._force_gain = first * (gain_at(frequency_hz, force_cutoff * output_hz) if force_cutoff < 0.5 else 1.0)
        self._rate_gain = gain_at(frequency_hz, rate_cutoff * output_hz)
        history = max(len(taps) for taps in self._taps) - 1
        self._past: Motion = self._true(np.arange(-history, 0))
        self._block = -1
        self._force = self._rate = np.zeros((0, 3))

    def times_us(self, first: int, last: int) -> np.ndarray:
        """Moments of readings first..last-1, (n,)."""
        return self.start_us + np.arange(first + 1, last + 1) * self.period_us

    def block(self, number: int) -> Motion:
        """Readings number*BLOCK .. +BLOCK-1 without the motor, (BLOCK, 3) each. Blocks are asked for in order."""
        while self._block < number:
            self._block += 1
            first = self._block * BLOCK
            index = np.arange(first, first + BLOCK)
            clean = [np.concatenate(pair) for pair in zip(self._past, self._true(index), strict=True)]
            self._past = clean[0][BLOCK:], clean[1][BLOCK:]
            smooth = [_filtered(taps, x) for taps, x in zip(self._taps, clean, strict=True)]
            t_s = self.times_us(first, first + BLOCK) * 1e-6
            self._force, self._rate = self._errors(t_s, smooth[0], smooth[1])
        return self._force, self._rate

    def reading(self, index: int) -> Motion:
        """One reading without the motor, (3,) each. Readings are asked for in order."""
        force, rate = self.block(index // BLOCK)
        return force[index % BLOCK], rate[index % BLOCK]

    def shaken(self, first: int, last: int) -> Motion:
        """Readings first..last-1, all in the block last asked for, with the motor's vibration."""
        at = slice(first - self._block * BLOCK, last - self._block * BLOCK)
        force, rate = self.shaking.at(self.times_us(first, last))
        return self._force[at] + self._force_gain * force, self._rate[at] + self._rate_gain * rate

    def quiet(self, first: int, last: int) -> bool:
        """True if the motor does not shake readings first..last-1."""
        first_us = self.start_us + (first + 1) * self.period_us
        return self.shaking.lra.quiet(first_us, first_us + (last - 1 - first) * self.period_us)

    def _true(self, index: np.ndarray) -> Motion:
        return self._world(np.maximum((self.start_us + (index + 1) * self.period_us) * 1e-6, 0.0))


def _filtered(taps: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Last BLOCK rows of x (n, 3) through an FIR filter."""
    x = x[-(BLOCK + len(taps) - 1) :]
    return np.stack([np.convolve(x[:, axis], taps, "valid") for axis in range(3)], axis=1)
