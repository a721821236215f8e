"""The kernels compiled, or loaded, before the first set: nothing may be compiled in the middle of one."""

import gc

import numpy as np

from .. import wire
from ..clock import BASELINE_US, NodeClock
from ..fitting import core_of, feed_answering, finish_answering
from ..profile import Profile
from ..readings.channels import COLUMNS
from ..readings.messages import Messages
from ..readings.packed import PACKED, expanded
from ..results import Samples

SOURCES = (wire.SLED, wire.LEG, wire.PADS)
STEP = 8
"""Readings of a packet."""


def warm_up() -> None:
    """Coach two short virtual sets, so that one calibration follows another, then a leg alone. Under a minute the
    first time, about 1.5 s ever after."""
    from ..simulator.performance import perform
    from ..simulator.render import render
    from ..simulator.scenario import random_scenario

    scenario = random_scenario(1, rail_deg=45.0, sets=(4, 3), hold_s=1.5, rest_s=9.0, walk=False, shuffle=False)
    performance = perform(scenario)
    table = render(performance, shared_clock=True)
    profile = Profile(height_m=scenario.height_m, straight_leg_hold_s=performance.truth.hold_s)
    _coach(profile, table, SOURCES)
    _coach(profile, table, (wire.LEG,))
    clock = NodeClock()
    for now_us in (0, BASELINE_US):
        clock.add(now_us, now_us, now_us)
    expanded(Messages.of([bytes([PACKED])]))  # what was missed is fetched packed
    # What is loaded by now stays: the collector need not look through it again in the middle of a set.
    gc.collect()
    gc.freeze()


def _coach(profile: Profile, table: dict[str, np.ndarray], sources: tuple[int, ...]) -> None:
    """A table, with these of its sensors, through a core, packet by packet."""
    core = core_of(profile, patient=True)
    t_s = table["time_s"]
    values = {source: columns(table, source) for source in sources}
    for start in range(0, len(t_s), STEP):
        part = slice(start, start + STEP)
        feed_answering(core, [Samples(source, t_s[part], values[source][part]) for source in sources])
    finish_answering(core)


def columns(table: dict[str, np.ndarray], source: int) -> np.ndarray:
    """The readings of a source in a table of `render`, shape (n, columns)."""
    from ..simulator.render import PAD_COLUMNS

    names = PAD_COLUMNS if source == wire.PADS else COLUMNS[source]
    return np.stack([table[name] for name in names], axis=1)
