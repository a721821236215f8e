"""The compiled loop: merged readings through tracker, reps and detectors, one after the other.

Live and offline run this same loop, with a handful of readings or with thousands; since every step sees one reading
and keeps all its memory in the states, the grouping makes no difference to any bit.
"""

from typing import NamedTuple

import numpy as np
from numba.core import types
from numba.experimental import structref

from presscue import faults, tracker, wire
from presscue.calibration import activity
from presscue.compiled import njit
from presscue.estimation import plane
from presscue.events import new_buffer
from presscue.frame import new_frame
from presscue.reps import machine as reps
from presscue.reps import phases

PADS = wire.PADS
IDLE, TOP = phases.IDLE, phases.TOP

END, FULL, ENOUGH, CALM, SET_OVER = range(5)
"""Why a run stopped: all readings done; the buffer needs draining; enough movement for a fit; between two reps; a set
is over."""

ROOM = 32  # rows of the buffer that one reading may need at the most

COLUMNS = (
    "time_s", "knee_flexion_deg", "knee_rate_dps", "sled_position_m", "sled_velocity_mps", "leg_pitch_deg",
    "valgus_deg", "heel_left", "heel_right", "seat", "still",
)  # fmt: skip
"""Columns of a trace, one row a reading."""


class States(NamedTuple):
    """Everything the loop remembers."""

    tracker: np.ndarray
    frame: np.ndarray
    reps: np.ndarray
    plane: np.ndarray
    faults: np.ndarray
    out: np.ndarray


def new_states() -> States:
    """A loop that has seen nothing."""
    return States(
        tracker.new_state(), new_frame().view(np.recarray), reps.new_state(), plane.new_state(), faults.new_state(),
        new_buffer(),
    )  # fmt: skip


@structref.register
class _LoopType(types.StructRef):
    def preprocess_fields(self, fields):
        return tuple((name, types.unliteral(kind)) for name, kind in fields)


class Loop(structref.StructRefProxy):
    """Model, parameters and states of a run behind one reference: a call takes it as it is, where handing over their
    hundred fields one by one took longer than a packet's arithmetic. The arrays in it are shared, not copied."""


structref.define_proxy(Loop, _LoopType, ["model", "p_reps", "p_faults", "states"])


@njit
def new_loop(model, p_reps, p_faults, states):
    """A loop of these; make another one when any of them is replaced."""
    return Loop(model, p_reps, p_faults, states)


@njit
def reading_at(values, i):
    """Row i of values (n, 6) as a tuple: of an array that is handed over references are counted."""
    return values[i, 0], values[i, 1], values[i, 2], values[i, 3], values[i, 4], values[i, 5]


@njit
def scan(moved, kinds, t_s, values, begin, end, turn_rad):
    """Before a calibration: only watch how much has moved. Returns (next reading, reason)."""
    s = moved[0]
    for i in range(begin, end):
        activity.step(s, t_s[i], kinds[i], reading_at(values, i))
        if activity.enough(s, turn_rad):
            return i + 1, ENOUGH
    return end, END


@njit
def run(loop, moved, kinds, t_s, values, begin, end, turn_rad, until_calm, trace):
    """Readings begin to end through everything. Returns (next reading, reason).

    kinds (n,) sources, t_s (n,), values (n, 6). trace (n, COLUMNS) is filled where it has rows, else (0, COLUMNS).
    turn_rad: movement at which to stop with ENOUGH. until_calm: stop with CALM between two reps.
    """
    model, p_reps, p_faults, states = loop.model, loop.p_reps, loop.p_faults, loop.states
    x = states.frame[0]
    rep = states.reps[0]
    track, baseline, detectors = states.tracker[0], states.plane[0], states.faults[0]
    s = moved[0]
    out = states.out[0]
    for i in range(begin, end):
        source = kinds[i]
        sets = rep.sets
        reading = reading_at(values, i)
        tracker.step(model, track, x, t_s[i], source, reading)
        reps.step(p_reps, rep, x, out)
        plane.step(baseline, x, rep)
        faults.step_all(p_faults, detectors, x, rep, out)
        if trace.shape[0] > 0:
            row = trace[i]
            row[0] = x.t_s
            row[1] = x.flexion_deg
            row[2] = x.rate_dps
            row[3] = x.position_m
            row[4] = x.velocity_mps
            row[5] = x.pitch_deg
            row[6] = x.valgus_deg
            row[7] = x.heel_left
            row[8] = x.heel_right
            row[9] = x.seat
            row[10] = x.still
        if source != PADS:
            activity.step(s, t_s[i], source, reading)
            if activity.enough(s, turn_rad):
                return i + 1, ENOUGH
        if rep.sets != sets:
            return i + 1, SET_OVER
        if out.used > out.room - ROOM:
            return i + 1, FULL
        if until_calm and (rep.active == 0 or rep.phase == TOP or rep.phase == IDLE):
            return i + 1, CALM
    return end, END
