"""What a simulated session is made of: a lifter, a machine, two sensors, sets, and faults on demand.

`random_scenario(seed, faults=...)` draws all of it from one seed; any field can be overridden. `wide=True` draws, on
top of it, what wide.py knows of stranger lifters, machines and straps.
`parse_options("seed=3,faults=heel_lift+lockout")` is the text form, as in the moniker `sim:...`.
"""

from collections.abc import Iterable
from dataclasses import fields

import numpy as np

from presscue.simulator.setting import FAULTS, Quaternion, Scenario, ScenarioError, checked
from presscue.simulator.wide import wide_fields

__all__ = ["FAULTS", "Quaternion", "Scenario", "ScenarioError", "parse_options", "random_rotation", "random_scenario"]


def random_rotation(rng: np.random.Generator) -> Quaternion:
    """A rotation drawn evenly from all of SO(3), as a unit quaternion (w, x, y, z)."""
    q = rng.normal(size=4)
    q /= np.linalg.norm(q)
    return (float(q[0]), float(q[1]), float(q[2]), float(q[3]))


def random_scenario(seed: int, faults: Iterable[str] = (), **overrides) -> Scenario:
    """A scenario drawn from `seed`; `faults` and any field of Scenario can be given. Raises ScenarioError."""
    wide = overrides.pop("wide", False)
    if seed < 0:
        raise ScenarioError(f"seed is {seed}: give 0 or more")
    rng = np.random.default_rng([seed, 1])
    u = rng.uniform
    height = u(1.50, 2.00)
    rail = float(rng.choice([45.0, 45.0, 45.0, 45.0, u(30, 35), u(30, 35), 0.0, 90.0]))
    rail += u(-1.5, 1.5) if 0 < rail < 90 else 0.0
    press_first = overrides.get("press_first", overrides.get("rail_deg", rail) in (0.0, 90.0))
    lower, press = u(1.7, 2.9), u(1.4, 2.6)
    extended, deep = u(16, 22), u(73, 82)
    pause_top, pause_bottom = u(0.1, 0.8), u(0.0, 0.4)
    drawn = {
        "seed": seed,
        "height_m": height,
        "mass_kg": u(20, 28) * height**2,
        "thigh_m": 0.245 * height + u(-0.02, 0.02),
        "shank_m": 0.246 * height + u(-0.02, 0.02),
        "leg": str(rng.choice(["left", "right"])),
        "rail_deg": rail,
        "sled_load_kg": u(60, 200),
        "press_first": press_first,
        "rack_deg": u(72, 84) if press_first else u(45, 70),
        "ankle_height_m": u(0.0, 0.22),
        "ankle_lateral_m": u(-0.02, 0.08),
        "foot_replace_m": u(0.0, 0.008),
        "toe_out_deg": u(10, 30),
        "abduction_deg": u(2, 10),
        "screw_home_deg": u(0, 6),
        "sled_mount": random_rotation(rng),
        "leg_mount": random_rotation(rng),
        "strap_fraction": u(0.15, 0.5),
        "strap_radius_m": u(0.04, 0.065),
        "strap_angle_deg": u(-20, 100),
        "tissue_deg": u(-2.5, 2.5),
        "tissue_wobble_deg": u(0.0, 0.5),
        "rumble_mps2": u(0.1, 0.6),
        "clank_mps2": u(4, 15),
        "bumps": int(rng.integers(0, 3)),
        "sets": tuple(int(n) for n in rng.integers(6, 11, size=2)),
        "rest_s": u(8, 20),
        "walk": bool(rng.random() < 0.6),
        "shuffle": bool(rng.random() < 0.6),
        "nudge": bool(rng.random() < 0.3),
        "lower_s": (lower, lower * 1.2),
        "press_s": (press, press * 1.2),
        "pause_top_s": (pause_top, pause_top + 0.5),
        "pause_bottom_s": (pause_bottom, pause_bottom + 0.3),
        "extended_deg": (extended - 1, extended + 3),
        "deep_deg": (deep - 3, deep + 3),
        "fatigue": u(0.0, 0.4),
        "sloppiness": u(0.1, 1.0),
        "left_share": u(0.47, 0.53),
        "faults": tuple(faults),
    }
    if wide:
        drawn |= wide_fields(seed, drawn | overrides)
    return checked(drawn | overrides)


def parse_options(text: str) -> tuple[Scenario, dict[str, str]]:
    """The scenario of `seed=3,faults=heel_lift+lockout,sets=8+8,rest_s=5`, and the options that are not its own.

    Words without `=` (such as `fast`) are returned with the value "". Raises ScenarioError.
    """
    given: dict = {}
    others: dict[str, str] = {}
    kinds = {"wide": False} | {field.name: field.default for field in fields(Scenario)}
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, equals, value = word.partition("=")
        if name not in kinds:
            others[name] = value
        elif not equals:
            raise ScenarioError(f"sim option '{name}' needs a value: {name}=...")
        else:
            given[name] = _parse_value(name, value, kinds[name])
    seed, wide = given.pop("seed", 0), given.pop("wide", False)
    return random_scenario(seed, given.pop("faults", ()), wide=wide, **given), others


def _parse_value(name: str, value: str, like):
    try:
        if name == "faults":
            return tuple(filter(None, value.split("+")))
        if name == "sets":
            return tuple(int(part) for part in value.split("+"))
        if isinstance(like, bool):
            return {"yes": True, "no": False}[value]
        if isinstance(like, tuple):
            parts = tuple(float(part) for part in value.split("+"))
            if len(parts) != len(like):
                raise ValueError(value)
            return parts
        return type(like)(value)
    except (ValueError, KeyError):
        wanted = (
            "numbers joined by +" if isinstance(like, tuple) else "yes or no" if isinstance(like, bool) else "a number"
        )
        raise ScenarioError(f"sim option '{name}={value}' cannot be read: give {wanted}") from None
