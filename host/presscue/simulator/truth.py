"""What really happened: reps, sets and faults read off the three-dimensional body, and the curves themselves."""

from dataclasses import dataclass

import numpy as np

from presscue.simulator.body import Body, dot, length
from presscue.simulator.curves import GRID_HZ
from presscue.simulator.forces import heel_kept, seat_kept
from presscue.simulator.motion import Motion, RepTimes
from presscue.simulator.scenario import Scenario

MOVING_MPS = 0.01
"""A sled faster than this is moving: lowering and press last from one crossing of it to the next."""

TEMPO_S = 1.0
BOUNCE_MPS2 = 4.0
SLAM_MPS = 0.15
SLAM_AT_DEG = 15.0
HEEL_KEPT = 0.35
SEAT_KEPT = 0.5
"""A heel or the seat has lifted while its pad feels less than this part of what it would."""
PLANE_DEG = 10.0


@dataclass(frozen=True)
class TrueRep:
    """One lowering and one press. Times in s; `bottom_s` is the end of the lowering, in either order of the two."""

    set: int
    rep: int
    start_s: float
    bottom_s: float
    end_s: float
    lowering_s: float
    press_s: float
    min_flexion_deg: float  # in the press and the pause after it
    max_flexion_deg: float  # in the lowering and the pause after it
    travel_m: float
    speed_at_15_mps: float  # of the press; NaN if it turns earlier
    turn_acceleration_mps2: float  # greatest at the bottom


@dataclass(frozen=True)
class TrueFault:
    """A fault that happened. `detail` tells what it was made of, e.g. "bounce" for a tempo fault."""

    kind: str
    side: str | None
    rep: int | None
    onset_s: float
    end_s: float
    detail: str = ""


@dataclass(frozen=True)
class TrueSet:
    """A run of reps, and where the feet stood in it, seen from the hip's rail line."""

    set: int
    start_s: float
    end_s: float
    reps: int
    ankle_height_m: float  # distance of ankle and rail line, the outward part included


@dataclass(frozen=True)
class Truth:
    """Everything known. `series` holds arrays on the 1 kHz grid by formats.md's column names; NaN: leg off the sled."""

    reps: list[TrueRep]
    sets: list[TrueSet]
    faults: list[TrueFault]
    hold_s: tuple[float, float] | None
    under_load: list[tuple[float, float]]
    series: dict[str, np.ndarray]
    geometry: dict[str, float]

    def at(self, column: str, t_s: np.ndarray) -> np.ndarray:
        """A column of the series at times `t_s`, linearly interpolated (NaN beside a NaN)."""
        return np.interp(t_s, self.series["time_s"], self.series[column])


def find_truth(scenario: Scenario, motion: Motion, body: Body) -> Truth:
    """Read the truth off what was drawn (`motion`) and where it put the body."""
    thigh, shank = body.hip - body.knee, body.ankle - body.knee
    flexion = motion.side * (np.pi - np.arctan2(length(np.cross(thigh, shank)), dot(thigh, shank))[:, 0])
    flexion_deg = np.degrees(flexion)
    velocity = np.gradient(motion.rail_m, 1 / GRID_HZ)
    limb = body.knee - body.ankle if scenario.segment == "shank" else body.hip - body.knee
    pitch = np.degrees(np.unwrap(np.arctan2(limb @ body.sled_axes[:, 2], -(limb @ body.sled_axes[:, 0]))))
    curves = _Curves(scenario, motion, flexion_deg, velocity)
    reps = [curves.rep(times) for times in motion.reps]
    faults = [fault for times, rep in zip(motion.reps, reps, strict=True) for fault in curves.faults(times, rep)]
    sets = []
    for index, count in enumerate(scenario.sets):
        own = [rep for rep in reps if rep.set == index]
        sat_m = float(np.interp(own[0].start_s, motion.t_s, motion.hip_upper_m))
        height_m = float(np.hypot(motion.set_heights_m[index] - sat_m, scenario.ankle_lateral_m))
        sets.append(TrueSet(index, own[0].start_s, own[-1].end_s, count, height_m))
        if index in motion.imbalanced_sets:
            faults.append(TrueFault("imbalance", motion.imbalanced_sets[index], None, own[-1].end_s, own[-1].end_s))
    faults.sort(key=lambda fault: fault.onset_s)
    on_sled = np.ones(motion.t_s.size, bool)
    for stretch in motion.away:
        on_sled &= (motion.t_s < stretch.start_s) | (motion.t_s > stretch.end_s)
    series = {
        "time_s": motion.t_s,
        "knee_flexion_deg": np.where(on_sled, flexion_deg, np.nan),
        "knee_rate_dps": np.where(on_sled, np.gradient(flexion_deg, 1 / GRID_HZ), np.nan),
        "sled_position_m": motion.rail_m,
        "sled_velocity_mps": velocity,
        "leg_pitch_deg": np.where(on_sled, pitch - pitch[0], np.nan),
        "valgus_deg": np.where(on_sled, motion.valgus_deg, np.nan),
        "loaded": motion.loaded,
    }
    geometry = {
        "thigh_m": scenario.thigh_m,
        "shank_m": scenario.shank_m,
        "ankle_height_m": sets[0].ankle_height_m,
        "rail_deg": scenario.rail_deg,
        "strap_fraction": scenario.strap_fraction,
    }
    carried = np.flatnonzero(np.diff(np.concatenate([[0], motion.loaded > 0.5, [0]]).astype(int)))
    under_load = [(a / GRID_HZ, (b - 1) / GRID_HZ) for a, b in zip(carried[::2], carried[1::2], strict=True)]
    return Truth(reps, sets, faults, motion.hold_s, under_load, series, geometry)


