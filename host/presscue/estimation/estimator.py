"""The filter: knee flexion from a sled IMU and a leg IMU, one scalar update per reading at the reading's own time.

State x: flexion phi (rad), its first and second derivative, sled accelerometer bias along the rail (m/s2),
leg gyro bias about the flexion axis (rad/s), mount angle of the leg IMU against the shank (rad). An extended Kalman
filter on the slider-crank (linkage.py): the jerk of phi is white noise, biases and mount wander slowly.

What the sensors see, with psi = theta(phi) + mount + tissue * phi the IMU's own angle in the sagittal plane:
  sled:  D1 a + D2 w^2 + bias                                     along the rail, gravity removed
  gyro:  (theta1 + tissue) w + bias                               about the flexion axis
  leg:   R(-psi) (acceleration of the strap + g up), two components

With the IMU on the thigh all is the same in the mirrored leg (linkage.py), but for the strap's acceleration: the sled
does not carry the hip, about which the thigh turns.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue.compiled import njit
from presscue.estimation.linkage import flexion_at, pose, wrapped

GRAVITY_MPS2 = 9.80665
FAST_RADPS = 2.0  # from about here on movements have more jerk: of one way, it goes with the fifth power of speed
GATE = 4.0  # standard deviations at which an innovation is cut, or of the gyro believed
LEAST_S = 1e-3  # between two readings of the gyro
N = 6
PHI, RATE, ACCELERATION, SLED_BIAS, GYRO_BIAS, MOUNT = range(N)


class Noise(NamedTuple):
    """What the filter believes of its inputs. Larger sensor values: slower, smoother; larger walks: more agile."""

    jerk: float = 40.0  # rad2/s5, density of the jerk of phi; a 1 s press needs about 30
    sled_mps2: float = 0.3  # sensor noise and rail rumble
    gyro_radps: float = 0.03  # sensor noise and soft-tissue wobble
    leg_mps2: float = 0.5  # the same, and acceleration the rigid model misses
    sled_bias_walk: float = 2e-3  # m/s2 per sqrt(s)
    gyro_bias_walk: float = 2e-4  # rad/s per sqrt(s)
    mount_walk: float = 1e-4  # rad per sqrt(s)


class Leg(NamedTuple):
    """How the leg IMU sits: distance of the strap from the ankle, or on the thigh from the hip (m), soft-tissue term
    (rad per rad of flexion), mount angle (rad), up in the leg's plane, along u and w (shorter than 1 where the plane
    leans), and whether the sled carries the segment (1 shank, 0 thigh)."""

    strap_m: float
    tissue: float
    mount_rad: float
    up_u: float
    up_w: float
    carried: float = 1.0


def filter_dtype(n: int) -> np.dtype:
    """A filter of n states: x and its covariance P, and room for the row and gain of a measurement."""
    return np.dtype([("x", "f8", n), ("P", "f8", (n, n)), ("row", "f8", n), ("gain", "f8", n)])


FILTER = np.dtype([*filter_dtype(N).descr, ("unread_s", "f8")])
"""unread_s: time since the gyro was last read."""


def new_filter() -> np.ndarray:
    """A filter array (1,), to be set by `begin`; element 0 is the record that all steps take."""
    return np.zeros(1, FILTER).view(np.recarray)


@njit
def begin(s, phi, phi_sd, mount, mount_sd):
    """Start from a leg at rest at flexion phi (rad)."""
    x, P = s.x, s.P
    x[:] = 0.0
    P[:] = 0.0
    x[PHI] = phi
    x[MOUNT] = mount
    P[PHI, PHI] = phi_sd * phi_sd
    P[RATE, RATE] = 0.1**2
    P[ACCELERATION, ACCELERATION] = 0.5**2
    P[SLED_BIAS, SLED_BIAS] = 0.05**2
    P[GYRO_BIAS, GYRO_BIAS] = 0.01**2
    P[MOUNT, MOUNT] = mount_sd * mount_sd
    s.unread_s = 0.0


@njit
def add_jerk(P, density, dt):
    """Unknown jerk of phi, white over the last dt seconds, of this density (rad2/s5)."""
    q = density * dt
    P[0, 0] += q * dt**4 / 20.0
    P[0, 1] += q * dt**3 / 8.0
    P[1, 0] += q * dt**3 / 8.0
    P[0, 2] += q * dt * dt / 6.0
    P[2, 0] += q * dt * dt / 6.0
    P[1, 1] += q * dt * dt / 3.0
    P[1, 2] += q * dt / 2.0
    P[2, 1] += q * dt / 2.0
    P[2, 2] += q


@njit
def predict(s, dt, noise):
    """Carry state and covariance over dt seconds."""
    if dt <= 0.0:
        return
    x, P = s.x, s.P
    s.unread_s += dt
    x[PHI] += dt * (x[RATE] + 0.5 * dt * x[ACCELERATION])
    x[RATE] += dt * x[ACCELERATION]
    half = 0.5 * dt * dt
    for j in range(N):  # P <- F P
        P[0, j] += dt * P[1, j] + half * P[2, j]
        P[1, j] += dt * P[2, j]
    for i in range(N):  # P <- P F'
        P[i, 0] += dt * P[i, 1] + half * P[i, 2]
        P[i, 1] += dt * P[i, 2]
    add_jerk(P, noise.jerk * (1.0 + (x[RATE] / FAST_RADPS) ** 4), dt)
    P[3, 3] += noise.sled_bias_walk**2 * dt
    P[4, 4] += noise.gyro_bias_walk**2 * dt
    P[5, 5] += noise.mount_walk**2 * dt


@njit
def weigh(s):
    """P times s.row, which is 0 in most places, into s.gain; returns the variance of that measurement before noise."""
    P, row, gain = s.P, s.row, s.gain
    n = len(row)
    spread = 0.0
    gain[:] = 0.0
    for j in range(n):
        if row[j] != 0.0:
            for i in range(n):
                gain[i] += row[j] * P[j, i]
    for i in range(n):
        spread += row[i] * gain[i]
    return spread


@njit
def update(s, residual, variance, gate):
    """One scalar measurement with s.row of the filter s: returns the whitened innovation.

    Beyond `gate` standard deviations the measurement's variance is raised until the innovation sits on the gate,
    so that one clank cannot throw the state.
    """
    return correct(s, weigh(s), residual, variance, gate)


@njit
def update_entry(s, k, residual, variance, gate):
    """The same for a measurement of entry k of the state alone."""
    for i in range(len(s.gain)):
        s.gain[i] = s.P[i, k]
    return correct(s, s.P[k, k], residual, variance, gate)


@njit
def correct(s, spread, residual, variance, gate):
    """The correction of a measurement of this spread; s.gain holds P times its row."""
    x, P, gain = s.x, s.P, s.gain
    n = len(x)
    inverse = 1.0 / (spread + variance)
    white = residual * math.sqrt(inverse)
    if abs(white) > gate:
        inverse = min(inverse, (gate / residual) ** 2)
    for i in range(n):
        k = gain[i] * inverse
        x[i] += k * residual
        for j in range(n):
            P[i, j] -= k * gain[j]
    return white


@njit
def update_sled(s, at, noise, along):
    """Sled specific force along the rail with gravity removed (m/s2). at: pose of the linkage at the filter's flexion.
    Returns the whitened innovation."""
    x, h = s.x, s.row
    w = x[RATE]
    a = x[ACCELERATION]
    h[:] = 0.0
    h[RATE] = 2.0 * at.D2 * w
    h[ACCELERATION] = at.D1
    h[SLED_BIAS] = 1.0
    return update(s, along - (at.D1 * a + at.D2 * w * w + x[SLED_BIAS]), noise.sled_mps2**2, GATE)


@njit
def update_rate(s, residual, turn, variance):
    """The gyro's reading with s.row of the filter s; turn: the IMU's per flexion. Returns the whitened innovation.

    Beyond the gate it is the movement that has more jerk than the filter takes for possible, not the gyro that errs:
    since its last reading there has been as much as puts the innovation on the gate. So flexion goes by what the gyro
    has turned since then, and a leg whose flesh rings comes back to where it was.
    """
    spread = weigh(s)
    white = residual / math.sqrt(spread + variance)
    if abs(white) > GATE:
        dt = max(s.unread_s, LEAST_S)
        more = ((residual / GATE) ** 2 - spread - variance) / (turn * turn)
        add_jerk(s.P, 3.0 * more / dt**3, dt)
        spread = weigh(s)
    correct(s, spread, residual, variance, math.inf)
    s.unread_s = 0.0
    return white


@njit
def update_leg(s, links, leg, noise, rate, f1, f2):
    """Angular rate about the flexion axis (rad/s) and in-plane specific force (m/s2). Returns the three whitened
    innovations."""
    x, h = s.x, s.row
    at = pose(links, x[PHI])
    h[:] = 0.0
    turn = at.theta1 + leg.tissue
    h[PHI] = at.theta2 * x[RATE]
    h[RATE] = turn
    h[GYRO_BIAS] = 1.0
    by_rate = update_rate(s, rate - (turn * x[RATE] + x[GYRO_BIAS]), turn, noise.gyro_radps**2)
    by_first = by_second = 0.0
    for k in range(2):
        at = pose(links, x[PHI])
        w = x[RATE]
        a = x[ACCELERATION]
        sine, cosine = at.sine, at.cosine
        spin = at.theta1 * a + at.theta2 * w * w
        sweep = at.theta1 * w
        slide = leg.carried * (at.D1 * a + at.D2 * w * w)
        reach_m = leg.strap_m * (2.0 * leg.carried - 1.0)
        fu = slide + reach_m * (spin * sine + sweep * sweep * cosine)
        fw = reach_m * (-spin * cosine + sweep * sweep * sine)
        gu = GRAVITY_MPS2 * leg.up_u
        gw = GRAVITY_MPS2 * leg.up_w
        apart = x[MOUNT] + leg.tissue * x[PHI]
        ca, sa = math.cos(apart), math.sin(apart)
        cp, sp = cosine * ca - sine * sa, sine * ca + cosine * sa
        # The row for psi holds gravity alone: with the noisy acceleration in it, row and residual would be
        # correlated, and rumble would push flexion and mount apart by a degree a second (seen in simulation).
        if k == 0:
            per_a_u, per_a_w = cp, sp
            per_psi = -sp * gu + cp * gw
            residual = f1 - (cp * (fu + gu) + sp * (fw + gw))
        else:
            per_a_u, per_a_w = -sp, cp
            per_psi = -cp * gu - sp * gw
            residual = f2 - (-sp * (fu + gu) + cp * (fw + gw))
        du_da = leg.carried * at.D1 + reach_m * at.theta1 * sine
        dw_da = -reach_m * at.theta1 * cosine
        h[:] = 0.0
        h[PHI] = per_psi * turn
        h[RATE] = per_a_u * 2.0 * (leg.carried * at.D2 + reach_m * at.theta1 * at.theta1 * cosine) * w
        h[ACCELERATION] = per_a_u * du_da + per_a_w * dw_da
        h[MOUNT] = per_psi
        white = update(s, residual, noise.leg_mps2**2, GATE)
        if k == 0:
            by_first = white
        else:
            by_second = white
    return by_rate, by_first, by_second


@njit
def flexion_at_rest(links, leg, f1, f2):
    """Flexion (rad) of a leg at rest from the gravity its IMU feels in the plane; NaN if the leg cannot be so."""
    psi = math.atan2(leg.up_w, leg.up_u) - math.atan2(f2, f1)
    return flexion_at(links, leg.tissue, wrapped(psi - leg.mount_rad))


@njit
def carry_over(x, links, leg, new_links, new_leg):
    """Express the state under a new calibration: the IMU's own angle and rate stay what they are."""
    at = pose(links, x[PHI])
    psi = at.theta + x[MOUNT] + leg.tissue * x[PHI]
    phi = flexion_at(new_links, new_leg.tissue, psi - new_leg.mount_rad)
    if math.isnan(phi):
        return False
    now = pose(new_links, phi)
    turn = (at.theta1 + leg.tissue) / (now.theta1 + new_leg.tissue)
    x[PHI] = phi
    x[RATE] *= turn
    x[ACCELERATION] *= turn
    x[MOUNT] = new_leg.mount_rad
    return True
