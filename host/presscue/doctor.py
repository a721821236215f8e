"""`presscue doctor`: what is there, what works, and for all that does not, the next thing to try."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from . import wire
from .clock import NodeClock
from .coach import only_port
from .errors import PeerError, UsageError
from .links import Link, open_link
from .losses import losses_now
from .output import write_analysis
from .session import Session
from .session import events as ev
from .session.back_fill import BackFill

ANSWER_S = 6.0
PING_S = 0.1
RATE_HZ = 208.3
RATE_OFF = 0.05
"""Oscillators of the IMUs are off by a per cent or two; more is a wrong setting."""
GRAVITY_MPS2 = 9.80665
GRAVITY_OFF = 0.06
"""Offset and scale errors of the IMU stay within (data sheet); more is a damaged or wrongly set one."""
NOISE_MPS2 = 0.06
NOISE_RADPS = 0.006
"""Three times what the IMU has at rest at this bandwidth; more is movement, or a bad supply."""
ROUND_TRIP_MS = 30.0
BATTERY_LOW_MV = 3500
SOURCES = {wire.SLED: "sled", wire.LEG: "leg", wire.PADS: "pads"}
FOOT = {wire.SLED: "sled IMU", wire.LEG: "leg IMU"}


@dataclass
class Check:
    """One finding. ok is None where there is nothing to judge. advice: the next thing to try."""

    name: str
    ok: bool | None
    found: str
    advice: str = ""


@dataclass
class Heard:
    """All that a node said in the time listened."""

    session: Session = field(default_factory=Session)
    clock: NodeClock = field(default_factory=NodeClock)
    statuses: list[ev.Status] = field(default_factory=list)
    notices: list[ev.Notice] = field(default_factory=list)
    keys: list[ev.KeySlot] = field(default_factory=list)
    access: ev.AccessCounts | None = None
    readings: dict[int, list] = field(default_factory=dict)
    lost: dict[int, int] = field(default_factory=dict)
    round_trips_ms: list[float] = field(default_factory=list)
    data_bytes: int = 0
    listened_s: float = 0.0
    losses: str = ""


def run_doctor(moniker: str | None, *, json_path: Path | None, seconds: float, quiet: bool) -> int:
    """Examine a node and print the findings. 1 if anything failed. Raises PresscueError."""
    moniker = moniker or only_port()
    if moniker.startswith("replay:"):
        raise UsageError(f"{moniker}: a recording cannot be examined; use presscue analyze")
    link = open_link(moniker)
    try:
        heard = listen(link, seconds)
    finally:
        link.close()
    checks = examine(heard)
    report = {"link": moniker, "ok": all(check.ok is not False for check in checks)}
    report["checks"] = [asdict(check) for check in checks]
    if json_path is not None and str(json_path) == "-":
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        if json_path is not None:
            write_analysis(json_path, report, "presscue.doctor/1")
        if not quiet:
            show(checks, Console())
    return 0 if report["ok"] else 1


def listen(link: Link, seconds: float) -> Heard:
    """Ask a node for all it knows, stream for a while, and leave it as it was found. Raises LinkError."""
    heard = Heard()
    session = heard.session
    asked_s = began_s = link.now_s()
    link.write(session.send(session.hello()))
    while session.info is None or not session.channels.messages:
        _take(heard, link)
        if link.now_s() - began_s > ANSWER_S:
            raise PeerError(f"{link.name}: {session.unanswered()}")
        if link.now_s() - asked_s > 1.0:
            asked_s = link.now_s()
            link.write(session.send(session.hello()))
    link.write(session.send(session.status_request()))
    link.write(session.send(session.start(0, 0)))
    began_s = pinged_s = link.now_s()
    back_fill = BackFill(session, began_s)
    heard.data_bytes = 0
    while link.now_s() - began_s < seconds:
        if link.now_s() - pinged_s > PING_S:
            pinged_s = link.now_s()
            link.write(session.send(session.ping(round(pinged_s * 1e6))))
        if (fetch := back_fill.ask(link.now_s())) is not None:
            link.write(session.send(fetch))
        for event in _take(heard, link):
            back_fill.hear(event, link.now_s())
    heard.listened_s = link.now_s() - began_s
    heard.losses = losses_now(session)
    link.write(session.send(session.status_request()))
    link.write(session.send(session.key_list()))
    link.write(session.send(session.stop()))
    for _ in range(10):
        _take(heard, link)
    return heard


def _take(heard: Heard, link: Link) -> list[ev.SessionEvent]:
    data = link.read(0.02)
    heard.data_bytes += len(data)
    events = heard.session.receive(data)
    for event in events:
        match event:
            case ev.Readings():
                heard.readings.setdefault(event.samples.source, []).append(event.samples)
                heard.lost[event.samples.source] = heard.lost.get(event.samples.source, 0) + event.samples.lost
            case ev.Pong():
                now_us = round(link.now_s() * 1e6)
                heard.clock.add(event.host_us, event.node_us, now_us)
                heard.round_trips_ms.append((now_us - event.host_us) / 1000)
            case ev.Status():
                heard.statuses.append(event)
            case ev.Notice():
                heard.notices.append(event)
            case ev.KeySlot():
                heard.keys.append(event)
            case ev.AccessCounts():
                heard.access = event
    return events


def examine(heard: Heard) -> list[Check]:
    """Judge what was heard."""
    info = heard.session.info
    assert info is not None
    version = ".".join(map(str, info.version))
    checks = [
        Check("node", True, f"{info.name or 'presscue node'} {info.device}, firmware {version}, boot {info.boot}"),
        Check("protocol", True, f"{info.protocol}"),
    ]
    checks += _parts(heard)
    for source in (wire.SLED, wire.LEG):
        checks += _imu(heard, source)
    checks += _pads(heard)
    return checks + _access(heard) + _link(heard)


def _parts(heard: Heard) -> list[Check]:
    if not heard.statuses:
        return [Check("status", False, "none came", "update the firmware of the node")]
    status = heard.statuses[-1]
    checks = []
    for part in wire.PARTS[1:]:
        if part == "link":
            continue
        bad = part in status.faults
        advice = f"check the cable and the address of {part}" if bad and part != "pads" else "check the pads' leads"
        checks.append(Check(f"part {part}", not bad, "not working" if bad else "working", advice if bad else ""))
    counts = {
        "dropped messages": status.dropped_messages, "FIFO overruns": status.fifo_overruns,
        "bus errors": status.bus_errors, "bad frames": status.bad_frames,
    }  # fmt: skip
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    bad = status.dropped_messages + status.fifo_overruns + status.bus_errors > 0
    checks.append(Check("counters", not bad, said, "shorter cables, a better USB cable, then restart" if bad else ""))
    checks.append(Check("loop", None, f"longest turn {status.loop_max_us} µs; {status.heap_free} bytes of heap free"))
    if status.battery_mv:
        low = status.battery_mv < BATTERY_LOW_MV
        checks.append(Check("battery", not low, f"{status.battery_mv} mV", "charge it" if low else ""))
    return checks


def _imu(heard: Heard, source: int) -> list[Check]:
    name = FOOT[source]
    runs = heard.readings.get(source, [])
    if not runs or sum(len(run.t_s) for run in runs) < 20:
        return [Check(name, False, "no readings", "check its cable and its address; see the parts above")]
    t_s, values = np.concatenate([run.t_s for run in runs]), np.concatenate([run.values for run in runs])
    rate_hz = (len(t_s) - 1) / (t_s[-1] - t_s[0])
    right = bool(abs(rate_hz / RATE_HZ - 1) < RATE_OFF)
    lost = heard.lost.get(source, 0)
    force = float(np.linalg.norm(np.median(values[:, :3], axis=0)))
    noise, turn = (float(np.median(np.std(_windows(values[:, part]), axis=1))) for part in (slice(0, 3), slice(3, 6)))
    heavy = abs(force / GRAVITY_MPS2 - 1) < GRAVITY_OFF
    quiet = noise < NOISE_MPS2 and turn < NOISE_RADPS
    return [
        Check(f"{name} rate", right, f"{rate_hz:.1f} Hz", "" if right else "reset the node; update its firmware"),
        Check(f"{name} gaps", lost == 0, f"{lost} readings lost", "a better USB cable or port" if lost else ""),
        Check(f"{name} gravity", heavy, f"{force:.2f} m/s²", "" if heavy else "let it rest; else replace the IMU"),
        Check(f"{name} noise", quiet, f"{noise:.3f} m/s², {math.degrees(turn):.2f} °/s",
              "" if quiet else "let sled and leg rest while this runs; else check the supply"),
    ]  # fmt: skip


def _windows(values: np.ndarray) -> np.ndarray:
    """Quarter seconds of readings, shape (windows, 52, 3): movement within is small, noise is not."""
    count = max(1, len(values) // 52)
    return values[: count * 52].reshape(count, -1, 3)


def _pads(heard: Heard) -> list[Check]:
    runs = heard.readings.get(wire.PADS, [])
    if not runs:
        return [Check("pads", None, "no readings: heel lift is not measured", "connect the pads' converter")]
    values = np.concatenate([run.values for run in runs])
    checks = []
    for name, column in zip(("heel left", "heel right", "seat"), values.T, strict=True):
        there = np.isfinite(column)
        if there.mean() < 0.5:
            checks.append(Check(f"pad {name}", None, "not connected: what it senses is not measured"))
        else:
            checks.append(Check(f"pad {name}", True, f"{np.nanmedian(column):.3f} V, ±{np.nanstd(column):.3f}"))
    return checks


def _access(heard: Heard) -> list[Check]:
    """Whose keys the node has, and what others have tried over the air. That they tried is no fault of the node's."""
    counts = heard.access
    if counts is None:
        return [Check("keys", None, "the firmware knows none", "update it: presscue flash")]
    owners = ", ".join(f"{key.slot} {key.owner}" for key in heard.keys)
    checks = [Check("keys", None, owners or "none: closed to Bluetooth", "" if owners else "presscue pair opens it")]
    tried = {
        "wrong keys": counts.refused, "commands without a seal": counts.unsealed, "forged": counts.forged,
        "replayed": counts.replayed, "too many": counts.flooded,
    }  # fmt: skip
    if said := ", ".join(f"{name} {count}" for name, count in tried.items() if count):
        checks.append(Check("strangers", None, f"refused since boot: {said}"))
    return checks


