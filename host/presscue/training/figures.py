"""A training in figures: what page and terminal show of it. Pure."""

from dataclasses import dataclass
from statistics import median

from . import strength
from .log import DAY_MS, Training, Workout
from .pain import Guidance, guide, rate
from .rules import RECENT_DAYS, Piece, advise
from .trend import Trend, trend

DEPTH_SD_DEG = 2.0
"""Error of a session's clean depth: knee flexion is within about that after a calibration (DESIGN.md)."""

KINDS = ("slam", "lockout", "seat_lift", "heel_lift", "depth", "valgus", "varus", "tempo", "imbalance")

RM_DAYS = 90.0
"""An older estimate of the maximum says little of today."""


@dataclass(frozen=True)
class Rate:
    """Times in ten reps of one kind of fault: in the last four weeks and in the four before; None: not measured."""

    kind: str
    now: float | None
    before: float | None


@dataclass(frozen=True)
class Figures:
    """What there is to say of a training. sided: sessions whose sets leaned to a side, by side; None: not measured."""

    training: Training
    per_week: float | None
    rest_h: float | None
    one_rm: tuple[Workout, strength.Estimate] | None
    volume_kg: float | None
    sets: int
    velocity_loss: float | None
    clean_depth_deg: float | None
    depth_trend: Trend | None
    rates: tuple[Rate, ...]
    sided: dict[str, int] | None
    recent_sessions: int
    advice: tuple[Piece, ...]
    pain: tuple[Guidance, ...]


def figures_of(training: Training) -> Figures:
    """All of it."""
    recent = training.since(RECENT_DAYS)
    earlier = tuple(one for one in training.since(2 * RECENT_DAYS) if one not in recent)
    volumes = [one.volume_kg for one in recent if one.volume_kg is not None]
    losses = [one.velocity_loss for one in recent if one.velocity_loss is not None]
    depths = [(one.start_ms, one.clean_depth_deg) for one in training.workouts if one.clean_depth_deg is not None]
    seeing = [one for one in recent if one.can_see("imbalance")]
    sided: dict[str, int] = {}
    for one in seeing:
        for side in {side for (kind, side), times in one.sides.items() if kind == "imbalance" and times}:
            sided[side] = sided.get(side, 0) + 1
    return Figures(
        training=training, per_week=training.per_week(), rest_h=training.rest_h,
        one_rm=strength.latest(training.since(RM_DAYS)), volume_kg=sum(volumes) if volumes else None,
        sets=sum(len(one.sets) for one in recent), velocity_loss=median(losses) if losses else None,
        clean_depth_deg=depths[-1][1] if depths else None,
        depth_trend=trend([ms / (7 * DAY_MS) for ms, _ in depths], [deg for _, deg in depths], DEPTH_SD_DEG),
        rates=tuple(Rate(kind, rate(recent, kind), rate(earlier, kind)) for kind in KINDS),
        sided=sided if seeing else None, recent_sessions=len(recent),
        advice=tuple(advise(training)), pain=tuple(guide(training)),
    )  # fmt: skip
