"""The firmware's way from the chips to the guard in this process, fast enough for many lifters; and how it is scored.

The same sources as on the node (drivers, sampler, motion gate, guard, cue player), under CPython on the modelled chips;
the host coaches until it leaves. `test_guard.py` holds that MicroPython's guard says the same to the same readings.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace

import node_time
from node_shims import firmware as fw
from presscue import wire
from presscue.calibration import guarding
from presscue.fitting import core_of
from presscue.live.fits import LiveFits
from presscue.profile import Profile
from presscue.readings.channels import ChannelTable, convert_one
from presscue.results import CalibrationWanted, Samples
from presscue.simulator.board.bus import BusError
from presscue.simulator.board.hardware import Hardware
from presscue.simulator.performance import perform
from presscue.simulator.scenario import parse_options
from presscue.simulator.truth import Truth
from presscue.validation.scoring import too_near

REACTION_S = 0.6
"""From a fault's onset until its cue must have come."""
TURN_US = 300
"""Of the loop, where nothing waits."""

Cued = list[tuple[float, str]]
"""When (node's time, s) and what (wire.GUARDED) the guard has cued."""


@dataclass
class Score:
    """What the guard cued, of what there was to cue, by wire.GUARDED. false: cues that nothing called for, between sets
    too; in_clean: those of them in reps without any fault."""

    made: dict[str, int] = field(default_factory=lambda: dict.fromkeys(wire.GUARDED, 0))
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(wire.GUARDED, 0))
    clean: int = 0
    false: list[str] = field(default_factory=list)
    in_clean: int = 0
    missed: list[str] = field(default_factory=list)

    def recall(self, *kinds: str) -> float:
        return sum(self.found[kind] for kind in kinds) / max(1, sum(self.made[kind] for kind in kinds))

    def __str__(self) -> str:
        recalls = ", ".join(f"{kind} {self.found[kind]} of {n}" for kind, n in self.made.items() if n)
        return (
            f"guard: {recalls or 'nothing to cue'}; false cues {len(self.false)}, of them {self.in_clean} in "
            f"{self.clean} clean reps"
        )


def score(own: Cued, truth: Truth, from_s: float, until_s: float, total: Score) -> Score:
    """Cues against the truth, fault by fault, in the reps between two times; what lies too near a limit to call, and
    what a more important cue had just been given for, is left out."""
    reps = [rep for rep in truth.reps if from_s < rep.start_s < until_s]
    spans = [(rep.start_s - 0.1, rep.end_s + REACTION_S) for rep in truth.reps]
    for t_s, kind in own:
        if from_s < t_s < until_s and not any(first_s <= t_s <= last_s for first_s, last_s in spans):
            total.false.append(f"{t_s:.2f} s {kind}, in no rep")
    for rep in reps:
        made: dict[str, float] = {}
        for fault in truth.faults:
            if fault.rep == rep.rep:
                sides = ("left", "right") if fault.side == "both" else (fault.side,)
                kinds = [f"heel_lift {side}" for side in sides] if fault.kind == "heel_lift" else [fault.kind]
                made |= dict.fromkeys(kinds, fault.onset_s)
        end_s = rep.end_s + REACTION_S
        cued = [(t_s, kind) for t_s, kind in own if rep.start_s - 0.1 <= t_s <= end_s]
        for kind, onset_s in made.items():
            if kind not in wire.GUARDED or too_near(kind.partition(" ")[0], rep, 0.0, 90.0):
                continue
            hits = [t_s for t_s, each in cued if each == kind]
            other = [t_s for t_s, each in cued if each != kind and -1.5 < t_s - onset_s < REACTION_S]
            if hits or not other:
                total.made[kind] += 1
                total.found[kind] += bool(hits)
                if not hits:
                    total.missed.append(f"{onset_s:.2f} s {kind}")
        near = any(too_near(kind, rep, 0.0, 90.0) for kind in ("lockout", "depth"))
        false = [f"{t_s:.2f} s {kind}" for t_s, kind in cued if kind not in made and not near]
        total.clean += not made and not near
        total.in_clean += len(false) if not made else 0
        total.false += false
    return total


class Wires:
    """machine.I2C on the modelled bus; a transfer takes its time."""

    def __init__(self, hardware: Hardware):
        self._bus = hardware.bus
        self.t_us = 0

    def readfrom_mem_into(self, address: int, register: int, buffer) -> None:
        buffer[:] = self._transfer(address, bytes((register,)), len(buffer))

    def writeto_mem(self, address: int, register: int, buffer) -> None:
        self._transfer(address, bytes((register,)) + bytes(buffer), 0)

    def _transfer(self, address: int, out: bytes, size: int) -> bytes:
        try:
            data, took_us = self._bus.transfer(address, out, size, self.t_us)
        except BusError as error:
            self.advance(error.took_us)
            raise OSError(error.errno) from None
        self.advance(took_us)
        return data

    def advance(self, duration_us: int) -> None:
        self.t_us += duration_us
        node_time.advance(duration_us)


