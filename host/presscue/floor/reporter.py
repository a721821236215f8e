"""What is new of a station, as messages: each rep, set, fault and cue once, state and health when they change."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..analysis.output import plain
from ..kernel import IDLE
from ..live.session import LiveSession
from ..profile import Profile
from ..results import Cue, Event, Rep, SetResult
from .topics import OFFLINE, ONLINE, Message, Topics, discovery

STATE_S, HEALTH_S = 0.5, 10.0
"""The least time between two states, and between two words on health unless a part fails."""


class Reporter:
    """Called in the station's own thread after every step, between two packets: cheap, and waits for nothing.

    tell: takes a message, at once.
    """

    def __init__(
        self, topics: Topics, profile: Profile, session_id: int, tell: Callable[[Message], None], *, describe: bool
    ):
        """describe: for Home Assistant too."""
        self.topics = topics
        self._profile, self._tell, self._describe = profile, tell, describe
        self._session = f"{session_id:08x}"
        self._told = 0
        self._said: set[tuple] = set()
        self._state: dict[str, Any] = {}
        self._health: dict[str, Any] = {}
        self._state_s = self._health_s = -1e9
        self._online = False

    def update(self, live: LiveSession) -> None:
        """Tell what the last step has brought."""
        if not self._online and live.session.info is not None:
            self._online = True
            info = live.session.info
            if self._describe:
                for one in discovery(self.topics, info.device, ".".join(map(str, info.version))):
                    self._tell(one)
            self._tell(Message(self.topics.of("status"), ONLINE, retain=True))
        new = live.outputs[self._told :]
        self._told += len(new)
        for out in new:
            match out:
                case Rep():
                    self._once("rep", (out.rep,), out)
                case SetResult():
                    self._once("set", (out.set,), out)
                case Event(predicted=False):
                    self._once("fault", (out.kind, out.side, round(out.onset_s, 3)), out)
                case Cue():
                    self._once("cue", (out.cue,), out)
        now_s = time.monotonic()
        if new or now_s - self._state_s >= STATE_S:
            self._state_s = now_s
            self._state = self._changed("state", self._state, self._state_of(live))
        if now_s - self._health_s >= HEALTH_S or bool(live.trouble) != bool(self._health.get("trouble")):
            self._health_s = now_s
            self._health = self._changed("health", self._health, self._health_of(live))

    def end(self, live: LiveSession | None) -> None:
        """The station is no more."""
        if live is not None:
            self._state_s = self._health_s = -1e9
            self.update(live)
        self._tell(Message(self.topics.of("status"), OFFLINE, retain=True))

    def _once(self, what: str, key: tuple, out: Rep | SetResult | Event | Cue) -> None:
        """An event; what is said again later (a fault that ends, a rep seen better) is not told twice."""
        if (what, *key) in self._said:
            return
        self._said.add((what, *key))
        name = "-".join(str(part) for part in key if part is not None)
        head = {"id": f"{self._session}-{what}-{name}", "session": self._session, "lifter": self._profile.lifter,
                "sled_load_kg": self._profile.sled_load_kg}  # fmt: skip
        self._tell(Message(self.topics.of(what), head | plain(asdict(out))))

    def _changed(self, what: str, before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
        if now != before:
            self._tell(Message(self.topics.of(what), now, retain=True))
        return now

    def _state_of(self, live: LiveSession) -> dict[str, Any]:
        now = live.core.snapshot()
        last = live.findings.recent(1)
        return {
            "link": live.state, "session": self._session, "lifter": self._profile.lifter,
            "sled_load_kg": self._profile.sled_load_kg, "calibrated": bool(now.calibrated),
            "moving": now.phase != IDLE, "set": int(now.set), "rep": int(now.set_reps), "reps": int(now.reps),
            "clean": live.findings.clean_reps(), "last_fault": last[0].kind if last else None,
        }  # fmt: skip

    def _health_of(self, live: LiveSession) -> dict[str, Any]:
        latency, status = live.cue_latency_ms(), live.status
        return {
            "trouble": live.trouble or None, "faults": [] if status is None else list(status.faults),
            "battery_mv": None if status is None else status.battery_mv,
            "dropped_messages": None if status is None else status.dropped_messages,
            "fifo_overruns": None if status is None else status.fifo_overruns,
            "bus_errors": None if status is None else status.bus_errors,
            "lost_readings": live.session.counts.lost_readings,
            "cue_latency_p50_ms": latency and round(latency["p50"], 1),
            "cue_latency_p95_ms": latency and round(latency["p95"], 1),
        }  # fmt: skip