class _Curves:
    """The curves of one performance, and what can be read off them rep by rep."""

    def __init__(self, scenario: Scenario, motion: Motion, flexion_deg: np.ndarray, velocity_mps: np.ndarray):
        self.scenario, self.motion = scenario, motion
        self.flexion_deg, self.velocity_mps = flexion_deg, velocity_mps
        self.acceleration = np.gradient(velocity_mps, 1 / GRID_HZ)

    def _slice(self, start_s: float, end_s: float) -> slice:
        return slice(round(start_s * GRID_HZ), round(end_s * GRID_HZ) + 1)

    def _moving(self, stretch: tuple[float, float], sign: int) -> tuple[float, float]:
        part = self._slice(*stretch)
        moving = np.flatnonzero(sign * self.velocity_mps[part] > MOVING_MPS) + part.start
        return moving[0] / GRID_HZ, moving[-1] / GRID_HZ

    def _runs(self, mask: np.ndarray, window: tuple[float, float]) -> list[tuple[float, float]]:
        part = self._slice(*window)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask[part], [False]]).astype(int)))
        return [
            ((part.start + a) / GRID_HZ, (part.start + b - 1) / GRID_HZ)
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]

    def window(self, times: RepTimes) -> tuple[float, float]:
        """From the first movement of a rep to the end of the pause after its last."""
        start_s = min(times.lowering[0], times.press[0])
        later = [min(t.lowering[0], t.press[0]) for t in self.motion.reps if t.plan.rep > times.plan.rep]
        end_s = max(times.lowering[1], times.press[1])
        pause_s = times.plan.pause_top_s if times.press[1] >= times.lowering[1] else times.plan.pause_bottom_s
        return start_s, min([end_s + pause_s, *later])

    def rep(self, times: RepTimes) -> TrueRep:
        lowering, press = self._moving(times.lowering, -1), self._moving(times.press, 1)
        press_part = self._slice(times.press[0], times.press[1] + times.plan.pause_top_s)
        whole = self._slice(*self.window(times))
        deep = self._slice(times.lowering[0], times.lowering[1] + times.plan.pause_bottom_s)
        bottom = self._slice(lowering[1] - 0.15, lowering[1] + 0.15)
        flexion = self.flexion_deg[press_part]
        passed = np.flatnonzero(flexion < SLAM_AT_DEG)
        speed = self.velocity_mps[press_part][passed[0]] if passed.size else np.nan
        return TrueRep(
            set=times.plan.set,
            rep=times.plan.rep,
            start_s=min(lowering[0], press[0]),
            bottom_s=lowering[1],
            end_s=max(lowering[1], press[1]),
            lowering_s=lowering[1] - lowering[0],
            press_s=press[1] - press[0],
            min_flexion_deg=float(flexion.min()),
            max_flexion_deg=float(self.flexion_deg[deep].max()),
            travel_m=float(np.ptp(self.motion.rail_m[whole])),
            speed_at_15_mps=float(speed),
            turn_acceleration_mps2=float(self.acceleration[bottom].max()),
        )

    def faults(self, times: RepTimes, rep: TrueRep) -> list[TrueFault]:
        scenario, motion = self.scenario, self.motion
        found = []
        top = (times.press[0], times.press[1] + times.plan.pause_top_s + 1.0)
        for onset_s, end_s in self._runs(self.flexion_deg < scenario.soft_bend_deg, top)[:1]:
            found.append(TrueFault("lockout", None, rep.rep, onset_s, end_s))
            if rep.speed_at_15_mps > SLAM_MPS or rep.min_flexion_deg < 0.0:
                passed = self._runs(self.flexion_deg < SLAM_AT_DEG, top)[0][0]
                found.append(TrueFault("slam", None, rep.rep, passed, end_s))
        down = (times.lowering[0], times.lowering[1] + times.plan.pause_bottom_s + 0.6 * times.plan.press_s)
        for onset_s, end_s in self._runs(self.flexion_deg > scenario.max_flexion_deg, down)[:1]:
            found.append(TrueFault("depth", None, rep.rep, onset_s, end_s))
        if rep.lowering_s < TEMPO_S or rep.turn_acceleration_mps2 > BOUNCE_MPS2:
            detail = "bounce" if rep.turn_acceleration_mps2 > BOUNCE_MPS2 else "lowering"
            found.append(TrueFault("tempo", None, rep.rep, rep.bottom_s, rep.bottom_s, detail))
        plan = times.plan
        up = {
            "left": self._runs(heel_kept(motion.rise_left) < HEEL_KEPT, down) if plan.heel_left else [],
            "right": self._runs(heel_kept(motion.rise_right) < HEEL_KEPT, down) if plan.heel_right else [],
        }
        if up["left"] and up["right"]:
            onset_s, end_s = min(up["left"][0][0], up["right"][0][0]), max(up["left"][0][1], up["right"][0][1])
            found.append(TrueFault("heel_lift", "both", rep.rep, onset_s, end_s))
        else:
            found += [TrueFault("heel_lift", side, rep.rep, *runs[0]) for side, runs in up.items() if runs]
        if plan.seat_lift_m:
            lifted = seat_kept(motion.seat_lift_m) < SEAT_KEPT
            found += [TrueFault("seat_lift", None, rep.rep, *run) for run in self._runs(lifted, down)[:1]]
        if plan.valgus_deg:
            kind = "valgus" if plan.valgus_deg > 0 else "varus"
            turned = np.abs(motion.valgus_deg) > PLANE_DEG
            found += [TrueFault(kind, scenario.leg, rep.rep, *run) for run in self._runs(turned, times.press)[:1]]
        return found
