"""What the sled and the feet do over time: a plan of reps drawn out on the 1 kHz grid.

The rail coordinate is the distance of the platform from the hip along the rail; it grows as the legs extend.
Movements are drawn in the knee's angle or in the rail coordinate (people do neither exactly) and always
kept in the rail coordinate, since that is what a sled at rest on its stops holds constant.
"""

from dataclasses import dataclass, field

import numpy as np

from presscue.simulator.curves import GRID_HZ, band_noise, bump, ease, progress
from presscue.simulator.pen import Leg, Pen
from presscue.simulator.plan import RepPlan
from presscue.simulator.scenario import Scenario

_CREEP_MPS = 0.03  # the speed at which dry guides jerk most


@dataclass
class RepTimes:
    """When one rep's lowering and press were drawn: (start_s, end_s) of each."""

    plan: RepPlan
    lowering: tuple[float, float] = (0.0, 0.0)
    press: tuple[float, float] = (0.0, 0.0)


@dataclass
class Away:
    """A stretch in which the measured leg does not follow the sled."""

    start_s: float
    end_s: float
    how: str  # "walk", "dangle", "shuffle" or "settle"


@dataclass
class Motion:
    """Everything that moves, on the grid `t_s`, shape (n,); lengths in m, angles in degrees."""

    t_s: np.ndarray
    rail_m: np.ndarray  # the platform along the rail
    ankle_height_m: np.ndarray  # where the foot stands, across the rail
    loaded: np.ndarray  # 0 = the sled's weight is on its stops, 1 = on the lifter
    rise_left: np.ndarray  # heel lift of each foot, 0 = flat
    rise_right: np.ndarray
    seat_lift_m: np.ndarray
    valgus_deg: np.ndarray
    left_share: np.ndarray
    hip_rail_m: np.ndarray  # the hip's way on the seat: along the rail, and across it
    hip_upper_m: np.ndarray
    side: np.ndarray  # -1 where the knee is bent the other way, else 1
    hold_s: tuple[float, float] | None
    reps: list[RepTimes] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)
    clanks: list[tuple[float, float]] = field(default_factory=list)  # (time, part of the racking clank)
    imbalanced_sets: dict[int, str] = field(default_factory=dict)  # set -> the side that works more
    set_heights_m: list[float] = field(default_factory=list)


def draw(scenario: Scenario, reps: list[RepPlan], rng: np.random.Generator) -> Motion:
    """The whole session: hold, getting ready, sets with their rests, and a quiet end."""
    heights = [
        float(max(scenario.ankle_height_m + (scenario.foot_replace_m * rng.normal() if i else 0.0), 0.0))
        for i in range(len(scenario.sets))
    ]
    legs = [Leg(scenario, height) for height in heights]
    rack_m = float(legs[0].rail_m(scenario.rack_deg))
    pen = Pen(float(legs[0].rail_m(scenario.hold_deg)) if scenario.hold_s > 0 else rack_m)
    strange = np.random.default_rng([scenario.seed, 7])  # for what is off in the usual scenario
    times: list[RepTimes] = []
    away: list[Away] = []
    clanks: list[tuple[float, float]] = []
    under_load: list[tuple[float, float]] = []
    replaced: list[float] = []  # when the feet come back, and with them a new ankle height
    hold = None
    if scenario.hold_s > 0:
        hold = pen.hold(scenario.hold_s)
        pen.hold(0.4)
        pen.move(legs[0], scenario.rack_deg, rng.uniform(2.0, 3.0), (2.0, 2.0), "knee")
        clanks.append((pen.now_s, rng.uniform(0.1, 0.3)))
    pen.hold(rng.uniform(2.5, 4.0))
    for index, leg in enumerate(legs):
        if index:
            start_s, end_s = pen.hold(scenario.rest_s)
            away.append(Away(start_s + 0.4, end_s - 0.2, "walk" if scenario.walk else "dangle"))
            replaced.append(0.5 * (start_s + end_s))
            for _ in range(scenario.plates):
                clanks.append((strange.uniform(start_s + 1.0, end_s - 1.0), strange.uniform(0.4, 1.2)))
        _get_ready(scenario, pen, away, clanks, rng)
        if scenario.nudge:
            under_load.append(_nudge(pen, leg, clanks, rng))
        under_load.append(_do_set(scenario, pen, leg, rack_m, [r for r in reps if r.set == index], times, clanks, rng))
    pen.hold(rng.uniform(2.5, 4.0))

    rail_m = np.concatenate(pen.pieces)
    t_s = np.arange(rail_m.size) / GRID_HZ
    height = np.full(t_s.size, heights[0])
    for when_s, before, after in zip(replaced, heights, heights[1:], strict=False):
        height += (after - before) * ease((t_s - when_s) / 1.0 + 0.5)
    loaded = np.zeros(t_s.size)
    for start_s, end_s in under_load:
        loaded += bump(t_s, start_s - 0.35, end_s + 0.15, 0.3)
    motion = Motion(
        t_s, rail_m, height, loaded, *(np.zeros(t_s.size) for _ in range(4)),
        left_share=_left_share(scenario, t_s, rng), hip_rail_m=np.zeros(t_s.size), hip_upper_m=np.zeros(t_s.size),
        side=np.where(np.concatenate(pen.beyond), -1.0, 1.0), hold_s=hold,
        reps=times, away=away, clanks=clanks, set_heights_m=heights,
    )  # fmt: skip
    _sway(scenario, motion, under_load, rng)
    _sit(scenario, motion, under_load, replaced, strange)
    _stick(scenario, motion, strange)
    for rep in times:
        _lay_faults(motion, rep)
    if "imbalance" in scenario.faults:
        _imbalance(scenario, motion, rng)
    return motion


