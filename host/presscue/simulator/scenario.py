"""What a simulated session is made of: a lifter, a machine, two sensors, sets, and faults on demand.

`random_scenario(seed, faults=...)` draws all of it from one seed; any field can be overridden.
`parse_options("seed=3,faults=heel_lift+lockout")` is the text form, as in the moniker `sim:...`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

FAULTS = (
    "lockout",  # knee below the soft-bend limit at the end of a press
    "slam",  # the same, reached fast
    "heel_lift",  # sides at random
    "heel_lift_left",
    "heel_lift_right",
    "heel_lift_both",
    "depth",  # knee past the flexion limit
    "seat_lift",  # the hip leaves the seat at the bottom
    "valgus",  # knee inward in the press
    "varus",  # knee outward in the press
    "tempo",  # lowering too fast
    "bounce",  # rebound at the bottom; counts as the kind "tempo"
    "imbalance",  # one leg works more, over a whole set
)

# Bounds within which the geometry closes and the movements are humanly possible.
_BOUNDS = {
    "height_m": (1.2, 2.3),
    "thigh_m": (0.25, 0.6),
    "shank_m": (0.25, 0.6),
    "rail_deg": (0, 90),
    "rack_deg": (35, 90),
    "sled_load_kg": (0, 1000),
    "ankle_height_m": (0, 0.3),
    "ankle_lateral_m": (-0.1, 0.2),
    "foot_replace_m": (0, 0.02),
    "strap_fraction": (0, 1),
    "hold_s": (0, 60),
    "rest_s": (4, 600),
    "lower_s": (0.6, 10),
    "press_s": (0.6, 10),
    "pause_top_s": (0, 10),
    "pause_bottom_s": (0, 10),
    "extended_deg": (1, 30),
    "deep_deg": (50, 115),
    "soft_bend_deg": (4, 20),
    "max_flexion_deg": (70, 110),
    "fault_share": (0, 1),
    "clean_first": (0, 400),
    "rumble_mps2": (0, 5),
    "clank_mps2": (0, 50),
    "bumps": (0, 20),
    "fatigue": (0, 1),
    "sloppiness": (0, 1),
    "near_limit": (0, 1),
    "left_share": (0.2, 0.8),
}

Quaternion = tuple[float, float, float, float]


class ScenarioError(ValueError):
    """An option that cannot be understood or a value out of range; the message is one clear line."""


@dataclass(frozen=True)
class Scenario:
    """Everything that decides a performance. Ranges `(low, high)` are drawn from, once per rep, by `seed`."""

    seed: int = 0
    # the lifter
    height_m: float = 1.75
    mass_kg: float = 75.0
    thigh_m: float = 0.43
    shank_m: float = 0.43
    leg: str = "left"  # which leg carries the IMU
    segment: str = "shank"  # and where on it, or "thigh"
    # the machine
    rail_deg: float = 45.0  # incline of the rail above the horizontal
    sled_load_kg: float = 100.0
    press_first: bool = False  # True: a rep is a press and then a lowering
    rack_deg: float = 60.0  # knee flexion at which the sled rests on its stops
    # where the foot stands, seen from the hip
    ankle_height_m: float = 0.10  # across the rail, on the knee's side
    ankle_lateral_m: float = 0.03  # outward
    foot_replace_m: float = 0.005  # how much the foot's height differs from set to set (sd)
    toe_out_deg: float = 20.0
    abduction_deg: float = 6.0
    screw_home_deg: float = 4.0  # the shank's rotation about its own axis in the last 30 degrees
    # the sensors' places; mounts rotate sensor axes into sled axes (rail, left, upper) or shank axes (front, left, up)
    sled_mount: Quaternion = (1.0, 0.0, 0.0, 0.0)
    leg_mount: Quaternion = (1.0, 0.0, 0.0, 0.0)
    strap_fraction: float = 0.3  # along the segment, 0 = knee, 1 = ankle or hip
    strap_radius_m: float = 0.05  # from the segment's axis
    strap_angle_deg: float = 30.0  # around the segment, 0 = front, 90 = outside
    tissue_deg: float = 2.0  # rotation of the strap against the bone from straight to 90 degrees
    tissue_wobble_deg: float = 0.3  # further rotation per m/s2 of the shank's acceleration
    # what shakes the machine
    rumble_mps2: float = 0.3  # rms on the sled at 0.2 m/s
    clank_mps2: float = 8.0  # peak on the sled when it is racked
    bumps: int = 1  # knocks against the machine at rest, before each set
    # the session
    hold_s: float = 3.0  # straight-leg hold at the start, the unloaded sled locked where the leg is straight; 0 = none
    sets: tuple[int, ...] = (8, 8)  # reps in each
    rest_s: float = 12.0  # legs off the sled between sets
    walk: bool = True  # the rest is a walk, else the leg just dangles
    shuffle: bool = True  # feet are moved on the platform before a set
    nudge: bool = False  # the sled is pushed a centimetre or two off its stops before a set, to try it
    # how the lifter moves
    lower_s: tuple[float, float] = (1.8, 2.6)
    press_s: tuple[float, float] = (1.5, 2.2)
    pause_top_s: tuple[float, float] = (0.2, 0.8)
    pause_bottom_s: tuple[float, float] = (0.0, 0.4)
    extended_deg: tuple[float, float] = (16.0, 23.0)
    deep_deg: tuple[float, float] = (72.0, 83.0)
    fatigue: float = 0.25  # presses slow by this over a set
    sloppiness: float = 0.5  # 0 = a robot, 1 = hesitations and sticking in most reps
    near_limit: float = 0.1  # share of faultless reps that turn within a few degrees of a limit
    left_share: float = 0.5  # of the force, when nothing is wrong
    # faults
    faults: tuple[str, ...] = ()  # of FAULTS
    fault_share: float = 0.2  # share of the reps that carry each fault
    clean_first: int = 3  # reps at the start without faults
    soft_bend_deg: float = 8.0
    max_flexion_deg: float = 90.0


def random_rotation(rng: np.random.Generator) -> Quaternion:
    """A rotation drawn evenly from all of SO(3), as a unit quaternion (w, x, y, z)."""
    q = rng.normal(size=4)
    q /= np.linalg.norm(q)
    return (float(q[0]), float(q[1]), float(q[2]), float(q[3]))


def random_scenario(seed: int, faults: Iterable[str] = (), **overrides) -> Scenario:
    """A scenario drawn from `seed`; `faults` and any field of Scenario can be given. Raises ScenarioError."""
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
    return _checked(drawn | overrides)


def parse_options(text: str) -> tuple[Scenario, dict[str, str]]:
    """The scenario of `seed=3,faults=heel_lift+lockout,sets=8+8,rest_s=5`, and the options that are not its own.

    Words without `=` (such as `fast`) are returned with the value "". Raises ScenarioError.
    """
    given: dict = {}
    others: dict[str, str] = {}
    kinds = {field.name: field.default for field in fields(Scenario)}
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, equals, value = word.partition("=")
        if name not in kinds:
            others[name] = value
        elif not equals:
            raise ScenarioError(f"sim option '{name}' needs a value: {name}=...")
        else:
            given[name] = _parse_value(name, value, kinds[name])
    seed = given.pop("seed", 0)
    return random_scenario(seed, given.pop("faults", ()), **given), others


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


def _checked(values: dict) -> Scenario:
    names = {field.name for field in fields(Scenario)}
    for name in values:
        if name not in names:
            raise ScenarioError(f"a scenario has no '{name}'")
    scenario = Scenario(**values)
    for fault in scenario.faults:
        if fault not in FAULTS:
            raise ScenarioError(f"no fault '{fault}': choose from {', '.join(FAULTS)}")
    if scenario.leg not in ("left", "right"):
        raise ScenarioError(f"leg is '{scenario.leg}': choose left or right")
    if scenario.segment not in ("shank", "thigh"):
        raise ScenarioError(f"segment is '{scenario.segment}': choose shank or thigh")
    if not scenario.sets or min(scenario.sets) < 1 or sum(scenario.sets) > 400:
        raise ScenarioError("sets: give 1 to 400 reps in all, each set at least 1, as sets=8+8")
    if scenario.press_first and scenario.rack_deg < 60:
        raise ScenarioError(f"rack_deg is {scenario.rack_deg:g}: a rep that starts with the press needs 60 or more")
    for name, (low, high) in _BOUNDS.items():
        value = getattr(scenario, name)
        if not all(low <= part <= high for part in (value if isinstance(value, tuple) else (value,))):
            raise ScenarioError(f"{name} is {value}: give {low} to {high}")
    return scenario
