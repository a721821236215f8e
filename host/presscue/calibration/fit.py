"""The fit of a calibration: at first from nothing but the readings, later from what the newest set adds or contradicts.

mounting.py finds the frames, surprise.py the geometry, strap.py whether the strap stayed. A fit within the first set
uses all readings so far and what is usual for people; after a rest the calibration before it is the belief, widened by
what a rest may change. What cannot be put down to chance or to a foot put down anew is said (advice.py) and then
fitted, with that part of the belief let go: a strap that has turned, a sensor clipped on otherwise.
"""

import math
from dataclasses import replace

import numpy as np

from presscue import advice
from presscue.advice import Remark
from presscue.calibration import leg_alone, sled_alone
from presscue.calibration.belief import MOUNT, OF_A_LEG, after_rest, believable, usual, vector
from presscue.calibration.coupling import Spans, both_there, directions, during, held_on_sled, movements, turning_axis
from presscue.calibration.minimum import first_guesses, minimise, minimise_trusting, taken
from presscue.calibration.model import Calibration, History, NoFit, Priors
from presscue.calibration.mounting import (
    HELD_READINGS,
    RAIL_OFF_DEG,
    angle_deg,
    axis_alone,
    interval_s,
    moved_in_hold,
    not_swapped,
    on_rail,
    outward,
    rail_by_leg,
    resting_force,
    upright,
    with_leg,
)
from presscue.calibration.recheck import followed
from presscue.calibration.strap import TURNED_GAIN, crept, turned_by
from presscue.calibration.surprise import Problem, problem_of, stretches
from presscue.estimation.linkage import flexion_at, wrapped

LEVEL_SINE = 0.3  # below seventeen degrees as found, gravity does not show which way is outward
WORST_COST = 1.0  # weighted squared innovation per reading beyond which the fit is not believed
POOR_COST, BETTER = 0.04, 2.0  # from which it waits or is tried anew, and taken where it is so many times less
ENOUGH_S = 20.0  # of movement, beyond which a first fit is taken all the same; of usual lifters it costs 0.02 or less
SEGMENT_DOUBTED, SEGMENT_FITS = 0.02, 0.15  # cost from which the thigh is tried for the shank, and at most with it
SEGMENT_BELIEVED, SEGMENT_GOOD = 1.5, 0.03  # so many times less it must surprise; the right one does so 1.7 to 24 times
SEGMENT_SURE = 3.0  # the same where it costs more than that itself: faulty first reps fit either one badly
MOVED_DEG = 12.0  # an axis that far from where it was is a sensor that sits otherwise
TURNED_RAD = 0.1  # the same about the flexion axis, where it is seen best: beyond what feet put down anew do
REST_BEFORE_S = 1.0
UNEXPLAINED, LEAST_COST = 5.0, 0.02  # a change after which the readings surprise so many times more than before is none
HOLD_DOUBT_RAD, HOLD_OFF_RAD = 0.03, 0.2
HOLD_BELIEVED = 1.25  # unless the readings surprise so many times more with it


def fit(
    history: History,
    priors: Priors,
    effective_s: float,
    previous: Calibration | None = None,
    prior: Calibration | None = None,
    refined: bool = False,
) -> Calibration:
    """A calibration from a history. Raises NoFit with the reason if the readings do not allow one.

    previous: the one in force, whose frames are kept. prior: the one before the rest after which the history begins;
    without it the history begins with the session. refined: previous has seen more of its set than the first two
    reps; it then stays as it is unless the readings contradict it.
    """
    if previous is not None and previous.linked:
        both_there(history)
        priors = replace(priors, on_shank=not previous.on_thigh)
    if previous is None or not previous.linked:
        found = _first(history, priors, effective_s)
    elif prior is None:
        found = (_confirmed if refined else _refined)(history, priors, previous)
        if found.cost > POOR_COST:
            found = _anew_if_better(history, priors, found)
    else:
        found = _renewed(history, priors, previous, prior)
        if not _is_leg(found, priors):
            found = replace(previous, remarks=())
    return replace(found, effective_s=effective_s).rounded()


