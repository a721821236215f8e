"""A recording, from a session file or a table, through the core and out as results.

A session file is taken in order of sequence, so that one whose losses were filled in later gives what one without
losses would have; calibrations are fitted anew, after the same virtual delay as in every other recording.
"""

import contextlib
import gc
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import wire
from ..calibration.model import described
from ..core import Core
from ..faults import Depth, Lockout
from ..findings import Findings
from ..fitting import core_of, feed_answering, finish_answering
from ..latency import percentiles
from ..profile import Profile, parse_profile
from ..readings.messages import Messages
from ..recording import SUFFIX, came_late, in_order_of_sequence, read_recording
from ..results import Stretch
from ..session import Session
from ..session.bulk import BulkSession
from ..tables import open_table
from .curves import Curves, Tap
from .measured import measured
from .metrics import learnt_limits, set_metrics
from .output import SeriesWriter, at_rows
from .played import Played
from .smoothing import Stood, sled_path
from .spill import Spill

ROWS = 1 << 16
"""Rows of the series in memory at once."""

IMUS = (wire.SLED, wire.LEG)
PADS = ("heel_left", "heel_right", "seat")

USUAL_LIMITS = {"soft_bend_deg": Lockout().soft_bend_deg, "max_flexion_deg": Depth().max_flexion_deg}

Progress = Callable[[float], None]
"""Told how many seconds of the recording are done."""


@dataclass
class Piece:
    """A part of a recording: its readings in order, and the times of its rows in the series."""

    readings: Stretch
    rows_s: np.ndarray


@dataclass
class Source:
    """A recording opened for analysis. pieces: once. quality and notes are complete after the last piece."""

    profile: Profile
    pieces: Iterator[Piece]
    quality: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    played: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Analysis:
    """The results of a recording; `to_json` is OUT.json without its format."""

    source: Source
    core: Core
    findings: Findings
    pads: set[str]
    curves: Curves | None = None

    def to_json(self) -> dict[str, Any]:
        profile, merge, played = self.source.profile, self.core.merge, self.source.played
        quality = {
            "samples": merge.samples, "gaps": merge.gaps, "lost_samples": merge.lost, "late_samples": merge.late,
            "repeated_samples": merge.repeated, **self.source.quality, "notes": self.notes(),
            "findings": [
                {"code": a.code, "time_s": a.since_s, "said_s": a.t_s, "text": a.text, "do": a.action}
                for a in self.findings.advice
            ],
        }  # fmt: skip
        sets = [
            {
                **asdict(one),
                **set_metrics(self.findings.reps_of(one.set)),
                "sled_load_kg": profile.sled_load_kg,
                "lifter": profile.lifter,
            }
            for one in self.findings.sets.values()
        ]
        return {
            "reps": [asdict(rep) for rep in self.findings.reps.values()],
            "sets": sets,
            "events": [asdict(event) for event in self.findings.in_order()],
            "cues": [
                {"time_s": cue.detected_s, "kind": cue.kind, "pattern": cue.pattern, "reason": cue.reason}
                for cue in self.findings.cues
            ],
            "cues_played": played,
            "measured": self.measured(),
            "limits": {name: _said_or(getattr(profile, name), usual) for name, usual in USUAL_LIMITS.items()},
            "calibration": self._calibration(),
            "quality": quality,
            "summary": self._summary(played),
        }

    def measured(self) -> dict[str, str]:
        profile = self.source.profile
        merge, cells = self.core.merge, profile.pads == "load_cell"
        away = {"sled": merge.away(wire.SLED), "leg": merge.away(wire.LEG)}
        return measured(self.core.calibration, self.pads, profile.leg, cells, away)

    def notes(self) -> list[str]:
        """What a user should read once."""
        return [*self.source.notes, *(note.text for note in self.findings.notes)]

    def _calibration(self) -> dict[str, Any] | None:
        c = self.core.calibration
        if c is None:
            return None
        return described(c)

    def _summary(self, played: list[dict[str, Any]]) -> dict[str, Any]:
        faults: dict[str, int] = {}
        for event in self.findings.faults():
            faults[event.kind] = faults.get(event.kind, 0) + 1
        by_host = (cue["cue_latency_ms"] for cue in played if cue["by"] == "host")
        latencies = [latency_ms for latency_ms in by_host if latency_ms is not None]
        return {
            "start_s": self.core.merge.span_s[0],
            "duration_s": self.core.merge.span_s[1] - self.core.merge.span_s[0],
            "reps": len(self.findings.reps),
            "clean_reps": self.findings.clean_reps(),
            "sets": len(self.findings.sets),
            "faults": faults,
            "predictions": self.findings.foresight(),
            "learnt_limits": learnt_limits(self.findings),
            "cues": len(self.findings.cues),
            "cue_latency_ms": percentiles(latencies),
        }


def open_source(path: Path, profile: Profile | None, *, rows: bool = True) -> Source:
    """Open a session file or a table. profile: None takes the recording's own, if it has one. rows: whether the times
    of a session file's rows are wanted. Raises InputError."""
    return _open_session(path, profile, rows) if path.suffix.lower() == SUFFIX else _open_table(path, profile)


