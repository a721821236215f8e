"""Sessions for tests of report and history: made of numbers, not of recordings."""

import numpy as np

from presscue.analysis.curves import CURVES, Curves
from presscue.analysis.output import plain
from test_archive_annotations import fault, rep

SEEN = dict.fromkeys(
    "reps knee_flexion sled_position leg_pitch lockout slam depth tempo heel_lift seat_lift valgus varus".split(),
    "leg+sled",
)


def session_tree(sets: int, reps: int, faults: tuple[tuple[str, str | None, int], ...] = (), rest_s: float = 60.0):
    """An analysis of `sets` sets of `reps` reps of 3 s each. faults: kind, side, and every how many reps."""
    rows, events, set_rows = [], [], []
    for number in range(sets):
        start_s = 10.0 + number * (3.0 * reps + rest_s)
        for at in range(reps):
            one = rep(number * reps + at, number, start_s + 3.0 * at, speed=0.3 - 0.005 * at)
            one |= {"max_flexion_deg": 84.0 + 3 * np.sin(at), "end_s": one["start_s"] + 2.9}
            rows.append(one)
            events += [
                fault(kind, one["rep"], one["bottom_s"], side)
                for kind, side, every in faults
                if one["rep"] % every == 0
            ]
        set_rows.append({
            "set": number, "start_s": start_s, "end_s": start_s + 3.0 * reps, "reps": reps,
            "rest_before_s": rest_s if number else None, "velocity_loss": 0.1, "sled_load_kg": 120.0, "lifter": "Ada",
        })  # fmt: skip
    counts: dict[str, int] = {}
    for event in events:
        counts[event["kind"]] = counts.get(event["kind"], 0) + 1
    length_s = set_rows[-1]["end_s"] + 10.0 if set_rows else 30.0
    return plain({
        "reps": rows, "sets": set_rows, "events": events, "cues": [], "cues_played": [],
        "measured": {**SEEN, "imbalance": "not measured: no detector in this version"},
        "calibration": {"thigh_m": 0.43, "shank_m": 0.42, "rail_deg": 45.0} if rows else None,
        "limits": {"soft_bend_deg": 8.0, "max_flexion_deg": 90.0},
        "quality": {"samples": 1000, "lost_samples": 3, "gaps": 1, "notes": [], "findings": []},
        "summary": {
            "start_s": 0.0, "duration_s": length_s, "reps": len(rows), "sets": sets, "faults": counts,
            "clean_reps": len(rows) - len({event["rep"] for event in events}), "cue_latency_ms": None,
        },
    })  # fmt: skip


def curves_of(tree: dict) -> Curves:
    """Curves as long as the session, as fine as a real one has them."""
    length_s = tree["summary"]["duration_s"]
    merged = max(1, -(-int(length_s / 0.02) // 100_000))
    t_s = np.arange(0.0, length_s, 0.02 * merged)
    middle = np.stack([45 + 40 * np.sin(2.1 * t_s + 0.1 * row) for row in range(len(CURVES))])
    middle[1:] /= 90.0
    noise = 0.01 * np.random.default_rng(1).standard_normal(middle.shape)
    return Curves(0.0, 0.02 * merged, middle * (1 - abs(noise)), middle * (1 + abs(noise)))
