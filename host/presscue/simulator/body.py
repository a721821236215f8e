"""Where hip, knee and ankle are in space, and how the sensors are turned: the lifter in three dimensions.

World axes: x forward from the hip, y to the lifter's left, z up. The rail climbs forward by `rail_deg`; its
direction is `rail`, and `upper` is perpendicular to it on the knee's side. The hip is the origin and stays
there while the seat is kept. The ankle stands at `rail_m` along the rail, `ankle_height_m` along `upper` and
`ankle_lateral_m` outward. Thigh and shank are rigid; the one freedom left, the turn of the leg's plane about
the line from hip to ankle, follows from toe-out and hip abduction, less the valgus of a fault.
"""

from dataclasses import dataclass

import numpy as np

from presscue.simulator.curves import GRID_HZ, band_noise, bump, ease, respond
from presscue.simulator.gait import steps
from presscue.simulator.motion import Away, Motion
from presscue.simulator.scenario import Scenario

_HEEL_RISE_M = (-0.018, 0.012)  # of the ankle, along the rail and along upper, when a heel is clean off
_STRAP_M_PER_DEG = 0.003  # how far a strap that turns also slips down
_TISSUE_MPS2 = 6.0  # beyond accelerations like this soft tissue stiffens
_SEAT_RISE = (-0.5, 0.85)  # direction in which the hip leaves the seat: back along the rail, and up