def analyze(
    path: Path,
    profile: Profile | None = None,
    series: Path | None = None,
    progress: Progress | None = None,
    horizon_s: float | None = None,
    *,
    curves: bool = False,
) -> Analysis:
    """Analyse a recording, and write its series if a path is given. Raises InputError, SaveError.

    profile: None takes the recording's own, if it has one. horizon_s: as in CoreConfig. curves: keep them, thinned.
    """
    source = open_source(path, profile, rows=series is not None or curves)
    core = core_of(source.profile, patient=True, trace=curves or series is not None, horizon_s=horizon_s)
    findings, pads = Findings(), set()
    rows: list[np.ndarray] = []
    sled: list[tuple[np.ndarray, np.ndarray]] = []
    stood = Stood()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_no_collector())
        spill = stack.enter_context(Spill()) if series is not None else None
        tap = Tap() if curves else None
        sinks = [sink for sink in (spill, tap) if sink is not None]
        takers = [*sinks, stood] if sinks else []
        for piece in source.pieces:
            readings = piece.readings
            findings.add(feed_answering(core, readings))
            pads |= _pads_in(readings) if len(pads) < len(PADS) else set()
            if sinks:
                trace = core.take_trace()
                for taker in takers:
                    taker.add(trace)
                rows.append(piece.rows_s)
                if core.calibration is None or not core.calibration.has_leg:
                    there = readings.of_source(wire.SLED)
                    sled.append((readings.t_s[there], readings.values[there]))
            if progress is not None:
                progress(core.merge.span_s[1] - core.merge.span_s[0])
        findings.add(finish_answering(core))
        if sinks:
            trace = core.take_trace()
            for taker in takers:
                taker.add(trace)
            _smooth(sinks, sled, stood, core)
        if spill is not None and series is not None:
            _write_series(series, rows, spill)
    return Analysis(source, core, findings, pads, tap.curves() if tap is not None else None)


@contextlib.contextmanager
def _no_collector() -> Iterator[None]:
    """Without Python's cycle collector: messages by the million, and not a cycle among them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _pads_in(readings: Stretch) -> set[str]:
    """Names of the pads that read anything."""
    values = readings.values[readings.of_source(wire.PADS)]
    return {name for column, name in enumerate(PADS) if np.isfinite(values[:, column]).any()}


def _smooth(sinks: Sequence[Spill | Tap], sled: list[tuple[np.ndarray, np.ndarray]], stood: Stood, core: Core) -> None:
    """Without a leg IMU: the sled's path from rest to rest in place of the filter's."""
    c = core.calibration
    if c is None or not c.has_sled or c.has_leg or not sled:
        return
    t_s, imu = (np.concatenate(parts) for parts in zip(*sled, strict=True))
    order = np.flatnonzero(t_s > np.concatenate([[-np.inf], np.maximum.accumulate(t_s)[:-1]]))
    position, velocity = sled_path(t_s[order], imu[order], c, stood.spans_s)
    for sink in sinks:
        sink.replace("sled_position_m", t_s[order], position)
        sink.replace("sled_velocity_mps", t_s[order], velocity)


def _write_series(path: Path, rows: list[np.ndarray], spill: Spill) -> None:
    writer = SeriesWriter(path)
    try:
        for rows_s in rows:
            for start in range(0, len(rows_s), ROWS):
                part_s = rows_s[start : start + ROWS]
                known = part_s[np.isfinite(part_s)]
                first_s, last_s = (known.min(), known.max()) if len(known) else (0.0, -1.0)
                writer.write(at_rows(part_s, spill.between(first_s, last_s)))
    except BaseException:
        writer.discard()
        raise
    writer.close()


def _open_table(path: Path, profile: Profile | None) -> Source:
    table = open_table(path)

    def pieces() -> Iterator[Piece]:
        for batch in table.batches():
            yield Piece(batch.readings, batch.time_s)
        source.quality |= {
            "rows": table.rows, "rows_repeated": table.repeats, "rows_back_in_time": table.steps_back,
            "rows_without_time": table.without_time, "lines_skipped": table.skipped,
            "rate_hz": {sensor.name: sensor.rate_hz for sensor in table.sensors},
        }  # fmt: skip

    source = Source(profile or Profile(), pieces(), notes=table.notes)
    return source


def _open_session(path: Path, profile: Profile | None, rows: bool) -> Source:
    recording = read_recording(path)
    if profile is None:
        profile = Profile() if recording.profile is None else parse_profile(recording.profile, f"{path}: its profile")
    session = BulkSession()

    def pieces() -> Iterator[Piece]:
        recorded = Messages.joined(list(recording.messages()))
        source.quality["fetched_samples"] = came_late(recorded)
        messages = in_order_of_sequence(recorded)
        read, held_s, cues = 0, np.zeros(0), Played(source.played)
        for events, readings in session.stretches(messages):
            for event in events:
                cues.hear(event)
            read += len(readings.source)
            if not rows:
                yield Piece(readings, held_s)
                continue
            newest_s = [readings.t_s[there][-1] for there in map(readings.of_source, IMUS) if there.any()]
            times_s = np.sort(np.concatenate([held_s, readings.t_s[~readings.of_source(wire.PADS)]]))
            ended = np.searchsorted(times_s, min(newest_s, default=-math.inf), side="right")
            held_s = times_s[ended:]  # the next piece may bring earlier ones
            yield Piece(readings, times_s[:ended])
        yield Piece(Stretch.of(()), held_s)
        _conclude(source, path, recording.loss, session, read)

    source = Source(profile, pieces())
    return source


def _conclude(source: Source, path: Path, loss, session: Session, read: int) -> None:
    counts = session.counts
    source.quality |= {
        "damaged_bytes": loss.bad_bytes, "missing_pages": loss.missing_pages, "pages": loss.pages,
        "malformed_messages": counts.malformed, "unknown_messages": counts.unknown, "reboots": counts.reboots,
        "unconverted_messages": counts.unconverted, "lost_by_reason": dict(session.missing()),
    }  # fmt: skip
    if loss:
        source.notes.append(f"damaged: {loss}; everything intact was analysed")
    if counts.unconverted:
        source.notes.append(f"{counts.unconverted} messages with samples lack their channel table and were left out")
    if not read:
        source.notes.append("no sensor readings are in it")


def _said_or(said: float | None, usual: float) -> float:
    return usual if said is None else said