def _first(history: History, priors: Priors, effective_s: float) -> Calibration:
    has_sled, has_leg = len(history.sled_t_s) > 20, len(history.leg_t_s) > 20
    if not has_sled and not has_leg:
        raise NoFit("hardly anything has been read yet")
    c = Calibration(effective_s, has_sled, has_leg)
    if not has_leg:
        return sled_alone.fitted(c, history)
    if not has_sled:
        return leg_alone.with_hold(history, priors, with_leg(c, history, *axis_alone(history.leg_t_s, history.leg)))
    not_swapped(history)
    c, moving = _in_frames(history, c)
    best = _joined(history, priors, c, moving)
    if best.cost > SEGMENT_DOUBTED:
        other = _joined(history, replace(priors, on_shank=not priors.on_shank), c, moving)
        times = SEGMENT_BELIEVED if other.cost < SEGMENT_GOOD else SEGMENT_SURE
        if not _is_leg(best, priors):
            times = 1.0  # what fits no leg has nothing to defend
        if other.cost < min(best.cost / times, SEGMENT_FITS) and _is_leg(other, priors):
            segment = advice.ON_THIGH if other.on_thigh else advice.ON_SHANK
            best = replace(other, remarks=(*other.remarks, Remark(segment, float(history.leg_t_s[0]))))
    if best.cost > WORST_COST:
        raise NoFit(
            "the readings of leg and sled do not fit one linkage", (Remark(advice.NO_LINKAGE, history.leg_t_s[0]),)
        )
    if not _is_leg(best, priors):
        raise NoFit("the readings so far fit no leg of usual lengths")
    if best.cost > POOR_COST and moving.sum() * interval_s(history.leg_t_s) < ENOUGH_S:
        raise NoFit("too much of the few readings so far is no leg on a sled")
    return best


def _is_leg(c: Calibration, priors: Priors) -> bool:
    """Whether its lengths may be a lifter's, on the segment that it was fitted to, and the strap's place on that, and
    how its flesh gives."""
    return believable(usual(replace(priors, on_shank=not c.on_thigh)), c, OF_A_LEG)


def _anew_if_better(history: History, priors: Priors, c: Calibration) -> Calibration:
    """Fitted from nothing where c explains little: knees that fell in the first reps may have shown another axis, and a
    fit of them may end anywhere."""
    try:
        anew = _first(history, priors, 0.0)
    except NoFit:
        return c
    return anew if BETTER * anew.cost < c.cost else c


def _in_frames(history: History, c: Calibration) -> tuple[Calibration, np.ndarray]:
    """Rail and flexion axis by where leg and sled move together, and a mask of that over the leg's readings."""
    rail, axis = directions(history)
    force = resting_force(history.sled_t_s, history.sled)
    upward = outward(rail, force)
    c = on_rail(history, c, upward, float(upward @ force))
    c = replace(c, axis=axis if upward is rail else -axis)
    c = with_leg(c, history, *turning_axis(history, c))
    moving = during(movements(history, c), history.leg_t_s)
    c = on_rail(history, c, *rail_by_leg(history, c, moving))
    c = with_leg(c, history, *turning_axis(history, c))
    return c, during(movements(history, c), history.leg_t_s)


def _joined(history: History, priors: Priors, c: Calibration, moving: np.ndarray) -> Calibration:
    """Leg and sled as one linkage, in frames whose signs are open. moving: mask over the leg's readings."""
    c = replace(c, leg=upright(history, priors, c, moving))
    best = _best(history, priors, c)
    if abs(c.leg.up_u) < LEVEL_SINE:  # a level rail: gravity does not tell outward from inward, the linkage does
        other = replace(
            c,
            rail=-c.rail,
            gravity_along_mps2=-c.gravity_along_mps2,
            axis=-c.axis,
            gyro_bias_radps=-c.gyro_bias_radps,
            leg=c.leg._replace(up_u=-c.leg.up_u),
        )
        best = min(best, _best(history, priors, other), key=lambda each: each.cost)
    return best


