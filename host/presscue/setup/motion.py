"""What raw readings tell before anything is calibrated: rest, turning, pads that nothing presses."""

import math

import numpy as np

from ..results import Samples
from ..wire import LEG, PADS, SLED

STILL_RADPS = 0.2
"""An IMU that turns faster moves: above any gyro bias, below any deliberate movement."""
STILL_MPS2 = 0.6
"""So does one whose specific force departs this much from its running mean of STILL_MEMORY."""
STILL_MEMORY = 0.2
SWAPPED_RAD = 0.8
"""A sled does not turn. One whose sensor did by this much, and four times as much as the leg's, has the leg's."""
PAD_SHARE = 0.1
"""A pad that never gets a tenth of what the other got lies under nothing."""

PAD_CONTACT = 0.1
"""Two pads that read less, in volts or newtons, lie under no heel: a resting foot gives half a volt. Our own limit."""
PAD_ROSE = 2.0
"""A pad that reads so many times its least has a foot under load on it."""


class Motion:
    """Takes in blocks of samples; times on the node clock."""

    def __init__(self) -> None:
        self.t_s = -math.inf
        self._last_s: dict[int, float] = {}
        self.still_since_s = {SLED: math.inf, LEG: math.inf}
        """Since when an IMU rests; inf while it moves or has not been heard."""
        self.seen: set[int] = set()
        self.turned_rad = {SLED: 0.0, LEG: 0.0}
        self.pad_peaks = [math.nan, math.nan]
        self._pad_least = [math.inf, math.inf]
        self._mean: dict[int, np.ndarray] = {}

    def feed(self, block: Samples) -> None:
        """A block of `results.Samples` of any source."""
        if not len(block.t_s):
            return
        end_s = float(block.t_s[-1])
        self.t_s = max(self.t_s, end_s)
        self.seen.add(block.source)
        self._last_s[block.source] = end_s
        if block.source == PADS:
            for i in range(2):
                values = block.values[:, i][~np.isnan(block.values[:, i])]
                if len(values):
                    self.pad_peaks[i] = float(np.nanmax([self.pad_peaks[i], values.max()]))
                    self._pad_least[i] = min(self._pad_least[i], max(PAD_CONTACT, float(values.min())))
            return
        force, rate = block.values[:, :3].mean(axis=0), np.linalg.norm(block.values[:, 3:], axis=1)
        mean = self._mean.setdefault(block.source, force)
        moves = float(rate.max()) > STILL_RADPS or float(np.linalg.norm(force - mean)) > STILL_MPS2
        self._mean[block.source] = mean + STILL_MEMORY * (force - mean)
        if moves:
            self.still_since_s[block.source] = math.inf
            period_s = (end_s - float(block.t_s[0])) / max(1, len(block.t_s) - 1)
            self.turned_rad[block.source] += float(rate.sum()) * period_s
        else:
            self.still_since_s[block.source] = min(self.still_since_s[block.source], end_s)

    def forget(self) -> None:
        """Turning and pads count from now."""
        self.turned_rad = {SLED: 0.0, LEG: 0.0}
        self.pad_peaks = [math.nan, math.nan]
        self._pad_least = [math.inf, math.inf]

    def resting_s(self) -> float:
        """For how long every IMU that was heard has rested."""
        heard = [since_s for source, since_s in self.still_since_s.items() if source in self.seen]
        return max(0.0, self.t_s - max(heard)) if heard and max(heard) < math.inf else 0.0

    def silent(self, for_s: float) -> list[int]:
        """Sources that were heard, and not for so long while others were."""
        return [source for source, last_s in self._last_s.items() if self.t_s - last_s > for_s]

    def swapped(self) -> bool:
        """Whether the sled sensor turns like a leg and the leg sensor does not."""
        sled, leg = self.turned_rad[SLED], self.turned_rad[LEG]
        return sled > SWAPPED_RAD and sled > 4.0 * leg

    def bare_pads(self, pressed: bool) -> list[str]:
        """Heel pads that nothing presses, though the other one is, or both. pressed: whether feet must have pressed."""
        left, right = self.pad_peaks
        if math.isnan(left + right):
            return []
        if max(left, right) < PAD_CONTACT:
            return ["left", "right"] if pressed else []
        if not pressed and max(left / self._pad_least[0], right / self._pad_least[1]) < PAD_ROSE:
            return []
        return [side for side, own, other in (("left", left, right), ("right", right, left)) if own < PAD_SHARE * other]