@dataclass
class Body:
    """Points (n, 3) in m and rotations (n, 3, 3) in world axes, on the motion's grid."""

    hip: np.ndarray
    knee: np.ndarray
    ankle: np.ndarray
    sled: np.ndarray
    sled_axes: np.ndarray  # (3, 3), columns: rail, left, upper
    sled_nod: np.ndarray  # (n,) rad, of the sled on a rail that flexes, about left
    strap: np.ndarray  # the leg IMU's place
    strap_axes: np.ndarray  # its housing: the limb's front, left and up, moved by soft tissue, and freely while away


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products along the last axis, kept as shape (n, 1)."""
    return np.einsum("...i,...i->...", a, b)[..., None]


def length(a: np.ndarray) -> np.ndarray:
    """Lengths along the last axis, kept as shape (n, 1)."""
    return np.sqrt(dot(a, a))


def rotation(vector: np.ndarray) -> np.ndarray:
    """Rotation matrices (n, 3, 3) of rotation vectors (n, 3) in rad."""
    x, y, z = vector.T
    angle = np.sqrt(np.maximum(x * x + y * y + z * z, 1e-18))
    a, b = np.sin(angle) / angle, 0.5 * (np.sin(0.5 * angle) / (0.5 * angle)) ** 2
    rows = [
        (1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y),
        (b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x),
        (b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y)),
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def quaternion_matrix(q: tuple[float, float, float, float]) -> np.ndarray:
    """The rotation (3, 3) of a unit quaternion (w, x, y, z)."""
    w, x, y, z = np.asarray(q) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def machine_axes(rail_deg: float) -> np.ndarray:
    """Columns: rail, left, upper, in world axes."""
    c, s = np.cos(np.radians(rail_deg)), np.sin(np.radians(rail_deg))
    return np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])


def pose(scenario: Scenario, motion: Motion, shaken: np.ndarray, rng: np.random.Generator) -> Body:
    """The body that follows `motion` on a sled shaken by `shaken` (n, 3), m, in machine axes."""
    axes = machine_axes(scenario.rail_deg)
    rail, left, upper = axes.T
    outward = left if scenario.leg == "left" else -left
    rise = motion.rise_left if scenario.leg == "left" else motion.rise_right

    hip_rail_m = motion.hip_rail_m + _SEAT_RISE[0] * motion.seat_lift_m
    hip_upper_m = motion.hip_upper_m + _SEAT_RISE[1] * motion.seat_lift_m
    hip = hip_rail_m[:, None] * rail + hip_upper_m[:, None] * upper
    ankle = (
        (motion.rail_m + _HEEL_RISE_M[0] * rise)[:, None] * rail
        + (motion.ankle_height_m + _HEEL_RISE_M[1] * rise)[:, None] * upper
        + scenario.ankle_lateral_m * outward
    )
    reach = ankle - hip
    distance = length(reach)
    line = reach / distance
    along = (distance**2 + scenario.thigh_m**2 - scenario.shank_m**2) / (2 * distance)
    out2 = scenario.thigh_m**2 - along**2
    away_from_line = motion.side[:, None] * np.sqrt(np.maximum(out2, 0.0))

    in_plane = upper - dot(line, upper[None]) * line
    in_plane /= length(in_plane)
    across = outward - dot(line, outward[None]) * line
    across -= dot(across, in_plane) * in_plane
    across /= length(across)
    bend = np.degrees(2 * np.arctan2(away_from_line[:, 0], along[:, 0]))
    turn_deg = scenario.abduction_deg + 0.25 * scenario.toe_out_deg * ease(bend / 90.0) - motion.valgus_deg
    turn = np.radians(turn_deg)[:, None]
    knee_way = np.cos(turn) * in_plane + np.sin(turn) * across
    knee = hip + along * line + away_from_line * knee_way

    flexion_axis = np.cross(knee_way, line)  # leftward; also defined for a straight leg
    side = 1.0 if scenario.leg == "left" else -1.0
    if scenario.segment == "shank":
        home = np.radians(scenario.screw_home_deg) * (1 - ease(bend / 40.0))[:, None] * side
        limb_axes = _limb_axes((knee - ankle) / scenario.shank_m, flexion_axis, home)
        far_end_m = -scenario.shank_m
    else:
        limb_axes = _limb_axes((hip - knee) / scenario.thigh_m, flexion_axis, np.zeros_like(bend)[:, None])
        far_end_m = scenario.thigh_m
    radius, angle = scenario.strap_radius_m, np.radians(scenario.strap_angle_deg)
    strap = knee + limb_axes @ np.array(
        [radius * np.cos(angle), radius * np.sin(angle) * side, scenario.strap_fraction * far_end_m]
    )
    strap_axes = limb_axes @ rotation(_tissue(scenario, motion, strap, limb_axes, bend))
    slipped_deg, axis = _slip(scenario, motion)
    if slipped_deg.any():
        strap = strap + limb_axes[:, :, 2] * (np.sign(far_end_m) * _STRAP_M_PER_DEG * slipped_deg)[:, None]
        strap_axes = strap_axes @ rotation(np.radians(slipped_deg)[:, None] * axis)
    strap = strap + 0.25 * shaken @ axes.T
    for stretch in motion.away:
        _wander(stretch, motion.t_s, strap, strap_axes, rng, scenario.gait)
    sled = motion.rail_m[:, None] * rail + shaken @ axes.T
    place = (motion.rail_m - motion.rail_m.min()) / max(np.ptp(motion.rail_m), 0.05)
    nod = np.radians(scenario.rail_flex_deg) * motion.loaded * place
    return Body(hip, knee, ankle, sled, axes, nod, strap, strap_axes)


def _limb_axes(up: np.ndarray, flexion_axis: np.ndarray, twist: np.ndarray) -> np.ndarray:
    """Front, left and up of a limb (n, 3, 3) along `up`, turned about itself by `twist` (n, 1), rad."""
    front = np.cross(flexion_axis, up)
    front /= length(front)
    turned = np.cos(twist) * front + np.sin(twist) * np.cross(up, front)
    return np.stack([turned, np.cross(up, turned), up], axis=2)


def _slip(scenario: Scenario, motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """How far the strap has turned on the leg (n,), degrees, and about which axis of the limb (3,)."""
    rng = np.random.default_rng([scenario.seed, 8])
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    start_s, end_s = motion.reps[0].lowering[0], motion.t_s[-1]
    when_s = rng.uniform(start_s, end_s)
    creep = scenario.strap_creep_deg * np.clip((motion.t_s - start_s) / (end_s - start_s), 0.0, 1.0)
    return creep + scenario.strap_step_deg * ease((motion.t_s - when_s) / 0.3), axis


_TISSUE_COURSE = {
    "sine": lambda bend: np.sin(np.radians(np.clip(bend, 0, 120))),
    "linear": lambda bend: np.clip(bend, 0, 120) / 90.0,
    "late": lambda bend: ease((bend - 50.0) / 40.0),
}


def _tissue(scenario: Scenario, motion: Motion, strap, limb_axes, bend) -> np.ndarray:
    """Rotation of the strap against the bone (n, 3), rad: muscle that bulges, tenses and lags, and a wobble."""
    turned_deg = scenario.tissue_deg * _TISSUE_COURSE[scenario.tissue_shape](bend)
    if scenario.tissue_load_deg or scenario.tissue_rate_deg:
        rate_dps = respond(np.gradient(bend, 1 / GRID_HZ), 4.0, 0.8)
        pressing = np.tanh(-rate_dps / 20.0)
        turned_deg = turned_deg + scenario.tissue_load_deg * motion.loaded * (0.75 + 0.25 * pressing)
        turned_deg = turned_deg + scenario.tissue_rate_deg * rate_dps / 100.0
    bulge = np.radians(turned_deg)
    acceleration = np.zeros_like(strap)
    acceleration[1:-1] = (strap[2:] - 2 * strap[1:-1] + strap[:-2]) * 1e6
    felt = np.einsum("nij,ni->nj", limb_axes, acceleration)
    drive = np.stack([-0.5 * felt[:, 1], felt[:, 0], 0.3 * felt[:, 1]], axis=1)
    drive = _TISSUE_MPS2 * np.tanh(drive / _TISSUE_MPS2)
    wobble = np.radians(scenario.tissue_wobble_deg) * respond(drive, scenario.tissue_wobble_hz, 0.35)
    return wobble + bulge[:, None] * np.array(scenario.tissue_axis)


def _wander(stretch: Away, t_s, strap, strap_axes, rng, gait: str) -> None:
    """The leg leaves its place and comes back to it: small for a shuffle or settling, large off the machine.

    Moves `strap` and `strap_axes` in place.
    """
    inside = slice(*np.searchsorted(t_s, (stretch.start_s, stretch.end_s)))
    at = t_s[inside]
    length_s = stretch.end_s - stretch.start_s
    n = at.size
    envelope = bump(at, stretch.start_s, stretch.end_s, min(1.5, 0.4 * length_s))[:, None]
    turn = np.zeros((n, 3))
    shift = np.zeros((n, 3))
    heading = np.zeros(n)
    slow = np.stack([band_noise(rng, n, 0.1, 1.0) for _ in range(6)], axis=1)
    if stretch.how in ("settle", "shuffle"):
        size = 1.0 if stretch.how == "settle" else 3.0
        turn += envelope * np.radians(1.5 * size) * (rng.normal(size=3) + 0.5 * slow[:, :3])
        shift += envelope * 0.008 * size * (rng.normal(size=3) + 0.5 * slow[:, 3:])
    elif stretch.how == "walk" and gait == "steps":
        walked = steps(at - stretch.start_s, length_s, rng)
        turn += envelope * walked.turn_rad
        shift += envelope * walked.shift_m
        heading += walked.heading_rad
    else:
        walking = stretch.how == "walk"
        swing_hz = rng.uniform(0.8, 1.0) if walking else rng.uniform(0.5, 0.9)
        swing = np.sin(2 * np.pi * swing_hz * (at - stretch.start_s))[:, None]
        size = np.radians(25.0 if walking else 10.0)
        # standing up brings the shank upright; what that takes depends on the machine, so a broad guess does
        base = np.array([0.1 * rng.normal(), rng.uniform(0.4, 1.2), 0.2 * rng.normal()])
        turn += envelope * (base + swing * size * np.array([0.15, 1.0, 0.1]) + 0.06 * slow[:, :3])
        shift += envelope * (np.array([-0.2, 0.1, -0.3]) + swing * np.array([0.15, 0.02, 0.03]) + 0.02 * slow[:, 3:])
        if walking:
            rounds = int(rng.integers(-1, 2))
            heading += 2 * np.pi * rounds * ease((at - stretch.start_s - 1.5) / max(length_s - 3.0, 1.0))
    world_turn = rotation(np.stack([0 * heading, 0 * heading, heading], axis=1))
    strap_axes[inside] = world_turn @ strap_axes[inside] @ rotation(turn)
    strap[inside] += shift