class Tap:
    """In the recorder's and the outbox's place: passes samples messages on, and keeps what the guard says."""

    def __init__(self, take: Callable[[bytes], None]):
        self._take = take
        self.gate = fw.motion_gate.MotionGate()
        self.cued: Cued = []

    def take(self, buffer, length: int) -> None:
        self.gate.take(buffer, node_time.ticks_us())
        self._take(bytes(buffer[:length]))

    def put(self, message: bytes, host: int = 0) -> None:
        pass

    def tap(self, message: bytes) -> None:
        name, fields = wire.decode(message) or ("", {})
        if name == "guard_cue":
            self.cued.append((fields["t_us"] * 1e-6, wire.GUARDED[fields["kind"]]))


class Coach:
    """The host while it is there: limits from its calibration, as live."""

    def __init__(self, scenario, rows: Iterable[bytes]):
        profile = Profile(height_m=round(scenario.height_m, 2), leg=scenario.leg, straight_leg_hold_s=(0.2, 2.4))
        self.core = core_of(profile, patient=False)
        self._fits = LiveFits(self.core, "inline", lambda message: None)
        self._table = ChannelTable()
        for row in rows:
            _, fields = wire.decode(row) or ("", {})
            self._table.add(row, fields)
        self._told = None

    def hear(self, message: bytes) -> dict | None:
        """A samples message; the fields of a `guard_limits` where there are new ones."""
        layout = self._table.layout(message[1])
        assert layout is not None
        for out in self._fits.feed([Samples(message[1], *convert_one(layout, message))]):
            if isinstance(out, CalibrationWanted):
                self._fits.wanted(out)
        calibration, leg = self.core.calibration, self._table.layout(wire.LEG)
        if calibration is None or calibration is self._told:
            return None
        assert leg is not None
        self._told = calibration
        limits = guarding.limits_of(calibration, self.core.limits_deg, float(leg.scale[3]), leg.period_s)
        return None if limits is None else (wire.decode(wire.encode("guard_limits", 1, *limits)) or ("", {}))[1]


@dataclass
class Trial:
    """One lifter: what the guard cued, the truth, from when it was alone, and what it was told when (message, s)."""

    cued: Cued
    truth: Truth
    alone_s: float
    ready: bool
    messages: list[tuple[float, bytes]]
    limits: list[tuple[float, dict]]


def guard_trial(options: str) -> Trial:
    """A session whose host goes away after the first rep of the second set, for good."""
    scenario, _ = parse_options(options)
    world = perform(scenario)
    hardware = Hardware(world, scenario.seed)
    node_time.reset()
    hardware.bus.power(True, 0)
    wires = Wires(hardware)
    messages: list[tuple[float, bytes]] = []
    limits: list[tuple[float, dict]] = []
    tap = Tap(lambda message: messages.append((wires.t_us * 1e-6, message)))
    clock = fw.clock.Clock()
    notices = fw.part.Notices(tap, clock, 1)
    board = fw.board
    devices = {
        "sled": fw.lsm6dsox.Lsm6dsox(wires, board.SLED_ADDRESS),
        "leg": fw.lsm6dsox.Lsm6dsox(wires, board.LEG_ADDRESS),
        "pads": fw.pads.Pads(fw.ads1115.Ads1115(wires, board.PADS_ADDRESS)),
        "haptic": fw.drv2605l.Drv2605l(wires, board.HAPTIC_ADDRESS),
        "buzzer": fw.buzzer.Buzzer(SimpleNamespace(duty_u16=lambda duty: None)),
    }
    sled, leg, pads, haptic, buzzer = (fw.part.Part(name, device, notices) for name, device in devices.items())
    player = fw.cue_player.CuePlayer(haptic, buzzer, clock, 1)
    guard = fw.guard.Guard(player, tap.gate, clock, tap, 1)
    flow = fw.flow.Flow(tap, tap, guard)
    sampler = fw.sampler.Sampler(sled, leg, pads, flow, clock, notices, 1)
    coach = Coach(scenario, fw.description.channel_rows(SimpleNamespace(sled=sled, leg=leg)))
    second = [rep for rep in world.truth.reps if rep.set == 1]
    alone_s, heard = second[0].end_s, 0
    sampler.poll(clock.update())
    sampler.start()
    while wires.t_us < 1e6 * world.duration_s:
        now = clock.update()
        player.poll(now)
        sampler.poll(now)
        coached = wires.t_us < 1e6 * alone_s
        guard.poll(now, coached)
        while coached and heard < len(messages):
            told = coach.hear(messages[heard][1])
            heard += 1
            if told is not None:
                guard.set(told)
                limits.append((wires.t_us * 1e-6, told))
        wires.advance(sampler.wait_us(now) or TURN_US)
    return Trial(tap.cued, world.truth, alone_s, bool(limits), messages, limits)


def replayed(messages: list[tuple[float, bytes]], limits: list[tuple[float, dict]], alone_s: float) -> Cued:
    """The guard alone over samples messages that a node has made: no motor, no sampler."""
    node_time.reset()
    clock = fw.clock.Clock()
    tap = Tap(lambda message: None)
    player = SimpleNamespace(play=lambda *_: b"\x00")
    guard = fw.guard.Guard(player, tap.gate, clock, tap, 1)
    told = list(limits)
    at_us = 0
    for t_s, message in messages:
        node_time.advance(round(1e6 * t_s) - at_us)
        at_us = round(1e6 * t_s)
        now = clock.update()
        while told and told[0][0] <= t_s:
            guard.set(told.pop(0)[1])
        tap.take(message, len(message))
        guard.take(message, now)
        guard.poll(now, t_s < alone_s)
    return tap.cued
