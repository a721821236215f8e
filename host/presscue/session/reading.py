"""Decoded messages as events: names for codes, text for bytes, session time for node time."""

from binascii import crc32

import numpy as np

from .. import wire
from . import events as ev
from .events import SessionEvent


def read_event(message: bytes, name: str, f: dict, offset_us: int) -> SessionEvent | None:
    """The event of a decoded message; None for one that no node sends or no recording holds.

    f: its fields. offset_us: from the node's clock to the session clock.
    """
    match name:
        case "info":
            version = (f["major"], f["minor"], f["patch"])
            t_s = (f["t_us"] + offset_us) * 1e-6
            return ev.NodeInfo(message, f["protocol"], f["boot"], version, t_s, f["device"].hex(), _text(f["name"]))
        case "header":
            version = (f["major"], f["minor"], f["patch"])
            device = f["device"].hex()
            return ev.Header(message, f["format"], f["wall_ms"], f["session"], device, version, _text(f["name"]))
        case "status":
            faults = tuple(part for bit, part in enumerate(wire.PARTS) if f["faults"] >> bit & 1)
            t_s = (f["t_us"] + offset_us) * 1e-6
            return ev.Status(message, t_s, _name(wire.STATES, f["state"]), faults, *(f[key] for key in _STATUS_COUNTS))
        case "notice":
            part, code = _name(wire.PARTS, f["part"]), _name(wire.NOTICES, f["code"])
            return ev.Notice(message, (f["t_us"] + offset_us) * 1e-6, part, code, f["value"], _text(f["text"]))
        case "result":
            command = wire.MESSAGES.get(f["command"], (f"command {f['command']}",))[0]
            return ev.Result(message, command, f["token"], _name(wire.RESULTS, f["code"]), _text(f["text"]))
        case "pong":
            return ev.Pong(message, f["token"], f["host_us"], f["node_us"])
        case "cue":
            detected_s = (f["detected_us"] + offset_us) * 1e-6
            pattern = _name(wire.PATTERNS, f["pattern"])
            return ev.CueSent(message, f["cue"], pattern, f["priority"], f["strength"], f["ttl_ms"], detected_s)
        case "cue_ack":
            start_s = (f["start_us"] + offset_us) * 1e-6
            return ev.CueAck(message, f["cue"], _name(wire.OUTCOMES, f["outcome"]), _name(wire.BY, f["by"]), start_s)
        case "guard_cue":
            return ev.GuardCue(message, f["cue"], (f["t_us"] + offset_us) * 1e-6, _name(wire.GUARDED, f["kind"]))
        case "calibration" if len(f["values"]) % 4 == 0:
            values = np.frombuffer(f["values"], "<f4")
            return ev.CalibrationRead(message, f["effective_us"] * 1e-6, f["layout"], values)
        case "mark":
            return ev.Mark(message, f["wall_ms"], _name(wire.MARKS, f["code"]), _text(f["text"]))
        case "log_data" if crc32(f["data"]) == f["crc"]:
            return ev.LogData(message, f["session"], f["offset"], f["data"])
        case "log_entry":
            state, clock = _name(wire.ENTRY_STATES, f["state"]), _name(wire.CLOCKS, f["clock"])
            length_s, size = f["length_ms"] / 1000, f["pages"] * wire.PAGE_SIZE
            return ev.LogEntry(
                message, f["session"], f["boot"], state, clock, f["sets"], f["boots_ago"], f["t_us"], f["wall_ms"],
                length_s, size,
            )  # fmt: skip
        case "log_status":
            state = _name(wire.LOG_STATES, f["state"])
            size, kept, ready = (f[key] * wire.PAGE_SIZE for key in ("pages", "pages_kept", "pages_ready"))
            return ev.LogStatus(message, f["t_us"], state, size, kept, ready, f["stalls"], f["stall_max_ms"] / 1000)
        case "health":
            power, woke = _name(wire.POWER, f["power"]), _name(wire.WAKES, f["woke"])
            return ev.Health(message, power, f["sleep_min"], woke, f["usb"] > 0, f["spoilt"])
        case "fetched":
            return ev.Fetched(message, f["boot"], f["first"], f["end"], _name(wire.REASONS, f["reason"]))
        case "log_sum":
            return ev.LogSum(message, f["session"], f["size"], f["crc"])
        case "challenge":
            return ev.Challenge(message, f["token"], f["nonce"], f["proof"])
        case "key_slot":
            return ev.KeySlot(message, f["slot"], f["key_id"], _text(f["owner"]))
        case "access":
            return ev.AccessCounts(message, *(f[key] for key in _ACCESS_COUNTS))
    return None


class ProfileParts:
    """The parts of a profile, until they are all there."""

    def __init__(self):
        self._parts: dict[int, bytes] = {}
        self._toml: str | None = None

    def add(self, f: dict) -> str | None:
        """The whole text with its last part; None before, and when it was told already."""
        self._parts[f["part"]] = f["toml"]
        parts = [self._parts.get(number, b"") for number in range(f["parts"])]
        if f["part"] + 1 != f["parts"] or not all(parts):
            return None
        toml = _text(b"".join(parts))
        if toml == self._toml:
            return None
        self._toml = toml
        return toml


_STATUS_COUNTS = (
    "dropped_messages",
    "fifo_overruns",
    "bus_errors",
    "bad_frames",
    "loop_max_us",
    "battery_mv",
    "heap_free",
    "cues_played",
)


_ACCESS_COUNTS = ("admitted", "refused", "unsealed", "forged", "replayed", "flooded")


def _name(names: tuple[str, ...], code: int) -> str:
    """The name of a coded value; a number for one that a newer peer may know."""
    return names[code] if code < len(names) else f"code {code}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
