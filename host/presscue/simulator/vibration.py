"""What shakes the machine: rumble of rollers on the rail, and clanks of plates and stops.

Both are stated as displacements, so that a rigid body which carries them stays where it was afterwards.
"""

import numpy as np

from presscue.simulator.curves import GRID_HZ, band_noise

_RUMBLE_HZ = (25.0, 110.0)
_RUMBLE_AT_MPS = 0.2  # the sled speed at which rumble has its stated strength


def rumble(rng: np.random.Generator, speed_mps: np.ndarray, rms_mps2: float) -> np.ndarray:
    """Displacement of the sled, shape (n, 3), m: acceleration of `rms_mps2` at 0.2 m/s, in proportion to speed."""
    n = speed_mps.size
    low, high = _RUMBLE_HZ
    strength = np.abs(speed_mps) / _RUMBLE_AT_MPS * rms_mps2
    noise = np.stack([band_noise(rng, n, low, high) for _ in range(3)], axis=1)
    acceleration = np.zeros_like(noise)
    acceleration[1:-1] = (noise[2:] - 2 * noise[1:-1] + noise[:-2]) * GRID_HZ**2
    noise /= np.sqrt(np.mean(acceleration**2))
    return strength[:, None] * noise


def clanks(rng: np.random.Generator, n: int, moments: list[tuple[float, float]], peak_mps2: float) -> np.ndarray:
    """Displacement of the sled, shape (n, 3), m: at each (time, part) a ringing of `part * peak_mps2` that dies off."""
    shaken = np.zeros((n, 3))
    for time_s, part in moments:
        start = int(time_s * GRID_HZ)
        hz, decay_s = rng.uniform(35.0, 90.0), rng.uniform(0.015, 0.035)
        t_s = np.arange(int(12 * decay_s * GRID_HZ)) / GRID_HZ
        # Gentle at its first millisecond or two: a knock on a frame of some mass, not a step.
        ring = (1 - np.exp(-t_s / 0.003)) ** 2 * np.exp(-t_s / decay_s) * np.sin(2 * np.pi * hz * t_s)
        acceleration = np.abs(np.diff(ring, 2)).max() * GRID_HZ**2
        direction = rng.normal(size=3) * (1.0, 0.4, 0.6)
        direction /= np.linalg.norm(direction)
        stop = min(start + ring.size, n)
        shaken[start:stop] += (ring[: stop - start, None] * direction) * (part * peak_mps2 / acceleration)
    return shaken
