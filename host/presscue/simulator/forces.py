"""What the pads feel: heels and seat, in newtons."""

import numpy as np

from presscue.simulator.curves import GRID_HZ, band_noise, bump, ease
from presscue.simulator.motion import Motion
from presscue.simulator.scenario import Scenario

_G_MPS2 = 9.81
_RESTING_FOOT_N = 25.0  # a leg's weight on the platform while the sled is on its stops
_CABLE = 0.6  # on a flat rail the load hangs on a cable; the share of its weight that pulls


def heel_kept(rise: np.ndarray) -> np.ndarray:
    """The part of its force that a heel pad still feels when the heel has risen, 0 = flat, 1 = clean off."""
    return 1 - 0.92 * ease(1.6 * rise)


def seat_kept(lift_m: np.ndarray) -> np.ndarray:
    """The part of its force that the seat pad still feels when the hip has moved off by `lift_m`."""
    return 1 - 0.85 * ease(lift_m / 0.02)


def pad_forces(scenario: Scenario, motion: Motion, rng: np.random.Generator) -> np.ndarray:
    """Forces (n, 3): heel left, heel right, seat."""
    n = motion.t_s.size
    acceleration = np.zeros(n)
    acceleration[1:-1] = (motion.rail_m[2:] - 2 * motion.rail_m[1:-1] + motion.rail_m[:-2]) * GRID_HZ**2
    pull = _G_MPS2 * max(np.sin(np.radians(scenario.rail_deg)), _CABLE if scenario.rail_deg < 20 else 0.0)
    push_n = scenario.sled_load_kg * (pull + acceleration) * motion.loaded
    on = np.ones(n)  # feet (and, on a walk, the lifter) on the machine
    seated = np.ones(n)
    for stretch in motion.away:
        if stretch.how == "walk":
            seated *= 1 - bump(motion.t_s, stretch.start_s + 1.0, stretch.end_s - 1.0, 0.5)
        if stretch.how != "settle":
            gone = bump(motion.t_s, stretch.start_s, stretch.end_s, 0.4)
            on *= 1 - (0.8 if stretch.how == "shuffle" else 1.0) * gone
    depth = (motion.rail_m.max() - motion.rail_m) / max(np.ptp(motion.rail_m), 0.05)
    heels = []
    for share, rise in ((motion.left_share, motion.rise_left), (1 - motion.left_share, motion.rise_right)):
        heel_part = rng.uniform(0.5, 0.65) - rng.uniform(0.05, 0.15) * depth + 0.015 * band_noise(rng, n, 0.05, 1.5)
        heels.append((push_n * share + _RESTING_FOOT_N * on) * heel_part * heel_kept(rise))
    body_n = scenario.mass_kg * _G_MPS2 * 0.45 + 0.15 * push_n
    seat = body_n * seated * seat_kept(motion.seat_lift_m) * (1 + 0.03 * band_noise(rng, n, 0.05, 1.0))
    return np.maximum(np.stack([*heels, seat], axis=1), 0.0)
