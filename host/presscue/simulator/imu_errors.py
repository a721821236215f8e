"""What an IMU adds to the truth: noise, bias, drift, scale and alignment errors, of an LSM6DSOX by default.

The same object serves tables and the virtual board's chips. Readings are passed in order, in blocks of any
size: the errors do not depend on how they are cut.
"""

import numpy as np

_DRIFTS = 4
_COLOURS = 24


class ImuErrors:
    """The errors of one part, drawn from `seed`.

    rate_hz: output rate, which decides how much of the white noise is let through.
    acc_noise_ug, gyr_noise_mdps: densities per root hertz. acc_bias_mg, gyr_bias_dps, scale, cross_axis:
    standard deviations of what the part keeps. drift: how far biases wander within minutes, as a share of their
    standard deviation. coloured: slow (0.05-10 Hz) noise, pink, as a multiple of the white noise's rms. walk: rms of
    a random walk of the biases after a minute, warming: how far they go as the part warms up over some minutes, both
    as a share of their standard deviation.
    strength multiplies everything; 0 is a perfect sensor.
    """

    def __init__(
        self,
        seed: int,
        rate_hz: float = 208.0,
        *,
        acc_noise_ug: float = 70.0,
        gyr_noise_mdps: float = 3.8,
        acc_bias_mg: float = 10.0,
        gyr_bias_dps: float = 0.5,
        scale: float = 0.004,
        cross_axis: float = 0.003,
        drift: float = 0.05,
        coloured: float = 0.0,
        walk: float = 0.0,
        warming: float = 0.0,
        strength: float = 1.0,
    ):
        rng = np.random.default_rng([seed, 3])
        units = np.repeat([9.80665e-6, np.radians(1e-3)], 3) * strength  # ug and mdps in SI
        bandwidth = np.sqrt(0.5 * rate_hz)
        self._white = units * np.repeat([acc_noise_ug, gyr_noise_mdps], 3) * bandwidth
        spread = units * 1e3 * np.repeat([acc_bias_mg, gyr_bias_dps], 3)
        self.bias = np.clip(rng.normal(size=6), -2.5, 2.5) * spread
        self._matrices = [
            np.eye(3) + strength * (np.diag(rng.normal(size=3) * scale) + rng.normal(size=(3, 3)) * cross_axis)
            for _ in range(2)
        ]
        self._drift = _Waves(rng, _DRIFTS, 1 / 600, 1 / 60, drift * spread)
        self._coloured = _Waves(rng, _COLOURS, 0.05, 10.0, coloured * self._white) if coloured else None
        self._rng = rng
        self._slow = np.random.default_rng([seed, 9])
        self._warming = warming * spread * self._slow.normal(size=6)
        self._warm_s = self._slow.uniform(60.0, 600.0)
        self._walk_step = walk * spread / np.sqrt(60.0)
        self._walked, self._walked_s = np.zeros(6), np.nan

    def worsen(self, times: float) -> None:
        """More white noise from now on."""
        self._white = self._white * times

    def apply(self, t_s: np.ndarray, force: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the part reads at times `t_s` (n,) for true specific force and rate, each (n, 3), m/s2 and rad/s."""
        felt = np.hstack([force @ self._matrices[0].T, rate @ self._matrices[1].T])
        felt += self.bias + self._drift.at(t_s) + self._white * self._rng.standard_normal(felt.shape)
        if self._coloured is not None:
            felt += self._coloured.at(t_s)
        if self._warming.any():
            felt += (1.0 - np.exp(-np.asarray(t_s)[:, None] / self._warm_s)) * self._warming
        if self._walk_step.any() and len(t_s):
            before_s = t_s[0] if np.isnan(self._walked_s) else self._walked_s
            root = np.sqrt(np.maximum(np.diff(t_s, prepend=before_s), 0.0))[:, None]
            walked = self._walked + np.cumsum(root * self._walk_step * self._slow.standard_normal(felt.shape), axis=0)
            self._walked, self._walked_s = walked[-1], t_s[-1]
            felt += walked
        return felt[:, :3], felt[:, 3:]


class _Waves:
    """Six random slow signals of given rms, each a sum of sines, so that they can be asked for at any time."""

    def __init__(self, rng: np.random.Generator, count: int, low_hz: float, high_hz: float, rms: np.ndarray):
        self._w = 2 * np.pi * np.exp(rng.uniform(np.log(low_hz), np.log(high_hz), count))
        self._amplitude = rng.normal(size=(count, 2, 6)) * rms / np.sqrt(count)

    def at(self, t_s: np.ndarray) -> np.ndarray:
        phase = np.asarray(t_s, float)[:, None] * self._w
        return np.cos(phase) @ self._amplitude[:, 0] + np.sin(phase) @ self._amplitude[:, 1]
