"""An IMU lost amid a set and back: reps stay counted, flexion goes on from the other one and says how sure it is."""

import numpy as np
import pytest

from presscue.calibration.model import Calibration, Priors
from presscue.core import Core, CoreConfig
from presscue.findings import Findings
from presscue.fitting import feed_answering, finish_answering
from presscue.simulator.performance import perform
from presscue.simulator.render import IMU_COLUMNS, render
from presscue.simulator.scenario import random_scenario
from presscue.tracker import model_of, new_state
from presscue.tracker.sled import step_sled
from test_core import blocks_of


@pytest.fixture(scope="module")
def session():
    scenario = random_scenario(3000, sets=(12,), rest_s=12.0)
    performance = perform(scenario)
    truth = performance.truth
    return truth, render(performance), Priors(scenario.height_m, None, truth.hold_s)


def driven(session, lost: tuple[str, ...], lasts_s: float):
    """Reps found, and (time, flexion error, its sd, engaged) every 20 ms while the IMUs are lost and after it."""
    truth, table, priors = session
    from_s = truth.reps[7].start_s + 0.6
    away = (table["time_s"] >= from_s) & (table["time_s"] < from_s + lasts_s)
    gaps = {name: np.where(away, np.nan, table[name]) for source in lost for name in IMU_COLUMNS[source]}
    core, found, rows = Core(CoreConfig(priors=priors, patient=True)), Findings(), []
    for block in blocks_of(table | gaps):
        found.add(feed_answering(core, [block]))
        now, frame = core.snapshot(), core._states.frame[0]
        error = now.flexion_deg - truth.at("knee_flexion_deg", np.array([now.t_s]))[0]
        rows.append((now.t_s - from_s, error, float(frame.flexion_sd_deg), float(frame.engaged)))
    found.add(finish_answering(core))
    rows = np.array(rows)
    inside = (rows[:, 0] > 0.4) & (rows[:, 0] < lasts_s)
    after = (rows[:, 0] > lasts_s + 3.0) & (rows[:, 0] < truth.reps[-1].end_s - from_s)
    return len(found.reps), rows[inside], rows[after]


@pytest.mark.parametrize("lasts_s", [pytest.param(1.0, marks=pytest.mark.slow), 10.0])
@pytest.mark.parametrize("lost", ["sled", "leg"])
def test_one_imu_lost_costs_no_rep_and_what_is_still_told_is_true(session, lost, lasts_s):
    reps, inside, after = driven(session, (lost,), lasts_s)
    assert reps == len(session[0].reps)
    told = inside[~np.isnan(inside[:, 1])]
    if lost == "sled" or lasts_s < 3.0:
        assert len(told) == len(inside)  # the leg knows on and on, the sled for some seconds
    else:
        assert len(told) > 50
    assert np.isnan(inside[:, 3]).all()  # whether the leg is on the sled takes both to say
    print(f"{lost} lost for {lasts_s} s: {np.sqrt(np.mean(told[:, 1] ** 2)):.1f} deg, sd {np.median(told[:, 2]):.1f}")
    assert np.mean(np.abs(told[:, 1]) < 3.0 * np.hypot(told[:, 2], 1.5)) > 0.95  # 1.5: the calibration's own
    assert np.sqrt(np.mean(told[:, 1] ** 2)) < 5.0
    assert np.sqrt(np.nanmean(after[:, 1] ** 2)) < 3.0
    assert (after[:, 3] == 1.0).mean() > 0.95


@pytest.mark.parametrize(
    ("lasts_s", "may_lose"),
    [pytest.param(0.3, 0, marks=pytest.mark.slow), (3.0, 2), pytest.param(10.0, 5, marks=pytest.mark.slow)],
)
def test_both_imus_lost_cost_the_reps_made_unseen_and_no_others(session, lasts_s, may_lose):
    reps, _, after = driven(session, ("sled", "leg"), lasts_s)
    assert len(session[0].reps) - may_lose <= reps <= len(session[0].reps)
    assert np.sqrt(np.nanmean(after[:, 1] ** 2)) < 3.0


@pytest.mark.parametrize(("unsure_mps", "least_mps"), [(0.0, -0.1), (0.5, 0.17)])
def test_a_linkage_that_has_just_begun_does_not_stop_a_sled_that_goes(unsure_mps, least_mps):
    """The sled's own filter knows 0.2 m/s to 2 cm/s; the linkage says that it stands, but not how it could know."""
    model, state = model_of(Calibration(0.0, True, False)), new_state()[0]
    state.sled.x[1], state.sled.P[1, 1] = 0.2, 0.02**2
    state.sled_t_s = state.moved_t_s = 0.0
    for i in range(1, 60):
        step_sled(model, state, i / 200.0, 0.5 * (-1) ** i, 0.0, state.sled.x[0], unsure_mps, 0.0, False)
        state.sled_t_s = i / 200.0
    assert state.sled.x[1] > least_mps
    assert unsure_mps > 0.0 or state.sled.x[1] < 0.1
