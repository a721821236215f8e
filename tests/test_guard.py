"""The node's own cues while no host is there: the real firmware on the virtual board, its host cut off amid a set."""

import itertools
import random

import pytest

from guard_trials import Score, Trial, guard_trial, replayed, score
from live_fakes import Pulled, play
from presscue import wire
from presscue.calibration import guarding
from presscue.calibration.model import Calibration
from presscue.errors import LinkLost
from presscue.fitting import core_of
from presscue.links.sim import FastSimLink, open_sim
from presscue.live.session import LiveSession
from presscue.profile import Profile
from presscue.readings import channels
from presscue.recording import Recorder, read_recording
from presscue.simulator.scenario import parse_options
from troubled_link import numbered

FAULTS = "heel_lift+lockout+depth"
SILENT_S = 1.6
"""A node whose host has not pinged for so long coaches by itself; hosts ping every second."""
MADE_S = 0.004
"""From the last reading of a samples message until the node has made it."""


class Cut(Pulled):
    """A cable that is pulled for a while. The node does not notice; its host is just silent. `told`: the limits sent,
    and when."""

    def __init__(self, link, from_s: float, until_s: float):
        super().__init__(link, from_s, until_s)
        self.told: list[tuple[float, dict]] = []
        self._sent = wire.FrameDecoder()

    def read(self, timeout_s: float) -> bytes:
        if self.from_s <= self.now_s() < self.until_s:
            self.link.node.unplug("link")
            self.link.node.run_until(round(self.until_s * 1e6))
            self.link.node.replug("link")
            raise LinkLost("cut: unplugged")
        return self.link.read(timeout_s)

    def write(self, data: bytes) -> None:
        for message in self._sent.feed(data):
            name, fields = wire.decode(message) or ("", {})
            if name == "guard_limits":
                self.told.append((self.now_s(), fields))
        super().write(data)


def guarded(options: str, until_rep: int, path) -> tuple[LiveSession, FastSimLink, Cut]:
    """Two sets, recorded; the host is away from the end of the first rep of the second one to `until_rep` of it."""
    scenario, _ = parse_options(options)
    profile = Profile(height_m=round(scenario.height_m, 2), leg=scenario.leg, straight_leg_hold_s=(0.2, 2.4))
    link = open_sim(options + ",fast")
    assert isinstance(link, FastSimLink)
    second = [rep for rep in link.truth.reps if rep.set == 1]
    cut = Cut(link, second[0].end_s, second[until_rep].start_s)

    def record(info, rows):
        return Recorder(path, info, rows, wall_ms=0, session=7, profile=profile.to_toml())

    core = core_of(profile, patient=False)
    live = LiveSession(
        cut, core, fits="inline", reopen=lambda: cut, record=record, sleep=lambda _: None, session_id=7
    )  # fmt: skip
    try:
        play(live, link.duration_s - 0.5)
    finally:
        link.close()
    return live, link, cut


def made(path) -> list[tuple[float, bytes]]:
    """Samples messages of a recording in the order in which the node made them, and when that was."""
    got, _ = numbered(itertools.chain.from_iterable(read_recording(path).messages()))
    messages, at_s = [], 0.0
    for _, message in sorted(got.items()):
        _, _, _, _, t_us, period_ns, count, _ = channels.read_head(message) or (0,) * 8
        at_s = max(at_s, (t_us + (count - 1) * period_ns / 1000) * 1e-6 + MADE_S)
        messages.append((at_s, message))
    return messages


def options(seed: int, faults: str, sets: str = "4+9", rest_s: float = 6) -> str:
    return f"seed={seed},faults={faults},sets={sets},rest_s={rest_s},hold_s=2.5,clean_first=3,fault_share=0.5"


