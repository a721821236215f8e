"""A performed session: what both IMUs and the pads feel at any time, and the truth about it.

The IMUs' readings are found by differentiating the body's positions and rotations on a 1 kHz grid; nothing here
knows a formula of the slider-crank's rates.
"""

import numpy as np

from presscue.simulator.body import Body, length, pose, quaternion_matrix, rotation
from presscue.simulator.curves import GRID_HZ
from presscue.simulator.forces import pad_forces
from presscue.simulator.motion import draw
from presscue.simulator.plan import plan_reps
from presscue.simulator.scenario import Scenario
from presscue.simulator.truth import Truth, find_truth
from presscue.simulator.vibration import clanks, rumble

GRAVITY_MPS2 = 9.80665


class Performance:
    """What a scenario turned into. Noise-free: the sensors' errors are added by whoever reads them."""

    def __init__(self, scenario: Scenario, truth: Truth, sled: np.ndarray, leg: np.ndarray, pads: np.ndarray):
        self.scenario = scenario
        self.truth = truth
        self.duration_s = (sled.shape[0] - 1) / GRID_HZ
        self._imu = {"sled": sled, "leg": leg}
        self._pads = pads

    def imu(self, which: str, t_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Specific force (n, 3) in m/s2 and angular rate (n, 3) in rad/s of "sled" or "leg" at times `t_s` (n,).

        In the sensor's own axes, as mounted. Before the start and after the end the first and last reading hold.
        """
        both = _lookup(self._imu[which], np.asarray(t_s, float))
        return both[:, :3], both[:, 3:]

    def pads(self, t_s: np.ndarray) -> np.ndarray:
        """Pad forces (n, 3) in N: heel left, heel right, seat."""
        return np.maximum(_lookup(self._pads, np.asarray(t_s, float)), 0.0)


def perform(scenario: Scenario) -> Performance:
    """Act out a scenario. The same scenario gives the same performance."""
    rng = np.random.default_rng([scenario.seed, 2])
    reps = plan_reps(scenario, rng)
    motion = draw(scenario, reps, rng)
    speed_mps = np.gradient(motion.rail_m, 1 / GRID_HZ)
    shaken = rumble(rng, speed_mps, scenario.rumble_mps2)
    shaken += clanks(rng, motion.t_s.size, motion.clanks, scenario.clank_mps2)
    body = pose(scenario, motion, shaken, rng)
    sled, leg = _sled_imu(scenario, body, shaken), _leg_imu(scenario, body)
    return Performance(scenario, find_truth(scenario, motion, body), sled, leg, pad_forces(scenario, motion, rng))


def _acceleration(points: np.ndarray) -> np.ndarray:
    second = np.zeros_like(points)
    second[1:-1] = (points[2:] - 2 * points[1:-1] + points[:-2]) * GRID_HZ**2
    return second


def _specific_force(points: np.ndarray) -> np.ndarray:
    return _acceleration(points) + np.array([0.0, 0.0, GRAVITY_MPS2])


def _sled_imu(scenario: Scenario, body: Body, shaken: np.ndarray) -> np.ndarray:
    """The sled only translates; what shakes it also rocks it by a trace, as on any real carriage."""
    mount = quaternion_matrix(scenario.sled_mount)
    rocking = np.gradient(shaken[:, [2, 0, 1]], 1 / GRID_HZ, axis=0) / 2.0  # over a carriage of some 2 m
    force = _specific_force(body.sled) @ body.sled_axes
    if body.sled_nod.any():
        nodding = body.sled_nod[:, None] * np.array([0.0, 1.0, 0.0])
        force = np.einsum("nij,ni->nj", rotation(nodding), force)
        rocking = rocking + np.gradient(nodding, 1 / GRID_HZ, axis=0)
    return np.hstack([force @ mount, rocking @ mount])


def _leg_imu(scenario: Scenario, body: Body) -> np.ndarray:
    axes = body.strap_axes @ quaternion_matrix(scenario.leg_mount)
    force = np.einsum("nij,ni->nj", axes, _specific_force(body.strap))
    return np.hstack([force, angular_rate(axes)])


def angular_rate(axes: np.ndarray) -> np.ndarray:
    """Rate (n, 3), rad/s, in the moving axes, of rotations (n, 3, 3) on the grid, by central differences."""
    # half the skew part of before' after: the sine of the angle turned in two steps, along its axis
    x, y, z = (np.cross(axes[2:, row], axes[:-2, row]) for row in range(3))
    sine = 0.5 * (x + y + z)
    size = length(sine)
    angle = sine * np.where(size > 1e-9, np.arcsin(np.minimum(size, 1.0)) / np.maximum(size, 1e-12), 1.0)
    rate = np.zeros((axes.shape[0], 3))
    rate[1:-1] = angle * (GRID_HZ / 2)
    rate[0], rate[-1] = rate[1], rate[-2]
    return rate


def _lookup(grid: np.ndarray, t_s: np.ndarray) -> np.ndarray:
    """Cubic (Catmull-Rom) interpolation of grid rows at `t_s`."""
    last = grid.shape[0] - 1
    at = np.clip(t_s * GRID_HZ, 0, last)
    i = np.minimum(at.astype(np.int64), last - 1)
    x = (at - i)[:, None]
    before, here, there, after = grid[np.maximum(i - 1, 0)], grid[i], grid[i + 1], grid[np.minimum(i + 2, last)]
    return here + 0.5 * x * (
        there - before + x * (2 * before - 5 * here + 4 * there - after + x * (3 * (here - there) + after - before))
    )
