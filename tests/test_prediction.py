"""Lockouts seen coming: early enough to act, in presses of any shape, and linked to what then happens."""

import numpy as np
import pytest

from drawn_frames import THIGH_M, Drawing, Run, frames_of, inclined_set, rail_m
from presscue import faults
from presscue.faults import prediction


def foresee(rows, **changes) -> tuple[list, list]:
    """(lockouts, predictions) of frames, with some parameters changed."""
    run = Run(fault_params=faults.Params(prediction=prediction.Params(**changes)))
    found = run.results(rows)[2]
    return [event for event in found if event.kind == "lockout"], run.predictions


def test_a_lockout_is_seen_coming_and_stays_one_lockout():
    lockouts, predictions = foresee(inclined_set(3, top_deg=3.0).frames())
    assert [event.rep for event in lockouts] == [event.rep for event in predictions] == [0, 1, 2]
    for lockout, predicted in zip(lockouts, predictions, strict=True):
        assert predicted.confirmed is True
        assert predicted.lead_s == lockout.lead_s == lockout.onset_s - predicted.detected_s
        assert 0.1 < predicted.lead_s < 0.45
        assert predicted.onset_s == pytest.approx(lockout.onset_s, abs=0.15)
        assert predicted.end_s == lockout.onset_s
        assert not lockout.predicted
        assert lockout.confirmed is None


def test_clean_reps_are_not_foretold():
    assert foresee(inclined_set(6).frames()) == ([], [])
    assert foresee(inclined_set(6, press_s=0.8).frames()) == ([], [])


def test_a_press_that_is_stopped_in_time_is_a_prediction_that_did_not_come_true():
    drawing = Drawing(60.0).hold(1.0).move(18.0, 1.3).hold(0.5).rep().rep().move(80.0, 2.0)
    drawing.move(2.0, 1.8)
    press = drawing.pieces[-1]
    drawing.pieces[-1] = np.maximum(press, 10.5)  # on the way to straight, and caught
    lockouts, predictions = foresee(drawing.hold(0.4).rep().move(60.0, 1.5).hold(9.5).frames())
    assert lockouts == []
    assert [(event.rep, event.confirmed) for event in predictions] == [(2, False)]
    assert predictions[0].end_s > predictions[0].detected_s
    assert np.isnan(predictions[0].lead_s)


def test_a_leg_that_trembles_at_the_top_is_about_to_lock_nothing_out():
    """Presses that end here and there, and a leg whose angle shakes at 8 Hz and creeps while the sled stands."""
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8)
    for top_deg in (22.0, 14.0, 20.0, 15.0, 21.0, 14.0):
        drawing.rep(top_deg=top_deg, rest_s=1.2)
    rows = drawing.move(60.0, 1.5).hold(9.5).frames()
    standing = (rows["flexion_deg"] < 23.0) & (rows["still"] == 1.0) & (rows["t_s"] > 8.0)
    rows["flexion_deg"][standing] -= 3.0
    rows["rate_dps"][standing] -= 40.0 * np.sin(2.0 * np.pi * 8.0 * rows["t_s"][standing])
    assert foresee(rows) == ([], [])


def test_a_slower_cue_is_fired_earlier():
    rows = inclined_set(3, top_deg=3.0).frames()
    leads = [foresee(rows, latency_s=latency_s)[1][0].lead_s for latency_s in (-0.2, -0.1, 0.0)]
    assert leads == sorted(leads)
    assert leads[-1] > leads[0] + 0.05


SPEEDS = {
    "minimum jerk": lambda x: (x * (1.0 - x)) ** 2,
    "half sine": lambda x: np.sin(np.pi * x),
    "trapezoid": lambda x: np.minimum(1.0, np.minimum(x, 1.0 - x) / 0.25),
    "peak late": lambda x: x**3 * (1.0 - x) ** 1.5,
}


@pytest.mark.parametrize("along", ["knee", "sled"])
@pytest.mark.parametrize("shape", SPEEDS)
def test_whatever_the_shape_of_the_press(shape: str, along: str, capsys):
    leads, false, clean = [], 0, 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8)
        presses = []
        usual, press_s = rng.uniform(15, 20), rng.uniform(1.2, 2.4)
        for rep in range(9):
            lockout = rep >= 2 and rng.random() < 0.4
            end = rng.uniform(1.5, 5.0) if lockout else usual + rng.normal()
            start_s = drawing.move(rng.uniform(74, 84), 1.8).hold(0.2).now_s
            x = np.arange(1, round(1000 * press_s * rng.uniform(0.9, 1.1)) + 1) * 1e-3
            way = np.cumsum(np.maximum(SPEEDS[shape](x / x[-1]), 0.0))
            way /= way[-1]
            start = drawing.last_deg
            if along == "knee":
                drawing.pieces.append(start + (end - start) * way)
            else:
                rail = rail_m(start) + (rail_m(end) - rail_m(start)) * way
                drawing.pieces.append(2.0 * np.degrees(np.arccos(rail / (2.0 * THIGH_M))))
            presses.append((start_s, drawing.hold(0.5).now_s, lockout))
        flexion = np.concatenate(drawing.move(60.0, 1.5).hold(9.5).pieces)
        grid = np.arange(len(flexion)) * 1e-3
        on = np.ones(len(grid), bool)
        rows = frames_of(grid, flexion, rail_m(flexion), -0.5 * flexion, on, on, on, "sled leg", False)
        rows["rate_dps"] += rng.normal(size=len(rows))
        predictions = foresee(rows)[1]
        for start_s, end_s, lockout in presses:
            own = [event for event in predictions if start_s < event.detected_s < end_s]
            if lockout:
                onset_s = start_s + np.argmax(flexion[round(1000 * start_s) :] < 8.0) * 1e-3
                leads.append(onset_s - own[0].detected_s if own else 0.0)
            else:
                clean, false = clean + 1, false + len(own)
    share = np.mean(np.array(leads) >= 0.1)
    with capsys.disabled():
        print(f"\n{shape}, {along}: {100 * share:.0f} % of {len(leads)} foreseen by 100 ms, {false} of {clean} false")
    assert share >= 0.8
    assert false == 0