def _best(history: History, priors: Priors, frames: Calibration) -> Calibration:
    """The geometry, found from several guesses."""
    problem, remarks = _with_hold(history, priors, frames)
    trials = [minimise(problem, p, 3) for p in first_guesses(problem)]
    found = minimise_trusting(problem, min(trials, key=lambda trial: trial.cost).p, 12)
    return _judged(problem, taken(frames, problem, found), remarks)


def _refined(history: History, priors: Priors, previous: Calibration) -> Calibration:
    """More of the first set: everything again, from where the last fit ended."""
    problem, remarks = _with_hold(history, priors, previous)
    found = minimise_trusting(problem, vector(previous), 12)
    new = _judged(problem, taken(replace(previous, remarks=()), problem, found), remarks)
    return new if _is_leg(new, priors) else replace(previous, remarks=())


def _confirmed(history: History, priors: Priors, previous: Calibration) -> Calibration:
    """The whole first set: the calibration made in it stays, unless a strap has turned."""
    new = _refined(history, priors, previous)
    turned = any(remark.number in advice.REPEATED for remark in new.remarks)
    return new if turned else replace(previous, remarks=new.remarks)


def _renewed(history: History, priors: Priors, previous: Calibration, prior: Calibration) -> Calibration:
    """A set after a rest: the belief is the calibration before the rest, unless the sensors sit otherwise now."""
    remarks: list[Remark] = []
    history, moves = _from_first_movement(history, previous)
    fresh = any(remark.number in advice.REPEATED for remark in previous.remarks)  # made just after a strap turned
    here = None if fresh or not moves else followed(history, previous, prior, moves)
    if here is not None:
        return replace(here, remarks=())
    since_s = float(history.leg_t_s[0])
    found, _ = _in_frames(history, previous)
    rail_deg = angle_deg(found.rail, previous.rail)
    axis_deg = angle_deg(found.axis, previous.axis)
    moved = rail_deg > MOVED_DEG or axis_deg > MOVED_DEG
    anew = _elsewhere(history, priors, previous, prior) if moved else None
    if anew is not None:
        if rail_deg > MOVED_DEG:
            remarks.append(Remark(advice.SLED_TURNED, since_s, rail_deg))
        if axis_deg > MOVED_DEG:
            remarks.append(Remark(advice.LEG_TURNED, since_s, axis_deg))
        return replace(anew, remarks=tuple(remarks))
    frames = replace(previous, remarks=())
    problem = problem_of(history, frames, after_rest(prior), None)
    start = vector(previous)
    off_rad = turned_by(problem, start)
    turned = start.copy()
    turned[MOUNT] += off_rad
    fitted = problem
    if abs(off_rad) > TURNED_RAD and problem.gain(start, turned) > TURNED_GAIN:
        remarks.append(Remark(advice.LEG_TURNED, since_s, math.degrees(abs(off_rad))))
        by_strap = replace(problem, belief=after_rest(prior, slipped=True))
        by_feet, found = minimise(problem, start, 12), minimise(by_strap, turned, 12)
        if by_feet.cost < found.cost:
            found = by_feet
        else:
            fitted = by_strap
    else:
        found = minimise(problem, start, 12)
    new = crept(fitted, replace(taken(frames, fitted, found), remarks=tuple(remarks)))
    if fresh or (new.remarks and _explains(new, prior)):
        return new
    new = taken(frames, problem, minimise_trusting(problem, start, 12))
    return new if _explains(new, prior) else frames


def _explains(new: Calibration, old: Calibration) -> bool:
    """Whether the readings hardly surprise any more: a strap that has turned explains them, faults do not."""
    return new.cost < UNEXPLAINED * max(old.cost, LEAST_COST)


