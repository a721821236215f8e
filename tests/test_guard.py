"""The node's own cues while no host is there: the real firmware on the virtual board, its host cut off amid a set."""

import itertools
import random
from dataclasses import dataclass, field

import pytest

from live_fakes import Pulled, play
from presscue import guarding, wire
from presscue.calibration import Calibration
from presscue.errors import LinkLost
from presscue.fitting import core_of
from presscue.links.sim import FastSimLink, open_sim
from presscue.live import LiveSession
from presscue.profile import Profile
from presscue.simulator.scenario import parse_options
from presscue.simulator.truth import Truth
from presscue.validation.scoring import too_near

FAULTS = "heel_lift+lockout+depth"
SILENT_S = 1.6
"""A node whose host has not pinged for so long coaches by itself; hosts ping every second."""
REACTION_S = 0.6
"""From a fault's onset until its cue must have come."""


class Cut(Pulled):
    """A cable that is pulled for a while. The node does not notice; its host is just silent."""

    def read(self, timeout_s: float) -> bytes:
        if self.from_s <= self.now_s() < self.until_s:
            self.link.node.unplug("link")
            self.link.node.run_until(round(self.until_s * 1e6))
            self.link.node.replug("link")
            raise LinkLost("cut: unplugged")
        return self.link.read(timeout_s)


@dataclass
class Score:
    """What the guard cued, of what there was to cue, by wire.GUARDED."""

    made: dict[str, int] = field(default_factory=lambda: dict.fromkeys(wire.GUARDED, 0))
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(wire.GUARDED, 0))
    clean: int = 0
    false: list[str] = field(default_factory=list)

    def recall(self, *kinds: str) -> float:
        return sum(self.found[kind] for kind in kinds) / max(1, sum(self.made[kind] for kind in kinds))

    def __str__(self) -> str:
        recalls = ", ".join(f"{kind} {self.found[kind]} of {n}" for kind, n in self.made.items() if n)
        return f"guard: {recalls or 'nothing to cue'}; false cues {len(self.false)}, clean reps {self.clean}"


def guarded(options: str, until_rep: int = 0) -> tuple[LiveSession, FastSimLink, Cut]:
    """Two sets; the host is away from the end of the first rep of the second one to `until_rep` of it, or its end."""
    scenario, _ = parse_options(options)
    profile = Profile(height_m=round(scenario.height_m, 2), leg=scenario.leg, straight_leg_hold_s=(0.2, 2.4))
    link = open_sim(options + ",fast")
    assert isinstance(link, FastSimLink)
    second = [rep for rep in link.truth.reps if rep.set == 1]
    back_s = second[until_rep].start_s if until_rep else second[-1].end_s + 1.0
    cut = Cut(link, second[0].end_s, back_s)
    core = core_of(profile, patient=False)
    live = LiveSession(cut, core, fits="inline", reopen=lambda: cut, sleep=lambda _: None, session_id=7)
    try:
        play(live, link.duration_s - 0.5)
    finally:
        link.close()
    return live, link, cut


def score(live: LiveSession, truth: Truth, cut: Cut, total: Score) -> Score:
    """Its cues against the truth, fault by fault; what lies too near a limit to call, and what a more important cue
    had just been given for, is left out."""
    own = [(cue.t_s, cue.kind) for cue in live.guard.cued]
    for rep in truth.reps:
        if not cut.from_s + SILENT_S < rep.start_s < cut.until_s - 1.5:
            continue
        made: dict[str, float] = {}
        for fault in truth.faults:
            if fault.rep == rep.rep:
                sides = ("left", "right") if fault.side == "both" else (fault.side,)
                kinds = [f"heel_lift {side}" for side in sides] if fault.kind == "heel_lift" else [fault.kind]
                made |= dict.fromkeys(kinds, fault.onset_s)
        end_s = rep.end_s + REACTION_S
        cued = [(t_s, kind) for t_s, kind in own if rep.start_s - 0.1 <= t_s <= end_s]
        for kind, onset_s in made.items():
            if kind not in wire.GUARDED or too_near(kind.partition(" ")[0], rep, 0.0, 90.0):
                continue
            hits = [t_s for t_s, each in cued if each == kind]
            other = [t_s for t_s, each in cued if each != kind and -1.5 < t_s - onset_s < REACTION_S]
            if hits or not other:
                total.made[kind] += 1
                total.found[kind] += bool(hits)
        near = any(too_near(kind, rep, 0.0, 90.0) for kind in ("lockout", "depth"))
        total.clean += not made and not near
        total.false += [f"{t_s:.2f} s {kind}" for t_s, kind in cued if kind not in made and not near]
    return total


def options(seed: int, faults: str, sets: str = "4+9") -> str:
    return f"seed={seed},faults={faults},sets={sets},rest_s=6,hold_s=2.5,clean_first=3,fault_share=0.5"


def test_the_node_goes_on_cueing_when_its_host_is_gone_and_hands_over_without_a_double_buzz():
    live, link, cut = guarded(options(1, FAULTS), until_rep=7)
    total = score(live, link.truth, cut, Score())
    print(total)
    assert live.guard.ready
    assert sum(total.found.values()) >= 3
    assert total.recall(*wire.GUARDED) >= 0.9
    assert not total.false
    own = {cue.cue: cue for cue in live.guard.cued}
    assert all(cut.from_s + 0.4 < cue.t_s < cut.until_s + 0.5 for cue in own.values())
    acks = [ack for ack in live.acks if ack.by == "guard"]  # and what became of them is told too
    assert {ack.cue for ack in acks} == set(own)
    assert all(ack.start_s - own[ack.cue].t_s < 0.05 for ack in acks if ack.outcome == "started")
    assert {ack.outcome for ack in live.acks if cut.from_s < ack.start_s < cut.until_s and ack.by == "host"} == set()
    starts = sorted((ack.start_s, ack.by) for ack in live.acks if ack.outcome == "started")
    assert all(b[0] - a[0] > 1.0 for a, b in itertools.pairwise(starts) if a[1] != b[1])


@pytest.mark.slow
def test_recall_and_false_cues_over_many_lifters():
    """Lifters not looked at while the guard was made."""
    total = Score()
    for seed in range(40, 52):
        live, link, cut = guarded(options(seed, FAULTS))
        if live.guard.ready:
            score(live, link.truth, cut, total)
        print(seed, live.guard.ready, total)
    for seed in range(60, 68):
        live, link, cut = guarded(options(seed, "", sets="3+9"))
        score(live, link.truth, cut, total)
        print(seed, live.guard.ready, total)
    assert total.recall("lockout") >= 0.9
    assert total.recall("depth") >= 0.9
    assert total.recall("heel_lift left", "heel_lift right") >= 0.9
    assert len(total.false) <= total.clean / 50
    assert total.clean >= 50


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
    from presscue.estimator import Leg

    return Leg(0.27, dice.uniform(-0.03, 0.03), dice.uniform(-3.1, 3.1), 0.7, 0.7)


def _perpendicular(dice):
    import numpy as np

    axis = np.array([dice.gauss(0, 1) for _ in range(3)])
    other = np.cross(axis, [dice.gauss(0, 1) for _ in range(3)])
    return axis / np.linalg.norm(axis), other / np.linalg.norm(other)
