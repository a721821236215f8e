"""Commands that change how the node works: its settings, the limits of its guard, the time of day."""

import time

from presscue import wire
from presscue_node.commands import BAD_VALUE, OK, REFUSED, WRONG_STATE
from presscue_node.part import CLOCK

_STEP_MS = 1_000  # a host's clock that differs by more is told of
_I31 = (1 << 31) - 1

# setting: least and greatest value
_RANGES = {
    "batch_ms": (5, 200),
    "cue_strength": (0, 100),
    "silence": (0, 1),
    "watchdog_ms": (2_000, 60_000),
    "sleep_min": (0, 240),
}


class Settings:
    """Made for one command."""

    def __init__(self, node):
        self._node = node
        self.handlers = {"configure": self._configure, "clock": self._clock, "guard_limits": self._limits}

    def _configure(self, fields):
        if fields["setting"] >= len(wire.SETTINGS):
            return BAD_VALUE
        setting = wire.SETTINGS[fields["setting"]]
        value = fields["value"]
        least, greatest = _RANGES[setting]
        if not least <= value <= greatest:
            return BAD_VALUE
        node = self._node
        if setting == "batch_ms":
            node.sampler.batch_us = value * 1000
        elif setting == "cue_strength":
            node.player.strength_percent = value
        elif setting == "silence":
            node.player.silence = bool(value)
            if value:
                node.player.stop()
        elif setting == "sleep_min":
            return self._keep(value)
        else:
            node.watch(value)
        return OK

    def _keep(self, minutes):
        """Until sleep, over restarts too."""
        power = self._node.power
        if power.store is not None:
            try:
                power.store.set_blob("sleep", bytes((minutes,)))
                power.store.commit()
            except OSError:
                return REFUSED
        power.minutes = minutes
        return OK

    def _limits(self, fields):
        guard = self._node.guard
        if guard is None:
            return WRONG_STATE
        if fields["gain"] < 0 or not fields["straight"] < fields["middle"] < fields["deep"]:
            return BAD_VALUE
        guard.set(fields)
        return OK

    def _clock(self, fields):
        tell_time(self._node, fields["wall_ms"])
        return OK


def tell_time(node, wall_ms):
    """A host says what time it is; 0 if it does not know."""
    step_ms = node.wall.tell(wall_ms, node.clock.us(time.ticks_us()))
    if node.wall.known and node.recorder is not None:
        _date(node)
    if abs(step_ms) > _STEP_MS:
        node.notices.send(0, CLOCK, max(-_I31, min(step_ms, _I31)))


def _date(node):
    """Known are now the beginnings of this boot's sessions as well."""
    catalogue = node.recorder.region.catalogue
    for entry in catalogue.entries(catalogue.before):
        if not entry.wall_ms:
            catalogue.date(entry, node.wall.ms_at(entry.t_us))