def _get_ready(scenario: Scenario, pen: Pen, away: list[Away], clanks, rng) -> None:
    """Knocks, a shuffle of the feet, settling into the seat, and a quiet moment."""
    for _ in range(scenario.bumps):
        pen.hold(rng.uniform(0.4, 1.2))
        clanks.append((pen.now_s, rng.uniform(0.1, 0.6)))
        pen.hold(0.3)
    if scenario.shuffle:
        start_s, end_s = pen.hold(rng.uniform(1.2, 2.2))
        away.append(Away(start_s, end_s, "shuffle"))
    start_s, end_s = pen.hold(rng.uniform(0.8, 1.4))
    away.append(Away(start_s, end_s, "settle"))
    pen.hold(rng.uniform(1.2, 2.5))


def _nudge(pen: Pen, leg: Leg, clanks, rng) -> tuple[float, float]:
    """The load is tried: a little off the stops and back on them. Not a rep."""
    start_s = pen.now_s
    rack_deg = float(leg.flexion_deg(pen.rail_m))
    up_m = pen.rail_m + rng.uniform(0.008, 0.02)
    pen.move(leg, float(leg.flexion_deg(up_m)), rng.uniform(0.5, 0.9), (2.0, 2.0), "sled")
    pen.hold(rng.uniform(0.1, 0.4))
    pen.move(leg, rack_deg, rng.uniform(0.5, 0.9), (2.0, 2.0), "sled")
    clanks.append((pen.now_s, rng.uniform(0.2, 0.5)))
    end_s = pen.now_s
    pen.hold(rng.uniform(1.5, 3.0))
    return start_s, end_s


