"""What the lifter will do, rep by rep: turning points, tempo, and which rep carries which fault."""

from dataclasses import dataclass, field

import numpy as np

from presscue.simulator.scenario import Scenario

# Faults that change the same thing exclude each other within a rep.
_GROUPS = {
    "lockout": "top", "slam": "top",
    "depth": "bottom", "seat_lift": "bottom",
    "heel_lift": "bottom", "heel_lift_left": "bottom", "heel_lift_right": "bottom", "heel_lift_both": "bottom",
    "valgus": "plane", "varus": "plane",
    "tempo": "lowering", "bounce": "lowering",
}  # fmt: skip

Dips = list[tuple[float, float, float]]
Shape = tuple[float, float, Dips, str]
"""What `curves.progress` takes."""


@dataclass
class RepPlan:
    """One rep as intended. `faults` maps a group (top, bottom, plane, lowering) to the fault of that group."""

    set: int
    rep: int
    last_of_set: bool
    extended_deg: float
    deep_deg: float
    lower_s: float
    press_s: float
    pause_top_s: float
    pause_bottom_s: float
    lower_shape: Shape
    press_shape: Shape
    faults: dict[str, str] = field(default_factory=dict)
    heel_left: float = 0.0  # how far each heel rises, 1 = clean off
    heel_right: float = 0.0
    seat_lift_m: float = 0.0
    valgus_deg: float = 0.0  # inward > 0


def plan_reps(scenario: Scenario, rng: np.random.Generator) -> list[RepPlan]:
    """All reps of the session, in order."""
    reps = []
    for index, count in enumerate(scenario.sets):
        for i in range(count):
            reps.append(_faultless(scenario, rng, index, len(reps), i / max(count - 1, 1), i == count - 1))
    _reshape(scenario, reps)
    for name in scenario.faults:
        if name != "imbalance":
            _spread(scenario, rng, reps, name)
    for rep in reps:
        _carry_out(scenario, rng, rep)
    return reps


def _reshape(scenario: Scenario, reps: list[RepPlan]) -> None:
    """Another course than the human one, and reps that turn half-way."""
    rng = np.random.default_rng([scenario.seed, 6])
    for rep in reps:
        rep.lower_shape = (*rep.lower_shape[:3], "min_jerk" if scenario.stroke == "sticking" else scenario.stroke)
        rep.press_shape = (*rep.press_shape[:3], scenario.stroke)
        short, part = rng.random() < scenario.partial, rng.uniform(0.55, 0.75)
        if short and rep.rep >= scenario.clean_first:
            rep.deep_deg = rep.extended_deg + part * (rep.deep_deg - rep.extended_deg)


def _faultless(scenario: Scenario, rng, set_index: int, rep: int, tiredness: float, last: bool) -> RepPlan:
    slower = 1.0 + scenario.fatigue * tiredness
    plan = RepPlan(
        set=set_index,
        rep=rep,
        last_of_set=last,
        extended_deg=rng.uniform(*scenario.extended_deg),
        deep_deg=rng.uniform(*scenario.deep_deg),
        lower_s=rng.uniform(*scenario.lower_s),
        press_s=rng.uniform(*scenario.press_s) * slower,
        pause_top_s=rng.uniform(*scenario.pause_top_s),
        pause_bottom_s=rng.uniform(*scenario.pause_bottom_s),
        lower_shape=(rng.uniform(2.0, 2.6), rng.uniform(2.0, 2.6), _dips(scenario, rng, 0.5, (0.3, 0.8)), "human"),
        press_shape=(rng.uniform(2.0, 2.6), rng.uniform(2.0, 3.0), _dips(scenario, rng, 0.75, (0.25, 0.6)), "human"),
    )
    if rng.random() < scenario.near_limit:
        if rng.random() < 0.5:
            plan.extended_deg = scenario.soft_bend_deg + rng.uniform(1.5, 5.0)
        else:
            plan.deep_deg = scenario.max_flexion_deg - rng.uniform(1.5, 5.0)
    return plan


def _dips(scenario: Scenario, rng, deepest: float, where: tuple[float, float]) -> Dips:
    """Small unevenness always, and now and then a hesitation or a sticking point."""
    dips = [(rng.uniform(0.15, 0.85), rng.uniform(-0.2, 0.2) * scenario.sloppiness, rng.uniform(0.08, 0.15))]
    if rng.random() < 0.5 * scenario.sloppiness:
        dips.append((rng.uniform(*where), rng.uniform(0.3, deepest), rng.uniform(0.05, 0.09)))
    return dips


def _spread(scenario: Scenario, rng, reps: list[RepPlan], name: str) -> None:
    """Give fault `name` to its share of the reps, at least one, where nothing excludes it."""
    group = _GROUPS[name]
    later = [rep for rep in reps if rep.rep >= scenario.clean_first] or reps[-1:]
    if scenario.press_first and (group == "bottom" or name == "bounce"):
        later = [rep for rep in later if not rep.last_of_set] or later
    free = [rep for rep in later if group not in rep.faults] or later
    wanted = max(1, round(scenario.fault_share * len(reps)))
    for i in rng.permutation(len(free))[:wanted]:
        free[i].faults[group] = name


def _carry_out(scenario: Scenario, rng, rep: RepPlan) -> None:
    for fault in rep.faults.values():
        match fault:
            case "lockout":
                near = rng.random() < scenario.near_limit
                low, high = (6.0, 7.8) if near else (1.5, 5.0)
                rep.extended_deg = scenario.soft_bend_deg - 8.0 + rng.uniform(low, high)
                if scenario.hyperextends_deg:
                    rep.extended_deg = -rng.uniform(0.3, 1.0) * scenario.hyperextends_deg
                rep.press_s = max(rep.press_s, 1.4)
            case "slam":
                rep.extended_deg = rng.uniform(1.5, 4.0)
                rep.press_shape = (2.0, 1.4, [], "human")  # fast to the end; `motion` times it by its speed
            case "depth":
                near = rng.random() < scenario.near_limit
                rep.deep_deg = scenario.max_flexion_deg + (rng.uniform(0.5, 4.0) if near else rng.uniform(5.5, 13.0))
            case "heel_lift" | "heel_lift_left" | "heel_lift_right" | "heel_lift_both":
                side = fault.removeprefix("heel_lift").strip("_") or rng.choice(["left", "right", "both"])
                rep.heel_left = rng.uniform(0.8, 1.0) if side in ("left", "both") else 0.0
                rep.heel_right = rng.uniform(0.8, 1.0) if side in ("right", "both") else 0.0
                rep.deep_deg = min(rep.deep_deg, scenario.max_flexion_deg - 10.0)
            case "seat_lift":
                rep.seat_lift_m = rng.uniform(0.02, 0.045)
                rep.deep_deg = min(rep.deep_deg, scenario.max_flexion_deg - 8.0)
            case "valgus":
                rep.valgus_deg = rng.uniform(13.0, 20.0)
            case "varus":
                rep.valgus_deg = -rng.uniform(13.0, 20.0)
            case "tempo":
                near = rng.random() < scenario.near_limit
                rep.lower_s = rng.uniform(0.98, 1.05) if near else rng.uniform(0.7, 0.88)
                rep.lower_shape = (2.0, 2.0, [], "human")
            case "bounce":
                rep.lower_s = rng.uniform(0.85, 1.1)
                rep.pause_bottom_s = 0.0
