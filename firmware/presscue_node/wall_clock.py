"""The time of day, as hosts tell it: kept in memory by the node's own clock, and never running back."""

from presscue import wire

_HOST = wire.CLOCKS.index("host")
SLEPT = wire.CLOCKS.index("slept")


class WallClock:
    """`drift_ppm`: how much the last host found this node's clock to run behind since the host before, 0 if unknown."""

    def __init__(self):
        self.known = False
        self.clock = 0  # how it is known: one of wire.CLOCKS, by number
        self.drift_ppm = 0
        self._offset_ms = 0
        self._latest_ms = 0
        self._told_us = 0

    def tell(self, wall_ms, t_us, clock=_HOST):
        """A host says that it is wall_ms (Unix time) at node time t_us; returns by how many ms this is a correction."""
        if not wall_ms:
            return 0
        offset_ms = wall_ms - t_us // 1000
        step_ms = offset_ms - self._offset_ms if self.clock == _HOST else 0
        elapsed_us = t_us - self._told_us
        if self.clock == _HOST and elapsed_us >= 60_000_000:
            self.drift_ppm = step_ms * 1_000_000_000 // elapsed_us
        self._offset_ms = offset_ms
        self._told_us = t_us
        self.known = True
        self.clock = clock
        return step_ms

    def ms(self, t_us):
        """Unix time in ms at node time t_us, for what happens now; 0 if nobody has told. Stands still, if need be."""
        if not self.known:
            return 0
        self._latest_ms = max(self._latest_ms, self.ms_at(t_us))
        return self._latest_ms

    def ms_at(self, t_us):
        """The same for a moment that may be past."""
        return t_us // 1000 + self._offset_ms if self.known else 0
