"""Drawing the sled's course: holds, human movements, rebounds, one after the other on the 1 kHz grid."""

import numpy as np

from presscue.simulator.curves import GRID_HZ, ease, progress
from presscue.simulator.scenario import Scenario


class Leg:
    """Hip-ankle distances of one lifter: the law of cosines, for drawing movements in knee angle."""

    def __init__(self, scenario: Scenario, ankle_height_m):
        self.thigh_m, self.shank_m = scenario.thigh_m, scenario.shank_m
        self.offset2 = ankle_height_m**2 + scenario.ankle_lateral_m**2

    def rail_m(self, flexion_deg):
        """Rail coordinate of a knee flexion."""
        cos = np.cos(np.radians(flexion_deg))
        reach2 = self.thigh_m**2 + self.shank_m**2 + 2 * self.thigh_m * self.shank_m * cos
        return np.sqrt(reach2 - self.offset2)

    def flexion_deg(self, rail_m):
        """Knee flexion at a rail coordinate."""
        reach2 = np.square(rail_m) + self.offset2
        cos = (reach2 - self.thigh_m**2 - self.shank_m**2) / (2 * self.thigh_m * self.shank_m)
        return np.degrees(np.arccos(np.clip(cos, -1.0, 1.0)))


_REBOUND_S = 0.055  # how long a bouncing sled takes to reverse


class Pen:
    """Draws the rail coordinate, piece after piece; `now_s` is where it stands.

    `beyond` holds, for each piece, where the knee is bent the other way: there the rail turns back.
    """

    def __init__(self, rail_m: float):
        self.pieces = [np.array([rail_m])]
        self.beyond = [np.array([False])]
        self.samples = 1
        self.rail_m = rail_m

    @property
    def now_s(self) -> float:
        return (self.samples - 1) / GRID_HZ

    def _draw(self, rail_m: np.ndarray, beyond: np.ndarray | None = None) -> tuple[float, float]:
        start_s = self.now_s
        self.pieces.append(rail_m)
        self.beyond.append(np.zeros(rail_m.size, bool) if beyond is None else beyond)
        self.samples += rail_m.size
        self.rail_m = float(self.pieces[-1][-1]) if rail_m.size else self.rail_m
        return start_s, self.now_s

    def hold(self, duration_s: float) -> tuple[float, float]:
        """Stand still. Returns (start_s, end_s), as all strokes do."""
        n = round(duration_s * GRID_HZ)
        return self._draw(np.full(n, self.rail_m), np.full(n, self.is_beyond))

    @property
    def is_beyond(self) -> bool:
        """Whether the knee is now bent the other way."""
        last = next((piece for piece in reversed(self.beyond) if piece.size), None)
        return last is not None and bool(last[-1])

    def move(self, leg: Leg, to_deg: float, duration_s: float, shape, along: str) -> tuple[float, float]:
        """A movement from rest to rest, of the course `progress(n, *shape)` along the "knee" or the "sled".

        To or from a flexion below 0 it is always along the knee.
        """
        way = progress(round(duration_s * GRID_HZ), *shape)
        beyond = self.is_beyond
        if along == "knee" or to_deg < 0 or beyond:
            start_deg = float(leg.flexion_deg(self.rail_m)) * (-1 if beyond else 1)
            course_deg = start_deg + (to_deg - start_deg) * way
            path = leg.rail_m(course_deg)
            return self._draw(path + (self.rail_m - leg.rail_m(start_deg)) * (1 - way), course_deg < 0)
        return self._draw(self.rail_m + (leg.rail_m(to_deg) - self.rail_m) * way)

    def bounce(self, leg: Leg, deep_deg: float, top_deg: float, lower_s: float):
        """Lowering and press in one: the sled rebounds with the speed at which it came down."""
        n_low = round(lower_s * GRID_HZ)
        down_m = self.rail_m - float(leg.rail_m(deep_deg))
        t_s = np.arange(1, n_low + 1) / GRID_HZ
        down = np.cumsum(ease(t_s / (0.7 * lower_s)) * np.tanh((lower_s - t_s) / _REBOUND_S))
        speed = down_m / down[-1]  # per sample
        up_m = float(leg.rail_m(top_deg) - leg.rail_m(deep_deg))
        press_s = 2 * (up_m / speed / GRID_HZ + _REBOUND_S * np.log(2))  # a tanh, faded out by a step, covers this
        t_s = np.arange(1, round(press_s * GRID_HZ) + 1) / GRID_HZ
        up = speed * np.cumsum(np.tanh(t_s / _REBOUND_S) * (1 - ease(t_s / press_s)))
        up += (up_m - up[-1]) * ease(t_s / press_s)  # what the approximation leaves, a trace
        lowering = self._draw(self.rail_m - speed * down)
        return lowering, self._draw(self.rail_m + up)