def _link(heard: Heard) -> list[Check]:
    counts = heard.session.counts
    checks = [Check("link rate", None, f"{heard.data_bytes / heard.listened_s / 1000:.1f} kB/s")]
    if heard.round_trips_ms:
        median = float(np.median(heard.round_trips_ms))
        worst = max(heard.round_trips_ms)
        good = median < ROUND_TRIP_MS
        advice = "" if good else "close other programs that use the port; try another port, no hub"
        checks.append(Check("round trip", good, f"{median:.1f} ms (worst {worst:.1f})", advice))
    else:
        checks.append(Check("round trip", False, "no answer to any ping", "unplug the node and plug it in again"))
    if heard.clock.known:
        skew_ppm = 1e6 * heard.clock.skew
        checks.append(Check("clock", None, f"known to {heard.clock.error_us / 1000:.1f} ms, skew {skew_ppm:+.0f} ppm"))
    if heard.losses:
        checks.append(Check("readings", None, heard.losses))
    bad = counts.bad_frames + counts.malformed
    checks.append(Check("frames", bad <= 1, f"{counts.messages} good, {bad} damaged", "a better USB cable" * (bad > 1)))
    return checks


def show(checks: list[Check], console: Console) -> None:
    """The findings as a table."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        mark = "[dim]·[/]" if check.ok is None else "[green]pass[/]" if check.ok else "[red]FAIL[/]"
        table.add_row(mark, check.name, check.found, f"→ {check.advice}" if check.advice else "")
    console.print(table)
    bad = sum(check.ok is False for check in checks)
    console.print("all is well" if not bad else f"{bad} of {len(checks)} checks failed")
