"""Predictions of lockout against how long before it they are wanted."""

import tempfile
from pathlib import Path

from ..analysis.analyze import analyze
from ..profile import Profile
from ..simulator.performance import perform
from ..simulator.render import render, write_table
from ..simulator.scenario import random_scenario
from .scoring import Predictions, score_predictions

HORIZONS_S = (0.05, 0.15, 0.25, 0.35, 0.45)


def foresee(seed: int) -> dict[float, Predictions]:
    """One lifter with lockouts, analysed once for each horizon."""
    performance = perform(random_scenario(seed, ("lockout", "slam"), fault_share=0.25))
    truth, scenario = performance.truth, performance.scenario
    profile = Profile(height_m=scenario.height_m, leg=scenario.leg, straight_leg_hold_s=truth.hold_s)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "recording.parquet"
        write_table(render(performance), recording)
        for horizon_s in HORIZONS_S:
            findings = analyze(recording, profile, horizon_s=horizon_s).findings
            late = sum(rep.late for rep in findings.reps.values())
            found[horizon_s] = score_predictions(truth, findings.predictions(), late)
    return found