def _elsewhere(history: History, priors: Priors, previous: Calibration, prior: Calibration) -> Calibration | None:
    """Fitted as if a sensor sat otherwise now. None if the old frames explain the readings as well: knees that fall
    inward tilt the axis of a few repetitions too."""
    anew = _first(history, replace(priors, hold_s=None), 0.0)
    problem = problem_of(history, anew, after_rest(prior, moved=True), None)
    found = minimise(problem, vector(anew), 12)
    kept = problem_of(history, replace(previous, remarks=()), after_rest(prior), None)
    if minimise(kept, vector(previous), 6).cost < found.cost + TURNED_GAIN:
        return None
    return taken(anew, problem, found)


def _from_first_movement(history: History, c: Calibration) -> tuple[History, Spans]:
    """Without most of the rest, in which a sensor may have been put on otherwise; and the movements, none where leg and
    sled do not go together in the frames of c."""
    moves = movements(history, c)
    sets = stretches(history, moves)
    if not sets:
        moves, sets = [], stretches(history, movements(history, _in_frames(history, c)[0]))
    if not sets:
        raise NoFit("the sled has not moved since")
    since_s = sets[0][0] - REST_BEFORE_S
    sled, leg = (np.searchsorted(t_s, since_s) for t_s in (history.sled_t_s, history.leg_t_s))
    return History(history.sled_t_s[sled:], history.sled[sled:], history.leg_t_s[leg:], history.leg[leg:]), moves


def _with_hold(history: History, priors: Priors, frames: Calibration) -> tuple[Problem, list[Remark]]:
    """The problem of the first set, with the straight-leg hold if the leg was still in it, else with where presses
    usually end."""
    remarks: list[Remark] = []
    hold_s = priors.hold_s
    if priors.rail_deg is not None and abs(abs(frames.rail_deg) - priors.rail_deg) > RAIL_OFF_DEG:
        remarks.append(Remark(advice.RAIL_CONTRADICTED, float(history.sled_t_s[0]), abs(frames.rail_deg)))
    if hold_s is not None:
        held = history.leg[(history.leg_t_s >= hold_s[0]) & (history.leg_t_s <= hold_s[1])]
        if len(held) > HELD_READINGS and moved_in_hold(held):
            remarks.append(Remark(advice.HOLD_MOVED, hold_s[0]))
            hold_s = None
        elif len(held) and not held_on_sled(history, frames, hold_s):
            remarks.append(Remark(advice.HOLD_ELSEWHERE, hold_s[0]))
            hold_s = None
    return problem_of(history, frames, usual(priors), hold_s).ending_usually(), remarks


def _judged(problem: Problem, c: Calibration, remarks: list[Remark]) -> Calibration:
    """A fit of the first set, and whether the hold agrees and the mount stayed: what does not is said and left out.

    Without the hold a fit of few readings may end anywhere: the hold is doubted only where the readings are far less
    surprising without it.
    """
    if problem.hold_psi is not None and abs(problem.hold_off(vector(c))) > HOLD_DOUBT_RAD:
        free = replace(problem, hold_psi=None)
        without = taken(c, free, minimise(free, vector(c), 12))
        links, leg = free.split(vector(without))
        bent_rad = flexion_at(links, leg.tissue, wrapped(problem.hold_psi - leg.mount_rad))
        if not abs(bent_rad) <= HOLD_OFF_RAD and without.cost * HOLD_BELIEVED < c.cost:
            size = math.degrees(abs(bent_rad)) if math.isfinite(bent_rad) else 0.0
            remarks.append(Remark(advice.HOLD_BENT, float(problem.t_s[0]), size))
            problem, c = free, without
    anew = crept(problem, c)
    if not _explains(anew, c):
        anew = c
    return replace(anew, remarks=(*remarks, *anew.remarks))
