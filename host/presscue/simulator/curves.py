"""Smooth curves on the simulator's fine time grid. All have continuous second derivatives."""

import numpy as np

GRID_HZ = 1000
"""Rate of the grid on which positions are stated and differentiated."""


def ease(x: np.ndarray) -> np.ndarray:
    """0 for x <= 0, 1 for x >= 1, the minimum-jerk step 10x3 - 15x4 + 6x5 between."""
    x = np.minimum(np.maximum(x, 0.0), 1.0)
    return x * x * x * (10.0 + x * (6.0 * x - 15.0))


def bump(t_s: np.ndarray, start_s: float, end_s: float, rise_s: float) -> np.ndarray:
    """0 outside start..end, 1 inside, with minimum-jerk flanks of `rise_s` (at most half of the stretch)."""
    rise_s = min(rise_s, 0.5 * (end_s - start_s))
    return ease((t_s - start_s) / rise_s) * ease((end_s - t_s) / rise_s)


def progress(
    n: int, early: float, late: float, dips: list[tuple[float, float, float]] | None = None, stroke: str = "human"
) -> np.ndarray:
    """The course of a human movement from 0 (excluded) to 1 (included) in n samples, at rest at both ends.

    The speed is x^early (1 - x)^late, so equal exponents of 2 are a minimum-jerk movement; larger `early`
    starts gently. Each dip (place, depth, width) is a hesitation: the speed falls by `depth` of itself there.
    stroke: "sine" and "trapezoid" (even speed, a fifth of the way to reach it) take the place of the exponents;
    "min_jerk" sets them to 2; "sticking" nearly stops a third of the way.
    """
    x = np.linspace(0.0, 1.0, n + 1)
    if stroke == "sine":
        speed = np.sin(np.pi * x)
    elif stroke == "trapezoid":
        speed = ease(5.0 * x) * ease(5.0 * (1.0 - x))
    elif stroke == "min_jerk":
        speed = (x * (1.0 - x)) ** 2
    else:
        speed = x**early * (1.0 - x) ** late
    if stroke == "sticking":
        speed = speed * (1.0 - 0.85 * np.exp(-0.5 * ((x - 0.35) / 0.07) ** 2))
    for place, depth, width in dips or ():
        speed = speed * (1.0 - depth * np.exp(-0.5 * ((x - place) / width) ** 2))
    way = np.cumsum(0.5 * (speed[1:] + speed[:-1]))
    return way / way[-1]


def _round_up(n: int) -> int:
    """A length the Fourier transform is fast at."""
    step = 1 << max(n.bit_length() - 4, 10)
    return -(-n // step) * step


def band_noise(rng: np.random.Generator, n: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Smooth noise of unit rms, shape (n,), with an even spectrum between the two frequencies."""
    padded = _round_up(n)
    frequency = np.fft.rfftfreq(padded, 1.0 / GRID_HZ)
    inside = (frequency >= low_hz) & (frequency <= high_hz)
    spectrum = np.zeros(frequency.size, complex)
    spectrum[inside] = rng.normal(size=inside.sum()) + 1j * rng.normal(size=inside.sum())
    noise = np.fft.irfft(spectrum, padded)
    return noise[:n] / np.sqrt(np.mean(noise**2))


def respond(drive: np.ndarray, frequency_hz: float, damping: float) -> np.ndarray:
    """What a damped spring (unit gain at rest) makes of `drive`, shape (n,) or (n, k), along the first axis."""
    n = drive.shape[0]
    w = 2 * np.pi * frequency_hz
    tail = int(8.0 / (damping * w) * GRID_HZ)
    t_s = np.arange(tail) / GRID_HZ
    wd = w * np.sqrt(1.0 - damping**2)
    kernel = np.exp(-damping * w * t_s) * np.sin(wd * t_s)
    kernel /= kernel.sum()
    padded = _round_up(n + tail)
    spectrum = np.fft.rfft(drive, padded, axis=0)
    response = np.fft.rfft(kernel, padded)
    spectrum *= response.reshape((-1,) + (1,) * (drive.ndim - 1))
    return np.fft.irfft(spectrum, padded, axis=0)[:n]
