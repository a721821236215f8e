"""What the tracker takes and remembers: the model of a calibration, the state of its filters, and its indices."""

import math
from typing import NamedTuple

import numpy as np

from presscue.calibration.model import Calibration, Priors
from presscue.estimation.estimator import FILTER, Leg, Noise, filter_dtype
from presscue.estimation.linkage import Links

LOST_S = 0.3  # an IMU silent for longer is not measured
DEGREES = 180.0 / math.pi


Vector = tuple[float, float, float]


class Model(NamedTuple):
    """A calibration in the form that the compiled steps take."""

    has_sled: bool
    has_leg: bool
    linked: bool
    estimated: bool
    rail: Vector
    along: float
    floor_mps2: float
    axis: Vector
    first: Vector
    second: Vector
    gyro_bias: float
    links: Links
    leg: Leg
    noise: Noise
    flexion_sd_deg: Vector  # by what the calibration leaves open, at STATED_DEG of model.py
    inward: float  # sign of an inward rotation about the rail, seen from the flexion axis; NaN: which leg is not known


INWARD = {"left": 1.0, "right": -1.0, None: math.nan}


def model_of(c: Calibration, priors: Priors | None = None) -> Model:
    """The model of a calibration."""
    rail, axis, first, second = (
        (float(vector[0]), float(vector[1]), float(vector[2])) for vector in (c.rail, c.axis, c.first, c.second)
    )
    return Model(
        c.has_sled,
        c.has_leg,
        c.linked,
        c.estimated,
        rail,
        c.gravity_along_mps2,
        c.sled_floor_mps2,
        axis,
        first,
        second,
        c.gyro_bias_radps,
        c.links,
        c.leg,
        Noise(),
        c.flexion_sd_deg,
        INWARD[priors.leg if priors is not None else None],
    )


STATE = np.dtype(
    [
        ("link", FILTER),  # linkage filter
        ("sled", filter_dtype(3)),  # position (m), velocity (m/s), accelerometer bias (m/s2)
        ("pitch", filter_dtype(3)),  # angle (rad), gyro bias (rad/s), gyro scale
        # linkage
        ("on", "i8"),  # 1 while its filter runs
        ("filter_t_s", "f8"),  # up to when
        ("sled_nis", "f8"),  # running means of its squared innovations
        ("leg_nis", "f8"),
        ("sled_off", "f8"),  # smoothed innovations, in standard deviations: of the sled, of the leg's rate and forces
        ("rate_off", "f8"),
        ("first_off", "f8"),
        ("second_off", "f8"),
        ("wait_t_s", "f8"),  # since when it is off
        ("by_sled", "i8"),  # 1 while the leg IMU is lost and the sled says where the leg is
        ("apart", "i8"),  # 1 while it is off and the leg does not go as the sled does
        ("linked_m", "f8"),  # the sled's place by the linkage at the sled's last reading; NaN: off, or a slow sled
        ("sled_D", "f8"),  # rail coordinate of the sled filter's zero, NaN: not known
        # sled
        ("sled_t_s", "f8"),
        ("along", "f8"),  # specific force along the rail without gravity (m/s2)
        ("started_mps", "f8"),  # velocity by its pushes while it was taken to stand
        ("along_change", "f8"),  # its last change
        ("shake", "f8"),  # its shaking; as it stands, and beyond that per (m/s)2 as it goes: see shaking.py
        ("shake_still", "f8"),
        ("shake_going", "f8"),
        ("sled_low", "f8"),  # it smoothed over 0.15 and 0.04 s
        ("sled_fast", "f8"),
        ("sled_rough", "f8"),  # mean square of what along the rail changes from reading to reading, (m/s2)2
        ("moved_t_s", "f8"),  # it was last accelerated
        ("stood_D", "f8"),  # rail coordinate where it came to stand
        ("dead_mps", "f8"),  # velocity by its own pushes since it last stood
        ("astray_s", "f8"),  # for how long it has contradicted the linkage
        # turning without a leg: see turning.py
        ("way", "i8"),  # 1 out, -1 back, 0 not known yet
        ("began_m", "f8"),  # where that way began, and the farthest on it
        ("farthest_m", "f8"),
        ("turned_m", "f8", 2),  # where it usually turns, below and above; whether that is known
        ("turns_known", "i8", 2),
        ("mean_mps2", "f8"),  # its acceleration along the rail, over some seconds
        # nodding: see nod.py
        ("up", "f8", 3),  # mean specific force (m/s2), and over how long
        ("up_s", "f8"),
        ("turn_slow", "f8"),  # the gyro's rate as a change of gravity along the rail (m/s3), and the velocity, smoothed
        ("speed_slow", "f8"),
        ("turned", "f8"),  # sums of their products beyond that, and of the velocity's squares
        ("ran", "f8"),
        ("lean", "f8"),  # how much gravity along the rail changes with the sled's place, m/s2 per m
        # hip: see seat.py
        ("seat_t_s", "f8"),
        ("seat_usual", "f8"),  # the pad's force
        ("seat_light", "i8"),  # 1 while it feels much less
        ("hip_m", "f8"),  # how far the hip is up, and its variance
        ("hip_var", "f8"),
        ("gap_m", "f8"),  # the sled's own place beyond that of the linkage, just before; and by flexion
        ("gap_usual", "f8", 16),
        # leg
        ("leg_t_s", "f8"),
        ("rate", "f8"),  # about the flexion axis, without bias (rad/s)
        ("f1_low", "f8"),  # in-plane specific force (m/s2) and rate (rad/s), smoothed
        ("f2_low", "f8"),
        ("rate_low", "f8"),
        ("busy_t_s", "f8"),  # it last turned
        ("pitch_zero", "f8"),
        # out of the plane: rotation about the vertical and about the horizontal in the leg's plane (rad)
        ("turn", "f8"),
        ("tilt", "f8"),
        ("fallen", "f8"),  # rotation about the rail against the lifter's own baseline
        ("aside", "f8"),  # up along the flexion axis without it, and for how long seen
        ("aside_s", "f8"),
        ("bias_1", "f8"),  # gyro bias and smoothed rate along the two in-plane axes of the IMU (rad/s)
        ("bias_2", "f8"),
        ("slow_1", "f8"),
        ("slow_2", "f8"),
        ("slower_1", "f8"),
        ("slower_2", "f8"),
        ("calm_t_s", "f8"),  # since when the leg has been calm, since when its rates are steady too, how long in all
        ("unsteady_t_s", "f8"),
        ("rested_s", "f8"),
        ("rests", "f8"),  # 1 while it is calm and gravity agrees with its tilt
        # steps
        ("swing", "i8"),  # sign of the swing under way; the extremes of pitch (rad) about it, and when they were
        ("swing_top", "f8"),
        ("swing_top_t_s", "f8"),
        ("swing_low", "f8"),
        ("swing_low_t_s", "f8"),
        ("brisk_t_s", "f8"),  # the last swing as brisk as a step, and the last step
        ("step_t_s", "f8"),
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing: element 0 is the record that `step` takes; copying it saves it."""
    state = np.zeros(1, STATE).view(np.recarray)
    for name in (
        "sled_t_s", "leg_t_s", "moved_t_s", "busy_t_s", "filter_t_s", "wait_t_s", "brisk_t_s", "step_t_s", "seat_t_s",
    ):  # fmt: skip
        state[name] = -1e9
    state["sled_D"] = state["linked_m"] = math.nan
    state["sled"]["P"] = np.diag([1e-6, 1e-4, 0.03**2])
    state["pitch"]["P"] = np.diag([1.0, 0.02**2, 0.02**2])
    return state
