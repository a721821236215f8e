"""A rail that rumbles, read often and seldom: what folds down is not taken for the sled's motion."""

import numpy as np
import pytest

from presscue.calibration.model import Calibration
from presscue.tracker.sled import step_sled
from presscue.tracker.state import model_of, new_state

RUMBLE_MPS2, RUMBLE_HZ = 0.7, 83.0


@pytest.mark.parametrize("rate_hz", [50.0, 104.0, 208.0])
def test_velocity_on_a_rumbling_rail_does_not_depend_on_how_often_it_is_read(rate_hz: float):
    """Strokes of 0.3 m, the linkage's velocity 2 % too small: as the linkage says, or better."""
    t_s = np.arange(0.0, 40.0, 1.0 / rate_hz)
    rate = 2.0 * np.pi / 3.0
    velocity_mps = 0.15 * rate * np.sin(rate * t_s)
    wander = np.cumsum(np.random.default_rng(7).normal(0.0, 1.0, len(t_s))) / np.sqrt(rate_hz)
    rumble = RUMBLE_MPS2 * np.sin(2.0 * np.pi * RUMBLE_HZ * t_s + 2.0 * wander)
    along = 0.15 * rate**2 * np.cos(rate * t_s) + rumble * (np.abs(velocity_mps) > 0.02)
    model, state = model_of(Calibration(0.0, True, True, sled_floor_mps2=0.02)), new_state()[0]
    found = np.zeros(len(t_s))
    for i, t in enumerate(t_s):
        linked_mps = 0.98 * velocity_mps[i]
        step_sled(model, state, t, along[i], linked_mps, state.sled.x[0], 0.003, 0.02 * abs(linked_mps), False)
        state.sled_t_s = t
        found[i] = state.sled.x[1]
    off_mps = np.sqrt(np.mean((found - velocity_mps)[t_s > 3.0] ** 2))
    print(f"{rate_hz:.0f} Hz: {1000 * off_mps:.1f} mm/s of {1000 * np.std(velocity_mps):.0f}")
    assert off_mps < 0.007
