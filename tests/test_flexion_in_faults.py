"""Flexion stays right when form goes wrong: in a slam, with the hip off the seat, with a knee that falls."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from presscue.analysis.analyze import analyze
from presscue.profile import Profile
from presscue.simulator.performance import perform
from presscue.simulator.render import render, write_table
from presscue.simulator.scenario import random_scenario
from presscue.simulator.sensors import Sensors


@pytest.mark.parametrize(
    ("kinds", "seeds", "bound_deg"),
    [(("slam",), (9725, 9745), 2.0), (("seat_lift",), (9735, 9739), 3.5), (("valgus", "varus"), (9712, 9732), 2.5)],
)
def test_flexion_in_faulty_repetitions(kinds, seeds, bound_deg, tmp_path: Path):
    squares = []
    for seed in seeds:
        scenario = random_scenario(seed, kinds, fault_share=0.3, sets=(9,))
        performance = perform(scenario)
        truth = performance.truth
        write_table(render(performance, **asdict(Sensors())), tmp_path / "recording.parquet")
        profile = Profile(height_m=scenario.height_m, leg=scenario.leg, straight_leg_hold_s=truth.hold_s)
        analyze(tmp_path / "recording.parquet", profile, series=tmp_path / "series.parquet")
        columns = parquet.read_table(tmp_path / "series.parquet", columns=["time_s", "knee_flexion_deg"])
        t_s, flexion = (column.to_numpy() for column in columns.columns)
        faulty = {fault.rep for fault in truth.faults if fault.kind in kinds}
        for rep in (rep for rep in truth.reps if rep.rep in faulty):
            inside = (t_s >= rep.start_s) & (t_s <= rep.end_s)
            error = flexion[inside] - truth.at("knee_flexion_deg", t_s[inside])
            assert np.isfinite(error).mean() > 0.9
            squares.append(float(np.nanmean(error**2)))
    found_deg = float(np.sqrt(np.mean(squares)))
    print(f"{' '.join(kinds)}: {found_deg:.2f} degrees RMSE in {len(squares)} repetitions")
    assert len(squares) >= 4
    assert found_deg <= bound_deg
