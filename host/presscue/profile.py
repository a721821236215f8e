"""The profile: what a user may say about lifter, machine and mounting. All of it is optional.

One table, `OPTIONS`, says what there is; reading, checking and writing follow from it.
"""

import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .errors import ProfileError


@dataclass(frozen=True)
class Option:
    """One key of the TOML file. name: the field of `Profile`. kind: "number", "text" or "stretch" (two numbers)."""

    section: str
    key: str
    name: str
    kind: str
    help: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()


OPTIONS = (
    Option("lifter", "name", "lifter", "text", "who trains; stands in the results"),
    Option("lifter", "height_m", "height_m", "number", "body height: the prior of the segment lengths", 1.0, 2.5),
    Option("machine", "sled_load_kg", "sled_load_kg", "number", "plates and carriage", 0.0, 1000.0),
    Option("machine", "rail_deg", "rail_deg", "number", "incline of the rail; else found from gravity", 0.0, 90.0),
    Option("mount", "leg", "leg", "text", "which leg carries the IMU", choices=("left", "right")),
    Option("mount", "segment", "segment", "text", "which part of it", choices=("shank", "thigh")),
    Option("calibration", "straight_leg_hold_s", "straight_leg_hold_s", "stretch",
           "from when to when the unloaded leg is straight and still", 0.0, 1e6),
    Option("pads", "kind", "pads", "text", "only load cells compare left and right", choices=("fsr", "load_cell")),
    Option("pads", "usual_left_share", "usual_left_share", "number",
           "left part of what the heel pads usually read; else that of the first set", 0.05, 0.95),
    Option("cues", "latency_ms", "cue_latency_ms", "number", "from detection to the buzz: predictions are that much "
           "earlier", 0.0, 500.0),
    Option("cues", "fade_after", "fade_after", "number", "reps with one fault that are all cued, then every second "
           "one; 0: all; safety cues never fade", 0.0, 1000.0),
    Option("limits", "soft_bend_deg", "soft_bend_deg", "number", "flexion below it is a lockout", 1.0, 45.0),
    Option("limits", "max_flexion_deg", "max_flexion_deg", "number", "flexion beyond it is too deep", 45.0, 150.0),
    Option("limits", "heel_share", "heel_share", "number", "a heel that reads less than this part of its usual is up",
           0.05, 0.8),
    Option("limits", "seat_share", "seat_share", "number", "a seat that reads less than this part of its usual is up",
           0.05, 0.8),
    Option("limits", "lowering_s", "lowering_s", "number", "a lowering quicker than this is too fast", 0.2, 8.0),
    Option("limits", "bounce_mps2", "bounce_mps2", "number", "turning round harder than this is a bounce", 1.0, 20.0),
    Option("limits", "valgus_deg", "valgus_deg", "number", "a knee this far in or out of its plane has fallen",
           3.0, 45.0),
    Option("limits", "slam_mps", "slam_mps", "number", "faster than this at 15 degrees is a slam", 0.05, 1.0),
    Option("limits", "imbalance_part", "imbalance_part", "number", "beyond this part of their sum, left and right "
           "differ too much", 0.05, 0.8),
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """Values of OPTIONS by name, each None where not said."""

    lifter: str | None = None
    height_m: float | None = None
    sled_load_kg: float | None = None
    rail_deg: float | None = None
    leg: str | None = None
    segment: str | None = None
    straight_leg_hold_s: tuple[float, float] | None = None
    pads: str | None = None
    usual_left_share: float | None = None
    cue_latency_ms: float | None = None
    fade_after: float | None = None
    soft_bend_deg: float | None = None
    max_flexion_deg: float | None = None
    heel_share: float | None = None
    seat_share: float | None = None
    lowering_s: float | None = None
    bounce_mps2: float | None = None
    valgus_deg: float | None = None
    slam_mps: float | None = None
    imbalance_part: float | None = None

    def limits(self) -> dict[str, float]:
        """The [limits] that are said, by key."""
        own = {option.key: getattr(self, option.name) for option in OPTIONS if option.section == "limits"}
        return {key: value for key, value in own.items() if value is not None}

    def to_toml(self) -> str:
        """The profile as a TOML file that reads back equal."""
        lines = []
        for section in dict.fromkeys(option.section for option in OPTIONS):
            own = [(o.key, getattr(self, o.name)) for o in OPTIONS if o.section == section]
            said = [f"{key} = {_toml(value)}" for key, value in own if value is not None]
            if said:
                lines += [f"[{section}]", *said]
        return "".join(line + "\n" for line in lines)


def read_profile(path: Path) -> Profile:
    """The profile in a TOML file. Raises ProfileError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProfileError(f"{path}: not a text file in UTF-8") from None
    except (OSError, ValueError) as error:
        raise ProfileError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return parse_profile(text, str(path))


def parse_profile(text: str, where: str) -> Profile:
    """The profile in TOML text; `where` names its origin in errors. Raises ProfileError."""
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"{where}: not TOML: {error}") from None
    values: dict[str, Any] = {}
    for section, table in tree.items():
        own = {option.key: option for option in OPTIONS if option.section == section}
        if not own:
            known = ", ".join(dict.fromkeys(f"[{option.section}]" for option in OPTIONS))
            raise ProfileError(
                f"{where}{_line(text, '', section)}: there is no [{_shown(section)}]; there are: {known}"
            )
        if not isinstance(table, dict):
            raise ProfileError(f"{where}{_line(text, '', section)}: {section} must be a table: write [{section}]")
        for key, value in table.items():
            at = f"{where}{_line(text, section, key)}: [{section}] {_shown(key)}"
            if key not in own:
                raise ProfileError(f"{at}: no such key; there are: {', '.join(own)}")
            values[own[key].name] = _checked(own[key], value, at)
    return Profile(**values)


def _checked(option: Option, value: object, at: str) -> str | float | tuple[float, float]:
    if option.kind == "text":
        if not isinstance(value, str):
            raise ProfileError(f"{at}: must be text in quotes, not {value!r}")
        if option.choices and value not in option.choices:
            raise ProfileError(f"{at}: must be one of {', '.join(option.choices)}, not {value!r}")
        return value
    if option.kind == "number":
        return _number(option, value, at)
    if not isinstance(value, list) or len(value) != 2:
        raise ProfileError(f"{at}: must be two numbers [from, to], not {value!r}")
    start, end = (_number(option, one, at) for one in value)
    if start >= end:
        raise ProfileError(f"{at}: must begin before it ends, not [{start}, {end}]")
    return start, end


def _number(option: Option, value: object, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ProfileError(f"{at}: must be a number, not {value!r}")
    if not option.low <= value <= option.high:
        raise ProfileError(f"{at}: must be from {option.low:g} to {option.high:g}, not {value}")
    return float(value)


def _shown(key: str) -> str:
    return key if key.isprintable() else repr(key)


def _line(text: str, section: str, key: str) -> str:
    """ ", line N" of a key or a section header, "" where it is written in a way this does not look for."""
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("["):
            current = line.strip("[]").split("]")[0].strip()
        is_key = line.partition("=")[0].strip().strip("\"'") == key
        if (not section and (current == key or is_key)) or (section and current == section and is_key):
            return f", line {number}"
    return ""


def _toml(value: str | float | tuple[float, float]) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(map(repr, value))}]"
    return repr(value)


assert [option.name for option in OPTIONS] == [field.name for field in fields(Profile)]
