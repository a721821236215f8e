"""Slow first reps without a straight-leg hold: a sled that moves slowly says little of how bent the knee is."""

import numpy as np

from presscue.validation.trial import Task, run_trial

SLOW = {"lower_s": (4.5, 5.5), "press_s": (3.5, 4.5), "sets": (5,)}


def test_flexion_and_travel_of_slow_reps_without_a_hold():
    """Lowered in five seconds, pressed in four."""
    tasks = [Task(seed, hold=False, sensors=("sled", "leg"), faults=(), overrides=SLOW) for seed in range(18660, 18665)]
    trials = [run_trial(task) for task in tasks]
    flexion_deg = np.median([trial.flexion_rmse_deg for trial in trials])
    travel_mm = np.median([trial.travel_rmse_mm for trial in trials])
    print(f"flexion {flexion_deg:.2f} degrees, travel {travel_mm:.1f} mm (medians of {len(trials)})")
    assert all(trial.counted == trial.made for trial in trials)
    assert flexion_deg < 2.2
    assert travel_mm < 2.5
