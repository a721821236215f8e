"""Frames for tests of reps and faults: hand-drawn strokes, or the virtual lifter's truth with an estimator's errors."""

import math

import numpy as np

from presscue import events, faults, frame, wire
from presscue.compiled import njit
from presscue.reps import machine as reps
from presscue.results import Event, Rep, SetResult

IMU_HZ, PADS_HZ = 208.0, 50.0
THIGH_M = SHANK_M = 0.42


def rail_m(flexion_deg):
    """Hip-ankle distance of a lifter whose ankle is on the rail line."""
    return 2.0 * THIGH_M * np.cos(np.radians(flexion_deg) / 2.0)


def ease(x):
    x = np.clip(x, 0.0, 1.0)
    return x * x * x * (10.0 + x * (6.0 * x - 15.0))


class Drawing:
    """Knee flexion over time on a 1 kHz grid, drawn piece after piece: `hold` and `move`."""

    def __init__(self, flexion_deg: float):
        self.pieces = [np.array([float(flexion_deg)])]
        self.away: list[tuple[float, float]] = []

    @property
    def now_s(self) -> float:
        return (sum(len(piece) for piece in self.pieces) - 1) * 1e-3

    @property
    def last_deg(self) -> float:
        return float(next(piece[-1] for piece in reversed(self.pieces) if len(piece)))

    def hold(self, duration_s: float) -> "Drawing":
        self.pieces.append(np.full(round(duration_s * 1e3), self.last_deg))
        return self

    def move(self, to_deg: float, duration_s: float) -> "Drawing":
        n = round(duration_s * 1e3)
        start = self.last_deg
        self.pieces.append(start + (to_deg - start) * ease(np.arange(1, n + 1) / n))
        return self

    def rep(self, lower_s=2.0, press_s=1.6, deep_deg=80.0, top_deg=18.0, pause_s=0.2, rest_s=0.6) -> "Drawing":
        return self.move(deep_deg, lower_s).hold(pause_s).move(top_deg, press_s).hold(rest_s)

    def leg_off(self, duration_s: float) -> "Drawing":
        """The leg leaves the sled, which stands."""
        self.away.append((self.now_s, self.now_s + duration_s))
        return self.hold(duration_s)

    def top_speed_mps(self, start_s: float, end_s: float) -> float:
        """Of the sled in a stretch."""
        speed = np.abs(np.gradient(rail_m(np.concatenate(self.pieces)), 1e-3))
        return float(speed[round(start_s * 1e3) : round(end_s * 1e3)].max())

    def moving_s(self, start_s: float, end_s: float) -> float:
        """How long the sled moves faster than 1 cm/s in a stretch."""
        speed = np.abs(np.gradient(rail_m(np.concatenate(self.pieces)), 1e-3))
        return float(np.sum(speed[round(start_s * 1e3) : round(end_s * 1e3)] > 0.01)) * 1e-3

    def frames(self, measures: str = "sled leg", pads: bool = True) -> np.ndarray:
        flexion = np.concatenate(self.pieces)
        grid = np.arange(len(flexion)) * 1e-3
        on = np.ones(len(grid), bool)
        for start, end in self.away:
            on[(grid >= start) & (grid < end)] = False
        heel = np.where(on, 200.0, 0.0)
        return frames_of(grid, flexion, rail_m(flexion), -0.5 * flexion, on, heel, heel, measures, pads)


def inclined_set(reps_wanted: int = 5, **rep) -> Drawing:
    """Unracking at 60 degrees, reps, re-racking, a rest long enough to end the set."""
    drawing = Drawing(60.0).hold(2.0).move(18.0, 1.3).hold(0.8)
    for _ in range(reps_wanted):
        drawing.rep(**rep)
    return drawing.move(60.0, 1.5).hold(9.5)


def frames_of(grid, flexion, position, pitch, on, heel_left, heel_right, measures, pads) -> np.ndarray:
    """A frame for each reading of the sources that `measures` ("sled", "leg", "pitch") and `pads` name, at their rates.

    "leg" gives flexion, with "sled" the linkage; "pitch" gives leg pitch alone.
    """
    sources = []
    if "sled" in measures:
        sources.append((wire.SLED, np.arange(0.0011, grid[-1], 1.003 / IMU_HZ)))
    if "leg" in measures or "pitch" in measures:
        sources.append((wire.LEG, np.arange(0.0023, grid[-1], 0.994 / IMU_HZ)))
    if pads:
        sources.append((wire.PADS, np.arange(0.0037, grid[-1], 1.0 / PADS_HZ)))
    t = np.concatenate([times for _, times in sources])
    source = np.concatenate([np.full(len(times), number) for number, times in sources])
    order = np.argsort(t, kind="stable")
    t, source = t[order], source[order]
    rows = np.zeros(len(t), frame.FRAME)
    for name in rows.dtype.names or ():
        rows[name] = np.nan
    rows["t_s"], rows["source"] = t, source
    there = np.interp(t, grid, on.astype(float)) > 0.5
    velocity = np.gradient(position, grid)
    if "sled" in measures:
        rows["position_m"] = np.interp(t, grid, position)
        rows["velocity_mps"] = np.interp(t, grid, velocity)
        rows["still"] = np.abs(rows["velocity_mps"]) < 0.003
    if "leg" in measures:
        rows["flexion_deg"] = np.where(there, np.interp(t, grid, flexion), np.nan)
        rows["flexion_sd_deg"] = np.where(there, 1.0, np.nan)
        rows["rate_dps"] = np.where(there, np.interp(t, grid, np.gradient(flexion, grid)), np.nan)
    if "sled" in measures and "leg" in measures:
        rows["engaged"] = there
    if "pitch" in measures:
        latest = np.maximum.accumulate(np.where(source == wire.LEG, np.arange(len(t)), 0))
        rows["pitch_deg"] = np.interp(t, grid, -pitch)[latest]
    if pads:
        latest = np.maximum.accumulate(np.where(source == wire.PADS, np.arange(len(t)), 0))
        seen = np.cumsum(source == wire.PADS) > 0
        rows["heel_left"] = np.where(seen, np.interp(t, grid, heel_left)[latest], np.nan)
        rows["heel_right"] = np.where(seen, np.interp(t, grid, heel_right)[latest], np.nan)
        rows["seat"] = np.where(seen, 400.0, np.nan)
    return rows


