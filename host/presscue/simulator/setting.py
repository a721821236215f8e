"""The fields of a scenario, with their bounds. Everything that is not ordinary is off by default."""

from dataclasses import dataclass, fields

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
    "foot_replace_m": (0, 0.05),
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
    "hyperextends_deg": (0, 12),
    "hold_deg": (0, 15),
    "tissue_deg": (-10, 10),
    "tissue_load_deg": (-10, 10),
    "tissue_rate_deg": (-5, 5),
    "tissue_wobble_hz": (3, 30),
    "pelvic_tilt_m": (0, 0.05),
    "seat_slide_m": (-0.05, 0.05),
    "seat_shift_m": (0, 0.03),
    "rail_flex_deg": (-2, 2),
    "stick_slip_mps2": (0, 3),
    "strap_creep_deg": (0, 20),
    "strap_step_deg": (0, 45),
    "partial": (0, 1),
    "plates": (0, 20),
}

_CHOICES = {
    "leg": ("left", "right"),
    "segment": ("shank", "thigh"),
    "tissue_shape": ("sine", "linear", "late"),
    "stroke": ("human", "sine", "trapezoid", "min_jerk", "sticking"),
    "gait": ("swing", "steps"),
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
    hyperextends_deg: float = 0.0  # how far beyond straight this knee goes in a lockout
    pelvic_tilt_m: float = 0.0  # the hip's way, back and up, as the pelvis tucks at depth
    seat_slide_m: float = 0.0  # the hip's way along the rail in the course of each set
    seat_shift_m: float = 0.0  # how much the place of the hip differs from set to set (sd)
    # the sensors' places; mounts rotate sensor axes into sled axes (rail, left, upper) or shank axes (front, left, up)
    sled_mount: Quaternion = (1.0, 0.0, 0.0, 0.0)
    leg_mount: Quaternion = (1.0, 0.0, 0.0, 0.0)
    strap_fraction: float = 0.3  # along the segment, 0 = knee, 1 = ankle or hip
    strap_radius_m: float = 0.05  # from the segment's axis
    strap_angle_deg: float = 30.0  # around the segment, 0 = front, 90 = outside
    tissue_deg: float = 2.0  # rotation of the strap against the bone from straight to 90 degrees
    tissue_axis: tuple[float, float, float] = (0.2, 1.0, 0.3)  # about the limb's front, left and up
    tissue_shape: str = "sine"  # its course over flexion: "sine", "linear", or "late" (after 50 degrees)
    tissue_load_deg: float = 0.0  # rotation as the muscle tenses under load, most in the press
    tissue_rate_deg: float = 0.0  # rotation per 100 degrees/s of the knee
    tissue_wobble_deg: float = 0.3  # further rotation per m/s2 of the shank's acceleration
    tissue_wobble_hz: float = 9.0
    strap_creep_deg: float = 0.0  # how far the strap turns on the leg, little by little, over the session
    strap_step_deg: float = 0.0  # the same, all at once
    # what shakes the machine
    rumble_mps2: float = 0.3  # rms on the sled at 0.2 m/s
    clank_mps2: float = 8.0  # peak on the sled when it is racked
    bumps: int = 1  # knocks against the machine at rest, before each set
    plates: int = 0  # harder knocks in each rest between sets: plates are loaded
    stick_slip_mps2: float = 0.0  # rms of the sled's jerking at creeping speed
    rail_flex_deg: float = 0.0  # the sled's nodding under load, from one end of the rail to the other
    # the session
    hold_deg: float = 0.0  # knee flexion in the hold: people call this straight
    hold_s: float = 3.0  # straight-leg hold at the start, the unloaded sled locked where the leg is straight; 0 = none
    sets: tuple[int, ...] = (8, 8)  # reps in each
    rest_s: float = 12.0  # legs off the sled between sets
    walk: bool = True  # the rest is a walk, else the leg just dangles
    gait: str = "swing"  # how the shank moves in a walk: it swings, or takes "steps" with heel strikes
    shuffle: bool = True  # feet are moved on the platform before a set
    nudge: bool = False  # the sled is pushed a centimetre or two off its stops before a set, to try it
    # how the lifter moves
    lower_s: tuple[float, float] = (1.8, 2.6)
    press_s: tuple[float, float] = (1.5, 2.2)
    pause_top_s: tuple[float, float] = (0.2, 0.8)
    pause_bottom_s: tuple[float, float] = (0.0, 0.4)
    extended_deg: tuple[float, float] = (16.0, 23.0)
    deep_deg: tuple[float, float] = (72.0, 83.0)
    stroke: str = "human"  # course of lowering and press: see curves.progress
    partial: float = 0.0  # share of the reps that turn half-way
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


def checked(values: dict) -> Scenario:
    """A scenario of these values. Raises ScenarioError."""
    names = {field.name for field in fields(Scenario)}
    for name in values:
        if name not in names:
            raise ScenarioError(f"a scenario has no '{name}'")
    scenario = Scenario(**values)
    for fault in scenario.faults:
        if fault not in FAULTS:
            raise ScenarioError(f"no fault '{fault}': choose from {', '.join(FAULTS)}")
    for name, choices in _CHOICES.items():
        if getattr(scenario, name) not in choices:
            raise ScenarioError(f"{name} is '{getattr(scenario, name)}': choose {' or '.join(choices)}")
    if not scenario.sets or min(scenario.sets) < 1 or sum(scenario.sets) > 400:
        raise ScenarioError("sets: give 1 to 400 reps in all, each set at least 1, as sets=8+8")
    if scenario.press_first and scenario.rack_deg < 60:
        raise ScenarioError(f"rack_deg is {scenario.rack_deg:g}: a rep that starts with the press needs 60 or more")
    for name, (low, high) in _BOUNDS.items():
        value = getattr(scenario, name)
        if not all(low <= part <= high for part in (value if isinstance(value, tuple) else (value,))):
            raise ScenarioError(f"{name} is {value}: give {low} to {high}")
    return scenario
