"""What a page shows of a session: one plain dict at a time, made between packets. JSON has no NaN: None there."""

import math
import shutil
import time
from typing import Any

from ..faults import SAFE_BAND_DEG
from ..findings import Findings
from ..kernel import IDLE
from ..live.losses import guarded_text, losses_now
from ..live.session import LiveSession
from ..profile import Profile
from ..results import Event, Rep, SetResult
from ..texts import spoken
from ..units import METRIC, Units

PHASES = ("rest", "lowering", "bottom", "pressing", "top")
CUE_FRESH_S = 2.5
FAULTS_SHOWN = 6
PAD_MEMORY_S = 60.0
"""A pad's full scale is its own largest reading, forgotten with this time constant: pads have no unit in common."""
DISK_LOOK_S = 10.0


class Painter:
    """Makes the picture of one session; remembers only what scales the pads and what is dear to compute."""

    def __init__(self, profile: Profile, title: str, units: Units = METRIC):
        self._title, self._units = title, units
        self.know(profile)
        self._full = [0.0, 0.0, 0.0]
        self._t_s = math.nan
        self._latency: tuple[int, Any] = (0, None)
        self._summary: tuple[Any, Any] = (None, None)
        self._disk: tuple[float, float | None] = (-math.inf, None)

    def know(self, profile: Profile) -> None:
        """Whose session it is, and with which limits."""
        self._lifter = profile.lifter or ""
        self._load_kg = profile.sled_load_kg
        self._soft_deg = profile.soft_bend_deg or 8.0
        self._deep_deg = profile.max_flexion_deg or 90.0

    def picture(self, live: LiveSession) -> dict[str, Any]:
        """Everything a page needs, whatever it was told before."""
        now = live.core.snapshot()
        findings = live.findings
        active = [event for event in list(findings.events.values())[-8:] if _lasts(event)]
        moving = now.phase != IDLE
        last = next(reversed(findings.reps.values()), None)
        return {
            "title": self._title,
            "lifter": self._lifter,
            "load": "" if self._load_kg is None else self._units.load(self._load_kg),
            "t_s": _number(now.t_s, 3),
            "link": live.state,
            "trouble": live.trouble,
            "node": live.session.info.name if live.session.info else "",
            "ready": now.calibrated,
            "calibrating": live.fits.going_on,
            "guard_ready": live.guard.ready,
            "observing": live.core.policy.params.observe_only,
            "knee_deg": _number(now.flexion_deg, 2),
            "limits_deg": [self._soft_deg, self._soft_deg + SAFE_BAND_DEG, self._deep_deg],
            "depth": _number(now.depth, 3) if moving else None,
            "phase": PHASES[now.phase],
            "heels": self._pads(now.t_s, (now.heel_left, now.heel_right, now.seat)),
            "lifted": sorted({str(event.side) for event in active if event.kind == "heel_lift"}),
            "seat_lifted": any(event.kind == "seat_lift" for event in active),
            "set": now.set + (now.set_reps > 0),
            "rep": now.set_reps,
            "reps": now.reps,
            "last_rep": None if last is None else _rep(last),
            "cue": self._cue(live, now.t_s),
            "faults": [_fault(event) for event in findings.recent(FAULTS_SHOWN)],
            "summary": None if moving or now.set_reps else self._of_set(findings, now.t_s),
            "advice": [[spoken(advice.text), spoken(advice.action)] for advice in findings.advice[-2:]],
            "parts_missing": list(live.status.faults) if live.status is not None else [],
            "battery_v": live.status.battery_mv / 1000 if live.status is not None and live.status.battery_mv else None,
            "storage": self._storage(live),
            "latency_ms": self._cue_latency(live),
            "round_trip_ms": round(live.clock.shortest_us / 1000, 1) if live.clock.known else None,
            "losses": losses_now(live.session),
            "guarded": guarded_text(cue.kind for cue in live.guard.cued),
        }

    def _pads(self, t_s: float, readings: tuple[float, float, float]) -> list[float | None]:
        """Each pad as a share of its own largest reading of late."""
        passed_s = t_s - self._t_s
        keep = math.exp(-passed_s / PAD_MEMORY_S) if passed_s > 0 else 1.0
        self._t_s = t_s
        shares: list[float | None] = []
        for i, reading in enumerate(readings):
            self._full[i] = max(self._full[i] * keep, 0.0 if math.isnan(reading) else reading)
            full = self._full[i]
            shares.append(None if math.isnan(reading) else 0.0 if full <= 0 else round(max(0.0, reading) / full, 3))
        return shares

    def _cue(self, live: LiveSession, t_s: float) -> dict[str, Any] | None:
        cue = live.last_cue
        if cue is None:
            return None
        fresh = t_s - cue.detected_s < CUE_FRESH_S
        return {
            "number": cue.cue,
            "kind": cue.kind,
            "pattern": cue.pattern,
            "reason": spoken(cue.reason),
            "fresh": fresh,
        }

    def _of_set(self, findings: Findings, t_s: float) -> dict[str, Any] | None:
        done = next(reversed(findings.sets.values()), None)
        if done is None:
            return None
        key = (done, len(findings.events), len(findings.reps))
        if self._summary[0] != key:
            self._summary = (key, summary_of(findings, done))
        return {**self._summary[1], "rest_s": _number(max(0.0, t_s - done.end_s), 0)}

    def _cue_latency(self, live: LiveSession) -> dict[str, float] | None:
        if self._latency[0] != len(live.latencies_ms):
            found = live.cue_latency_ms()
            kept = found and {name: round(found[name], 1) for name in ("p50", "p95")}
            self._latency = (len(live.latencies_ms), kept)
        return self._latency[1]

    def _storage(self, live: LiveSession) -> dict[str, Any]:
        if live.kept.error is not None:
            return {"state": "failed", "free_gb": None}
        path = live.kept.path
        if path is None:
            return {"state": "off", "free_gb": None}
        now_s = time.monotonic()
        if now_s - self._disk[0] > DISK_LOOK_S:
            try:
                self._disk = (now_s, round(shutil.disk_usage(path.parent).free / 1e9, 1))
            except OSError:
                self._disk = (now_s, None)
        return {"state": "recording", "free_gb": self._disk[1]}


