"""Half an hour of motion fits the partition that `presscue flash` makes on the reference board."""

import pytest

from presscue import wire
from presscue.flash.partitions import LOGS, with_logs
from presscue.links.sim import FastSimLink, open_sim
from presscue.node.download import NodeLogs
from presscue.simulator.board.nor_flash import LOG_PARTITION, SECTOR
from test_flash_image import GENERIC, MB

CATALOGUE_SECTORS = 2
BOARD_BYTES = 8 * MB


def test_the_virtual_board_has_the_partition_that_flash_makes():
    logs = with_logs(GENERIC, BOARD_BYTES).get(LOGS)
    assert logs is not None
    assert logs.size == LOG_PARTITION


@pytest.mark.parametrize("seed", [3, *(pytest.param(n, marks=pytest.mark.slow) for n in (5, 11))])
def test_half_an_hour_of_motion_fits(seed: int):
    """Rate of the node's own log while a set runs, from its page times; ten lowerings without a rest between them."""
    link = open_sim(f"seed={seed},sets=10,hold_s=0,fast")
    assert isinstance(link, FastSimLink)
    try:
        link.node.run_until(round((link.duration_s + 11) * 1e6))
        node = NodeLogs(link)
        (entry,) = node.listed()
        reps = link.truth.reps
        data = link.node.hardware.flash.read(0, LOG_PARTITION)
    finally:
        link.close()
    first_s, last_s = reps[0].start_s, reps[-1].end_s
    times = [t_s for t_s in page_times(data, entry.session) if first_s <= t_s <= last_s]
    rate = (len(times) - 1) * wire.PAGE_SIZE / (times[-1] - times[0])
    minutes = (LOG_PARTITION - CATALOGUE_SECTORS * SECTOR) / rate / 60
    whole = entry.size / (last_s - first_s)
    print(f"{rate:.0f} bytes a second: {minutes:.1f} minutes of motion; with what is kept around a set {whole:.0f}")
    assert minutes >= 30


def page_times(data: bytes, session: int) -> list[float]:
    """Node time of the first packed message of each page of a session, s."""
    times = []
    for at in range(CATALOGUE_SECTORS * SECTOR, len(data), wire.PAGE_SIZE):
        opened = wire.page_open(data[at : at + wire.PAGE_SIZE])
        for message in opened[3] if opened and opened[1] == session else ():
            if message[0] == wire.TYPES["packed"]:
                _, fields = wire.decode(message) or ("", {"t_us": 0})
                times.append(fields["t_us"] * 1e-6)
                break
    return times
