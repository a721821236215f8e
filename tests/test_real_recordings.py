"""Recordings that nobody here made: a robot's moves as a sled without a leg, a turning rig as a leg without a sled."""

from pathlib import Path

import numpy as np
import pytest

from presscue.validation import recordings
from presscue.validation.tilt import inclination_error_deg, orientation


@pytest.mark.data
@pytest.mark.parametrize("whole", [False, True], ids=["vertical moves", "whole file"])
@pytest.mark.parametrize("name", recordings.ROBOT)
def test_a_robots_down_move(data: Path, name: str, whole: bool):
    """True stop to true stop, within 30 mm of 634 mm; behind it come more vertical moves, then sideways ones too."""
    move = recordings.robot(data, name, whole)
    print(f"{name}: {move.found_mm:.0f} mm, truth {move.true_mm:.0f} mm")
    assert abs(move.error_mm) <= 30.0


@pytest.mark.data
def test_a_rigs_pitch_over_25_minutes(data: Path):
    """Leg pitch against the shaft encoder, zero and sign free: RMSE at most 1.2 degrees, drift at most 0.5."""
    rig = recordings.rig(data)
    print(f"pitch: RMSE {rig.rmse_deg:.2f} degrees, drift {rig.drift_deg:+.2f} degrees from first to last fifth")
    assert rig.known > 0.99
    assert rig.rmse_deg <= recordings.RIG_BOUND_DEG
    assert abs(rig.drift_deg) <= 0.5


@pytest.mark.data
def test_free_tilt_is_as_good_as_vqf(data: Path):
    pytest.importorskip("vqf")
    tilts = recordings.broad(data)
    assert len(tilts) >= 2
    for tilt in tilts:
        print(f"{tilt.trial}: {tilt.ours_deg:.2f} degrees, VQF {tilt.vqf_deg:.2f}")
        assert tilt.vqf_deg is not None
        assert tilt.ours_deg <= recordings.BROAD_BOUND * tilt.vqf_deg


@pytest.mark.data
def test_heel_peaks_of_a_walk_vary_less_than_a_heel_lift(data: Path):
    heels = recordings.insole(data)
    assert len(heels) >= 4
    for heel in heels:
        print(f"{heel.file} {heel.side}: {heel.strides} strides, SD {heel.spread:.2f}, drift {heel.drift:+.2f}")
        assert heel.strides > 50
        assert heel.spread < 0.35


def test_tilt_of_a_sensor_that_is_turned_and_shaken():
    """Ten turns about a slanted axis, shaken to and fro, with a biased gyro that rested before: within a degree."""
    dt, n = 0.005, 8000
    t_s = np.arange(n) * dt
    angle = np.where(t_s < 6, 0.0, 1.2 * np.sin(0.9 * (t_s - 6)))
    axis = np.array([0.6, 0.64, 0.48])
    rate = np.gradient(angle, dt)[:, None] * axis + [0.01, -0.02, 0.015]
    half = 0.5 * angle[:, None]
    true = np.hstack([np.cos(half), np.sin(half) * axis])
    shaken = np.where(t_s[:, None] < 6, 0.0, 1.0) * np.sin(7 * t_s)[:, None] * [2.0, 1.0, 0.0]
    w, v = true[:, :1], -true[:, 1:]
    inertial = shaken + np.array([0.0, 0.0, 9.81])
    force = inertial + 2 * np.cross(v, np.cross(v, inertial) + w * inertial)
    error = inclination_error_deg(orientation(dt, force, rate), true)[1000:]
    assert np.sqrt(np.mean(error**2)) < 1.0
    assert inclination_error_deg(true, true).max() < 1e-5
