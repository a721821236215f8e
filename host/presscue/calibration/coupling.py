"""Where leg and sled move together: what tells a set from all else that shakes one of them or both.

On the sled a leg turns as fast as the sled goes, up to a lever that changes slowly; a leg that walks or swings while
plates clank does not. So the sled's velocity and the leg's rate are compared over some seconds, both freed of what is
slower than a stroke, which nothing but a drifting integral would show. Needs neither rail nor axis: those are the
directions in which the two go together.
"""

import math

import numpy as np

from presscue import advice
from presscue.advice import Remark
from presscue.calibration.model import Calibration, History, NoFit
from presscue.calibration.mounting import (
    HARDEST_MPS2,
    along_rail,
    angle_deg,
    interval_s,
    pushes,
    resting,
    resting_force,
    smooth,
    thinned,
    turn_rate,
)
from presscue.compiled import njit

MEMORY_S, SLOWEST_S = 1.5, 4.0  # of the sled's velocity, and of what is taken for drift in it and in the leg's rate
WINDOW_S = 4.0  # over which they are compared
SMOOTH_S = 0.1
TOGETHER = 0.6  # correlation of a leg on the sled: 0.9 as a rule, less where a rep is thrown or a knee falls
GOING_MPS = 0.015  # and so much movement of the sled, as a root mean square
TURNING_RADPS, PUSHED_MPS2, FLOORS = 0.05, 0.12, 3.0  # a leg or a sled that moves, the sled by so many of its floors
NEAR_S = 1.0  # what moves within half of this is one movement
PARTS = 4  # of the readings, to see how surely they show an axis
LEAST_S = 2.0  # of movement together, for directions
LEAST_RAD = 0.9  # by which the leg turns with the sled, to and fro: a repetition, and not the way to the rack
LEFT_RAD, LEAVING_S = 0.05, 1.0  # so far from its angle in it a leg has left the hold; what is looked at about then
LEAVING, LEVER_M = 0.4, 0.03  # correlation on a sled that goes along: 0.68 to 0.9; m a radian, near straight: 0.1
MOVED_MPS, IDLE_RADPS, IDLE_S = 0.05, 0.04, 4.0  # a sled that goes for so long while the leg turns by no more than that

Spans = list[tuple[float, float]]
"""From when to when, s."""


def directions(history: History) -> tuple[np.ndarray, np.ndarray]:
    """The rail in the sled IMU (3,) and the flexion axis in the leg IMU (3,): outward along the rail goes with a
    positive turn about the axis; together they may both be the wrong way round. To some degrees. Raises NoFit."""
    leg_t_s, leg = history.leg_t_s, history.leg
    since_s, until_s = both_there(history)
    rest = resting(leg_t_s, leg)
    push = pushes(history.sled, resting_force(history.sled_t_s, history.sled))
    t_s = np.arange(since_s, until_s, SMOOTH_S / 2.0)
    velocity = strokes_only(t_s, _at(t_s, history.sled_t_s, push, 2), True)
    rate = strokes_only(t_s, _at(t_s, leg_t_s, leg[:, 3:] - np.median(leg[rest, 3:], axis=0), 2), False)
    both = _each_second((velocity[:, :, None] * rate[:, None, :]).reshape(-1, 9), t_s).reshape(-1, 3, 3)
    going, turning = (_each_second(np.sum(each**2, axis=1, keepdims=True), t_s)[:, 0] for each in (velocity, rate))
    moved = turning[going > MOVED_MPS**2]
    if len(moved) > IDLE_S and moved.max() < IDLE_RADPS**2:
        raise NoFit("the leg does not move", (Remark(advice.LEG_IDLE, float(leg_t_s[0])),))
    strength = np.linalg.norm(both, ord=2, axis=(1, 2))
    correlation = strength / np.sqrt(np.maximum(going * turning, 1e-12))
    sure = (correlation > TOGETHER) & (going > GOING_MPS**2)
    if np.count_nonzero(sure) < LEAST_S:
        raise NoFit("leg and sled have not moved together yet")
    weight = np.where(sure, (correlation - TOGETHER) / np.maximum(strength, 1e-12), 0.0)
    rails, _, axes = np.linalg.svd(np.tensordot(weight, both, 1))
    return rails[:, 0], axes[0]