def _do_set(scenario: Scenario, pen: Pen, leg: Leg, rack_m: float, reps: list[RepPlan], times, clanks, rng):
    """One set from the stops and back to them; returns when the lifter carried the load."""
    start_s = pen.now_s
    rack_deg = float(leg.flexion_deg(rack_m))
    first = len(times)
    if not scenario.press_first:  # unracking: a press off the stops, no part of a rep
        clanks.append((pen.now_s + 0.05, rng.uniform(0.05, 0.2)))
        pen.move(leg, rng.uniform(*scenario.extended_deg), rng.uniform(1.0, 1.6), (2.2, 2.4, []), "knee")
        pen.hold(rng.uniform(0.5, 1.5))
    bounced = None
    for i, rep in enumerate(reps):
        done = RepTimes(rep)
        times.append(done)
        if scenario.press_first:
            done.press = bounced or _press(pen, leg, rep, rng)
            pen.hold(rep.pause_top_s)
            following = reps[i + 1] if i + 1 < len(reps) else None
            bounced = None
            if following is None:
                done.lowering = pen.move(leg, rack_deg, rep.lower_s, rep.lower_shape, "sled")
            elif _bounces(pen, rep) and "top" not in following.faults:
                done.lowering, bounced = pen.bounce(leg, rep.deep_deg, following.extended_deg, rep.lower_s)
            else:
                done.lowering = _lower(pen, leg, rep, rng)
                pen.hold(rep.pause_bottom_s)
        elif _bounces(pen, rep) and "top" not in rep.faults:
            done.lowering, done.press = pen.bounce(leg, rep.deep_deg, rep.extended_deg, rep.lower_s)
            pen.hold(rep.pause_top_s)
        else:
            done.lowering = _lower(pen, leg, rep, rng)
            pen.hold(rep.pause_bottom_s)
            done.press = _press(pen, leg, rep, rng)
            pen.hold(rep.pause_top_s)
    for done in times[first:]:
        if rng.random() < 0.5:
            clanks.append((done.lowering[1], rng.uniform(0.02, 0.12)))
    if not scenario.press_first:
        pen.hold(rng.uniform(0.5, 1.2))
        pen.move(leg, rack_deg, rng.uniform(1.2, 2.0), (2.0, 2.0), "sled")
    clanks.append((pen.now_s, rng.uniform(0.6, 1.0)))
    end_s = pen.now_s
    pen.hold(rng.uniform(1.0, 2.0))
    return start_s, end_s


def _bounces(pen: Pen, rep: RepPlan) -> bool:
    return rep.faults.get("lowering") == "bounce" and not pen.is_beyond


def _lower(pen: Pen, leg: Leg, rep: RepPlan, rng) -> tuple[float, float]:
    return pen.move(leg, rep.deep_deg, rep.lower_s, rep.lower_shape, str(rng.choice(["knee", "sled"])))


def _press(pen: Pen, leg: Leg, rep: RepPlan, rng) -> tuple[float, float]:
    along = str(rng.choice(["knee", "sled"]))
    if rep.faults.get("top") != "slam":
        return pen.move(leg, rep.extended_deg, rep.press_s, rep.press_shape, along)
    # A slam is drawn along the sled and timed so that the bend of 15 degrees is passed fast.
    span_m = float(leg.rail_m(rep.extended_deg)) - pen.rail_m
    way = progress(1000, *rep.press_shape)
    passed = 1.0 - float(leg.rail_m(rep.extended_deg) - leg.rail_m(15.0)) / span_m
    speed = np.gradient(way, 1e-3)[np.searchsorted(way, passed)] * span_m
    return pen.move(leg, rep.extended_deg, float(speed / rng.uniform(0.20, 0.26)), rep.press_shape, "sled")


def _sway(scenario: Scenario, motion: Motion, under_load, rng) -> None:
    """Nobody holds a knee perfectly still: a tenth of a degree, slowly, while the sled is carried."""
    carried = np.zeros(motion.t_s.size)
    for start_s, end_s in under_load:
        carried += bump(motion.t_s, start_s, end_s, 0.5)
    leg = Leg(scenario, motion.ankle_height_m)
    flexion_deg = motion.side * leg.flexion_deg(motion.rail_m)
    swayed_deg = flexion_deg + 0.08 * carried * band_noise(rng, motion.t_s.size, 0.3, 2.0)
    motion.rail_m += leg.rail_m(swayed_deg) - leg.rail_m(flexion_deg)
    motion.side = np.where(swayed_deg < 0, -1.0, 1.0)


