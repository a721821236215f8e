"""Walking about with the shank sensor on: how shank and strap move, step after step."""

from typing import NamedTuple

import numpy as np

from presscue.simulator.curves import GRID_HZ, band_noise, ease

# The shank's angle to the vertical over a stride, from heel strike: degrees, forward > 0 at the knee (rough shape of
# level walking: forward over the planted foot, far back at toe-off, through to the next strike).
_STRIDE_DEG = np.array([-18.0, -6.0, 2.0, 9.0, 17.0, 28.0, 45.0, 52.0, 30.0, -4.0, -20.0, -21.0])


class Walk(NamedTuple):
    """turn_rad, shift_m (n, 3): of the strap, in limb axes and in the world's. heading_rad (n,)."""

    turn_rad: np.ndarray
    shift_m: np.ndarray
    heading_rad: np.ndarray


def steps(t_s: np.ndarray, length_s: float, rng: np.random.Generator) -> Walk:
    """A walk of `length_s`, with a stand in between, at times `t_s` (n,) from its start."""
    n = t_s.size
    going = ease((t_s - 1.0) / 0.8) * ease((length_s - 1.0 - t_s) / 0.8)
    pause_s, stand_s = rng.uniform(0.3, 0.6) * length_s, rng.uniform(0.5, 3.0)
    going = going * (1.0 - ease((t_s - pause_s) / 0.6) * ease((pause_s + stand_s - t_s) / 0.6))
    stride_hz = rng.uniform(0.75, 1.05)
    stride = np.cumsum(going * stride_hz * (1.0 + 0.03 * band_noise(rng, n, 0.1, 1.0))) / GRID_HZ
    harmonics = np.fft.rfft(_STRIDE_DEG) / _STRIDE_DEG.size
    phase = 2.0 * np.pi * stride[:, None] * np.arange(1, 5)
    angle_deg = harmonics[0].real + 2.0 * (np.exp(1j * phase) @ harmonics[1:5]).real
    upright = rng.uniform(0.4, 1.2)  # what it takes to bring the shank upright depends on the machine
    slow = np.stack([band_noise(rng, n, 0.2, 2.0) for _ in range(3)], axis=1)
    turn = np.stack([0.05 * slow[:, 0], upright + np.radians(angle_deg) * going, 0.12 * slow[:, 1]], axis=1)
    bob = 0.02 * np.cos(4.0 * np.pi * stride)
    shift = np.stack([-0.2 + 0.2 * np.sin(2.0 * np.pi * stride) * going, 0.1 + 0.03 * slow[:, 2], bob - 0.3], axis=1)
    for strike in range(1, int(stride[-1]) + 1):
        start = int(np.searchsorted(stride, strike))
        ring_s = np.arange(min(120, n - start)) / GRID_HZ
        hz, peak_mps2 = rng.uniform(12.0, 25.0), rng.uniform(10.0, 40.0)
        ring = (1 - np.exp(-ring_s / 0.004)) ** 2 * np.exp(-ring_s / 0.025) * np.sin(2 * np.pi * hz * ring_s)
        shift[start : start + ring_s.size, 2] -= ring * peak_mps2 / (2 * np.pi * hz) ** 2
    rounds = int(rng.integers(-1, 2))
    return Walk(turn, shift, 2.0 * np.pi * rounds * ease((t_s - 1.5) / max(length_s - 3.0, 1.0)))
