"""A leg press told a second time, from formats.md and domain.md alone. Nothing of presscue is imported.

Where the product's own lifter moves a sled and lets the leg follow, this one writes down the knee's angle as straight
lines between way-points, blurs them, and hangs everything else on it: hip, thigh and shank as a chain of rotations at
2 kHz, rates and accelerations by differences, sensors wherever they happen to be strapped.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HZ = 2000
G_MPS2 = 9.81


@dataclass
class Truth:
    """What happened: curves on the 2 kHz grid, reps, and faults as (kind, side, rep, onset_s)."""

    t_s: np.ndarray
    flexion_deg: np.ndarray
    travel_m: np.ndarray
    reps: list[dict] = field(default_factory=list)
    faults: list[tuple[str, str | None, int, float]] = field(default_factory=list)
    hold_s: tuple[float, float] | None = None
    height_m: float = 1.75
    leg: str = "left"


def blur(values: np.ndarray, sigma_s: float) -> np.ndarray:
    """Convolution with a Gaussian, the ends held."""
    reach = int(4 * sigma_s * HZ)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (sigma_s * HZ)) ** 2)
    padded = np.pad(values, reach, mode="edge")
    n = 1 << (padded.size + kernel.size).bit_length()
    product = np.fft.irfft(np.fft.rfft(padded, n) * np.fft.rfft(kernel / kernel.sum(), n), n)
    return product[2 * reach : 2 * reach + values.size]


def turn(axis, angle: np.ndarray) -> np.ndarray:
    """Rotation matrices (n, 3, 3) about a unit axis by angles (n,), Rodrigues."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle)[:, None, None] * k + (1 - np.cos(angle))[:, None, None] * (k @ k)