def _sit(scenario: Scenario, motion: Motion, under_load, replaced: list[float], rng) -> None:
    """The hip on the seat: another place in each set, sliding within it, tucking at depth.

    Who carries the sled minds the knee, not the rail: the flexion stays as drawn and the sled gives way.
    """
    t_s = motion.t_s
    leg = Leg(scenario, motion.ankle_height_m)
    flexion_deg = motion.side * leg.flexion_deg(motion.rail_m)
    tilt = scenario.pelvic_tilt_m * ease((flexion_deg - 50.0) / 50.0)
    motion.hip_rail_m += -0.5 * tilt
    motion.hip_upper_m += 0.85 * tilt
    for when_s in replaced:
        step = ease((t_s - when_s) / 1.0 + 0.5)
        motion.hip_rail_m += scenario.seat_shift_m * rng.normal() * step
        motion.hip_upper_m += 0.3 * scenario.seat_shift_m * rng.normal() * step
    carried = np.zeros(t_s.size)
    for start_s, end_s in under_load:
        carried += bump(t_s, start_s, end_s, 0.5)
        back_s = end_s + 0.7  # the lifter sits up again once the sled is racked
        motion.hip_rail_m += (
            scenario.seat_slide_m * ease((t_s - start_s) / (end_s - start_s)) * ease((back_s - t_s) / 0.7)
        )
    if not (motion.hip_rail_m.any() or motion.hip_upper_m.any()):
        return
    moved = Leg(scenario, motion.ankle_height_m - motion.hip_upper_m)
    motion.rail_m += carried * (moved.rail_m(flexion_deg) + motion.hip_rail_m - leg.rail_m(flexion_deg))


def _stick(scenario: Scenario, motion: Motion, rng) -> None:
    """Dry guides: at creeping speed the sled jerks. Not where the leg is straight: that would fold it."""
    if scenario.stick_slip_mps2:
        creep = np.abs(np.gradient(motion.rail_m, 1 / GRID_HZ)) / _CREEP_MPS
        noise = band_noise(rng, motion.t_s.size, 5.0, 14.0)
        acceleration = np.diff(noise, 2) * GRID_HZ**2
        leg = Leg(scenario, motion.ankle_height_m - motion.hip_upper_m)
        bent = ease(leg.flexion_deg(motion.rail_m - motion.hip_rail_m) / 8.0 - 0.25)
        motion.rail_m += bent * creep * np.exp(1 - creep) * noise * (scenario.stick_slip_mps2 / np.std(acceleration))


def _lay_faults(motion: Motion, rep: RepTimes) -> None:
    plan, t_s = rep.plan, motion.t_s
    lower_s = rep.lowering[1] - rep.lowering[0]
    near_bottom = bump(t_s, rep.lowering[1] - 0.45 * lower_s, _pressed_up_s(motion, rep, 0.45), 0.25)
    motion.rise_left += plan.heel_left * near_bottom
    motion.rise_right += plan.heel_right * near_bottom
    motion.seat_lift_m += plan.seat_lift_m * near_bottom
    start_s, end_s = rep.press
    press_s = end_s - start_s
    motion.valgus_deg += plan.valgus_deg * bump(t_s, start_s - 0.05 * press_s, start_s + 0.85 * press_s, 0.3 * press_s)


def _pressed_up_s(motion: Motion, rep: RepTimes, part: float) -> float:
    """When `part` of the press that follows a lowering is over; the lowering's own end if the set is over."""
    for other in motion.reps:
        start_s, end_s = other.press
        if other.plan.set == rep.plan.set and start_s >= rep.lowering[1]:
            return start_s + part * (end_s - start_s)
    return rep.lowering[1]


def _left_share(scenario: Scenario, t_s: np.ndarray, rng) -> np.ndarray:
    """Share of the force on the left foot: this lifter's own, wandering a little."""
    return scenario.left_share + 0.01 * band_noise(rng, t_s.size, 0.01, 0.3)


def _imbalance(scenario: Scenario, motion: Motion, rng) -> None:
    """One leg works a good deal more than the other in the last set."""
    index = len(scenario.sets) - 1
    reps = [rep for rep in motion.reps if rep.plan.set == index]
    edges = [edge for rep in reps for edge in (*rep.lowering, *rep.press)]
    side = str(rng.choice(["left", "right"]))
    shift = rng.uniform(0.12, 0.16) * (1 if side == "left" else -1)
    motion.left_share += shift * bump(motion.t_s, min(edges) - 3.0, max(edges) + 3.0, 2.0)
    motion.imbalanced_sets[index] = side