@njit
def drive(rep_params, rep_state, fault_params, fault_states, frames, out):
    """What the kernel does with each frame once the estimator has filled it."""
    for i in range(frames.shape[0]):
        x = frames[i]
        reps.step(rep_params, rep_state, x, out)
        faults.step_all(fault_params, fault_states, x, rep_state, out)


class Run:
    """Reps and faults over frames, in one block or many."""

    def __init__(self, rep_params: reps.Params | None = None, fault_params: faults.Params | None = None):
        self.params = rep_params or reps.Params(), fault_params or faults.Params()
        self.state, self.states = reps.new_state(), faults.new_state()
        self.out = events.new_buffer().view(np.recarray)
        self.predictions: list[Event] = []
        self.last = frame.new_frame().view(np.recarray)

    def feed(self, frames: np.ndarray) -> np.ndarray:
        """Rows that these frames bring."""
        self.last = frames[-1:].copy().view(np.recarray) if len(frames) else self.last
        drive(self.params[0], self.state[0], self.params[1], self.states[0], frames.view(np.recarray), self.out[0])
        return events.drain(self.out)

    def finish(self) -> np.ndarray:
        reps.finish(self.params[0], self.state[0], self.out[0])
        faults.finish_all(self.params[1], self.states[0], self.last[0], self.state[0], self.out[0])
        return events.drain(self.out)

    def copy(self) -> "Run":
        """Go on from here in another object."""
        other = Run(*self.params)
        other.state, other.states = self.state.copy(), self.states.copy()
        return other

    def results(self, frames: np.ndarray) -> tuple[list[Rep], list[SetResult], list[Event]]:
        """Reps, sets, and each event as it was last said."""
        ledger = events.Ledger()
        said = [result for row in [*self.feed(frames), *self.finish()] for result in ledger.enter(row)]
        said += ledger.close()
        last = {e.key: e for e in said if isinstance(e, Event)}
        self.predictions = [e for e in last.values() if e.predicted]
        return (
            [r for r in said if isinstance(r, Rep)],
            [r for r in said if isinstance(r, SetResult)],
            [e for e in last.values() if not e.predicted],
        )


def lifter_frames(performance, seed: int, measures: str = "sled leg") -> np.ndarray:
    """The truth of a simulated session, with errors like those of the estimator: flexion 1.5 degrees and, from the
    sled alone, velocity 1.2 cm/s, both slowly varying, and some noise."""
    rng = np.random.default_rng([seed, 9])
    truth = performance.truth.series
    grid, flexion = truth["time_s"], truth["knee_flexion_deg"]
    on = ~np.isnan(flexion)
    flexion = np.interp(grid, grid[on], flexion[on]) + slowly(rng, grid, 1.5)
    position = truth["sled_position_m"]
    if "leg" not in measures:
        moving = np.abs(truth["sled_velocity_mps"]) > 0.01
        position = position + np.cumsum(slowly(rng, grid, 0.012) * moving) * 1e-3
    else:
        position = position + slowly(rng, grid, 0.003)
    pads = performance.pads(grid)
    gain = rng.uniform(0.85, 1.15, 2) * (1.0 + 0.05 * np.log1p(grid / 20.0))[:, None]
    bent = gain * 1000.0 * (pads[:, :2] / 1000.0) ** rng.uniform(0.75, 0.95)
    rows = frames_of(grid, flexion, position, -0.5 * flexion, on, bent[:, 0], bent[:, 1], measures, True)
    for name, noise in (("flexion_deg", 0.1), ("rate_dps", 1.0), ("velocity_mps", 0.004), ("heel_left", 3.0)):
        rows[name] += noise * rng.normal(size=len(rows))
    return rows


def slowly(rng, t_s, sd):
    """A slowly varying error: five sines of 6 to 60 s."""
    total = np.zeros_like(t_s)
    for _ in range(5):
        rate = math.exp(rng.uniform(math.log(1 / 60), math.log(1 / 6)))
        total += np.sin(2 * math.pi * (rate * t_s + rng.uniform()))
    return sd * math.sqrt(0.4) * total


def kinds(found):
    return [(e.kind, e.side, e.rep) for e in found]


def lifted(rows, pad, start_s, end_s, share=0.1):
    """Take the load off a pad from start_s to end_s."""
    rows[pad][(rows["t_s"] >= start_s) & (rows["t_s"] < end_s)] *= share
