"""What the sensors of one session are like: rates, oscillators, noise, losses. Drawn from a seed like the lifter."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sensors:
    """Arguments of `render.render`, by name; the defaults are an LSM6DSOX on a good day."""

    rate_sled_hz: float = 208.0
    rate_leg_hz: float = 208.0
    rate_pads_hz: float = 50.0
    shared_clock: bool = False
    clock_error: float = 0.01
    dropouts: float = 0.0
    longest_s: float = 0.2
    lag_s: float = 0.0
    jitter_s: float = 0.0
    coloured: float = 0.0
    walk: float = 0.0
    warming: float = 0.0
    errors: float = 1.0
    pads: str = "fsr"


def random_sensors(seed: int) -> Sensors:
    """Sensors of another make, none of them perfect: 100 to 400 Hz, each oscillator off by up to 3 %."""
    rng = np.random.default_rng([seed, 10])
    u = rng.uniform
    sled, leg = (float(rng.choice([100.0, 104.0, 200.0, 208.0, 208.0, 400.0])) * (1.0 + u(-0.03, 0.03)) for _ in "ab")
    lost = float(rng.choice([0.0, 10 ** u(-3.5, -2.0)]))
    return Sensors(
        rate_sled_hz=sled,
        rate_leg_hz=leg,
        rate_pads_hz=u(20.0, 100.0),
        shared_clock=bool(rng.random() < 0.25),
        clock_error=0.0,
        dropouts=lost,
        longest_s=float(rng.choice([0.02, 0.2, 1.5], p=[0.4, 0.4, 0.2])),
        lag_s=u(-0.003, 0.003),
        jitter_s=float(rng.choice([0.0, u(0.0, 0.0005)])),
        coloured=float(rng.choice([0.0, u(0.0, 3.0)])),
        walk=float(rng.choice([0.0, u(0.0, 0.1)])),
        warming=float(rng.choice([0.0, u(0.0, 0.3)])),
        errors=u(0.3, 1.5),
        pads=str(rng.choice(["fsr", "load_cell"])),
    )
