"""The virtual node as a link.

`sim:` runs it in a process of its own at the wall clock's pace, with its serial port on a loopback socket that is
opened exactly as a real port is. `sim:fast` runs it in this process, in lock-step: reading lets virtual time pass.
`sim:ble` (and `sim:ble,fast`) is the same node over Bluetooth, on a modelled air: see sim_ble.py.
Both tell the truth about what the lifter did (`truth`), on the node's own clock.
"""

import subprocess
import sys
import tempfile
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Protocol

from ..errors import LinkError, LinkLost, UsageError
from ..simulator.board.child import FirmwareError, find_interpreter
from ..simulator.performance import Performance, perform
from ..simulator.scenario import Scenario, ScenarioError, parse_options
from ..simulator.truth import Truth
from ..simulator.virtual_node import VirtualNode
from . import Link
from .serial import SerialLink

OWN_OPTIONS = ("fast", "flash", "interpreter", "ble")
STEP_US = 1_000
LEAVE_S = 5.0
"""A node process that has not ended this long after its link was closed is killed."""
DYING_S = 0.5
"""How long a process may take to end after its socket has."""


class SimLink(Link, Protocol):
    """What both kinds have besides being a link."""

    @property
    def truth(self) -> Truth: ...

    @property
    def duration_s(self) -> float:
        """How long the lifter is at it."""
        ...


def open_sim(options: str) -> SimLink:
    """`options` as in `seed=3,faults=heel_lift+lockout,fast`. Raises UsageError, LinkError."""
    try:
        scenario, others = parse_options(options)
        interpreter = find_interpreter(others.get("interpreter", "auto"))
    except (ScenarioError, ValueError) as error:
        raise UsageError(f"sim:{options}: {error}") from None
    for option in others:
        if option not in OWN_OPTIONS:
            known = [*OWN_OPTIONS, *(field.name for field in fields(Scenario))]
            raise UsageError(f"sim:{options}: no option '{option}'; there are: {', '.join(known)}")
    for switch in ("fast", "ble"):
        if others.get(switch):
            raise UsageError(f"sim:{options}: '{switch}' takes no value")
    if "ble" in others:
        from .sim_ble import BleSimLink

        return BleSimLink(scenario, interpreter, paced="fast" not in others)
    if "fast" in others:
        return FastSimLink(f"sim:{options}", scenario, interpreter, others.get("flash"))
    return PacedSimLink(f"sim:{options}", scenario, options)


class FastSimLink:
    """The node in this process. `now_s` is virtual; it moves only while `read` waits."""

    envelope = "frames"

    def __init__(self, name: str, scenario: Scenario, interpreter: str, flash: str | None = None):
        self.name = name
        world = perform(scenario)
        self.truth: Truth = world.truth
        self.duration_s: float = world.duration_s
        try:
            image = None if flash is None else Path(flash)
            self.node = VirtualNode(world, seed=scenario.seed, interpreter=interpreter, flash=image)
        except (OSError, ValueError) as error:
            raise LinkError(f"{name}: {error}") from None

    def read(self, timeout_s: float) -> bytes:
        end_us = self.node.now_us + max(0, round(timeout_s * 1e6))
        try:
            while not (data := self.node.read()) and self.node.now_us < end_us:
                self.node.run_until(min(self.node.now_us + STEP_US, end_us))
        except FirmwareError as error:
            raise LinkLost(f"{self.name}: {_last_line(str(error))}") from error
        return data

    def write(self, data: bytes) -> None:
        self.node.write(data)

    def now_s(self) -> float:
        return self.node.now_us * 1e-6

    def close(self) -> None:
        self.node.close()


class PacedSimLink:
    """The node in a process of its own (`presscue.simulator.serve`), which ends when this link is closed."""

    envelope = "frames"

    def __init__(self, name: str, scenario: Scenario, options: str):
        self.name = name
        self._scenario = scenario
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "presscue.simulator.serve", options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for this process; the node ends when it is closed
        )
        self._serial: SerialLink | None = None
        try:
            assert self._process.stdout is not None
            word, _, port = self._process.stdout.readline().decode().strip().partition(" ")
            if word != "port":
                raise LinkError(f"{name}: the virtual node does not start: {self._last_words()}")
            self._serial = SerialLink(f"socket://127.0.0.1:{port}")
        except BaseException:
            self.close()
            raise

    @cached_property
    def _world(self) -> Performance:
        return perform(self._scenario)

    @property
    def truth(self) -> Truth:
        return self._world.truth

    @property
    def duration_s(self) -> float:
        return self._world.duration_s

    def read(self, timeout_s: float) -> bytes:
        try:
            return self._port().read(timeout_s)
        except LinkLost as error:
            raise self._lost(error) from None

    def write(self, data: bytes) -> None:
        try:
            self._port().write(data)
        except LinkLost as error:
            raise self._lost(error) from None

    def now_s(self) -> float:
        return self._port().now_s()

    def close(self) -> None:
        if self._serial is not None:
            self._serial.close()
            self._serial = None
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _port(self) -> SerialLink:
        if self._serial is None:
            raise LinkLost(f"{self.name}: is closed")
        return self._serial

    def _lost(self, error: LinkLost) -> LinkLost:
        if self._serial is None:
            return error
        try:
            self._process.wait(DYING_S)
        except subprocess.TimeoutExpired:
            return error
        return LinkLost(f"{self.name}: the virtual node has stopped: {self._last_words()}")

    def _last_words(self) -> str:
        self._process.wait()
        self._log.seek(0)
        return _last_line(self._log.read().decode(errors="replace"))


def _last_line(text: str) -> str:
    """Where a traceback says what was wrong."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it gave no reason"
