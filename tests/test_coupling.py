"""Where leg and sled move together: what a calibration is made of, amid plates that clank and legs that walk."""

import numpy as np
import pytest

from presscue.calibration.coupling import directions, held_on_sled, moved_together
from presscue.calibration.model import Calibration, History, NoFit
from presscue.calibration.mounting import angle_deg, rail_by_leg
from presscue.estimation.estimator import GRAVITY_MPS2

HZ = 104
TURN_PER_M = -2.2  # of the shank, rad per m of a sled that goes outward
RAIL, AXIS = np.array([0.6, 0.0, 0.8]), np.array([0.0, 0.8, -0.6])


def two_reps(t_s: np.ndarray, from_s: float, way_s: float, way_m: float = 0.2) -> np.ndarray:
    """Place (n,) of a sled pressed out and let down again, twice, `way_s` each, minimum jerk."""
    tau = np.clip((t_s - from_s) / way_s, 0.0, 4.0)
    part, down = tau % 1.0, (tau // 1.0) % 2.0
    done = part**3 * (10.0 - 15.0 * part + 6.0 * part**2)
    return way_m * np.where(down == 1.0, 1.0 - done, done)


def knocks(t_s: np.ndarray, at_s: list[float], seed: int = 0) -> np.ndarray:
    """Force (n, 3) of plates put on: 2 to 4 g, ringing at 20 to 60 Hz, gone within a tenth of a second."""
    rng = np.random.default_rng(seed)
    force = np.zeros((len(t_s), 3))
    for one_s in at_s:
        since_s = np.maximum(t_s - one_s, 0.0)
        ringing = np.exp(-since_s / 0.05) * np.sin(2 * np.pi * rng.uniform(20, 60) * since_s)
        force += rng.uniform(20, 40) * ringing[:, None] * rng.normal(size=3)
    return force


def history(place_m: np.ndarray, walk_radps: np.ndarray, shaken: np.ndarray, seed: int = 1) -> History:
    """A sled at place_m (n,), shaken (n, 3), and a leg on it that besides turns by walk_radps (n, 3)."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(len(place_m)) / HZ
    along = np.gradient(np.gradient(place_m, t_s), t_s)
    still = GRAVITY_MPS2 * np.array([0.0, 0.6, 0.8])
    sled = np.hstack([still + along[:, None] * RAIL + shaken, np.zeros((len(t_s), 3))])
    turn = TURN_PER_M * np.gradient(place_m, t_s)
    leg = np.hstack([np.tile(still, (len(t_s), 1)), turn[:, None] * AXIS + walk_radps])
    noise = np.array([0.03, 0.03, 0.03, 0.004, 0.004, 0.004])
    return History(t_s, sled + noise * rng.normal(size=sled.shape), t_s, leg + noise * rng.normal(size=leg.shape))


def walking(t_s: np.ndarray, from_s: float, to_s: float) -> np.ndarray:
    """Rates (n, 3) of a shank that walks, about another axis than a press has."""
    swing = 2.5 * np.sin(2 * np.pi * 0.9 * t_s) * ((t_s > from_s) & (t_s < to_s))
    return swing[:, None] * np.array([0.8, 0.0, 0.6])


def test_plates_loaded_by_a_walking_lifter_are_no_set():
    t_s = np.arange(0.0, 40.0, 1.0 / HZ)
    loading = history(0.0 * t_s, walking(t_s, 8.0, 35.0), knocks(t_s, [10.0, 13.0, 17.0, 21.0, 26.0, 31.0]))
    with pytest.raises(NoFit):
        directions(loading)


@pytest.mark.parametrize("way_s", [1.0, 2.0, 5.0], ids=lambda each: f"{each} s each way")
def test_the_first_reps_show_rail_and_axis_however_much_was_loaded_before(way_s, capsys):
    t_s = np.arange(0.0, 60.0 + 4 * way_s, 1.0 / HZ)
    place = two_reps(t_s, 50.0, way_s)
    seen = history(place, walking(t_s, 8.0, 40.0), knocks(t_s, [10.0, 13.0, 17.0, 21.0, 26.0, 31.0, 42.0]))
    rail, axis = directions(seen)
    off_deg = angle_deg(rail, RAIL), angle_deg(axis, AXIS)
    with capsys.disabled():
        print(f"\n{way_s} s each way: rail off {off_deg[0]:.1f} deg, axis {off_deg[1]:.1f} (bound 6)")
    assert max(off_deg) < 6.0
    assert (rail @ RAIL) * (axis @ AXIS) < 0.0  # TURN_PER_M is negative: outward turns it the other way


@pytest.mark.parametrize("way_s", [0.6, 2.0, 5.0])
def test_movements_are_the_reps_and_nothing_else(way_s):
    t_s = np.arange(0.0, 70.0, 1.0 / HZ)
    until_s = 30.0 + 4 * way_s
    place = two_reps(t_s, 30.0, way_s)
    rng = np.random.default_rng(3)
    along = np.gradient(np.gradient(place, t_s), t_s) + 0.03 * rng.normal(size=len(t_s))
    along += np.clip(knocks(t_s, [6.0, 9.0, 14.0, 60.0])[:, 0], -3.0, 3.0)
    rate = -TURN_PER_M * np.gradient(place, t_s) + walking(t_s, 4.0, 16.0)[:, 0] + 0.004 * rng.normal(size=len(t_s))
    spans = moved_together(t_s, along[:, None], 0.03, t_s, rate[:, None])
    covered = sum(min(b, until_s) - max(a, 30.0) for a, b in spans if b > 30.0 and a < until_s)
    beyond = sum(b - a for a, b in spans) - covered
    assert covered > 0.85 * (until_s - 30.0)  # at its ends a way of five seconds is no faster than a resting leg
    assert beyond < 3.0


@pytest.mark.parametrize("with_sled", [True, False], ids=["on the sled", "in the air"])
def test_a_hold_counts_where_the_sled_goes_along_with_the_leg_that_leaves_it(with_sled):
    t_s = np.arange(0.0, 20.0, 1.0 / HZ)
    tau = np.clip((t_s - 4.0) / 2.0, 0.0, 1.0)
    place = -0.2 * tau**3 * (10.0 - 15.0 * tau + 6.0 * tau**2)
    seen = history(place if with_sled else 0.0 * place, 0.0 * t_s[:, None] * AXIS, knocks(t_s, [5.0, 9.0]))
    turn = np.gradient(TURN_PER_M * place, t_s)
    first = np.array([1.0, 0.0, 0.0])
    second = np.cross(-AXIS, first)
    angle = -TURN_PER_M * place
    leg = seen.leg.copy()
    leg[:, :3] = GRAVITY_MPS2 * (np.cos(angle)[:, None] * first - np.sin(angle)[:, None] * second)
    leg[:, 3:] = turn[:, None] * AXIS
    c = Calibration(0.0, True, True, rail=RAIL, gravity_along_mps2=GRAVITY_MPS2 * 0.64, axis=-AXIS, first=first)
    held = History(seen.sled_t_s, seen.sled, seen.leg_t_s, leg)
    assert held_on_sled(held, c, (0.5, 3.5)) is with_sled


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_on_a_level_rail_outward_stays_what_it_was_taken_for(sign):
    """By gravity it is a guess there, and two guesses may differ: no session would then have leg and sled together."""
    t_s = np.arange(0.0, 20.0, 1.0 / HZ)
    seen = history(two_reps(t_s, 4.0, 2.0), 0.0 * t_s[:, None] * AXIS, 0.0 * t_s[:, None] * AXIS)
    first = np.array([1.0, 0.0, 0.0])
    c = Calibration(0.0, True, True, rail=sign * RAIL, axis=-sign * AXIS, first=first)
    rail, _ = rail_by_leg(seen, c, (t_s > 4.0) & (t_s < 12.0))
    assert rail @ (sign * RAIL) > 0.99
