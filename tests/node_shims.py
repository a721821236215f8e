"""Loads the firmware under CPython on the test's own time: `firmware()` gives its modules by name."""

import importlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import node_time

FIRMWARE = Path(__file__).resolve().parent.parent / "firmware"
MODULES = (
    "board", "clock", "registers", "lsm6dsox", "ads1115", "pads", "drv2605l", "buzzer", "outbox", "flow", "batch",
    "wall_clock", "part", "sampler", "cue_player", "usb_link", "gatt", "ble_link", "panel", "page_ring", "packer",
    "motion_gate", "blocks", "log_entry", "catalogue", "log_region", "recorder", "log_sender", "description",
    "commands", "status", "log_commands", "hmac_sha256", "access", "guard", "power", "node", "asleep", "on_demand",
    "back_fill", "key_commands", "check_sum", "log_ends", "settings",
)  # fmt: skip


def _load() -> SimpleNamespace:
    micropython = ModuleType("micropython")
    micropython.const = lambda value: value  # type: ignore[attr-defined]
    kept = {name: sys.modules.get(name) for name in ("time", "micropython")}
    sys.modules["time"] = node_time
    sys.modules["micropython"] = micropython
    sys.path.insert(0, str(FIRMWARE))
    try:
        return SimpleNamespace(**{name: importlib.import_module(f"presscue_node.{name}") for name in MODULES})
    finally:
        sys.path.remove(str(FIRMWARE))
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


firmware = _load()
firmware.on_demand.drop = lambda module: None
"""The firmware's modules, bound to node_time."""
