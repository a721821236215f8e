"""Logs over Bluetooth: as fast as the air allows, and whole whatever happens to it."""

import pytest

from presscue.links import ble
from presscue.links.ble import BleLink
from presscue.node.download import NodeLogs
from presscue.recording import read_recording
from presscue.simulator.radio.room import Room
from presscue.simulator.virtual_node import VirtualNode
from test_board_node import StandIn
from test_download import WALL_MS, filled

AIR_BYTES_PER_S = 4 * 244 / 0.015
"""What the modelled air carries: four notifications of 244 bytes in each connection event, one every 15 ms."""


@pytest.mark.parametrize(("mebibytes", "cuts"), [(0.5, 3), pytest.param(5.0, 10, marks=pytest.mark.slow)])
def test_a_log_arrives_whole_over_the_air_and_at_its_speed(tmp_path, mebibytes, cuts):
    with VirtualNode(StandIn(), seed=2) as node:
        node.run_until(100_000)
        filled(node, mebibytes)
        room = Room(node)
        link = BleLink("", room.radio)

        def sleep(seconds):
            room.loop.run_until_complete(ble.asyncio.sleep(seconds))

        def reopen():
            room.air.set_range(True)
            return BleLink(link.name.removeprefix("ble:"), room.radio)

        logs = NodeLogs(link, reopen=reopen, wall_ms=lambda: WALL_MS, sleep=sleep)
        (entry,) = logs.listed()
        at = [entry.size * (n + 1) // (cuts + 1) for n in range(cuts)]
        marks = []

        def progress(size):
            marks.append((room.loop.time(), size))
            if at and size > at[0]:
                del at[0]
                room.air.set_range(False)

        path = logs.pull(entry, tmp_path, progress)
        assert not read_recording(path).loss
        assert logs.listed()[0].state == "verified"
        (t0, s0), (t1, s1) = marks[0], next(mark for mark in marks if mark[1] > entry.size // (cuts + 2))
        speed = (s1 - s0) / (t1 - t0)
        share, sent = speed / AIR_BYTES_PER_S, logs.received / entry.size
        print(
            f"{entry.size / 1e6:.1f} MB, {speed / 1e3:.1f} kB/s: {share:.0%} of what the air carries; {sent:.1%} sent"
        )
        assert share >= 0.8
        assert sent <= 1.05
        room.close()
