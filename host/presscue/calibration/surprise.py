"""How surprised the filter is by the readings under a given geometry; minimum.py makes that small.

The residuals are the whitened innovations of the filter (estimator.py), Huber-weighted, and the distance of the
geometry p (6,) from what was believed before (belief.py). Faults break the linkage for seconds: stretches that surprise
far more than the others then count for little.

The readings are smoothed without delay and thinned first: what lies above some 8 Hz is rumble and wobble, which the
filter must expect but from which nothing is learnt. That makes a fit ten times faster and, since the sled's slow
acceleration can then be trusted more, better.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from presscue.calibration.belief import EXTENDED_RAD, EXTENDED_SD_RAD, EXTENDED_SHARE, Belief
from presscue.calibration.coupling import Spans, movements
from presscue.calibration.model import Calibration, History, NoFit
from presscue.calibration.mounting import THIN_HZ, along_rail, leg_readings, smooth, thinned
from presscue.calibration.nodding import leaked, turns
from presscue.calibration.ways import NONE, Ways, ways_of, ways_off_m
from presscue.compiled import njit
from presscue.estimation.estimator import (
    PHI,
    Leg,
    Noise,
    begin,
    flexion_at_rest,
    new_filter,
    predict,
    update_leg,
    update_sled,
)
from presscue.estimation.linkage import Links, pose, wrapped

INNOVATION_WEIGHT = 0.3  # innovations of a model that is not quite true are correlated: each counts for less
NOISE_S = 1.0  # over which noise is taken to be the same
WHITE_BENDS = 0.46  # second differences of white noise so smoothed, against its size as if each reading had its own
FIT_NOISE = Noise(sled_mps2=0.1, gyro_radps=0.015, leg_mps2=0.2)  # of smoothed readings, at the least
HOLD_SD_RAD = 0.0175  # how straight a leg held straight is
LONGEST_S = 60.0  # of readings in one fit
STRETCH_S = 2.0  # a shorter movement of the sled is none of a set
WINDOW_S = 2.0  # so much of a movement is trusted or not as a whole
SURPRISING = 2.0  # a window with so many times the usual squared innovation counts for a quarter
LEAST_SURPRISE = 0.02  # what is usual, at the least


@njit
def seen_at(kinds, t_s, readings, loud, starts, i):
    """Reading i, all as in `innovations`, as `take_in` wants it: its kind, the time since the one before, itself, its
    noise, its start."""
    dt = t_s[i] - t_s[i - 1] if i > 0 else 0.0
    return (
        kinds[i], dt, (readings[i, 0], readings[i, 1], readings[i, 2]), (loud[i, 0], loud[i, 1]),
        (starts[i, 0], starts[i, 1], starts[i, 2]),
    )  # fmt: skip


@njit
def take_in(seen, links, leg, noise, filter):
    """A reading of `seen_at` through the filter: its three innovations. Numbers, not arrays: of each array that is
    handed over references are counted, which took as long as a tenth of the filter."""
    kind, dt, (first, second, third), (loud, force), (start, f1, f2) = seen
    if start == 1.0:
        phi = flexion_at_rest(links, leg, f1, f2)
        begin(filter, 0.0 if math.isnan(phi) else phi, 0.1, leg.mount_rad, 1e-4)
    else:
        predict(filter, dt, noise)
    here = Noise(noise.jerk, loud, loud, force)
    if kind == 0:
        return update_sled(filter, pose(links, filter.x[PHI]), here, first), 0.0, 0.0
    return update_leg(filter, links, leg, here, first, second, third)


@njit
def innovations(kinds, t_s, readings, loud, starts, links, leg, noise, filter, out, phi):
    """Run the filter over merged readings; fills out (n, 3) with whitened innovations, 0 where there is none, and phi
    (n,) with flexion.

    kinds (n,): 0 sled, 1 leg. readings (n, 3): along, -, - or rate, f1, f2. loud (n, 2): their noise, along, - or
    rate, force. starts (n, 3): flag 1 where a stretch
    begins and the filter is set from the in-plane specific force of a leg at rest that stands beside it.
    """
    for i in range(len(t_s)):
        seen = seen_at(kinds, t_s, readings, loud, starts, i)
        out[i, 0], out[i, 1], out[i, 2] = take_in(seen, links, leg, noise, filter)
        phi[i] = filter.x[PHI]


@dataclass(frozen=True)
class Problem:
    """Merged readings of the stretches to fit and what is believed of p; `residuals` is what the fit makes small."""

    kinds: np.ndarray
    t_s: np.ndarray
    readings: np.ndarray
    loud: np.ndarray
    starts: np.ndarray
    leg: Leg  # for where up is, and which segment it is
    belief: Belief
    hold_psi: float | None = None  # angle of the leg IMU from the rail while the leg was held straight, rad
    trust: np.ndarray | None = None  # (n,) what each reading counts for; None: all alike
    ways: Ways = NONE  # of the sled by itself, from reading to reading
    extended_psi: float | None = None  # as hold_psi, where presses end: what counts where there was no hold

    @property
    def seen(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The first five, as the compiled loops take them."""
        return self.kinds, self.t_s, self.readings, self.loud, self.starts

    def split(self, p: np.ndarray) -> tuple[Links, Leg]:
        thigh, shank, height, strap, tissue, mount = (float(v) for v in p)
        return Links(thigh, shank, height), self.leg._replace(strap_m=strap, tissue=tissue, mount_rad=mount)

    def run(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Innovations (n, 3) under p, in standard deviations, and flexion (n,), rad."""
        white, phi = np.zeros((len(self.t_s), 3)), np.zeros(len(self.t_s))
        innovations(*self.seen, *self.split(p), FIT_NOISE, new_filter()[0], white, phi)
        return white, phi

    def whitened(self, p: np.ndarray) -> np.ndarray:
        """Innovations (n, 3) under p, in standard deviations."""
        return self.run(p)[0]

    def residuals(self, p: np.ndarray) -> np.ndarray:
        white, phi = self.run(p)
        white = hubered(white.ravel()).reshape(white.shape)
        apart = np.linalg.cholesky(self.belief.information).T @ (p - self.belief.mean)
        if self.trust is not None:
            white = white * np.sqrt(self.trust)[:, None]
        parts = [INNOVATION_WEIGHT * white.ravel(), self.ways_residuals(p, phi), apart]
        if self.hold_psi is not None:
            parts.append(np.array([self.hold_off(p) / HOLD_SD_RAD]))
        elif self.extended_psi is not None:
            parts.append(np.array([self.off(p, self.extended_psi, EXTENDED_RAD) / EXTENDED_SD_RAD]))
        return np.concatenate(parts)

    def gain(self, p: np.ndarray, better: np.ndarray, ways: bool = False) -> float:
        """By how much (weighted squares) the readings alone are less surprising under `better` than under p; ways: the
        sled's own ways count too."""
        n = 3 * len(self.t_s) + (len(self.ways.way_m) if ways else 0)
        old, new = (self.residuals(each)[:n] for each in (p, better))
        return float(old @ old - new @ new)

    def ways_off_m(self, p: np.ndarray, phi: np.ndarray) -> np.ndarray:
        """By how much the sled went farther in each stroke under p, with flexion phi (n,), than by itself."""
        (links, leg), ways = self.split(p), self.ways
        ends = ways.length_s, ways.first_radps, ways.last_radps
        return ways_off_m(links, leg.tissue, phi, ways.start, ways.end, ways.way_m, *ends)

    def ways_residuals(self, p: np.ndarray, phi: np.ndarray) -> np.ndarray:
        """The same in standard deviations, as they count."""
        start, end = self.ways.start, self.ways.end
        trust = 1.0 if self.trust is None else np.sqrt(np.minimum(self.trust[start], self.trust[end]))
        return trust * hubered(self.ways_off_m(p, phi) / self.ways.sd_m)

    def hold_off(self, p: np.ndarray) -> float:
        """How far (rad, of the IMU's angle) the leg was from straight in the hold, under p."""
        assert self.hold_psi is not None
        return self.off(p, self.hold_psi, 0.0)

    def off(self, p: np.ndarray, psi: float, phi: float) -> float:
        """How far (rad) the leg IMU, at psi from the rail, is from its angle at flexion phi (rad) under p."""
        links, leg = self.split(p)
        return wrapped(psi - pose(links, phi).theta - leg.mount_rad - leg.tissue * phi)

    def ending_usually(self) -> "Problem":
        """The same, in which presses end as people's do."""
        return replace(self, extended_psi=self.extended(EXTENDED_SHARE))

    def extended(self, share: float) -> float:
        """The angle of the leg IMU from the rail (rad), beyond which it is extended in this share of the readings."""
        leg = self.readings[self.kinds == 1]
        psi = np.unwrap(math.atan2(self.leg.up_w, self.leg.up_u) - np.arctan2(leg[:, 2], leg[:, 1]))
        return float(np.quantile(psi, 1.0 - share))

    @property
    def windows(self) -> np.ndarray:
        """The window (n,) that each reading is in."""
        return np.floor((self.t_s - self.t_s[0]) / WINDOW_S).astype(int)

    def trusting(self, p: np.ndarray, white: np.ndarray | None = None) -> "Problem":
        """The same, with little weight on the windows that surprise far more than most under p: those with faults.
        white (n, 3): the innovations there, where they are known."""
        size = np.minimum(np.abs(self.whitened(p) if white is None else white), 6.0)
        window = self.windows
        count = np.bincount(window)
        cost = np.bincount(window, np.sum(size**2, axis=1)) / np.maximum(3 * count, 1)
        most = np.median(cost[count >= 0.5 * np.median(count[count > 0])])
        scale = max(SURPRISING * float(most), LEAST_SURPRISE)
        return replace(self, trust=((1.0 + cost / scale) ** -2)[window])

    def before(self, t_s: float) -> "Problem":
        """The same with the readings up to t_s only."""
        return self._of(self.t_s <= t_s)

    def after(self, t_s: float) -> "Problem":
        """The same with the readings after t_s only; they start amid a movement, from gravity all the same."""
        part = self._of(self.t_s > t_s)
        first = part.readings[(part.kinds == 1) & (part.t_s < t_s + 0.25)]
        if len(first) and len(part.starts):
            part.starts[0] = (1.0, first[:, 1].mean(), first[:, 2].mean())
        return part

    def _of(self, kept: np.ndarray) -> "Problem":
        trust = None if self.trust is None else self.trust[kept]
        return replace(
            self, kinds=self.kinds[kept], t_s=self.t_s[kept], readings=self.readings[kept],
            loud=self.loud[kept], starts=self.starts[kept].copy(), trust=trust, ways=self.ways.among(kept),
        )  # fmt: skip


@njit
def huber(white):
    """An innovation as it counts: beyond two standard deviations its square grows with its size only."""
    size = abs(white)
    return white if size <= 2.0 else math.copysign(math.sqrt(4.0 * size - 4.0), white)


@njit
def hubered(white):
    """Each of them (n,)."""
    out = np.empty_like(white)
    for i in range(len(white)):
        out[i] = huber(white[i])
    return out


def noise_of(t_s: np.ndarray, values: np.ndarray, least: float) -> np.ndarray:
    """Noise (standard deviation, at least that expected) in thinned readings t_s (n,), values (n, k), about each of
    them: flesh that rings under a strap, rails that jerk, rumble that a slow sampling has folded down. By their second
    differences, which what people do hardly shows in; as if they were noise that was white before it was smoothed."""
    bends = np.zeros((len(t_s), 1))
    if len(t_s) > 2:
        bends[1:-1, 0] = np.where(
            np.diff(t_s)[1:] < 1.5 / THIN_HZ, np.mean(np.diff(values, 2, axis=0) ** 2, axis=1), 0.0
        )
    return np.maximum(np.sqrt(smooth(bends, t_s, NOISE_S)[:, 0]) / WHITE_BENDS, least)


def stretches(history: History, moves: Spans) -> Spans:
    """Those of `movements` from which a fit learns: long enough, and recent."""
    newest = float(history.sled_t_s[-1])
    return [(a, b) for a, b in moves if b - a > STRETCH_S and b > newest - LONGEST_S]


def problem_of(
    history: History,
    c: Calibration,
    belief: Belief,
    hold_s: tuple[float, float] | None,
    moves: Spans | None = None,
) -> Problem:
    """The readings of a history in the frames of c, with the sled's own ways in them. moves: of `movements`, where
    known already. Raises NoFit if the sled has not moved."""
    spans = stretches(history, movements(history, c) if moves is None else moves)
    sled_t_s, sled = thinned(history.sled_t_s, np.stack([along_rail(history, c), turns(history, c)], axis=1))
    seen = leg_readings(history, c)
    hold_psi = None
    if hold_s is not None:
        held = seen[(history.leg_t_s >= hold_s[0]) & (history.leg_t_s <= hold_s[1])]
        if len(held):
            middle = np.median(held, axis=0)
            hold_psi = math.atan2(c.leg.up_w, c.leg.up_u) - math.atan2(middle[2], middle[1])
    leg_t_s, seen = thinned(history.leg_t_s, seen)
    along = sled[:, :1] - leaked(sled_t_s, sled[:, 1], leg_t_s, seen, spans)[:, None]
    n = len(sled_t_s)
    t_s = np.concatenate([sled_t_s, leg_t_s])
    kinds = np.ones(len(t_s), np.int64)
    kinds[:n] = 0
    readings = np.zeros((len(t_s), 3))
    readings[:n, :1] = along
    readings[n:] = seen
    loud = np.zeros((len(t_s), 2))
    loud[:n, 0] = noise_of(sled_t_s, along, FIT_NOISE.sled_mps2)
    loud[n:, 0] = noise_of(leg_t_s, seen[:, :1], FIT_NOISE.gyro_radps)
    loud[n:, 1] = noise_of(leg_t_s, seen[:, 1:], FIT_NOISE.leg_mps2)
    order = np.argsort(t_s, kind="stable")
    t_s, kinds, readings, loud = t_s[order], kinds[order], readings[order], loud[order]
    kept = np.zeros(len(t_s), np.bool_)
    starts = np.zeros((len(t_s), 3))
    for since, until in spans:
        inside = (t_s >= since) & (t_s <= until)
        early = readings[inside & (kinds == 1) & (t_s < since + 0.25)]
        if len(early):
            kept |= inside
            starts[np.flatnonzero(inside)[0]] = (1.0, early[:, 1].mean(), early[:, 2].mean())
    if not kept.any():
        raise NoFit("the sled has not moved yet")
    seen = kinds[kept], t_s[kept], readings[kept], loud[kept], starts[kept]
    return Problem(*seen, c.leg, belief, hold_psi, ways=ways_in(*seen))


def ways_in(kinds, t_s, readings, loud, starts) -> Ways:
    """The sled's own ways in the readings of a problem."""
    sled, leg = (np.flatnonzero(kinds == kind) for kind in (0, 1))
    sled_t_s, along = t_s[sled], readings[sled, :1]
    noise, breaks_s = noise_of(sled_t_s, along, 0.0), t_s[starts[:, 0] == 1.0]
    ways = ways_of(sled_t_s, along[:, 0], noise, t_s[leg], readings[leg, 0], breaks_s)
    return ways._replace(start=leg[ways.start], end=leg[ways.end])
