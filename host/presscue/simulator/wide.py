"""Stranger lifters, machines and straps than the usual ones: as widely as reality might, each within reason.

Drawn from a generator of its own, so that the usual part of a scenario stays what its seed says.
"""

import numpy as np


def wide_fields(seed: int, usual: dict) -> dict:
    """Fields of Scenario that differ from the `usual` ones of this seed."""
    rng = np.random.default_rng([seed, 5])
    u = rng.uniform

    def at_times(share: float, low: float, high: float) -> float:
        value, taken = u(low, high), rng.random() < share
        return value if taken else 0.0

    height = u(1.50, 2.05)
    rail = float(rng.choice([usual["rail_deg"], u(15, 75), u(25, 60)]))
    # A press from deep stops on an incline is an unracking to some and the first half of a rep to others.
    press_first = rail < 15.0 or rail > 75.0
    slow = u(0.8, 1.6)
    pause_top, pause_bottom = float(rng.choice([u(0.05, 0.8), u(1.0, 3.0)], p=[0.8, 0.2])), u(0.0, 0.4)
    if rng.random() < 0.2:
        pause_bottom = u(0.8, 2.0)
    return {
        "height_m": height,
        "mass_kg": u(18, 34) * height**2,
        "thigh_m": 0.245 * height + u(-0.03, 0.03),
        "shank_m": 0.246 * height + u(-0.03, 0.03),
        "rail_deg": rail,
        "press_first": press_first,
        "rack_deg": u(72, 84) if press_first else u(35, 70),
        "sled_load_kg": u(40, 300),
        "foot_replace_m": u(0.0, 0.02),
        "toe_out_deg": u(0, 35),
        "abduction_deg": u(0, 15),
        "left_share": u(0.42, 0.58),
        "hyperextends_deg": at_times(0.15, 2, 7),
        "pelvic_tilt_m": at_times(0.6, 0.0, 0.015),
        "seat_slide_m": at_times(0.5, -0.015, 0.015),
        "seat_shift_m": at_times(0.6, 0.0, 0.01),
        "hold_deg": at_times(0.3, 0.0, 4.0),
        "strap_fraction": u(0.1, 0.6),
        "strap_radius_m": u(0.035, 0.08),
        "tissue_deg": u(-5, 5) if rng.random() < 0.5 else u(-2, 2),
        "tissue_axis": tuple(float(part) for part in rng.normal(size=3) * (0.3, 0.0, 0.5) + (0.0, 1.0, 0.0)),
        "tissue_shape": str(rng.choice(["sine", "linear", "late"])),
        "tissue_load_deg": at_times(0.5, -1.5, 1.5),
        "tissue_rate_deg": at_times(0.5, -1.0, 1.0),
        "tissue_wobble_deg": u(0.0, 0.7),
        "tissue_wobble_hz": u(5, 15),
        "strap_creep_deg": at_times(0.4, 0.0, 2.0),
        "strap_step_deg": at_times(0.1, 0.5, 3.0),
        "rail_flex_deg": at_times(0.4, -0.4, 0.4),
        "stick_slip_mps2": at_times(0.4, 0.05, 0.5),
        "rumble_mps2": u(0.05, 1.0),
        "plates": int(rng.integers(0, 5)),
        "gait": str(rng.choice(["swing", "steps"])),
        "lower_s": tuple(slow * part for part in usual["lower_s"]),
        "press_s": tuple(slow * part for part in usual["press_s"]),
        "pause_top_s": (pause_top, 1.5 * pause_top),
        "pause_bottom_s": (pause_bottom, pause_bottom + 0.3),
        "stroke": str(rng.choice(["human", "human", "sine", "trapezoid", "min_jerk", "sticking"])),
        "partial": at_times(0.25, 0.05, 0.25),
    }
