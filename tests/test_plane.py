"""The leg's plane: what of its rotation is this lifter's own way, and what is a knee that falls in."""

import math

import numpy as np
import pytest

from drawn_frames import Drawing, inclined_set
from presscue import events, wire
from presscue.calibration.model import Calibration, Priors
from presscue.compiled import njit
from presscue.estimation import plane
from presscue.estimation.estimator import GRAVITY_MPS2
from presscue.frame import new_frame
from presscue.reps import machine as reps
from presscue.tracker import model_of, new_state, step
from presscue.tracker.out_of_plane import step_plane


@njit
def drive(p_reps, rep, state, rows, out, turned):
    for i in range(rows.shape[0]):
        reps.step(p_reps, rep, rows[i], out)
        plane.step(state, rows[i], rep)
        turned[i] = rows[i].valgus_deg


def turned_deg(
    drawing: Drawing, inward, twist, seed: int = 0, before_deg: float = 0.0, restless_s: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """(t_s, valgus_deg) of a drawing whose leg turns by inward(t_s, flexion_deg), twist(t_s, flexion_deg).

    before_deg: by so much its pitch differs in the first half second, when the leg is not on the sled yet.
    restless_s: until then it is never seen at rest.
    """
    rows = drawing.frames("sled leg pitch", pads=False)
    rows["pitch_deg"][rows["t_s"] < 0.5] += before_deg
    rng = np.random.default_rng(seed)
    t_s, flexion = rows["t_s"], rows["flexion_deg"]
    rows["inward_deg"] = inward(t_s, flexion) + 0.3 * rng.normal(size=len(rows))
    rows["twist_deg"] = twist(t_s, flexion) + 0.3 * rng.normal(size=len(rows))
    rows["calm"] = (np.abs(rows["rate_dps"]) < 1.0) & (t_s >= restless_s)
    turned = np.zeros(len(rows))
    drive(
        reps.Params(), reps.new_state()[0], plane.new_state()[0], rows.view(np.recarray), events.new_buffer()[0], turned
    )
    leg = (rows["source"] == wire.LEG) & np.isfinite(turned)
    return t_s[leg], turned[leg]


def own_way(_, flexion_deg):
    """What a healthy leg does: out with bending, home near straight."""
    return -6.0 * (flexion_deg / 90.0) ** 2 + 4.0 * np.clip(1.0 - flexion_deg / 40.0, 0.0, 1.0) ** 2


def bump(t_s, start_s, end_s):
    x = np.clip(np.minimum(t_s - start_s, end_s - t_s) / 0.3, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def test_a_lifters_own_way_is_no_valgus():
    t_s, turned = turned_deg(inclined_set(6), own_way, lambda t, f: 0.5 * own_way(t, f))
    assert np.abs(turned).max() < 5.0, "even before it is known"
    assert np.abs(turned[t_s > 10.0]).max() < 3.0


@pytest.mark.parametrize("fault_deg", [14.0, -14.0])
@pytest.mark.parametrize("drawing", [inclined_set(5), Drawing(80.0).hold(2.0).move(18.0, 1.6).hold(0.5).rep().rep()])
def test_a_fault_in_the_very_first_press_is_seen_and_not_learnt(drawing, fault_deg):
    """The first press after the start: unracking on an inclined machine, the first rep on a level one."""
    t_s, turned = turned_deg(drawing, lambda t, f: own_way(t, f) + fault_deg * bump(t, 2.1, 3.1), own_way)
    during = (t_s > 2.5) & (t_s < 2.7)
    assert np.median(turned[during]) == pytest.approx(fault_deg, abs=3.0)
    assert np.abs(turned[t_s > 3.4]).max() < 4.0


def test_a_fault_in_every_press_stays_a_fault():
    starts = [6.3 + 4.4 * rep for rep in range(8)]

    def fault(t):
        return sum(14.0 * bump(t, start_s, start_s + 1.2) for start_s in starts)

    t_s, turned = turned_deg(inclined_set(8), lambda t, f: own_way(t, f) + fault(t), own_way)
    for start_s in starts:
        during = (t_s > start_s + 0.5) & (t_s < start_s + 0.7)
        assert np.median(turned[during]) > 10.0


def test_drift_and_feet_placed_anew_are_followed():
    def drifting(t, f):
        return own_way(t, f) + 0.1 * t + np.where(t > 12.0, 8.0, 0.0)

    t_s, turned = turned_deg(inclined_set(12), drifting, own_way)
    assert np.abs(turned[t_s < 12.0]).max() < 4.0
    assert np.abs(turned[t_s > 45.0]).max() < 4.0


def test_a_leg_that_was_elsewhere_before_the_set_makes_no_slope_of_a_drift():
    """A gyro's bias of a degree a second, after the leg hung straight down from the bench."""
    elsewhere, there = (
        np.abs(turned_deg(inclined_set(8), lambda t, f: -1.0 * t, own_way, before_deg=before)[1])
        for before in (80.0, 0.0)
    )
    assert elsewhere.max() == pytest.approx(there.max(), abs=0.2)


def test_of_a_leg_that_has_not_rested_yet_nothing_is_said():
    """The set begins while gravity still corrects the tilt that a walk has left 30 degrees off."""
    t_s, turned = turned_deg(
        inclined_set(4), lambda t, f: own_way(t, f) + np.where(t < 3.4, 30.0, 0.0), own_way, restless_s=3.5
    )
    assert t_s[0] > 3.4
    assert np.abs(turned).max() < 5.0


def test_a_leg_rests_once_gravity_agrees_with_its_tilt():
    state = new_state()[0]
    state.tilt = 0.5
    rested = []
    for i in range(300):
        step_plane(state, 0.01 * i, 0.01, 0.0, 0.0, 0.0, 0.0)
        rested.append((state.rests, abs(state.tilt)))
    assert all(tilt < 0.05 for rests, tilt in rested if rests == 1.0)
    assert rested[-1][0] == 1.0


def test_a_leg_that_moves_slowly_about_is_not_taken_for_the_gyros_bias():
    still, moving = new_state()[0], new_state()[0]
    for i in range(3000):
        t_s = 0.01 * i
        wander = 0.015 * (1.0 - math.cos(math.tau * t_s / 1.5))  # rad/s, always the same way
        step_plane(still, t_s, 0.01, 0.0, 0.01, -0.01, 0.0)
        step_plane(moving, t_s, 0.01, 0.0, wander, wander, 0.0)
    assert (still.bias_1, still.bias_2) == pytest.approx((0.01, -0.01), abs=1e-3)
    assert abs(moving.bias_1) + abs(moving.bias_2) < 0.01


def test_a_turn_about_any_axis_near_the_rail_counts_in_full():
    for axis_deg in range(-45, 46, 5):
        axis = math.radians(axis_deg)
        assert plane.fallen(12.0 * math.cos(axis), 12.0 * math.sin(axis)) == pytest.approx(12.0)
        assert plane.fallen(-12.0 * math.cos(axis), -12.0 * math.sin(axis)) == pytest.approx(-12.0)
    assert abs(plane.fallen(0.0, 12.0)) == pytest.approx(12.0 * math.sqrt(0.5))


def tipped(rail_deg: float, pitch_deg: float, axis_deg: float, turned_deg: float, leg: str) -> tuple[float, float]:
    """What the tracker makes of a leg that turns by turned_deg about an axis in its plane, axis_deg from the rail.

    The IMU's axes are the leg plane's: first along the rail at pitch 0, the flexion axis to the lifter's right.
    """
    rail = math.radians(rail_deg)
    c = Calibration(0.0, True, True, axis=np.array([0.0, 0.0, 1.0]), first=np.array([1.0, 0.0, 0.0]))
    c = Calibration(
        0.0, True, True, np.array([1.0, 0.0, 0.0]), GRAVITY_MPS2 * math.sin(rail), c.axis, c.first,
        leg=c.leg._replace(up_u=math.sin(rail), up_w=math.cos(rail)),
    )  # fmt: skip
    model = model_of(c, Priors(leg=leg))
    state, frame = new_state(), new_frame().view(np.recarray)
    pitch, angle = math.radians(pitch_deg), math.radians(axis_deg)
    axis = np.array([math.cos(angle), math.sin(angle), 0.0])  # along the rail, across it
    bias = np.array([0.004, -0.006, 0.003])
    back = np.array(
        [[math.cos(pitch), math.sin(pitch), 0.0], [-math.sin(pitch), math.cos(pitch), 0.0], [0.0, 0.0, 1.0]]
    )
    n = 400
    before = math.nan
    first = (math.nan, math.nan)
    for i in range(n + 101):
        part = min(max((i - n) / 100.0, 0.0), 1.0)
        turn = math.radians(turned_deg) * part
        cross = np.array([[0.0, 0.0, axis[1]], [0.0, 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
        lean = np.eye(3) + math.sin(turn) * cross + (1.0 - math.cos(turn)) * cross @ cross
        force = back @ lean.T @ (GRAVITY_MPS2 * np.array([math.sin(rail), math.cos(rail), 0.0]))
        rate = back @ axis * math.radians(turned_deg) if i > n else np.zeros(3)
        step(model, state[0], frame[0], 0.01 * i, wire.LEG, np.concatenate([force, rate + bias]))
        if i == n:
            first = (float(frame[0].inward_deg), float(frame[0].twist_deg))
            before = float(frame[0].calm)
    assert before == 1.0
    return float(frame[0].inward_deg) - first[0], float(frame[0].twist_deg) - first[1]


@pytest.mark.parametrize("rail_deg", [0.0, 45.0, 90.0])
@pytest.mark.parametrize("pitch_deg", [0.0, -40.0])
@pytest.mark.parametrize("axis_deg", [-40.0, 0.0, 30.0])
def test_rotation_out_of_plane_is_measured_on_every_incline(rail_deg, pitch_deg, axis_deg):
    """The flexion axis points right, so a positive turn about the rail takes a left knee inward, a right one out."""
    for leg, sign in (("left", 1.0), ("right", -1.0)):
        inward, twist = tipped(rail_deg, pitch_deg, axis_deg, 12.0, leg)
        assert inward == pytest.approx(sign * 12.0 * math.cos(math.radians(axis_deg)), abs=0.7)
        assert twist == pytest.approx(sign * 12.0 * math.sin(math.radians(axis_deg)), abs=0.7)


def test_without_the_leg_known_nothing_is_said():
    model = model_of(Calibration(0.0, False, True, axis=np.array([0.0, 0.0, 1.0]), first=np.array([1.0, 0.0, 0.0])))
    state, frame = new_state(), new_frame().view(np.recarray)
    for i in range(50):
        step(model, state[0], frame[0], 0.01 * i, wire.LEG, np.array([GRAVITY_MPS2, 0.0, 0.5, 0.1, 0.1, 0.1]))
    assert math.isnan(frame[0].inward_deg)
    assert math.isnan(frame[0].twist_deg)
    assert math.isfinite(frame[0].pitch_deg)
