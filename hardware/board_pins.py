"""The board files of the firmware, and what may be on which pin.

Sources: Espressif's data sheets of the ESP32 and the ESP32-S3, chapters on strapping pins, ADC and RTC pins.
"""

import importlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

BOARDS = Path(__file__).resolve().parent.parent / "firmware" / "presscue_node" / "boards"


class Chip(NamedTuple):
    """GPIO numbers of one kind of ESP32."""

    adc1: frozenset[int]
    rtc: frozenset[int]
    strapping: frozenset[int]
    input_only: frozenset[int]
    flash: frozenset[int]


CHIPS = {
    "esp32": Chip(
        adc1=frozenset(range(32, 40)),
        rtc=frozenset({0, 2, 4, 12, 13, 14, 15, 25, 26, 27, *range(32, 40)}),
        strapping=frozenset({0, 2, 5, 12, 15}),
        input_only=frozenset(range(34, 40)),
        flash=frozenset(range(6, 12)),
    ),
    "esp32s3": Chip(
        adc1=frozenset(range(1, 11)),
        rtc=frozenset(range(22)),
        strapping=frozenset({0, 3, 45, 46}),
        input_only=frozenset(),
        flash=frozenset(range(26, 33)),
    ),
}
ON_BOARD = {"I2C_POWER", "BUTTON", "LED"}
"""Wired by the board's maker: the rule on strapping pins is his."""
OUTPUTS = ("I2C_SDA", "I2C_SCL", "BUZZER", "LED", "I2C_POWER")


def board_names() -> list[str]:
    return sorted(path.stem for path in BOARDS.glob("*.py"))


def board(name: str) -> dict[str, Any]:
    """The constants of a board file."""
    if str(BOARDS.parent.parent) not in sys.path:
        sys.path.append(str(BOARDS.parent.parent))
    module = importlib.import_module(f"presscue_node.boards.{name}")
    return {key: value for key, value in vars(module).items() if key.isupper()}


def pin_mistakes(facts: Mapping[str, Any]) -> Iterable[str]:
    chip = CHIPS[facts["CHIP"]]
    roles = ("I2C_SDA", "I2C_SCL", "I2C_POWER", "BUZZER", "WAKE", "BUTTON", "LED", "BATTERY")
    used: dict[int, str] = {}
    for role in roles:
        pin = facts[role]
        if pin is None:
            continue
        if pin in used:
            yield f"GPIO{pin} is both {used[pin]} and {role}"
        used[pin] = role
        if pin in chip.strapping and role not in ON_BOARD:
            yield f"{role} is on the strapping pin GPIO{pin}"
        if pin in chip.flash:
            yield f"{role} is on GPIO{pin}, which the flash uses"
        if pin in chip.input_only and role in OUTPUTS:
            yield f"{role} is on GPIO{pin}, which cannot be an output"
    if facts["BATTERY"] is not None and facts["BATTERY"] not in chip.adc1:
        yield f"BATTERY is on GPIO{facts['BATTERY']}, which is not on ADC1"
    if facts["WAKE"] not in chip.rtc:
        yield f"WAKE is on GPIO{facts['WAKE']}, which cannot wake the chip from deep sleep"
