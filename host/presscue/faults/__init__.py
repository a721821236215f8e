"""The detectors, one file each, and what runs them all after each reading.

A detector is `Params`, `STATE`, `new_state()` and a compiled `step(p, s, x, rep, out)`: x is the FRAME record, rep the
record of `reps`, out the BUFFER record of events.py. A further detector is one more file, one row in Params, STATE and
`new_state`, one line in `step_all`, and its rows in LIMITS; the numbers of faults are in events.FAULTS.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.events import HEEL_LEFT, HEEL_RIGHT
from presscue.faults import depth, heel_lift, imbalance, lockout, prediction, seat_lift, slam, tempo, valgus
from presscue.faults.depth import Params as Depth
from presscue.faults.heel_lift import Params as HeelLift
from presscue.faults.imbalance import Params as Imbalance
from presscue.faults.lockout import Params as Lockout
from presscue.faults.prediction import Params as Prediction
from presscue.faults.slam import Params as Slam
from presscue.faults.tempo import Params as Tempo
from presscue.faults.valgus import Params as Valgus


class Params(NamedTuple):
    """The parameters of all detectors."""

    slam: Slam = Slam()
    lockout: Lockout = Lockout()
    prediction: Prediction = Prediction()
    heel_lift: HeelLift = HeelLift()
    seat_lift: HeelLift = seat_lift.USUAL
    depth: Depth = Depth()
    tempo: Tempo = Tempo()
    valgus: Valgus = Valgus()
    imbalance: Imbalance = Imbalance()


STATE = np.dtype(
    [
        ("slam", slam.STATE),
        ("lockout", lockout.STATE),
        ("prediction", prediction.STATE),
        ("heel_left", heel_lift.STATE),
        ("heel_right", heel_lift.STATE),
        ("seat", heel_lift.STATE),
        ("depth", depth.STATE),
        ("tempo", tempo.STATE),
        ("valgus", valgus.STATE),
        ("varus", valgus.STATE),
        ("imbalance", imbalance.STATE),
    ]
)
"""The states of all detectors. One record: a tuple of arrays costs a count of references for each at each reading."""


def new_state() -> np.ndarray:
    """A state array (1,) of detectors that have seen nothing."""
    state = np.zeros(1, STATE).view(np.recarray)
    state["prediction"] = prediction.new_state()
    state["heel_left"] = heel_lift.new_state(HEEL_LEFT)
    state["heel_right"] = heel_lift.new_state(HEEL_RIGHT)
    state["seat"] = seat_lift.new_state()
    state["valgus"], state["varus"] = valgus.new_state(1.0), valgus.new_state(-1.0)
    for name, detector in (("slam", slam), ("lockout", lockout), ("depth", depth), ("tempo", tempo)):
        state[name] = detector.new_state()
    state["imbalance"] = imbalance.new_state()
    return state


@njit
def step_all(p, s, x, rep, out):
    """One reading through all detectors: p Params, s the STATE record."""
    slam.step(p.slam, s.slam, x, rep, out)
    lockout.step(p.lockout, s.lockout, x, rep, out)
    prediction.step(p.prediction, s.prediction, x, rep, out)
    heel_lift.step(p.heel_lift, s.heel_left, s.heel_right, s.heel_right, x, rep, out)
    heel_lift.step(p.heel_lift, s.heel_right, s.heel_left, s.heel_left, x, rep, out)
    heel_lift.step(p.seat_lift, s.seat, s.heel_left, s.heel_right, x, rep, out)
    depth.step(p.depth, s.depth, x, rep, out)
    tempo.step(p.tempo, s.tempo, x, rep, out)
    valgus.step(p.valgus, s.valgus, x, rep, out)
    valgus.step(p.valgus, s.varus, x, rep, out)
    imbalance.step(p.imbalance, s.imbalance, x, rep, s.heel_left, s.heel_right, out)


@njit
def finish_all(p, s, x, rep, out):
    """The recording is over, and its last set ended: what is told of a whole set."""
    imbalance.step(p.imbalance, s.imbalance, x, rep, s.heel_left, s.heel_right, out)


# name in the profile's [limits]: (detector, parameter, least, most, unit)
LIMITS = {
    "soft_bend_deg": ("lockout", "soft_bend_deg", 1.0, 45.0, "degrees of flexion"),
    "max_flexion_deg": ("depth", "max_flexion_deg", 45.0, 150.0, "degrees of flexion"),
    "heel_share": ("heel_lift", "share", 0.05, 0.8, "a part of the foot's own usual reading"),
    "seat_share": ("seat_lift", "share", 0.05, 0.8, "a part of the seat's own usual reading"),
    "lowering_s": ("tempo", "lowering_s", 0.2, 8.0, "seconds"),
    "bounce_mps2": ("tempo", "bounce_mps2", 1.0, 20.0, "m/s2"),
    "valgus_deg": ("valgus", "limit_deg", 3.0, 45.0, "degrees out of plane"),
    "slam_mps": ("slam", "speed_mps", 0.05, 1.0, "m/s"),
    "imbalance_part": ("imbalance", "part", 0.05, 0.8, "a part of what both heels read"),
}


def by_estimate(params: Params) -> Params:
    """The same where flexion is an estimate of the leg alone: good near straight, too rough for depth, and no sled to
    tell a slam by."""
    return params._replace(
        slam=params.slam._replace(speed_mps=math.inf, straight_deg=-math.inf),
        depth=params.depth._replace(max_flexion_deg=math.inf),
        lockout=params.lockout._replace(caution=0.0),
    )


CUE_LATENCY_S = Prediction().latency_s
"""From detection to the actuator: the design's budget, until it is measured."""


class Pads(NamedTuple):
    """What is known of the heel pads. usual_left: left part that they usually read, from earlier sessions."""

    load_cells: bool = False
    usual_left: float | None = None


SAFE_BAND_DEG = 4.0
"""Width of the safe band above the soft bend: 8 to 12 degrees by default (domain.md)."""


def params_from_limits(limits: dict, leg: str | None = None) -> Params:
    """Parameters for a profile's [limits], and the leg that carries the IMU. Raises ValueError, one line, for what
    makes no sense."""
    params = Params(valgus=Valgus(right=leg == "right"))
    for name, value in limits.items():
        if name not in LIMITS:
            raise ValueError(f"[limits] {name} is not known: choose from {', '.join(LIMITS)}")
        detector, parameter, least, most, unit = LIMITS[name]
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or math.isnan(value) or not least <= value <= most:
            raise ValueError(f"[limits] {name} = {value!r}: give a number from {least:g} to {most:g} ({unit})")
        changed = {parameter: float(value)}
        if name == "soft_bend_deg":
            changed["band_deg"] = value + SAFE_BAND_DEG
        if name in ("heel_share", "seat_share"):
            changed["back_share"] = value + 0.15
            changed["clean_share"] = max(value + 0.15, 0.5)
        params = params._replace(**{detector: getattr(params, detector)._replace(**changed)})
        if name == "soft_bend_deg":
            params = params._replace(prediction=params.prediction._replace(soft_bend_deg=float(value)))
    return params


def params_of(limits: dict, pads: Pads, cue_latency_s: float, leg: str | None = None) -> Params:
    """Parameters for a profile: its [limits], pads and leg, and how long a cue takes. Raises ValueError as above."""
    params = params_from_limits(limits, leg)
    usual_left = math.nan if pads.usual_left is None else pads.usual_left
    return params._replace(
        imbalance=params.imbalance._replace(absolute=pads.load_cells, usual_left=usual_left),
        prediction=params.prediction._replace(latency_s=cue_latency_s),
    )
