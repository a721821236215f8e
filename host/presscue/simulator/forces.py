"""What the pads feel: heels and seat, in newtons."""

import numpy as np

from presscue.simulator.curves import GRID_HZ, band_noise, bump, ease
from presscue.simulator.motion import Motion
from presscue.simulator.scenario import Scenario

_G_MPS2 = 9.81
_RESTING_FOOT_N = 25.0  # a leg's weight on the platform while the sled is on its stops
_CABLE = 0.6  # on a flat rail the load hangs on a cable; the share of its weight that pulls
_OFF = 0.08  # what a pad still feels under a heel or seat that is up
_SEAT_OFF = 0.15


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
        flat = 1 - (1 - _OFF) * ease(1.6 * rise)
        heels.append((push_n * share + _RESTING_FOOT_N * on) * heel_part * flat)
    body_n = scenario.mass_kg * _G_MPS2 * 0.45 + 0.15 * push_n
    lift = motion.seat_lift_m / max(motion.seat_lift_m.max(), 0.02)
    seat = body_n * seated * (1 - (1 - _SEAT_OFF) * ease(1.6 * lift)) * (1 + 0.03 * band_noise(rng, n, 0.05, 1.0))
    return np.maximum(np.stack([*heels, seat], axis=1), 0.0)
