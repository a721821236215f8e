"""What the tracker takes and remembers: the model of a calibration, the state of its filters, and its indices."""

import math
from typing import NamedTuple

import numpy as np

from presscue.calibration import Calibration, Priors
from presscue.estimator import Leg, N, Noise
from presscue.linkage import Links

LOST_S = 0.3  # an IMU silent for longer is not measured
DEGREES = 180.0 / math.pi


class Model(NamedTuple):
    """A calibration in the form that the compiled steps take."""

    has_sled: bool
    has_leg: bool
    linked: bool
    rail: np.ndarray
    along: float
    floor_mps2: float
    axis: np.ndarray
    first: np.ndarray
    second: np.ndarray
    gyro_bias: float
    links: Links
    leg: Leg
    noise: Noise
    inward: float  # sign of an inward rotation about the rail, seen from the flexion axis; NaN: which leg is not known


INWARD = {"left": 1.0, "right": -1.0, None: math.nan}


def model_of(c: Calibration, priors: Priors | None = None) -> Model:
    """The model of a calibration. All arrays are contiguous: another layout would be compiled for anew."""
    rail, axis, first, second = (np.ascontiguousarray(vector) for vector in (c.rail, c.axis, c.first, c.second))
    return Model(
        c.has_sled,
        c.has_leg,
        c.linked,
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
        INWARD[priors.leg if priors is not None else None],
    )


class State(NamedTuple):
    """All that the tracker remembers, as float64 arrays; copying them saves it."""

    x: np.ndarray  # linkage filter (N,), (N, N)
    P: np.ndarray
    sled: np.ndarray  # position, velocity, bias; covariance
    sled_P: np.ndarray
    pitch: np.ndarray  # angle, bias, scale; covariance
    pitch_P: np.ndarray
    plane: np.ndarray
    aux: np.ndarray


(
    ON, SLED_T, LEG_T, SLED_NIS, LEG_NIS, SLED_LOW, MOVED_T, F1_LOW, F2_LOW,
    RATE_LOW, BUSY_T, PITCH_ZERO, OFFSET, LINKED, FILTER_T, ALONG, WAIT_T, SLED_FAST, STOOD_D, DEAD_MPS,
    SWING, SWING_TOP, SWING_TOP_T, SWING_LOW, SWING_LOW_T, STEP_T, BY_SLED, SLED_D, AUX,
) = range(29)  # fmt: skip


def new_state() -> State:
    """A tracker that has seen nothing."""
    aux = np.zeros(AUX)
    for i in (SLED_T, LEG_T, MOVED_T, BUSY_T, FILTER_T, WAIT_T, STEP_T):
        aux[i] = -1e9
    sled_P = np.diag([1e-6, 1e-4, 0.03**2])
    pitch_P = np.diag([1.0, 0.02**2, 0.02**2])
    return State(np.zeros(N), np.zeros((N, N)), np.zeros(3), sled_P, np.zeros(3), pitch_P, np.zeros(8), aux)
