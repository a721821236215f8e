"""Readings of the sled lost for a fifth of a second, just as a slam stops it: the linkage says where it has gone."""

from pathlib import Path

import numpy as np
from pyarrow import parquet

from presscue.analysis.analyze import analyze
from presscue.profile import Profile
from presscue.simulator.performance import perform
from presscue.simulator.render import render, write_table
from presscue.simulator.scenario import random_scenario
from presscue.simulator.setting import Scenario
from presscue.simulator.truth import Truth

LOST_S = (-0.15, 0.07)  # about the moment at which 15 degrees are passed
LEAVES_S = (0.1, 0.38)  # after the leg leaves the sled


def analysed(folder: Path, scenario: Scenario, truth: Truth, table: dict[str, np.ndarray], column: str):
    """What is found in a table, and of its series the times (n,) and a column (n,)."""
    write_table(table, folder / "recording.parquet")
    profile = Profile(height_m=scenario.height_m, leg=scenario.leg, straight_leg_hold_s=truth.hold_s)
    found = analyze(folder / "recording.parquet", profile, series=folder / "series.parquet").findings
    columns = parquet.read_table(folder / "series.parquet", columns=["time_s", column]).columns
    return found, columns[0].to_numpy(), columns[1].to_numpy()


def test_the_sleds_place_survives_a_gap_in_a_slam(tmp_path: Path):
    scenario = random_scenario(16301, ("slam",), fault_share=0.3, sets=(7,))
    performance = perform(scenario)
    truth, table = performance.truth, render(performance)
    slams_s = [fault.onset_s for fault in truth.faults if fault.kind == "slam"]
    for onset_s in slams_s:
        lost = (table["time_s"] > onset_s + LOST_S[0]) & (table["time_s"] < onset_s + LOST_S[1])
        for name in (name for name in table if name.startswith("sled_")):
            table[name][lost] = np.nan
    found, t_s, position = analysed(tmp_path, scenario, truth, table, "sled_position_m")
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


def test_a_leg_that_leaves_the_sled_in_a_gap_does_not_take_it_along(tmp_path: Path):
    scenario = random_scenario(16301, (), sets=(4, 4))
    performance = perform(scenario)
    truth, table = performance.truth, render(performance)
    t_s, flexion = truth.series["time_s"], truth.series["knee_flexion_deg"]
    ends_s = [rep.end_s for rep in truth.reps if rep.rep in (3, 7)]
    for end_s in ends_s:
        left_s = t_s[np.argmax((t_s > end_s) & np.isnan(flexion))]
        lost = (table["time_s"] > left_s + LEAVES_S[0]) & (table["time_s"] < left_s + LEAVES_S[1])
        for name in (name for name in table if name.startswith("sled_")):
            table[name][lost] = np.nan
    found, t_s, velocity = analysed(tmp_path, scenario, truth, table, "sled_velocity_mps")
    for end_s in ends_s:
        left_s = truth.series["time_s"][np.argmax((truth.series["time_s"] > end_s) & np.isnan(flexion))]
        gone = np.abs(velocity[(t_s > left_s) & (t_s < left_s + 0.4)])
        print(f"at {left_s:.1f} s the sled seems to go {np.nanmax(gone):.2f} m/s")
        assert np.nanmax(gone) < 0.1
    assert len(found.reps) == len(truth.reps)
