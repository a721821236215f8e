"""The core's own parts: order of time, calibration at its sample, what is not measured. test_live has whole chains."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue import kernel, wire
from presscue.calibration.fit import fit
from presscue.calibration.model import Calibration, NoFit, Priors
from presscue.core import Core, CoreConfig
from presscue.estimation.linkage import Links, flexion_at, pose
from presscue.findings import Findings
from presscue.fitting import begin, feed_answering, finish_answering
from presscue.readings.merge import LAG_S, Merge
from presscue.readings.ring import Ring
from presscue.results import CalibrationWanted, Samples, Stretch
from presscue.simulator.performance import perform
from presscue.simulator.render import IMU_COLUMNS, PAD_COLUMNS, render
from presscue.simulator.scenario import random_scenario

SOURCES = ((wire.SLED, IMU_COLUMNS["sled"]), (wire.LEG, IMU_COLUMNS["leg"]), (wire.PADS, PAD_COLUMNS))


def blocks_of(table: dict[str, np.ndarray], step_s: float = 0.02) -> list[Samples]:
    """A rendered table as a node would send it: the sources in turn, every 20 ms."""
    end_s = float(table["time_s"][-1])
    blocks = []
    for source, names in SOURCES:
        if names[0] in table:
            values = np.stack([table[name] for name in names], axis=1)
            there = ~np.isnan(values[:, 0])
            t_s, values = table["time_s"][there], values[there]
            edges = np.searchsorted(t_s, np.arange(0.0, end_s + step_s, step_s))
            blocks += [
                (i, source, Samples(source, t_s[a:b], values[a:b])) for i, (a, b) in enumerate(pairwise(edges)) if b > a
            ]
    return [block for _, _, block in sorted(blocks, key=lambda each: each[:2])]


def run(table, priors: Priors) -> tuple[Core, Findings]:
    core, found = Core(CoreConfig(priors=priors, patient=True, trace=True)), Findings()
    found.add(feed_answering(core, blocks_of(table)))
    found.add(finish_answering(core))
    return core, found


@given(st.lists(st.integers(0, 7), max_size=60), st.integers(1, 5))
def test_a_ring_gives_back_what_it_took_or_counts_it(sizes, eager):
    ring, given_rows, taken = Ring(10, 1), 0, []
    for turn, size in enumerate(sizes):
        ring.append(np.arange(given_rows, given_rows + size, dtype=float)[:, None])
        given_rows += size
        if turn % eager == 0:
            taken += ring.peek()[:, 0].tolist()
            ring.consume(len(ring.peek()))
    taken += ring.peek()[:, 0].tolist()
    assert len(taken) + ring.overrun == given_rows
    assert taken == sorted(set(taken))
    with pytest.raises(ValueError, match="cannot consume"):
        ring.consume(len(ring.peek()) + 1)


def released(blocks) -> tuple[list[tuple[float, int]], Merge]:
    merge, seen = Merge(), []
    for block in blocks:
        merge.accept(Stretch.of([block]))
        kinds, t_s, _ = merge.released()
        merge.take(kinds)
        seen += list(zip(t_s.tolist(), kinds.tolist(), strict=True))
    return seen, merge


def imu(source, *t_s):
    return Samples(source, np.array(t_s), np.zeros((len(t_s), 6)))


def test_readings_come_out_in_order_of_time():
    blocks = []
    for k in range(40):
        blocks += [imu(0, 0.02 * k + 0.001, 0.02 * k + 0.011), imu(1, 0.02 * k + 0.004, 0.02 * k + 0.013)]
    seen, merge = released(blocks)
    assert [t for t, _ in seen] == sorted(t for t, _ in seen)
    assert len(seen) >= 158
    assert merge.late == 0


def test_a_silent_sensor_holds_the_other_back_only_once():
    blocks = [block for k in range(10) for block in (imu(0, 0.02 * k), imu(1, 0.02 * k + 0.001))]
    seen, merge = released(blocks + [imu(0, 0.2 + 0.02 * k) for k in range(20)])
    assert seen[-1] == (pytest.approx(0.58), 0)
    merge.accept(Stretch.of([imu(1, 0.3, 0.59)]))
    assert merge.late == 1
    assert merge.watermark - 0.58 <= LAG_S


def test_a_sensor_that_is_back_is_heard_though_its_blocks_come_behind_the_others():
    """Each of its blocks is older than the newest of the other sensor: only the first may be lost."""
    before = [block for k in range(20) for block in (imu(0, 0.02 * k, 0.02 * k + 0.01), imu(1, 0.02 * k + 0.005))]
    alone = [imu(0, 0.02 * k, 0.02 * k + 0.01) for k in range(20, 60)]
    again = [block for k in range(60, 80) for block in (imu(0, 0.02 * k, 0.02 * k + 0.01), imu(1, 0.02 * k + 0.005))]
    seen, merge = released(before + alone + again)
    back_s = [t for t, source in seen if source == 1 and t > 0.8]
    assert merge.late == 1
    assert back_s[0] == pytest.approx(61 * 0.02 + 0.005)
    assert len(back_s) == 19
    assert [t for t, _ in seen] == sorted(t for t, _ in seen)


def test_the_order_does_not_depend_on_when_it_is_asked_for():
    rng = np.random.default_rng(3)
    blocks, t = [], [0.0, 0.0]
    for _ in range(300):
        source = int(rng.integers(2))
        n = int(rng.integers(1, 5))
        times = t[source] + np.cumsum(rng.uniform(0.003, 0.02, n))
        t[source] = float(times[-1])
        blocks.append(Samples(source, times, np.zeros((n, 6))))
    one_by_one, first = released(blocks)
    merge = Merge()
    for block in blocks:
        merge.accept(Stretch.of([block]))
    kinds, t_s, _ = merge.released()
    assert list(zip(t_s.tolist(), kinds.tolist(), strict=True)) == one_by_one
    assert merge.late == first.late


@given(st.floats(0.3, 0.55), st.floats(0.3, 0.55), st.floats(-0.1, 0.25), st.floats(-0.2, 2.0), st.floats(-0.05, 0.05))
def test_the_linkage_and_its_derivatives_agree(thigh, shank, height, phi, tissue):
    links = Links(thigh, shank, height)
    at, before, after = pose(links, phi), pose(links, phi - 1e-5), pose(links, phi + 1e-5)
    assert pytest.approx((after.D - before.D) / 2e-5, abs=1e-5) == at.D1
    assert at.theta1 == pytest.approx((after.theta - before.theta) / 2e-5, abs=1e-5)
    assert pytest.approx((after.D1 - before.D1) / 2e-5, abs=1e-4) == at.D2
    assert at.theta2 == pytest.approx((after.theta1 - before.theta1) / 2e-5, abs=1e-4)
    assert (at.cosine, at.sine) == pytest.approx((math.cos(at.theta), math.sin(at.theta)))
    falling = all(pose(links, p).theta1 + tissue < -0.01 for p in np.arange(-0.3, phi + 0.11, 0.02))
    found = flexion_at(links, tissue, at.theta + tissue * phi)
    assert found == pytest.approx(phi, abs=1e-6) if falling else not found > phi + 1e-6


def test_the_linkage_is_the_triangle():
    """Knee and ankle put down by hand: the flexion between them is the one that went in."""
    links, phi = Links(0.45, 0.43, 0.12), math.radians(70)
    at = pose(links, phi)
    ankle = np.array([at.D, links.height_m])
    knee = ankle - links.shank_m * np.array([math.cos(at.theta), math.sin(at.theta)])
    assert np.hypot(*knee) == pytest.approx(links.thigh_m)
    between = math.atan2(knee[1], knee[0]) - at.theta
    assert between == pytest.approx(phi)


@pytest.fixture(scope="module")
def session():
    scenario = random_scenario(
        4, faults=("depth",), sets=(5,), rail_deg=45.0, press_first=False, rack_deg=60.0, clean_first=3
    )
    performance = perform(scenario)
    return scenario, performance.truth, render(performance)


def test_a_calibration_survives_its_message(session):
    scenario, truth, table = session
    core, _ = run(table, Priors(scenario.height_m, None, truth.hold_s))
    c = core.calibration
    assert c is not None
    back = Calibration.from_values(c.effective_s, c.layout, c.values())
    assert np.array_equal(back.values(), c.values())
    assert (back.linked, back.links, back.leg) == (c.linked, c.links, c.leg)
    with pytest.raises(ValueError, match="not known"):
        Calibration.from_values(0.0, 5, c.values())


def test_a_live_core_does_not_wait_and_a_late_answer_counts_from_now(session):
    scenario, _, table = session
    core, blocks = Core(CoreConfig(priors=Priors(scenario.height_m))), blocks_of(table)
    i, asked = 0, []
    while not asked:
        asked = [out for out in core.feed([blocks[i]]) if isinstance(out, CalibrationWanted)]
        i += 1
    fit = begin(core, asked[0])
    core.feed(blocks[i : i + 1000])
    now_s = core.merge.watermark
    assert now_s > asked[0].effective_s
    calibration, why = fit()
    used = core.calibrate(calibration)
    assert used.usable, why
    assert used.effective_s >= asked[0].effective_s
    assert used.effective_s <= now_s + 1e-5
    assert core.feed(blocks[i + 1000 : i + 1100]) != []
    assert core.snapshot().calibrated


@pytest.mark.parametrize("missing", ["leg", "sled", "pads"])
def test_what_is_not_there_is_not_measured(session, missing):
    _, truth, table = session
    names = dict(zip(("sled", "leg", "pads"), (names for _, names in SOURCES), strict=True))
    core, found = run({k: v for k, v in table.items() if k not in names[missing]}, Priors())
    trace = dict(zip(kernel.COLUMNS, core.trace().T, strict=True))
    kinds = {kind for kind, *_ in found.events}
    assert len(found.reps) == len(truth.reps)
    if missing == "pads":
        assert "heel_lift" not in kinds
        assert np.isnan(trace["heel_left"]).all()
        return
    assert kinds <= {"tempo", "heel_lift"}
    assert np.isnan(trace["knee_flexion_deg"]).all()
    assert np.isnan(trace["leg_pitch_deg" if missing == "leg" else "sled_position_m"]).all()


def test_getting_ready_and_walking_off_is_no_rep():
    """A session of which only the hold, the settling and the walk are left: nothing is found in it."""
    scenario = random_scenario(12, faults=(), sets=(3, 3), rail_deg=45.0, press_first=False, rack_deg=60.0, walk=True)
    performance = perform(scenario)
    truth, table = performance.truth, render(performance)
    _, found = run(table, Priors(scenario.height_m, None, truth.hold_s))
    assert len(found.reps) == 6
    assert found.faults() == []
    assert found.cues == []


def test_a_set_with_a_silent_sensor_is_no_fit_and_no_crash():
    table = render(perform(random_scenario(3, sets=(4,), hold_s=3.0)))
    core, _ = run(table, Priors(1.75))
    known = core.calibration
    assert known is not None
    assert known.linked
    history = core.history(0.0, math.inf)
    for readings in (0, 1):
        short = replace(history, sled_t_s=history.sled_t_s[:readings], sled=history.sled[:readings])
        with pytest.raises(NoFit, match="silent"):
            fit(short, Priors(1.75), 100.0, known, known)
