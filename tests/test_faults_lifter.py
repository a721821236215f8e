"""Reps and faults of the virtual lifter, from its truth with an estimator's errors: recall and precision over seeds."""

from collections import Counter
from functools import cache

import numpy as np
import pytest

from drawn_frames import Run, lifter_frames
from presscue.reps import machine as reps
from presscue.simulator.performance import Performance, perform
from presscue.simulator.scenario import random_scenario

SEEDS = range(20)
FAULTS = ("lockout", "heel_lift", "depth", "tempo", "slam", "bounce")


@cache
def performance(seed: int) -> Performance:
    return perform(random_scenario(seed, FAULTS, fault_share=0.12, sets=(6, 6), rest_s=9.0))


def run(seed: int, measures: str):
    scenario = performance(seed).scenario
    rows = lifter_frames(performance(seed), seed, measures)
    return Run(reps.Params(order=reps.usual_order(scenario.rail_deg))).results(rows)


def too_close_to_call(kind: str, rep) -> bool:
    """Lockout 6-12 degrees, depth 4 degrees, tempo 0.1 s about their limits; of bounces, 1 m/s2."""
    if rep is None:
        return False
    match kind:
        case "lockout":
            return 6.0 < rep.min_flexion_deg < 12.0
        case "depth":
            return abs(rep.max_flexion_deg - 90.0) < 4.0
        case "tempo":
            near = abs(rep.lowering_s - 1.0) < 0.1 and rep.turn_acceleration_mps2 < 5.0
            return near or (rep.lowering_s > 1.0 and abs(rep.turn_acceleration_mps2 - 4.0) < 1.0)
    return False


@pytest.mark.parametrize("measures", ["sled leg", "sled", "leg"])
def test_every_rep_and_no_ghost(measures, capsys):
    errors, wrong = [], []
    total = 0
    for seed in SEEDS:
        truth = performance(seed).truth
        found, sets, _ = run(seed, measures)
        total += len(truth.reps)
        if [(r.set, r.rep) for r in found] != [(r.set, r.rep) for r in truth.reps]:
            wrong.append(f"seed {seed}: {len(found)} of {len(truth.reps)}")
            continue
        assert [s.reps for s in sets] == [s.reps for s in truth.sets]
        for mine, true in zip(found, truth.reps, strict=True):
            errors.append(
                (mine.eccentric_s - true.lowering_s, mine.travel_m - true.travel_m, mine.bottom_s - true.bottom_s)
            )
    lowering_s, travel_m, bottom_s = np.sqrt(np.mean(np.square(errors), axis=0))
    with capsys.disabled():
        print(f"\n{measures}: {total} reps, wrong in {wrong or 'no session'}; rms errors: ", end="")
        print(f"lowering {lowering_s * 1e3:.0f} ms, bottom {bottom_s * 1e3:.0f} ms, travel {travel_m * 1e3:.0f} mm")
    assert not wrong
    assert bottom_s < 0.1


def test_faults_recall_and_precision(capsys):
    counts: dict[str, Counter] = {}
    delays: dict[str, list[float]] = {}
    for seed in SEEDS:
        truth = performance(seed).truth
        true = {}
        for fault in truth.faults:
            for side in ("left", "right") if fault.side == "both" else (fault.side,):
                true[fault.kind, side, fault.rep] = fault
        found = {}
        for event in run(seed, "sled leg")[2]:
            found.setdefault((event.kind, event.side, event.rep), []).append(event)
        for key in true.keys() | found.keys():
            kind = key[0]
            count = counts.setdefault(kind, Counter())
            rep = truth.reps[key[2]] if key[2] is not None and key[2] < len(truth.reps) else None
            if too_close_to_call(kind, rep):
                count["in the zone"] += 1
                continue
            count["hit"] += key in true and key in found
            count["missed"] += key in true and key not in found
            count["ghost"] += len(found.get(key, ())) - (key in true and key in found)
            if key in true and key in found:
                delays.setdefault(kind, []).append(found[key][0].detected_s - true[key].onset_s)
    with capsys.disabled():
        print()
        for kind, count in sorted(counts.items()):
            print(f"{kind}: {dict(count)}, detection delay p50 {np.median(delays[kind]) * 1e3:.0f} ms")
    for kind in ("lockout", "heel_lift", "depth", "tempo", "slam"):
        count = counts[kind]
        assert count["hit"] >= 10
        assert count["hit"] / (count["hit"] + count["missed"]) >= 0.95
        assert count["hit"] / (count["hit"] + count["ghost"]) >= 0.95