def both_there(history: History) -> tuple[float, float]:
    """From when to when there are readings of leg and sled, s. Raises NoFit if that is too short to see them move."""
    t_s = history.leg_t_s, history.sled_t_s
    if min(len(each) for each in t_s) < 2:
        raise NoFit("a sensor has been silent since")
    since_s, until_s = max(float(each[0]) for each in t_s), min(float(each[-1]) for each in t_s)
    if until_s - since_s < LEAST_S:
        raise NoFit("leg and sled have not been there together yet")
    return since_s, until_s


def movements(history: History, c: Calibration) -> Spans:
    """From when to when leg and sled move together in the frames of c, each with the moment of rest before it."""
    sled_t_s, along, leg_t_s, rate = _thinned(history, c)
    return moved_together(sled_t_s, along, c.sled_floor_mps2, leg_t_s, rate)


def _thinned(history: History, c: Calibration) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Times and accelerations along the rail (n, 1), clanks cut off, and those of the leg's turn rate (m, 1)."""
    return *thinned(history.sled_t_s, _push(history, c)), *thinned(history.leg_t_s, turn_rate(history, c)[:, None])


def _push(history: History, c: Calibration) -> np.ndarray:
    """The sled's acceleration along the rail, clanks cut off, (n, 1)."""
    return np.clip(along_rail(history, c), -HARDEST_MPS2, HARDEST_MPS2)[:, None]


def moved_together(
    sled_t_s: np.ndarray, along_mps2: np.ndarray, floor_mps2: float, leg_t_s: np.ndarray, rate_radps: np.ndarray
) -> Spans:
    """The same from the sled's acceleration along the rail at sled_t_s, (n, 1), clanks cut off, with its deviation at
    rest, and the leg's rate about the flexion axis at leg_t_s, (m, 1), > 0 outward."""
    if min(len(sled_t_s), len(leg_t_s)) < 3:
        return []
    along = _at(leg_t_s, sled_t_s, along_mps2)
    rate = smooth(rate_radps, leg_t_s, SMOOTH_S)
    busy = (np.abs(along) > max(PUSHED_MPS2, FLOORS * floor_mps2)) | (np.abs(rate) > TURNING_RADPS)
    near = smooth(busy.astype(float), leg_t_s, NEAR_S)[:, 0] > 0.0
    velocity, turn = strokes_only(leg_t_s, along, True), strokes_only(leg_t_s, rate, False)
    products = np.concatenate([velocity * turn, velocity**2, turn**2], axis=1)
    about = _together(smooth(products, leg_t_s, WINDOW_S))
    spans = []
    for start, end in runs(near):
        whole = _together(products[start:end].mean(axis=0, keepdims=True))[0]
        parts = [(0, end - start)] if whole else runs(about[start:end])
        spans += [(float(leg_t_s[start + a]), float(leg_t_s[start + b - 1])) for a, b in parts]
    return spans


def _together(products: np.ndarray) -> np.ndarray:
    """Whether means of velocity times rate and of the square of each, (n, 3), are those of a leg on a sled, (n,)."""
    both, going, turning = products.T
    return (both > TOGETHER * np.sqrt(going * turning)) & (going > GOING_MPS**2)


def held_on_sled(history: History, c: Calibration, hold_s: tuple[float, float]) -> bool:
    """Whether the leg held straight was where the sled takes it: the sled goes along as the hold begins or ends. A leg
    straight in the air, or with the foot elsewhere, comes and goes without the sled."""
    sled_t_s, along, t_s, turn = _thinned(history, c)
    velocity = strokes_only(t_s, _at(t_s, sled_t_s, along), True)[:, 0]
    rate = strokes_only(t_s, smooth(turn, t_s, SMOOTH_S), False)[:, 0]
    force = thinned(history.leg_t_s, history.leg[:, :3])[1]
    angle = np.unwrap(np.arctan2(force @ c.second, force @ c.first))
    held = (t_s >= hold_s[0]) & (t_s <= hold_s[1])
    away = held.any() & (np.abs(angle - np.median(angle[held])) > LEFT_RAD)
    for left in (np.flatnonzero(away & (t_s > hold_s[1]))[:1], np.flatnonzero(away & (t_s < hold_s[0]))[-1:]):
        near = np.abs(t_s - t_s[left]) < LEAVING_S if len(left) else np.zeros(len(t_s), np.bool_)
        going, turning = (math.sqrt(float(each[near] @ each[near])) for each in (velocity, rate))
        if going > LEVER_M * turning and float(velocity[near] @ rate[near]) > LEAVING * going * turning:
            return True
    return False


