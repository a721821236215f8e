"""The force-sensing pads: from newtons to volts at the converter, with all that is wrong with them.

Each pad lies between the supply and the converter's input, with a resistor from there to ground. With conductance c
in units of that resistor, the input sees supply × c / (1 + c): it rises with force and flattens. A resistor
across the pad itself lifts an unloaded pad to 15 mV, so that an open cable, at 0 V, can be told (hardware/pads.md).
"""

from collections.abc import Callable

import numpy as np

PADS = ("heel_left", "heel_right", "seat")
SUPPLY_V = 3.3
HALF_N = (100.0, 100.0, 400.0)
"""Force at which a pad gives half the supply."""
EXPONENT = 0.9
"""Conductance grows a little slower than force, as FSR guides show."""
IDLE = 2.2e3 / 470e3
"""Conductance of an unloaded pad: its own resistor against the one to ground."""
GAIN_SPREAD = 0.15
DRIFT_SPREAD = 0.02
"""Gain change per e-fold of minutes under use."""
NOISE_V = 0.001
STEP_S = 0.005
BLOCK = 256


class Pads:
    """`world_pads(t_s (n,)) -> (n, 3)` newtons. `volts(channel, t_us)` is what the converter's input sees."""

    def __init__(self, world_pads: Callable[[np.ndarray], np.ndarray], seed: int):
        rng = np.random.default_rng([seed, 20])
        self.gain = rng.uniform(1 - GAIN_SPREAD, 1 + GAIN_SPREAD, 3)
        self._drift = rng.uniform(-DRIFT_SPREAD, DRIFT_SPREAD, 3)
        self._world_pads = world_pads
        self._noise_seed = seed
        self._block = -1
        self._volts: list[list[float]] = []
        self.open: set[str] = set()
        self.shorted: set[str] = set()
        self.noise_v = NOISE_V

    def volts(self, channel: int, t_us: float) -> float:
        if channel >= len(PADS) or PADS[channel] in self.open:
            return 0.0
        if PADS[channel] in self.shorted:
            return SUPPLY_V
        at = t_us * 1e-6 / STEP_S
        index = int(at)
        if index // BLOCK != self._block:
            self._fill(index // BLOCK)
        row = self._volts[index % BLOCK]
        after = self._volts[index % BLOCK + 1]
        return row[channel] + (after[channel] - row[channel]) * (at - index)

    def _fill(self, block: int) -> None:
        t_s = (block * BLOCK + np.arange(BLOCK + 1)) * STEP_S
        force = np.maximum(self._world_pads(t_s), 0.0)
        gain = self.gain * (1 + self._drift * np.log1p(t_s[:, None] / 60))
        conductance = gain * (force / HALF_N) ** EXPONENT + IDLE
        noise = np.random.default_rng([self._noise_seed, 21, block]).normal(0.0, self.noise_v, force.shape)
        self._volts = (SUPPLY_V * conductance / (1 + conductance) + noise).tolist()
        self._block = block