def any_way_up(rng: np.random.Generator) -> np.ndarray:
    """A rotation (3, 3) drawn evenly."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else q[:, [1, 0, 2]]


class Session:
    """One person on one machine; `columns()` is the recording, `truth` what it hides."""

    def __init__(self, seed: int, faults: tuple[str, ...] = (), sets: tuple[int, ...] = (5, 4), hold: bool = True):
        rng = self.rng = np.random.default_rng([20260, seed])
        self.height = rng.uniform(1.55, 1.98)
        self.thigh = 0.245 * self.height + rng.normal(0, 0.01)
        self.shank = 0.246 * self.height + rng.normal(0, 0.01)
        self.rail = np.radians(rng.choice([45, 45, 40, 30, 35, 20, 60]) + rng.uniform(-2, 2))
        self.foot = rng.uniform(0.02, 0.18)  # ankle across the rail
        self.leg = str(rng.choice(["left", "right"]))
        self.sled_hz, self.leg_hz = (
            float(rng.choice([100, 125, 200, 250, 400])) * rng.uniform(0.98, 1.02) for _ in "ab"
        )
        self.load_n = rng.uniform(500, 1500)
        self.points: list[tuple[float, float]] = []
        self.gone, self.loaded = list[tuple[float, float]](), list[tuple[float, float]]()
        self.plans: list[tuple[float, float, float, float, str | None]] = []
        self._act(faults, sets, hold)
        self._bodies()

    def _to(self, duration_s: float, deg: float) -> None:
        self.points.append((self.points[-1][0] + duration_s, deg))

    def _stay(self, duration_s: float) -> None:
        self._to(duration_s, self.points[-1][1])

    def _act(self, faults, sets, hold: bool) -> None:
        """Way-points of the knee, and which rep carries which fault (each fault in turn, from the third rep on)."""
        u, rack = self.rng.uniform, self.rng.uniform(50, 65)
        self.points = [(0.0, 0.0 if hold else rack)]
        if hold:
            self._stay(3.5)
            self._to(2.5, rack)
        self._stay(u(2, 4))
        rep = 0
        for index, count in enumerate(sets):
            if index:
                start_s = self.points[-1][0]
                self._stay(u(8, 14))
                self.gone.append((start_s + 0.5, self.points[-1][0] - 1.0))
            self._stay(2.0)
            start_s = self.points[-1][0]
            self._to(u(1.0, 1.8), u(16, 22))
            for _ in range(count):
                fault = faults[rep % len(faults)] if faults and rep >= 3 and rep % 2 else None
                self._stay(u(0.4, 1.2))
                top_s = self.points[-1][0]
                deep = u(94.5, 102) if fault == "depth" else u(70, 82)
                self._to(u(0.45, 0.55) if fault == "tempo" else u(1.6, 2.8), deep)
                self._stay(u(0.3, 0.6))
                bottom_s = self.points[-1][0]
                self._to(u(1.3, 2.2), u(1.5, 4.5) if fault == "lockout" else u(15, 22))
                self.plans.append((top_s, bottom_s, self.points[-1][0], deep, fault))
                rep += 1
            self._stay(u(0.5, 1.0))
            self._to(u(1.2, 2.0), rack)
            self.loaded.append((start_s, self.points[-1][0]))
        self._stay(3.0)
        self.hold_s = (0.3, 3.0) if hold else None

    def _bump(self, start_s: float, end_s: float, edge_s: float = 0.08) -> np.ndarray:
        return blur(((self.t_s >= start_s) & (self.t_s <= end_s)).astype(float), edge_s)

    def _bodies(self) -> None:
        rng = self.rng
        times, degrees = np.array(self.points).T
        t_s = self.t_s = np.arange(int(times[-1] * HZ)) / HZ
        carried = np.sum([self._bump(a, b) for a, b in self.loaded], axis=0)
        tremor = blur(rng.normal(size=t_s.size), 0.15)
        flexion_deg = blur(np.interp(t_s, times, degrees), 0.09) + 0.15 * carried * tremor / tremor.std()
        self.phi = np.radians(flexion_deg)
        reach = np.sqrt(self.thigh**2 + self.shank**2 + 2 * self.thigh * self.shank * np.cos(self.phi))
        self.x_m = np.sqrt(reach**2 - self.foot**2)
        valgus = np.zeros(t_s.size)
        for _, bottom_s, end_s, _, fault in self.plans:
            if fault == "valgus":
                valgus += np.radians(rng.uniform(15, 19)) * self._bump(bottom_s + 0.1, end_s - 0.5, 0.12)
        side = 1.0 if self.leg == "left" else -1.0
        lean = -side * (np.radians(rng.uniform(2, 10)) - valgus)
        raise_line = turn([0, -1, 0], self.rail + np.arctan2(self.foot, self.x_m))
        thigh_up = np.arctan2(self.shank * np.sin(self.phi), self.thigh + self.shank * np.cos(self.phi))
        plane = raise_line @ turn([1, 0, 0], lean)
        shank_axes = plane @ turn([0, -1, 0], thigh_up - self.phi)
        knee = (plane @ turn([0, -1, 0], thigh_up))[:, :, 0] * self.thigh
        soft = np.radians(rng.uniform(-2.5, 2.5)) * (1 - np.cos(self.phi))
        soft = soft + np.radians(rng.uniform(0, 0.5)) * blur(np.gradient(self.phi, 1 / HZ), 0.05)
        worn = shank_axes @ turn(rng.normal(size=3) * [0.3, 0, 0.3] + [0, 1, 0], soft)
        place = knee + shank_axes @ np.array([rng.uniform(0.05, 0.2), 0.04 * side, 0.05])
        for start_s, end_s in self.gone:  # off the machine: the leg swings about, unlike anything on it
            away = self._bump(start_s + 1, end_s - 1, 0.4)
            swing = 0.6 * np.sin(2 * np.pi * 0.9 * t_s) + 0.3 * blur(rng.normal(size=t_s.size), 0.2) * HZ**0.5
            worn = worn @ turn([0.1, 1, 0.2], away * (0.7 + 0.5 * swing))
            place = place + (away * (0.3 + 0.15 * swing))[:, None] * np.array([0.3, 0.5, -0.2])
        rattle = np.abs(np.gradient(self.x_m, 1 / HZ))[:, None] * np.stack(
            [blur(rng.normal(size=t_s.size), 0.002) for _ in "xyz"], axis=1
        )
        along = np.array([np.cos(self.rail), 0.0, np.sin(self.rail)])
        sled = self.x_m[:, None] * along + 2e-5 * rattle  # a few tenths of a m/s2 at 0.2 m/s
        mount = any_way_up(rng)
        self.sled_imu = np.hstack([force(sled) @ mount, np.zeros((t_s.size, 3))])
        axes = worn @ any_way_up(rng)
        felt = np.einsum("nij,ni->nj", axes, force(place))
        step = np.einsum("nji,njk->nik", axes[:-2], axes[2:])
        rate = 0.5 * np.stack(
            [step[:, 2, 1] - step[:, 1, 2], step[:, 0, 2] - step[:, 2, 0], step[:, 1, 0] - step[:, 0, 1]]
        )
        self.leg_imu = np.hstack([felt, np.pad(rate.T * (HZ / 2), ((1, 1), (0, 0)), mode="edge")])
        self._tell(flexion_deg, carried, valgus)

    def _tell(self, flexion_deg, carried, valgus) -> None:
        rng, t_s = self.rng, self.t_s
        truth = self.truth = Truth(t_s, flexion_deg, self.x_m, hold_s=self.hold_s, height_m=self.height, leg=self.leg)
        speed = np.gradient(self.x_m, 1 / HZ)
        push, share = self.load_n * carried + 30, 0.5 + 0.02 * rng.normal()
        kept = {"left": np.ones(t_s.size), "right": np.ones(t_s.size)}
        seated = np.ones(t_s.size)
        for rep, (top_s, bottom_s, end_s, _, fault) in enumerate(self.plans):
            down = (t_s >= top_s - 0.3) & (t_s <= bottom_s)
            up = (t_s >= bottom_s) & (t_s <= end_s + 0.4)
            lower = t_s[down & (speed < -0.01)]
            press = t_s[up & (speed > 0.01)]
            deepest = flexion_deg[down | up].max()
            truth.reps.append(
                {"start_s": lower[0], "bottom_s": lower[-1], "end_s": press[-1], "lowering_s": lower[-1] - lower[0],
                 "max_deg": deepest, "min_deg": flexion_deg[up].min(), "travel_m": np.ptp(self.x_m[down | up])}
            )  # fmt: skip
            if fault == "lockout":
                truth.faults.append((fault, None, rep, t_s[up][np.argmax(flexion_deg[up] < 8)]))
            elif fault == "depth":
                truth.faults.append((fault, None, rep, t_s[down][np.argmax(flexion_deg[down] > 90)]))
            elif fault == "tempo":
                truth.faults.append((fault, None, rep, lower[-1]))
            elif fault == "valgus":
                truth.faults.append((fault, self.leg, rep, t_s[up][np.argmax(valgus[up] > np.radians(10))]))
            elif fault in ("heel_lift", "seat_lift"):
                gone = self._bump(bottom_s - 0.5, bottom_s + 0.4)
                side = str(rng.choice(["left", "right"])) if fault == "heel_lift" else None
                part = kept[side] if side else seated
                part *= 1 - 0.93 * gone
                truth.faults.append((fault, side, rep, t_s[np.argmax(0.93 * gone > (0.65 if side else 0.5))]))
        away = sum((self._bump(a, b, 0.3) for a, b in self.gone), start=np.zeros(t_s.size))
        heel = 0.6 - 0.1 * np.sin(self.phi)
        force_n = [push * heel * share * kept["left"], push * heel * (1 - share) * kept["right"], 350 * seated]
        gains = rng.uniform(0.85, 1.15, size=3)
        self.pads = np.stack(
            [gain * each * (1 - 0.97 * away) for gain, each in zip(gains, force_n, strict=True)], axis=1
        )

    def columns(self, pads: bool = True, cheap: bool = False) -> dict[str, np.ndarray]:
        """The recording: rows wherever any sensor was read, NaN where one was not. cheap: IMUs with as much noise
        again, and more of it the slower."""
        rng = self.rng
        names = [f"{kind}_{axis}_{unit}" for kind, unit in (("acc", "mps2"), ("gyr", "radps")) for axis in "xyz"]
        parts = [
            (self.sled_hz, [f"sled_{name}" for name in names], self.sled_imu),
            (self.leg_hz, [f"leg_{name}" for name in names], self.leg_imu),
        ]
        if pads:
            parts.append((50.0, ["heel_left_n", "heel_right_n", "seat_n"], self.pads))
        read = []
        for hz, own, values in parts:
            t_s = np.arange(rng.uniform(0, 1 / hz), self.t_s[-1], 1 / hz)
            t_s = t_s[rng.random(t_s.size) > 0.002]  # a reading lost now and then
            at = np.stack([np.interp(t_s, self.t_s, column) for column in values.T], axis=1)
            if len(own) == 6:
                at = at * (1 + rng.normal(0, 0.003, 6)) + rng.normal(0, 1, 6) * ([0.08] * 3 + [0.008] * 3)
                at = at + rng.normal(size=at.shape) * ([0.02] * 3 + [0.002] * 3)
                if cheap:
                    at = at + coloured(rng, at.shape) * ([0.04] * 3 + [0.004] * 3)
            else:
                at = np.maximum(at + rng.normal(0, 3, at.shape), 0)
            read.append((own, np.round(t_s, 6), at))
        time_s = np.unique(np.concatenate([t_s for _, t_s, _ in read]))
        table = {"time_s": time_s}
        for own, t_s, at in read:
            for name, column in zip(own, at.T, strict=True):
                table[name] = np.full(time_s.size, np.nan)
                table[name][np.searchsorted(time_s, t_s)] = column
        return table


def coloured(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """White noise of size 1, and as much that lasts for twenty readings."""
    white = rng.normal(size=shape)
    slow = np.zeros(shape)
    for row in range(1, shape[0]):
        slow[row] = 0.95 * slow[row - 1] + 0.3 * white[row]
    return white + slow


def force(place: np.ndarray) -> np.ndarray:
    """Specific force of a point (n, 3) in world axes, z up."""
    second = np.zeros_like(place)
    second[1:-1] = (place[2:] - 2 * place[1:-1] + place[:-2]) * float(HZ) ** 2
    return second + np.array([0.0, 0.0, G_MPS2])


def write_csv(table: dict[str, np.ndarray], path: Path) -> None:
    """As a spreadsheet would: an empty cell where nothing was read, columns in no special order."""
    names = sorted(table)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in zip(*(table[name] for name in names), strict=True):
            writer.writerow(["" if value != value else f"{value:.6g}" if n != "time_s" else f"{value:.6f}"
                             for n, value in zip(names, row, strict=True)])  # fmt: skip
