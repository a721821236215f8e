"""A slam's stop sets the flesh under the strap ringing: once it is quiet, flexion is what it would be without."""

import math

import numpy as np
import pytest

from presscue.estimation.estimator import (
    GRAVITY_MPS2,
    PHI,
    Leg,
    Noise,
    begin,
    new_filter,
    predict,
    update_leg,
    update_sled,
)
from presscue.estimation.linkage import Links, pose

LINKS = Links(0.43, 0.43, 0.06)
LEG = Leg(0.25, 0.0, 0.0, math.sin(math.radians(45.0)), math.cos(math.radians(45.0)))
GRID_HZ = 1000
FLESH_M = 0.05  # between bone and sensor


def slammed(stop_s: float) -> np.ndarray:
    """Flexion (rad) at GRID_HZ for 2 s: from rest at 70 degrees to 5, at 6 rad/s until it is stopped in stop_s."""
    t_s = np.arange(2 * GRID_HZ) / GRID_HZ
    even_s = math.radians(65.0) / 6.0 - 0.15 - stop_s / 2.0
    rate = -np.interp(t_s, np.cumsum([0.4, 0.3, even_s, stop_s]), [0.0, 6.0, 6.0, 0.0])
    return math.radians(70.0) + np.cumsum(rate) / GRID_HZ


def rung(hz: float, phi: np.ndarray) -> np.ndarray:
    """How far the sensor is turned against the bone (rad): a damped spring that the shank's own turn drives."""
    force, spring, damping = np.gradient(np.gradient(phi)) * GRID_HZ**2, (2 * math.pi * hz) ** 2, 0.3 * 2 * math.pi * hz
    turned, rate = np.zeros(phi.size), 0.0
    for i in range(1, phi.size):
        rate += (2.0 * force[i] - spring * turned[i - 1] - damping * rate) / GRID_HZ
        turned[i] = turned[i - 1] + rate / GRID_HZ
    return turned


@pytest.mark.parametrize("hz", [8.0, 12.0, 16.0])
@pytest.mark.parametrize("rate_hz", [100, 200])
def test_flexion_after_a_slam_does_not_depend_on_what_rings(hz, rate_hz):
    phi = slammed(0.04)
    at = [pose(LINKS, float(value)) for value in phi]
    theta, place = np.array([one.theta for one in at]), np.array([one.D for one in at])
    turned = rung(hz, phi)
    psi = theta + turned
    strap = np.stack([place - LEG.strap_m * np.cos(theta), LINKS.height_m - LEG.strap_m * np.sin(theta)])
    up = GRAVITY_MPS2 * np.array([[LEG.up_u], [LEG.up_w]])
    u, w = np.gradient(np.gradient(strap, axis=1), axis=1) * GRID_HZ**2 + up
    shaken = FLESH_M * np.gradient(np.gradient(turned)) * GRID_HZ**2
    f1, f2 = np.cos(psi) * u + np.sin(psi) * w, -np.sin(psi) * u + np.cos(psi) * w + shaken
    gyro = np.gradient(psi) * GRID_HZ
    along = np.gradient(np.gradient(place)) * GRID_HZ**2
    assert np.abs(np.gradient(turned) * GRID_HZ).max() > 1.5  # rad/s; in independent simulators 3
    link, noise = new_filter()[0], Noise()
    begin(link, phi[0], 0.02, 0.0, 0.002)
    found = []
    for i in range(0, phi.size, GRID_HZ // rate_hz):
        predict(link, 1.0 / rate_hz, noise)
        update_sled(link, pose(LINKS, link.x[PHI]), noise, along[i])
        update_leg(link, LINKS, LEG, noise, gyro[i], f1[i], f2[i])
        found.append(link.x[PHI])
    late = np.degrees(np.array(found) - phi[:: GRID_HZ // rate_hz])[int(1.1 * rate_hz) : int(1.4 * rate_hz)]
    print(f"{hz:.0f} Hz, {rate_hz} readings a second: {late.mean():+.2f} degrees off")
    assert abs(late.mean()) < 3.0