def summary_of(findings: Findings, done: SetResult) -> dict[str, Any]:
    """A set in a few figures: reps, clean ones, faults by kind, speed lost, deepest."""
    own = [rep for rep in findings.reps.values() if rep.set == done.set]
    numbers = {rep.rep for rep in own}
    faults: dict[str, int] = {}
    faulty = set()
    for event in findings.faults():
        if event.rep in numbers:
            faults[event.kind] = faults.get(event.kind, 0) + 1
            faulty.add(event.rep)
    deepest = [rep.max_flexion_deg for rep in own if not math.isnan(rep.max_flexion_deg)]
    loss = done.velocity_loss
    return {
        "set": done.set + 1,
        "reps": done.reps,
        "clean": len(numbers - faulty),
        "faults": sorted(faults.items(), key=lambda each: -each[1]),
        "slower": None if loss is None or math.isnan(loss) else round(loss, 3),
        "deepest_deg": round(max(deepest)) if deepest else None,
    }


def _rep(rep: Rep) -> dict[str, Any]:
    return {
        "rep": rep.rep + 1,
        "down_s": _number(rep.eccentric_s, 1),
        "pause_s": _number(rep.pause_s, 1),
        "up_s": _number(rep.concentric_s, 1),
        "deepest_deg": _number(rep.max_flexion_deg, 0),
        "end_deg": _number(rep.end_flexion_deg, 0),
    }


def _fault(event: Event) -> dict[str, Any]:
    return {
        "id": f"{event.kind}/{event.side}/{event.onset_s:.3f}",
        "kind": event.kind,
        "side": event.side,
        "rep": None if event.rep is None else event.rep + 1,
        "t_s": _number(event.detected_s, 2),
    }


def _lasts(event: Event) -> bool:
    return math.isnan(event.end_s) and not event.predicted


def _number(value: float, digits: int) -> float | None:
    return round(value, digits) if math.isfinite(value) else None
