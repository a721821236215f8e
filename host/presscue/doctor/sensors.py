"""The sensors: rate and oscillator, gaps, gravity and noise at rest of the IMUs; tare and range of the pads."""

import math

import numpy as np

from .. import wire
from .check import Check, judged
from .listening import Heard

RATE_HZ = 208.3
RATE_OFF = 0.05
"""Oscillators of the IMUs are off by a per cent or three; more is a wrong setting."""
PERIOD_OFF = 0.003
"""What the IMU says of its own oscillator is right within 0.15 % (step of its trim register); twice that."""
GRAVITY_MPS2 = 9.80665
GRAVITY_OFF = 0.06
"""Offset and scale errors of the IMU stay within (data sheet); more is a damaged or wrongly set one."""
NOISE_MPS2 = 0.025
NOISE_RADPS = 0.002
"""Three times what the IMU has at rest at this bandwidth; more is a bad supply, or a rail that shakes."""
MOVED_MPS2 = 0.15
MOVED_RADPS = 0.05
"""Spread within a quarter of a second beyond which it was not at rest."""
TURNS = 5.0
"""A sled does not turn: a sensor named sled that turns so many times more than the leg's is the leg's."""
SUPPLY_V = 3.3
FULL = 0.97
"""Part of the supply from which on a pad cannot tell more force from less."""
PAD_NOISE_V = 0.01
LEAST = 20
NAMES = {wire.SLED: "sled IMU", wire.LEG: "leg IMU"}
PADS = ("heel left", "heel right", "seat")


def checks(heard: Heard) -> list[Check]:
    """IMUs, pads, and what they say together."""
    found = [check for source in NAMES for check in _imu(heard, source)]
    return [*found, *_swapped(heard), *_pads(heard), *_supply(found)]


def _imu(heard: Heard, source: int) -> list[Check]:
    name = NAMES[source]
    runs = heard.readings.get(source, [])
    if sum(len(run.t_s) for run in runs) < LEAST:
        return [Check(name, False, "no readings", "see its part above")]
    t_s, values = np.concatenate([run.t_s for run in runs]), np.concatenate([run.values for run in runs])
    lost = heard.lost.get(source, 0)
    rate_hz = (len(t_s) - 1 + lost) / (t_s[-1] - t_s[0])
    stated_hz = 1 / float(np.median(np.asarray(np.diff(t_s), np.float64)))
    error = rate_hz / RATE_HZ - 1
    wrong = abs(rate_hz / stated_hz - 1)
    force = float(np.linalg.norm(np.median(values[:, :3], axis=0)))
    noise = _noise(values)
    spread = _spread(values)
    said = f"{rate_hz:.1f} Hz, {100 * error:+.1f} % of nominal; its own word is right within {100 * wrong:.2f} %"
    moved = spread[0] > MOVED_MPS2 or spread[1] > MOVED_RADPS
    quiet = noise[0] < NOISE_MPS2 and noise[1] < NOISE_RADPS
    return [
        judged(f"{name} oscillator", abs(error) < RATE_OFF and wrong < PERIOD_OFF,
               said,
               "reset the node; bring it up to date: presscue flash"),
        judged(f"{name} gaps", lost == 0, f"{lost} readings lost", "another USB cable or port"),
        judged(f"{name} gravity", None if moved else abs(force / GRAVITY_MPS2 - 1) < GRAVITY_OFF,
               f"{force:.2f} m/s²" + (", but it moved" if moved else ""),
               "let it rest and try again; else replace the IMU"),
        judged(f"{name} noise", quiet, f"{noise[0]:.3f} m/s², {math.degrees(noise[1]):.2f} °/s",
               "let sled and leg rest, and nobody load plates, while this runs; else see the supply"),
    ]  # fmt: skip


def _noise(values: np.ndarray) -> tuple[float, float]:
    """(m/s², rad/s): from second differences, which a movement hardly has at this rate. values: (n, 6)."""
    return _spread(np.diff(values, 2, axis=0) / math.sqrt(6))


def _spread(values: np.ndarray) -> tuple[float, float]:
    """(m/s², rad/s): standard deviation within a quarter of a second, the median over all. values: (n, 6)."""
    force, turn = (_windows(values[:, part]).std(axis=1) for part in (slice(0, 3), slice(3, 6)))
    return float(np.median(force)), float(np.median(turn))


def _windows(values: np.ndarray) -> np.ndarray:
    """Quarter seconds of readings, shape (windows, 52, 3)."""
    count = max(1, len(values) // 52)
    return values[: count * 52].reshape(count, -1, 3)


def _swapped(heard: Heard) -> list[Check]:
    """A leg turns in a press, a sled never does."""
    turns = {}
    for source in NAMES:
        runs = heard.readings.get(source, [])
        if sum(len(run.t_s) for run in runs) < LEAST:
            return []
        turns[source] = float(np.sqrt(np.mean(np.concatenate([run.values for run in runs])[:, 3:] ** 2)))
    if max(turns.values()) < MOVED_RADPS:
        return [Check("which is which", None, "both at rest: swing the leg's sensor while this runs, and it is told")]
    swapped = turns[wire.SLED] > TURNS * turns[wire.LEG]
    return [judged("which is which", not swapped, "the sensor on the sled turns, the one on the leg does not" if swapped
                   else "the leg's sensor turns", "swap the two sensors, or their address jumpers")]  # fmt: skip


def _pads(heard: Heard) -> list[Check]:
    runs = heard.readings.get(wire.PADS, [])
    if not runs:
        return [Check("pads", None, "no readings: heel lift is not measured", "connect the pads' converter")]
    values = np.concatenate([run.values for run in runs])
    return [_pad(f"pad {name}", column) for name, column in zip(PADS, values.T, strict=True)]


def _pad(name: str, column: np.ndarray) -> Check:
    there = column[np.isfinite(column)]
    if len(there) < 0.5 * len(column):
        return Check(name, None, "not connected: what it senses is not measured", "its plug and its two leads")
    low, middle, high = (float(value) for value in np.percentile(there, (2, 50, 98)))
    said = f"{middle:.3f} V now, from {low:.3f} to {high:.3f} V"
    if middle > FULL * SUPPLY_V:
        return Check(
            name, False, f"saturated: {said}", "a short between its leads; else a smaller puck (hardware/pads.md)"
        )
    noise = float(1.48 * np.median(np.abs(np.diff(there, 2))) / math.sqrt(6)) if len(there) > LEAST else 0.0
    return judged(name, noise < PAD_NOISE_V, f"{said}, noise {1000 * noise:.1f} mV",
                  "its leads and plug: pull gently while this runs; else see the supply")  # fmt: skip


def _supply(found: list[Check]) -> list[Check]:
    """What makes every sensor noisy at once is no sensor."""
    noises = [check for check in found if check.name.endswith("noise")]
    bad = len(noises) > 1 and all(check.ok is False for check in noises)
    return [judged("supply", not bad, "both IMUs are noisy at once" if bad else "quiet",
                   "run it from the battery alone; another charger; the plugs of 3.3 V and ground")]  # fmt: skip
