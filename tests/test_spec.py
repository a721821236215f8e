"""SPEC.md against `presscue.wire`: every table of the text is read and must say what the code says."""

import re
import struct
from pathlib import Path

import pytest

from presscue import wire
from wire_messages import field_codes

TYPE_NAMES = {"B": "u8", "H": "u16", "I": "u32", "Q": "u64", "i": "i32"}
TYPE_NAMES.update({f"{size}s": f"bytes[{size}]" for size in (2, 4, 8, 16, 18, 32)})
UNITS = {"us": "µs", "ms": "ms", "ns": "ns", "mv": "mV", "nano": "10⁻⁹"}

Row = dict[str, str]


def sections(text: str) -> dict[str, list[Row]]:
    """Heading → the rows of the tables below it, each row by its column heads."""
    found: dict[str, list[Row]] = {}
    heading, columns = "", []
    for line in text.splitlines():
        if line.startswith("#"):
            heading, columns = line.lstrip("# "), []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not columns:
                columns = cells
            elif not set(line) <= set("|-: "):
                found.setdefault(heading, []).append(dict(zip(columns, cells, strict=True)))
        else:
            columns = []
    return found


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "SPEC.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def spec(text: str) -> dict[str, list[Row]]:
    return sections(text)


def layout(format_: str, keys: tuple[str, ...], at: int) -> list[tuple[str, str, str]]:
    """(offset, field, type) of each field of a struct format, the first one at offset `at`."""
    rows = []
    for key, code in zip(keys, field_codes(format_), strict=True):
        rows.append((str(at), key, TYPE_NAMES[code]))
        at += struct.calcsize("<" + code)
    return rows


def test_every_message_has_a_section_and_no_other_has(spec: dict[str, list[Row]]):
    described = [heading for heading in spec if re.match(r"0x", heading)]
    assert described == [f"0x{number:02X} {wire.MESSAGES[number][0]}" for number in sorted(wire.MESSAGES)]


@pytest.mark.parametrize("number", sorted(wire.MESSAGES))
def test_message_table(number: int, spec: dict[str, list[Row]]):
    name, format_, keys, tail = wire.MESSAGES[number]
    rows = spec[f"0x{number:02X} {name}"]
    expected = [("0", "type", "u8"), *layout(format_, keys, 1)]
    if tail is not None:
        expected.append((str(1 + struct.calcsize(format_)), tail, "bytes"))
    assert [(row["offset"], row["field"], row["type"]) for row in rows] == expected
    assert rows[0]["meaning"] == f"0x{number:02X}"
    for row in rows:
        assert 1 <= int(row["since"]) <= wire.PROTOCOL
        unit = UNITS.get(row["field"].rpartition("_")[2])
        assert unit is None or row["unit"] == unit


CODED = {name: names for name, names in vars(wire).items() if name.isupper() and isinstance(names, tuple)}


def test_every_coded_value_has_a_section_and_no_other_has(spec: dict[str, list[Row]]):
    described = {heading for heading, rows in spec.items() if list(rows[0]) == ["value", "name", "meaning"]}
    assert described == {"SOURCES", *CODED}


@pytest.mark.parametrize("table", CODED)
def test_coded_values(table: str, spec: dict[str, list[Row]]):
    assert [(int(row["value"]), row["name"]) for row in spec[table]] == list(enumerate(CODED[table]))


def test_sources(spec: dict[str, list[Row]]):
    rows = spec["SOURCES"]
    assert [getattr(wire, row["name"]) for row in rows] == [int(row["value"]) for row in rows]
    assert [row["name"].lower() for row in rows] == list(wire.PARTS[1:4])


def test_constants(spec: dict[str, list[Row]]):
    rows = spec["SPEC: every byte"]
    assert rows
    assert {row["constant"]: int(row["value"]) for row in rows} == {
        row["constant"]: getattr(wire, row["constant"]) for row in rows
    }


def test_bluetooth_uuids(text: str):
    described = dict(re.findall(r"^\| (\w+_UUID) \| `([0-9a-f-]+)` \|$", text, re.M))
    assert described == {name: value for name, value in vars(wire).items() if name.endswith("_UUID")}


def test_page_table(spec: dict[str, list[Row]]):
    rows = [(row["offset"], row["field"], row["type"]) for row in spec["Pages: messages in storage"]]
    keys = ("magic", "format", "used", "boot", "session", "number")
    assert rows == [
        *layout(wire.PAGE_HEADER, keys, 0),
        (str(wire.PAGE_BODY), "messages", f"bytes[{wire.PAGE_ROOM}]"),
        (str(wire.PAGE_SIZE - 4), "check", "u32"),
    ]
    assert spec["Pages: messages in storage"][0]["meaning"] == f"`{wire.PAGE_MAGIC.decode()}`"


def test_example_frames(spec: dict[str, list[Row]]):
    rows = spec["Frames: messages on a byte stream"]
    assert len(rows) == 3
    for row in rows:
        name = row["message"].split("`")[1]
        values = [int(value) for value in re.findall(r"\d+", row["message"])]
        assert row["frame"].strip("`") == wire.frame(wire.encode(name, *values)).hex(" ")


def test_links_lead_somewhere(text: str):
    anchors = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in re.findall(r"^#.*$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors


def test_a_wrong_row_is_seen(spec: dict[str, list[Row]], text: str):
    """The reader of tables sees every cell: a change anywhere in a table changes what is compared."""
    changed = sections(text.replace("| 1 | token | u16 |", "| 1 | token | u32 |"))
    assert changed != spec
    assert changed["0x11 stop"][1]["type"] == "u32"
