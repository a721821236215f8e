"""The guard takes over and hands over on the air: to the same computer back in reach, and to another one."""

import itertools

import pytest

from live_fakes import session
from presscue.links import ble
from presscue.links.ble import BleLink
from presscue.simulator.performance import perform
from presscue.simulator.radio.room import Room
from presscue.simulator.scenario import parse_options
from presscue.simulator.virtual_node import VirtualNode
from test_guard import FAULTS, SILENT_S, options

APART_S = 1.0
"""Between a cue of one side and the next of the other, at least."""


@pytest.mark.slow
def test_the_guard_hands_over_on_the_air_to_the_same_computer_and_to_another():
    scenario, _ = parse_options(options(1, FAULTS))
    world = perform(scenario)
    room = Room(VirtualNode(world, seed=1), seed=1)
    second = [rep for rep in world.truth.reps if rep.set == 1]

    def wait(seconds: float) -> None:
        room.loop.run_until_complete(ble.asyncio.sleep(seconds))

    def run(live, until_s: float) -> None:
        while room.loop.time() < until_s:
            live.step()

    try:
        link = BleLink("", room.radio)
        live = session(link, reopen=lambda: BleLink("", room.radio), sleep=wait, session_id=7)
        run(live, second[0].end_s)
        assert live.guard.ready
        room.air.set_range(False)
        away_s = room.loop.time()
        room.loop.call_at(second[3].start_s, room.air.set_range, True)
        run(live, second[5].start_s)
        first = list(live.guard.cued)
        assert first
        assert all(away_s < cue.t_s < second[3].start_s + SILENT_S for cue in first)
        live.link.close()  # its program is gone, from one moment to the next
        gone_s = room.loop.time()
        wait(second[7].end_s - gone_s)
        other = session(BleLink("", room.host("C0:C1:C2:C3:C4:C6")), sleep=wait, session_id=8)
        run(other, second[8].end_s)
        own = {cue.cue: cue for cue in other.guard.cued}
        acks = {(ack.by, ack.cue, ack.start_s): ack for ack in [*live.acks, *other.acks]}.values()
        started = sorted((ack.start_s, ack.by) for ack in acks if ack.outcome == "started")
        print(f"alone for {second[3].start_s - away_s:.0f} s: {[cue.kind for cue in first]}; "
              f"told to the other one: {[cue.kind for cue in own.values()]}; {len(started)} cues felt")  # fmt: skip
        assert {cue.message for cue in first}.isdisjoint(cue.message for cue in own.values())  # told once, to one host
        assert own
        assert all(gone_s < cue.t_s for cue in own.values())
        assert other.state == "streaming"
        assert all(b[0] - a[0] > APART_S for a, b in itertools.pairwise(started) if a[1] != b[1])
        other.finish()
    finally:
        room.close()
