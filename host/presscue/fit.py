"""The fit of a calibration: frames, mount and geometry from the first reps, by the filter's own innovations.

When mounting.py has found the frames, the link lengths, ankle height, strap place, soft-tissue term and mount angle are
those for which the filter (estimator.py) is least surprised by the readings, under anthropometric priors (Drillis &
Contini 1966 for the lengths).
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from presscue.calibration import Calibration, History, NoFit, Priors
from presscue.compiled import njit
from presscue.estimator import (
    GRAVITY_MPS2,
    Leg,
    Noise,
    begin,
    flexion_at_rest,
    new_filter,
    predict,
    update_leg,
    update_sled,
)
from presscue.linkage import Links, pose, wrapped
from presscue.mounting import flexion_frame, moving_mask, rail_frame, sled_floor, sled_velocity

THIGH_PER_HEIGHT, SHANK_PER_HEIGHT = 0.245, 0.246  # Drillis & Contini 1966
SEGMENT_SD_M = 0.02
USUAL_HEIGHT_M, HEIGHT_SD_M = 1.73, 0.10
ANKLE_HEIGHT_M, ANKLE_HEIGHT_SD_M = 0.10, 0.10
STRAP_M, STRAP_SD_M = 0.27, 0.08  # above the ankle; "below the knee"
TISSUE_SD = 0.03  # rad per rad of flexion: 2.6 degrees at 90
INNOVATION_WEIGHT = 0.3  # innovations of a model that is not quite true are correlated: each counts for less
HOLD_SD_RAD = 0.0175  # how straight a leg held straight is
LONGEST_S = 60.0  # of readings in one fit
LEVEL_SINE = 0.17  # below ten degrees of incline, gravity does not show which way is outward
WORST_COST = 1.0  # weighted squared innovation per reading beyond which the fit is not believed


@njit
def innovations(kinds, t_s, readings, starts, links, leg, noise, x, P, out):
    """Run the filter over merged readings; fills out (n, 3) with whitened innovations, 0 where there is none.

    kinds (n,): 0 sled, 1 leg. readings (n, 3): along, -, - or rate, f1, f2. starts (n, 3): flag 1 where a stretch
    begins and the filter is set from the in-plane specific force of a leg at rest that stands beside it.
    """
    white = np.zeros(3)
    for i in range(len(t_s)):
        if starts[i, 0] == 1.0:
            phi = flexion_at_rest(links, leg, starts[i, 1], starts[i, 2])
            begin(x, P, 0.0 if math.isnan(phi) else phi, 0.1, leg.mount_rad, 1e-4)
        else:
            predict(x, P, t_s[i] - t_s[i - 1], noise)
        if kinds[i] == 0:
            out[i, 0] = update_sled(x, P, links, noise, readings[i, 0])
        else:
            update_leg(x, P, links, leg, noise, readings[i, 0], readings[i, 1], readings[i, 2], white)
            out[i, 0] = white[0]
            out[i, 1] = white[1]
            out[i, 2] = white[2]


@dataclass
class _Problem:
    """Merged readings of the stretches to fit and the priors; `residuals` is what the fit makes small."""

    kinds: np.ndarray
    t_s: np.ndarray
    readings: np.ndarray
    starts: np.ndarray
    hold_psi: float | None  # angle of the leg IMU from the rail while the leg was held straight, rad
    up: tuple[float, float]
    mean: np.ndarray
    sd: np.ndarray
    noise: Noise

    def split(self, p: np.ndarray) -> tuple[Links, Leg]:
        thigh, shank, height, strap, tissue, mount = (float(v) for v in p)
        return Links(thigh, shank, height), Leg(strap, tissue, mount, *self.up)

    def residuals(self, p: np.ndarray) -> np.ndarray:
        links, leg = self.split(p)
        white = np.zeros((len(self.t_s), 3))
        innovations(self.kinds, self.t_s, self.readings, self.starts, links, leg, self.noise, *new_filter(), white)
        size = np.abs(white)
        white = np.where(size > 2.0, np.sign(white) * np.sqrt(np.maximum(4.0 * size - 4.0, 0.0)), white)  # Huber
        parts = [INNOVATION_WEIGHT * white.ravel(), (p - self.mean) / self.sd]
        if self.hold_psi is not None:
            off = wrapped(self.hold_psi - pose(links, 0.0).theta - leg.mount_rad)
            parts.append(np.array([off / HOLD_SD_RAD]))
        return np.concatenate(parts)


def _minimise(problem: _Problem, p: np.ndarray, steps: int) -> tuple[np.ndarray, float, np.ndarray]:
    """Levenberg-Marquardt with forward differences: best p, its cost, and the normal matrix there."""
    scale = np.array([1e-3, 1e-3, 2e-3, 2e-3, 1e-3, 1e-3])
    r = problem.residuals(p)
    cost = float(r @ r)
    damping = 1e-2
    normal = np.eye(len(p))
    for _ in range(steps):
        jacobian = np.empty((len(r), len(p)))
        for k in range(len(p)):
            q = p.copy()
            q[k] += scale[k]
            jacobian[:, k] = (problem.residuals(q) - r) / scale[k]
        normal = jacobian.T @ jacobian
        slope = jacobian.T @ r
        for _ in range(6):
            step = -np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slope)
            step = np.clip(step, -4 * problem.sd, 4 * problem.sd)
            trial = problem.residuals(p + step)
            if float(trial @ trial) < cost:
                break
            damping *= 5.0
        else:
            break
        gain = cost - float(trial @ trial)
        p, r, cost = p + step, trial, float(trial @ trial)
        damping = max(damping / 10.0, 1e-6)
        if gain < 1e-4 * cost:
            break
    return p, cost, normal


def _stretches(history: History, c: Calibration) -> list[tuple[float, float]]:
    """Where the sled moves, each with the moment of rest before it."""
    along = history.sled[:, :3] @ c.rail - c.gravity_along_mps2
    moving = moving_mask(history.sled_t_s, history.sled_t_s, along, c.sled_floor_mps2)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], moving, [False]]).astype(int)))
    last = len(history.sled_t_s) - 1
    times = [(float(history.sled_t_s[a]), float(history.sled_t_s[min(b, last)])) for a, b in edges.reshape(-1, 2)]
    newest = float(history.sled_t_s[-1])
    return [(a, b) for a, b in times if b - a > 2.0 and b > newest - LONGEST_S]


def _problem(history: History, priors: Priors, c: Calibration) -> _Problem:
    n = len(history.sled_t_s)
    t_s = np.concatenate([history.sled_t_s, history.leg_t_s])
    kinds = np.ones(len(t_s), np.int64)
    kinds[:n] = 0
    readings = np.zeros((len(t_s), 3))
    readings[:n, 0] = history.sled[:, :3] @ c.rail - c.gravity_along_mps2
    readings[n:, 0] = history.leg[:, 3:] @ c.axis - c.gyro_bias_radps
    readings[n:, 1] = history.leg[:, :3] @ c.first
    readings[n:, 2] = history.leg[:, :3] @ c.second
    order = np.argsort(t_s, kind="stable")
    t_s, kinds, readings = t_s[order], kinds[order], readings[order]
    kept = np.zeros(len(t_s), np.bool_)
    starts = np.zeros((len(t_s), 3))
    for since, until in _stretches(history, c):
        inside = (t_s >= since) & (t_s <= until)
        early = readings[inside & (kinds == 1) & (t_s < since + 0.25)]
        if len(early):
            kept |= inside
            starts[np.flatnonzero(inside)[0]] = (1.0, early[:, 1].mean(), early[:, 2].mean())
    if not kept.any():
        raise NoFit("the sled has not moved yet")
    hold_psi = None
    if priors.hold_s is not None:
        held = readings[(kinds == 1) & (t_s >= priors.hold_s[0]) & (t_s <= priors.hold_s[1])]
        if len(held):
            middle = np.median(held, axis=0)
            hold_psi = math.atan2(c.leg.up_w, c.leg.up_u) - math.atan2(middle[2], middle[1])
    height = priors.height_m or USUAL_HEIGHT_M
    segment_sd = math.hypot(SEGMENT_SD_M, 0.0 if priors.height_m else SHANK_PER_HEIGHT * HEIGHT_SD_M)
    mean = np.array([THIGH_PER_HEIGHT * height, SHANK_PER_HEIGHT * height, ANKLE_HEIGHT_M, STRAP_M, 0.0, 0.0])
    sd = np.array([segment_sd, segment_sd, ANKLE_HEIGHT_SD_M, STRAP_SD_M, TISSUE_SD, 100.0])
    return _Problem(
        kinds[kept], t_s[kept], readings[kept], starts[kept], hold_psi, (c.leg.up_u, c.leg.up_w), mean, sd, Noise()
    )


def _starts(problem: _Problem) -> list[np.ndarray]:
    """Where to start: the leg at its most extended was near straight, softly bent, or well bent."""
    leg = problem.readings[problem.kinds == 1]
    pitch = np.unwrap(math.atan2(problem.up[1], problem.up[0]) - np.arctan2(leg[:, 2], leg[:, 1]))
    extended = float(np.quantile(pitch, 0.98))
    starts = []
    for degrees in (3.0, 15.0, 30.0):
        p = problem.mean.copy()
        p[5] = extended - pose(problem.split(p)[0], math.radians(degrees)).theta
        starts.append(p)
    return starts


def fit_linkage(history: History, priors: Priors, frames: Calibration) -> Calibration:
    """Add link lengths, ankle height, strap, tissue term and mount to a calibration that has its frames."""
    problem = _problem(history, priors, frames)
    trials = [_minimise(problem, p, 3) for p in _starts(problem)]
    p, cost, normal = _minimise(problem, min(trials, key=lambda trial: trial[1])[0], 12)
    links, leg = problem.split(p)
    return replace(
        frames, links=links, leg=leg, sd=np.sqrt(np.diag(np.linalg.inv(normal))), cost=cost / len(problem.t_s)
    )


def fit(history: History, priors: Priors, effective_s: float, previous: Calibration | None = None) -> Calibration:
    """A calibration from the readings so far. Raises NoFit with the reason if they do not allow one.

    previous: keep its frames and refine the linkage only.
    """
    has_sled, has_leg = len(history.sled_t_s) > 20, len(history.leg_t_s) > 20
    if previous is not None and previous.linked:
        return replace(fit_linkage(history, priors, previous), effective_s=effective_s)
    c = Calibration(effective_s, has_sled, has_leg)
    moving = np.ones(len(history.leg_t_s), np.bool_)
    along = np.zeros(0)
    if has_sled:
        rail, gravity_along = rail_frame(history.sled_t_s, history.sled)
        along = history.sled[:, :3] @ rail - gravity_along
        floor = sled_floor(history.sled_t_s, along)
        c = replace(c, rail=rail, gravity_along_mps2=gravity_along, sled_floor_mps2=floor)
        if has_leg:
            moving = moving_mask(history.leg_t_s, history.sled_t_s, along, floor)
            if not moving.any():
                raise NoFit("the sled has not moved yet")
    if not has_leg:
        return c
    axis, first, bias = flexion_frame(history.leg_t_s, history.leg, moving)
    c = replace(c, axis=axis, first=first, gyro_bias_radps=float(bias @ axis))
    if not has_sled or not priors.on_shank:
        return replace(c, apart=has_sled)
    c = replace(c, leg=_upright(history, priors, c, moving))
    rate = history.leg[:, 3:] @ c.axis - c.gyro_bias_radps
    velocity = np.interp(history.leg_t_s, history.sled_t_s, sled_velocity(history.sled_t_s, along))
    if float(rate[moving] @ velocity[moving]) < 0:  # extending turns the shank towards +psi
        c = replace(c, axis=-c.axis, gyro_bias_radps=-c.gyro_bias_radps)
    best = fit_linkage(history, priors, c)
    if abs(c.leg.up_u) < LEVEL_SINE:  # a level rail: gravity does not tell outward from inward, the linkage does
        other = replace(
            c,
            rail=-c.rail,
            gravity_along_mps2=-c.gravity_along_mps2,
            axis=-c.axis,
            gyro_bias_radps=-c.gyro_bias_radps,
            leg=c.leg._replace(up_u=-c.leg.up_u),
        )
        best = min(best, fit_linkage(history, priors, other), key=lambda each: each.cost)
    if best.cost > WORST_COST:
        raise NoFit("the readings of leg and sled do not fit one linkage")
    return best


def _upright(history: History, priors: Priors, c: Calibration, moving: np.ndarray) -> Leg:
    """Where up is in the leg's plane: along the rail as the sled says, across the plane as the leg IMU says."""
    along = math.sin(math.radians(c.rail_deg if priors.rail_deg is None else priors.rail_deg))
    across = float(np.median(history.leg[moving, :3] @ c.axis)) / GRAVITY_MPS2
    return Leg(STRAP_M, 0.0, 0.0, along, math.sqrt(max(1.0 - along * along - across * across, 0.0)))
