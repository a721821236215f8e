"""Whether a sensor sits firmly: pushed with a finger it must neither swing far nor stay turned. Before any calibration.

The turn is integrated from the gyro, less its mean at rest; what stays is told by gravity before and after.
"""

import math

import numpy as np

from ..results import Samples

SWING_RAD = math.radians(10.0)
"""A plate that a finger turns further hangs loose; skin under a snug strap gives a few degrees. Our own limit, not
tried on people."""
STAYS_RAD = math.radians(4.0)
"""A plate that sits this much otherwise afterwards has slipped. Our own limit."""
LONGEST_S = 1.5
"""What moves for longer is a leg that moves, or hands at the strap."""
SETTLED_S = 0.3
REST_MEMORY = 0.2


class Push:
    """Watches one IMU. firm: None until it was pushed, then whether it held; the last push counts."""

    def __init__(self) -> None:
        self.firm: bool | None = None
        self._rest: np.ndarray | None = None
        self._began_s = self._ended_s = math.nan
        self._turn = np.zeros(3)
        self._swing_rad = 0.0
        self._after = np.zeros(3)

    def feed(self, block: Samples, rests: bool) -> None:
        """Readings of the IMU (n, 6), m/s² and rad/s; rests: whether it does in this block."""
        if rests and math.isnan(self._began_s):
            mean = block.values.mean(axis=0)
            self._rest = mean if self._rest is None else self._rest + REST_MEMORY * (mean - self._rest)
        elif self._rest is not None:
            self._follow(block, self._rest[3:])
            if not rests:
                self._ended_s, self._after = float(block.t_s[-1]), np.zeros(3)
            else:
                self._after += block.values[:, :3].sum(axis=0)
                if block.t_s[-1] - self._ended_s >= SETTLED_S:
                    self._judge(self._rest[:3])

    def _follow(self, block: Samples, bias_radps: np.ndarray) -> None:
        if math.isnan(self._began_s):
            self._began_s, self._turn, self._swing_rad = float(block.t_s[0]), np.zeros(3), 0.0
        period_s = float(block.t_s[-1] - block.t_s[0]) / max(1, len(block.t_s) - 1)
        turns = self._turn + np.cumsum((block.values[:, 3:] - bias_radps) * period_s, axis=0)
        self._turn = turns[-1]
        self._swing_rad = max(self._swing_rad, float(np.linalg.norm(turns, axis=1).max()))

    def _judge(self, before: np.ndarray) -> None:
        if self._ended_s - self._began_s <= LONGEST_S:
            share = float(before @ self._after) / float(np.linalg.norm(before) * np.linalg.norm(self._after))
            self.firm = self._swing_rad <= SWING_RAD and math.acos(min(1.0, share)) <= STAYS_RAD
        self._rest, self._began_s = None, math.nan
