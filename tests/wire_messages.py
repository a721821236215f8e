"""Hypothesis strategies over the wire's message table, and one fixed message of every type."""

import struct
from typing import Any

from hypothesis import strategies as st

from presscue import wire

RANGES = {"B": (0, 2**8 - 1), "H": (0, 2**16 - 1), "I": (0, 2**32 - 1), "Q": (0, 2**64 - 1), "i": (-(2**31), 2**31 - 1)}


def field_codes(format_: str) -> list[str]:
    """The struct code of each field: "<BH8s" gives ["B", "H", "8s"]."""
    codes, count = [], ""
    for char in format_.lstrip("<"):
        if char.isdigit():
            count += char
        else:
            codes.append(count + char)
            count = ""
    return codes


def text_size(code: str) -> int:
    """Bytes of a field of bytes; 0 of a number."""
    return int(code[:-1]) if code.endswith("s") else 0


def tail_room(name: str) -> int:
    """Longest tail of a message type in bytes."""
    row = wire.MESSAGES[wire.TYPES[name]]
    return wire.MESSAGE_MAX - 1 - struct.calcsize(row[1]) if row[3] else 0


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """(name, {field: value}) of any message of the table that can be encoded."""
    number = draw(st.sampled_from(sorted(wire.MESSAGES)))
    name, format_, keys, tail = wire.MESSAGES[number]
    fields: dict[str, Any] = {}
    for key, code in zip(keys, field_codes(format_), strict=True):
        size = text_size(code)
        fields[key] = draw(st.binary(min_size=size, max_size=size) if size else st.integers(*RANGES[code]))
    room = tail_room(name)
    if name == "samples":
        fields["channels"] = draw(st.integers(0, 16))
        fields["count"] = draw(st.integers(0, room // (2 * max(fields["channels"], 1))))
        size = 2 * fields["count"] * fields["channels"]
        fields["data"] = draw(st.binary(min_size=size, max_size=size))
    elif tail is not None:
        fields[tail] = draw(st.binary(max_size=room))
    return name, fields


def encoded(name: str, fields: dict[str, Any]) -> bytes:
    """A message from the dictionary `wire.decode` gives."""
    _, _, keys, tail = wire.MESSAGES[wire.TYPES[name]]
    return wire.encode(name, *(fields[key] for key in keys), tail=fields[tail] if tail else b"")


def one_of_each() -> list[bytes]:
    """A message of every type, each with another content and some with zeros, for streams of known bytes."""
    out = []
    for number in sorted(wire.MESSAGES):
        name, format_, keys, tail = wire.MESSAGES[number]
        fields: dict[str, Any] = {}
        for i, (key, code) in enumerate(zip(keys, field_codes(format_), strict=True)):
            size = text_size(code)
            fields[key] = (b"\x00node\x00\xff7" * 4)[:size] if size else (number * 37 * i) % (RANGES[code][1] + 1)
        if name == "samples":
            fields.update(count=4, channels=6, data=bytes(range(48)))
        elif tail is not None:
            fields[tail] = bytes([number, 0, 0, 255])
        out.append(encoded(name, fields))
    return out
