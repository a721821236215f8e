"""How awake the node is: awake, still, or asleep (SPEC.md, Power); asleep it does not run, and begins anew.

Awake while something moves, a host is heard, a log is written, the button is pressed. Still after ten seconds without:
the processor at half its pace, both IMUs going on for the seconds before a set, the pads at rest. Asleep after minutes.
"""

import time

from micropython import const

from presscue import wire
from presscue_node import on_demand
from presscue_node.recorder import ACTIVE

AWAKE, STILL = range(len(wire.POWER))

_AWAKE_HZ, _STILL_HZ = const(160_000_000), const(80_000_000)  # of the processor
_STILL_US = const(10_000_000)
_MINUTE_US = const(60_000_000)
_MOVED_US = const(1_000_000)
_MINUTES = const(10)  # longer than the pause that ends a session
_BY_MOTION = wire.WAKES.index("motion")


class Power:
    """node: whole; without a recorder it is always awake. chip: see app.py. store: as esp32.NVS, None for nowhere.

    `minutes` without anything happening until sleep; 0 for never.
    """

    def __init__(self, node, chip, store):
        self._node = node
        self.chip = chip
        self.store = store
        self.state = AWAKE
        self._hasty = chip.woke == _BY_MOTION  # and no set yet: it may have been a knock
        self._passed = 0
        self._mark = time.ticks_us()  # the last thing that happened, or the last whole minute since
        minutes = bytearray((_MINUTES,))
        if store is not None:
            try:
                store.get_blob("sleep", minutes)
            except OSError:
                pass
        self.minutes = minutes[0]
        if chip.kept:
            from presscue_node.asleep import wake

            on_demand.drop("asleep")
            wake(node, chip.kept)

    def stir(self, now):
        """Something happens."""
        self._mark = now
        self._passed = 0
        if self.state != AWAKE:
            self._go(AWAKE)

    def poll(self, now):
        node = self._node
        recorder = node.recorder
        if recorder is None:
            return
        writing = recorder.state == ACTIVE or recorder.busy
        if writing:
            self._hasty = False
        listened = node.flow.streaming and node.is_there(node.outbox.streams_to)
        if writing or listened or recorder.gate.rested_us(now) < _MOVED_US:
            self.stir(now)
            return
        since = time.ticks_diff(now, self._mark)
        if since > _STILL_US and (self.state == AWAKE or since > _MINUTE_US):
            self._go(STILL)
        if since > _MINUTE_US:
            self._mark = now
            self._passed += 1
            if self.minutes and (self._hasty or self._passed >= self.minutes):
                from presscue_node.asleep import fall

                on_demand.drop("asleep")
                fall(node, self.chip)

    def _go(self, state):
        self.state = state
        self.chip.freq(_STILL_HZ if state == STILL else _AWAKE_HZ)
        self._node.sampler.pause(state == STILL)