def test_the_node_goes_on_cueing_when_its_host_is_gone_and_hands_over_without_a_double_buzz(tmp_path):
    path = tmp_path / "guarded.presscue"
    live, link, cut = guarded(options(1, FAULTS), 8, path)
    own = {cue.cue: cue for cue in live.guard.cued}
    cued = sorted((cue.t_s, cue.kind) for cue in own.values())
    total = score(cued, link.truth, cut.from_s + SILENT_S, cut.until_s - 1.5, Score())
    print(total)
    assert live.guard.ready
    assert sum(total.found.values()) >= 3
    assert total.recall(*wire.GUARDED) >= 0.9
    assert not total.false
    assert len(own) == len(live.guard.cued)
    assert all(cut.from_s + 0.4 < cue.t_s < cut.until_s + 0.5 for cue in own.values())
    acks = [ack for ack in live.acks if ack.by == "guard"]  # and what became of them is told too
    assert {ack.cue for ack in acks} == set(own)
    assert all(ack.start_s - own[ack.cue].t_s < 0.05 for ack in acks if ack.outcome == "started")
    assert {ack.outcome for ack in live.acks if cut.from_s < ack.start_s < cut.until_s and ack.by == "host"} == set()
    starts = sorted((ack.start_s, ack.by) for ack in live.acks if ack.outcome == "started")
    assert all(b[0] - a[0] > 1.0 for a, b in itertools.pairwise(starts) if a[1] != b[1])
    # MicroPython's guard and this process's say the same to the same readings
    again = replayed(made(path), cut.told, cut.from_s + SILENT_S)
    again = [cue for cue in again if cue[0] < cut.until_s]
    assert [kind for _, kind in again] == [kind for _, kind in cued]
    assert all(abs(a[0] - b[0]) < 0.03 for a, b in zip(again, cued, strict=True))


def over(title: str, trials: list[Trial]) -> Score:
    """All trials in which the node had its limits before the host was gone."""
    total = Score()
    for trial in trials:
        if trial.ready:
            score(trial.cued, trial.truth, trial.alone_s, float("inf"), total)
    print(f"{title}: {sum(trial.ready for trial in trials)} of {len(trials)} lifters calibrated in time; {total}")
    return total


@pytest.mark.slow
def test_recall_and_false_cues_over_many_lifters():
    """Lifters not looked at while the guard was made: the host leaves amid the second of three sets, for good."""
    sets = "4+9+8"
    faulty = over("faults", [guard_trial(options(seed, FAULTS, sets, 12)) for seed in range(500, 520)])
    clean = over("no faults", [guard_trial(options(seed, "", sets, 12)) for seed in range(600, 612)])
    for kinds in (("lockout",), ("depth",), ("heel_lift left", "heel_lift right")):
        assert faulty.recall(*kinds) >= 0.9
        assert sum(faulty.made[kind] for kind in kinds) >= 80
    assert clean.clean >= 150
    assert faulty.in_clean + len(clean.false) <= (clean.clean + faulty.clean) / 50
    assert len(faulty.false) <= sum(faulty.made.values()) / 50


@pytest.mark.slow
def test_recall_and_false_cues_over_stranger_lifters():
    """Wide physics: hips that tuck, straps that creep, rails that flex. Printed; only gross errors fail."""
    faulty = over("wide, faults", [guard_trial(options(s, FAULTS, "4+9", 12) + ",wide=yes") for s in range(520, 528)])
    clean = over("wide, no faults", [guard_trial(options(s, "", "4+9", 12) + ",wide=yes") for s in range(612, 618)])
    assert faulty.recall(*wire.GUARDED) >= 0.5
    assert len(clean.false) <= clean.clean / 4


def test_limits_are_none_where_flexion_is_not_known_and_in_order_where_it_is():
    assert guarding.limits_of(Calibration(0.0, True, False), (8.0, 90.0), 3e-4, 0.0048) is None
    dice = random.Random(1)
    for _ in range(50):
        axis, first = _perpendicular(dice)
        calibration = Calibration(0.0, True, True, axis=axis, first=first, leg=_leg(dice))
        limits = guarding.limits_of(calibration, (8.0, 90.0), 3.05e-4, 0.0048)
        assert limits is not None
        assert limits.straight < limits.middle < limits.deep
        assert limits.gain > 0
        assert len(wire.encode("guard_limits", 1, *limits)) == 43


def _leg(dice):
    from presscue.estimation.estimator import Leg

    return Leg(0.27, dice.uniform(-0.03, 0.03), dice.uniform(-3.1, 3.1), 0.7, 0.7)


def _perpendicular(dice):
    import numpy as np

    axis = np.array([dice.gauss(0, 1) for _ in range(3)])
    other = np.cross(axis, [dice.gauss(0, 1) for _ in range(3)])
    return axis / np.linalg.norm(axis), other / np.linalg.norm(other)
