"""The parts list can be ordered from: every row is whole, and nothing drawn or needed is missing."""

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

import harness

COLUMNS = "ref part maker maker_number count price_eur option lead_item where alternatives".split()
OPTIONS = {"base", "pads_fsr", "pads_seat", "pads_load_cell"}
Row = dict[str, str]


@pytest.fixture(scope="module")
def rows(root: Path) -> list[Row]:
    with open(root / "hardware" / "bom.csv", newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == COLUMNS
        return list(reader)


def totals(rows: list[Row]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        sums[row["option"]] += int(row["count"]) * float(row["price_eur"])
    return sums


def test_every_row_is_whole(rows: list[Row]):
    assert len({row["ref"] for row in rows}) == len(rows)
    for row in rows:
        assert all(row[column].strip() for column in COLUMNS), row
        assert None not in row, f"{row['ref']}: a comma too many"
        assert int(row["count"]) > 0
        assert float(row["price_eur"]) > 0
        assert row["option"] in OPTIONS
        assert row["lead_item"] in ("yes", "no")
    assert {row["option"] for row in rows} == OPTIONS


def test_every_part_of_the_harness_is_ordered_often_enough(rows: list[Row]):
    ordered: Counter[tuple[str, str]] = Counter()
    for row in rows:
        ordered[row["maker"], row["maker_number"]] += int(row["count"])
    drawn = harness.load()
    needed = Counter((part["manufacturer"], part["mpn"]) for part in drawn["connectors"].values())
    cables = Counter((part["manufacturer"], part["mpn"]) for part in drawn["cables"].values())
    for part, count in cables.items():  # a motor's or battery's own leads come with it
        needed[part] = max(needed[part], count)
    assert {part: count for part, count in needed.items() if ordered[part] < count} == {}


def test_a_missing_part_would_be_found(rows: list[Row]):
    ordered = {(row["maker"], row["maker_number"]) for row in rows}
    drawn = harness.parts(harness.load())
    assert drawn <= ordered
    for part in drawn:
        assert not drawn <= ordered - {part}


def test_the_guide_states_the_same_totals(rows: list[Row], root: Path):
    guide = (root / "hardware" / "assembly.md").read_text(encoding="utf-8")
    stated = {name: float(sum_eur) for name, sum_eur in re.findall(r"`(\w+)` \| €(\d+\.\d\d)", guide)}
    assert stated == {name: pytest.approx(sum_eur, abs=0.005) for name, sum_eur in totals(rows).items()}


def test_the_guide_names_the_lead_items(rows: list[Row], root: Path):
    guide = (root / "hardware" / "assembly.md").read_text(encoding="utf-8")
    first = guide[guide.index("## Order on Monday") : guide.index("## Print")]
    for row in rows:
        if row["lead_item"] == "yes":
            assert row["maker_number"] in first, row["ref"]


def test_force_on_a_heel_fits_the_sensor(root: Path):
    """100 kg at 45° is 347 N a foot; the plate leaves the FSR its share, inside the sensor's 0.2 to 20 N."""
    per_foot_n = 100 * 9.81 * 0.5**0.5 / 2
    assert per_foot_n == pytest.approx(347, abs=0.5)
    guide = (root / "hardware" / "pads.md").read_text(encoding="utf-8")
    plate, pocket, puck = (int(re.search(rf"{name} area (\d+) mm²", guide)[1]) for name in ("plate", "pocket", "puck"))  # type: ignore[index]
    share = puck / (plate - pocket + puck)
    assert f"{100 * share:.1f} %" in guide
    assert 10 < share * per_foot_n < 20
