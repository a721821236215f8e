"""Rails that give way: what the sled's gyro says of them, and what that is worth in travel and flexion."""

import math

import numpy as np
import pytest

from presscue.calibration.model import Calibration
from presscue.tracker.nod import lean
from presscue.tracker.sled import step_sled
from presscue.tracker.state import model_of, new_state
from presscue.validation.trial import Task, run_trial

HZ = 200.0
RAIL = (math.sqrt(0.5), 0.0, math.sqrt(0.5))
PER_M = 0.3  # m/s2 that gravity along this rail changes by for each metre, as the sled turns by 2.5 degrees


def learnt(seconds: float, knocks: bool = False, gyro: bool = True) -> float:
    """What is learnt of a sled that goes 0.3 m to and fro, four seconds a rep; the gyro is noisy, biased and drifts."""
    rng = np.random.default_rng(4)
    state = new_state()[0]
    for i in range(round(seconds * HZ)):
        t_s = i / HZ
        speed = 0.15 * 0.5 * math.pi * math.sin(0.5 * math.pi * t_s)
        state.sled.x[1] = speed
        turn = PER_M / (9.81 * RAIL[0]) * speed
        rate = rng.normal(0.01, 0.004, 3) + 1e-5 * t_s
        rate[1] -= turn
        if knocks and 100 <= i % 400 < 110:
            rate += 3.0 * (-1) ** i
        found = lean(state, RAIL, 1.0 / HZ, (0.0, 0.0, 9.81, *(rate if gyro else (math.nan,) * 3)))
    return found


def test_a_nodding_sled_is_known_after_two_reps():
    assert learnt(8.0) == pytest.approx(PER_M, rel=0.1)
    assert learnt(60.0) == pytest.approx(PER_M, rel=0.05)


def test_knocks_do_not_hide_it():
    assert learnt(40.0, knocks=True) == pytest.approx(PER_M, rel=0.1)


def test_without_a_gyro_no_rail_gives_way():
    assert learnt(8.0, gyro=False) == 0.0


def test_travel_and_flexion_on_a_rail_that_gives_way_by_half_a_degree():
    """Before: 12.1 mm and 4.8 degrees."""
    trial = run_trial(Task(15032, overrides={"rail_flex_deg": 0.5}))
    print(f"travel {trial.travel_rmse_mm:.1f} mm, flexion {trial.flexion_rmse_deg:.2f} degrees")
    assert trial.counted == trial.made
    assert trial.flexion_rmse_deg <= 2.0
    assert trial.travel_rmse_mm <= 6.0


def test_a_heel_that_lifts_does_not_move_the_sled():
    """For a tenth of a second the linkage sees the ankle go 15 mm where the sled goes on evenly."""
    model, state = model_of(Calibration(0.0, True, False)), new_state()[0]
    state.sled.x[1], state.sled.P[1, 1] = -0.1, 0.003**2
    state.sled_t_s = state.moved_t_s = 0.0
    for i in range(1, 80):
        linked_mps = -0.25 if 20 <= i < 40 else -0.1
        step_sled(model, state, i / HZ, 0.3 * (-1) ** i, linked_mps, state.sled.x[0], 0.004, 0.006, False)
        state.sled_t_s = i / HZ
    assert state.sled.x[1] == pytest.approx(-0.1, abs=0.01)
    assert state.sled.x[0] == pytest.approx(-0.1 * 79 / HZ, abs=0.003)