def turning_axis(history: History, c: Calibration) -> tuple[np.ndarray, float]:
    """The flexion axis in the leg IMU (3,), about which it turns as the sled goes along the rail of c, and how surely
    (standard deviation, deg). c knows it to some degrees already. What else the leg does hardly counts: the axis about
    which most of its turns are was 6 degrees off where those of the sled were slow. Raises NoFit."""
    mask = during(movements(history, c), history.leg_t_s)
    if not mask.any():
        raise NoFit("leg and sled have not moved together yet")
    along = _at(history.leg_t_s, history.sled_t_s, _push(history, c))
    rate = strokes_only(history.leg_t_s, smooth(history.leg[:, 3:], history.leg_t_s, SMOOTH_S), False)
    velocity = strokes_only(history.leg_t_s, along, True)
    about = np.abs(rate[mask] @ c.axis).sum() * interval_s(history.leg_t_s)
    if about < LEAST_RAD:
        raise NoFit("leg and sled have hardly moved together yet")
    turns = (velocity * rate)[mask]
    parts = [part.sum(axis=0) for part in np.array_split(turns, PARTS)]
    total = np.sum(parts, axis=0)
    axis = total / np.linalg.norm(total)
    off = [angle_deg(part / np.linalg.norm(part), axis) for part in parts if part.any()]
    return axis, math.sqrt(sum(each**2 for each in off) / (PARTS * (PARTS - 1)))


def during(spans: Spans, t_s: np.ndarray) -> np.ndarray:
    """Mask over t_s (n,): within one of the spans."""
    mask = np.zeros(len(t_s), np.bool_)
    for first_s, last_s in spans:
        mask |= (t_s >= first_s) & (t_s <= last_s)
    return mask


@njit
def strokes_only(t_s, values, integrate):
    """Readings at t_s (n,), values (n, k), integrated if wanted, without what is slower than a stroke."""
    out = np.empty_like(values)
    fast, slow = values[0] * 0.0, values[0] * 0.0
    for i in range(len(t_s)):
        dt = t_s[i] - t_s[i - 1] if i > 0 else 0.0
        keep = math.exp(-dt / MEMORY_S)
        part = 1.0 - math.exp(-dt / SLOWEST_S)
        for j in range(values.shape[1]):
            if integrate:
                fast[j] = keep * fast[j] + dt * values[i, j]
                here = fast[j]
            else:
                fast[j] += (1.0 - keep) * (values[i, j] - fast[j])
                here = values[i, j] - fast[j]
            slow[j] += part * (here - slow[j])
            out[i, j] = here - slow[j]
    return out


def _at(t_s: np.ndarray, own_t_s: np.ndarray, values: np.ndarray, times: int = 1) -> np.ndarray:
    """Readings at own_t_s, values (n, k), smoothed so many times, at other times t_s (m,): (m, k)."""
    low = smooth(values, own_t_s, SMOOTH_S, times)
    return np.stack([np.interp(t_s, own_t_s, column) for column in low.T], axis=1)


def _each_second(values: np.ndarray, t_s: np.ndarray) -> np.ndarray:
    """Their averages over the window about each second, of values (n, k) at t_s (n,), evenly spaced."""
    return smooth(values, t_s, WINDOW_S)[:: round(2.0 / SMOOTH_S)]


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Stretches [start, end) that are True."""
    flips = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(flips[::2], flips[1::2], strict=True)]
