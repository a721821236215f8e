"""Readings of the sled lost for a fifth of a second, just as a slam stops it: the linkage says where it has gone."""

from pathlib import Path

import numpy as np
from pyarrow import parquet

from presscue.analysis.analyze import analyze
from presscue.profile import Profile
from presscue.simulator.performance import perform
from presscue.simulator.render import render, write_table
from presscue.simulator.scenario import random_scenario

LOST_S = (-0.15, 0.07)  # about the moment at which 15 degrees are passed


def test_the_sleds_place_survives_a_gap_in_a_slam(tmp_path: Path):
    scenario = random_scenario(16301, ("slam",), fault_share=0.3, sets=(7,))
    performance = perform(scenario)
    truth, table = performance.truth, render(performance)
    slams_s = [fault.onset_s for fault in truth.faults if fault.kind == "slam"]
    for onset_s in slams_s:
        lost = (table["time_s"] > onset_s + LOST_S[0]) & (table["time_s"] < onset_s + LOST_S[1])
        for name in (name for name in table if name.startswith("sled_")):
            table[name][lost] = np.nan
    write_table(table, tmp_path / "recording.parquet")
    profile = Profile(height_m=scenario.height_m, leg=scenario.leg, straight_leg_hold_s=truth.hold_s)
    found = analyze(tmp_path / "recording.parquet", profile, series=tmp_path / "series.parquet").findings
    columns = parquet.read_table(tmp_path / "series.parquet", columns=["time_s", "sled_position_m"])
    t_s, position = (column.to_numpy() for column in columns.columns)
    off_mm = 1e3 * (position - truth.at("sled_position_m", t_s))
    moved_mm = [
        np.nanmax(np.abs(off_mm[(t_s > at_s - 0.2) & (t_s < at_s + 0.4)] - off_mm[np.searchsorted(t_s, at_s - 0.2)]))
        for at_s in slams_s
    ]
    print(f"{len(slams_s)} slams: place off by at most {max(moved_mm):.0f} mm")
    assert len(slams_s) >= 2
    assert max(moved_mm) < 15.0
    assert len(found.reps) == len(truth.reps)
    assert {fault.rep for fault in truth.faults if fault.kind == "slam"} <= {
        event.rep for event in found.faults() if event.kind == "lockout"
    }
