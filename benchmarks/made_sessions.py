"""Session files of virtual lifters without a virtual node: quick to make by the hundred, for the benchmark of fleets.

A few sessions are performed and rendered; every file is one of them with both IMUs mounted another way, and noise of
its own, so that no two are alike and each is calibrated anew.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from presscue import wire
from presscue.archive.places import stem_of
from presscue.profile import Profile
from presscue.recording import Recorder
from presscue.session.events import NodeInfo
from presscue.simulator.performance import perform
from presscue.simulator.render import IMU_COLUMNS, PAD_COLUMNS, render
from presscue.simulator.scenario import random_scenario

FAULTS = ("lockout", "heel_lift", "depth", "tempo")
FIRST_MS = 1_735_689_600_000  # 2025-01-01
BATCH_S = 0.02
ACC_NANO, GYR_NANO, PAD_NANO = 1_196_411, 1_220_703, 50_000_000
NOISE = np.array([0.02] * 3 + [0.002] * 3)


@dataclass(frozen=True)
class Template:
    """A session as rendered: (source, t_s, values) of each sensor, and what its profile says."""

    sources: list[tuple[int, np.ndarray, np.ndarray]]
    profile: str


def sources_of(table: dict[str, np.ndarray], until_s: float = np.inf) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """(source, t_s, values) of each sensor in a rendered table."""
    sources = []
    for source, names in ((wire.SLED, IMU_COLUMNS["sled"]), (wire.LEG, IMU_COLUMNS["leg"]), (wire.PADS, PAD_COLUMNS)):
        values = np.stack([table[name] for name in names], axis=1)
        there = ~np.isnan(values[:, 0]) & (table["time_s"] < until_s)
        sources.append((source, table["time_s"][there], values[there]))
    return sources


def template(seed: int, minutes: float) -> Template:
    """A session of at least so many minutes."""
    sets = tuple([8] * max(1, round(minutes * 60 / 55)))
    scenario = random_scenario(seed, FAULTS, sets=sets, rest_s=15.0, fault_share=0.2)
    performance = perform(scenario)
    sources = sources_of(render(performance), 60 * minutes)
    profile = Profile(height_m=scenario.height_m, straight_leg_hold_s=performance.truth.hold_s, leg=scenario.leg,
                      sled_load_kg=round(scenario.sled_load_kg), lifter=f"lifter {seed}")  # fmt: skip
    return Template(sources, profile.to_toml())


def make(folder: Path, count: int, *, minutes: float = 3.0, templates: int = 5) -> list[Path]:
    """So many session files; those that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{stem_of(FIRST_MS + n * 7_200_000, f'{n:06x}')}.presscue" for n in range(count)]
    missing = [n for n, path in enumerate(paths) if not path.exists()]
    made = {seed: template(seed, minutes) for seed in sorted({n % templates for n in missing})}
    for n in missing:
        _write(paths[n], made[n % templates], n)
    return paths


def _write(path: Path, made: Template, number: int) -> None:
    rng = np.random.default_rng([number, 77])
    rows, cuts, raw, periods = [], [], [], []
    for source, t_s, values in made.sources:
        pads = source == wire.PADS
        names = [name.removesuffix("_n") + "_v" for name in PAD_COLUMNS] if pads else _imu_names(source)
        nano = [PAD_NANO] * 3 if pads else [ACC_NANO] * 3 + [GYR_NANO] * 3
        period_ns = round(1e9 * (t_s[-1] - t_s[0]) / (len(t_s) - 1))
        for index, name in enumerate(names):
            rows.append(wire.encode("channel", source, index, len(names), period_ns, nano[index], tail=name.encode()))
        if not pads:
            turn = _rotation(rng)
            values = np.hstack([values[:, :3] @ turn, values[:, 3:] @ turn]) + NOISE * rng.normal(size=values.shape)
        periods.append(period_ns)
        raw.append(np.clip(np.round(values / (1e-9 * np.array(nano))), -32768, 32767).astype("<i2"))
        cuts.append(np.searchsorted(t_s, np.arange(0.0, t_s[-1] + BATCH_S, BATCH_S)))
    info = NodeInfo(b"", wire.PROTOCOL, 1, (0, 1, 0), 0.0, f"{number:016x}", f"press-{number % 20}")
    part = path.with_suffix(".making")
    recorder = Recorder(part, info, rows, wall_ms=FIRST_MS + number * 7_200_000, session=number, profile=made.profile)
    order = 0
    for batch in range(max(map(len, cuts)) - 1):
        for (source, t_s, _), ends, data, period_ns in zip(made.sources, cuts, raw, periods, strict=True):
            if batch + 1 >= len(ends) or ends[batch] == ends[batch + 1]:
                continue
            a, b = ends[batch], ends[batch + 1]
            head = (source, 1, order, int(a), round(1e6 * float(t_s[a])), period_ns, int(b - a), data.shape[1])
            recorder.add(wire.encode("samples", *head, tail=data[a:b].tobytes()))
            order += 1
    recorder.close()
    part.rename(path)


def _imu_names(source: int) -> tuple[str, ...]:
    return IMU_COLUMNS["sled" if source == wire.SLED else "leg"]


def _rotation(rng: np.random.Generator) -> np.ndarray:
    """Any rotation, evenly drawn: shape (3, 3)."""
    turn, upper = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.diag(upper))
    return turn * np.linalg.det(turn)
