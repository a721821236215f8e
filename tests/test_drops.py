"""Whatever a link does, nothing is lost that can be had: it is fetched, once, and the analysis does not notice."""

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from live_fakes import OPTIONS, PROFILE
from presscue.analysis.analyze import analyze
from presscue.live.session import LiveSession
from presscue.recording import Recorder
from presscue.results import Cue
from presscue.simulator.performance import perform
from presscue.simulator.scenario import parse_options
from test_download import Pressed
from troubled_link import Gym

BEGIN_S, LENGTH_S, QUIET_S = 2.0, 10.0, 20.0
AGAIN_S = 2.0
"""Streaming again, after the radio is back at 15 ms."""


@dataclass
class Outcome:
    """What became of a session with drops. again_s: from the radio's return to streaming, each time."""

    made: int
    lost: int
    repeated: int
    changed: int
    again_s: list[float] = field(default_factory=list)
    filled: int = 0


def drops(rng: Random) -> list[tuple[float, float]]:
    """One to four drops, from a stutter to longer than any supervision timeout, at rest and in motion."""
    found, t_s = [], BEGIN_S
    for _ in range(rng.randint(1, 4)):
        t_s += rng.uniform(0.2, 2.0)
        found.append((t_s, t_s := t_s + 0.15 * 40.0 ** rng.random()))
    return found


def run_drops(kind: str, schedule: list[tuple[float, float]], folder: Path, loss: float = 0.0) -> Outcome:
    """A session in which the link is away at these times."""
    with Gym(Pressed((4.0,), 5.0), kind, folder, seed=3) as gym:
        if gym.room is not None:
            gym.room.air.loss = loss
        live = gym.host()
        back_s: list[float] = []
        again_s: list[float] = []

        def reach(there: bool) -> None:
            gym.reach(there)
            back_s[:] = [gym.now_s] if there else []

        for from_s, until_s in schedule:
            gym.at(from_s, lambda: reach(False))
            gym.at(until_s, lambda: reach(True))
        end_s = max(LENGTH_S, schedule[-1][1] + 1.0)
        while gym.now_s < end_s or (not settled(live) and gym.now_s < end_s + QUIET_S):
            live.step(0.02)
            if back_s and live.state == "streaming":
                again_s.append(gym.now_s - back_s.pop())
        assert settled(live), (live.state, live.session.wanted())
        live.finish()
        assert set(live.session.missing()) <= {"sensor"}
        made, (got, repeated) = gym.made(), gym.recorded()
        first = min(got)
        wanted = {number: message for number, message in made.items() if number >= first}
        changed = sum(wanted.get(number) != message for number, message in got.items())
        lost = len(wanted.keys() - got.keys())
        return Outcome(len(wanted), lost, repeated, changed, again_s, live.session.counts.filled_readings)


def settled(live: LiveSession) -> bool:
    return live.state == "streaming" and not live.session.wanted()


def held(outcome: Outcome) -> None:
    assert (outcome.lost, outcome.repeated, outcome.changed) == (0, 0, 0)
    assert all(again_s <= AGAIN_S for again_s in outcome.again_s)


@pytest.mark.parametrize(("kind", "seed"), [("ble", 1), ("ble", 2), ("usb", 3)])
def test_after_any_drop_every_sample_is_there_once(kind, seed, tmp_path):
    outcome = run_drops(kind, drops(Random(seed)), tmp_path)
    held(outcome)
    assert outcome.made > 1000


def test_the_analysis_is_to_the_bit_that_of_a_session_without_drops_and_no_cue_comes_late(tmp_path):
    scenario, _ = parse_options(OPTIONS)
    with Gym(perform(scenario), "ble", tmp_path, seed=10) as gym:
        live = gym.host()
        for from_s, until_s in ((8.0, 8.9), (13.0, 17.5), (24.0, 25.0)):
            gym.at(from_s, lambda: gym.reach(False))
            gym.at(until_s, lambda: gym.reach(True))
        while gym.now_s < 34.0 or not settled(live):
            live.step(0.02)
        live.finish()
        whole = tmp_path / "whole.presscue"
        made, got = gym.made(), gym.recorded()[0]
        assert live.session.info is not None
        recorder = Recorder(whole, live.session.info, live.session.channels.messages, wall_ms=0, session=1,
                            profile=PROFILE.to_toml())  # fmt: skip
        for number in sorted(made):
            if min(got) <= number <= max(got):
                recorder.add(made[number])
        recorder.close()
        found, true = (analyze(path).to_json() for path in (gym.paths[0], whole))
    assert live.session.counts.filled_readings > 1000
    assert len(true["reps"]) >= 4
    for key in ("reps", "sets", "events", "cues", "calibration", "measured"):
        assert repr(found[key]) == repr(true[key])
    assert found["quality"]["lost_samples"] == true["quality"]["lost_samples"]
    cues = {out.cue: out for out in live.outputs if isinstance(out, Cue)}
    for ack in live.acks:
        assert ack.outcome != "started" or ack.start_s - cues[ack.cue].detected_s <= 1e-3 * cues[ack.cue].ttl_ms
    assert len({ack.cue for ack in live.acks}) == len(live.acks)


PARTS, EACH = 8, 25
"""Of the two hundred schedules, so that `-n 2` has something to share out."""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_two_hundred_schedules_of_drops(part, tmp_path):
    worst_s, made, filled, returns = 0.0, 0, 0, 0
    for seed in range(part * EACH, (part + 1) * EACH):
        folder = tmp_path / str(seed)
        folder.mkdir()
        kind = "usb" if seed % 4 == 3 else "ble"
        outcome = run_drops(kind, drops(Random(seed)), folder, loss=0.1 * (seed % 8 == 4))
        print(seed, kind, outcome, flush=True)
        held(outcome)
        made, filled = made + outcome.made, filled + outcome.filled
        if kind == "ble":
            worst_s = max([worst_s, *outcome.again_s])
            returns += len(outcome.again_s)
    print(f"schedules {part * EACH} to {seed}: {made} messages made, none lost, none twice; {filled} readings fetched; "
          f"{returns} returns of the radio: streaming again within {worst_s:.2f} s")  # fmt: skip
