"""A maker who wires the node as drawn gets a node that works: harness, board files, addresses and bus agree.

Every rule is shown to bite: the mistake is planted, and found.
"""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import board_pins
import harness as rules

REFERENCE = "feather_esp32_v2"
Wiring = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture
def wiring() -> Wiring:
    """The harness as drawn and the constants of the reference board; both may be spoilt."""
    return copy.deepcopy(rules.load()), board_pins.board(REFERENCE)


def test_the_harness_as_drawn_suits_the_reference_board(wiring: Wiring):
    assert rules.mistakes(*wiring) == []


@pytest.mark.parametrize("name", board_pins.board_names())
def test_the_harness_suits_every_board_with_its_own_pins(name: str):
    facts = board_pins.board(name)
    assert rules.mistakes(rules.rewired(rules.load(), facts), facts) == []


def test_there_are_two_boards_and_the_default_is_the_reference(root: Path):
    assert len(board_pins.board_names()) >= 2
    default = (root / "firmware" / "presscue_node" / "board.py").read_text()
    assert re.findall(r"from presscue_node.boards.(\w+) import", default) == [REFERENCE]


def test_board_files_give_the_same_names(root: Path):
    names = [set(board_pins.board(name)) for name in board_pins.board_names()]
    assert all(other == names[0] for other in names)
    explained = (root / "firmware" / "presscue_node" / "board.py").read_text()
    own = names[0] - set(re.findall(r"^([A-Z]\w+) =", (root / "firmware/presscue_node/wiring.py").read_text(), re.M))
    assert {name for name in own if name not in explained} == set()


def test_the_firmware_uses_no_constant_that_a_board_file_lacks(root: Path):
    sources = "".join(path.read_text() for path in (root / "firmware").glob("**/*.py"))
    used = set(re.findall(r"\bboard\.([A-Z][A-Z0-9_]+)", sources))
    assert used
    assert used <= set(board_pins.board(REFERENCE))


def facts(**changes: Any) -> Callable[[dict, dict], None]:
    return lambda harness, board: board.update(changes)


def electrical(path: str, value: Any) -> Callable[[dict, dict], None]:
    def plant(harness: dict, board: dict) -> None:
        *parents, last = path.split("/")
        place = harness["metadata"]["electrical"]
        for parent in parents:
            place = place[parent]
        place[last] = value

    return plant


def relabelled(old: str, new: str) -> Callable[[dict, dict], None]:
    """Draws a wire at another pin of the board, wherever it is named."""

    def plant(harness: dict, board: dict) -> None:
        labels = harness["connectors"]["board"]["pinlabels"]
        labels[labels.index(old)] = new
        for connection in harness["connections"]:
            for part in connection:
                if "board" in part:
                    part["board"] = [new if pin == old else pin for pin in part["board"]]

    return plant


def without(cable: str) -> Callable[[dict, dict], None]:
    def plant(harness: dict, board: dict) -> None:
        harness["connections"] = [c for c in harness["connections"] if not any(cable in part for part in c)]

    return plant


def crossed(cable: str) -> Callable[[dict, dict], None]:
    """SDA and SCL change places in one cable."""

    def plant(harness: dict, board: dict) -> None:
        (connection,) = [c for c in harness["connections"] if any(cable in part for part in c)]
        (name,) = connection[-1]
        connection[-1][name] = ["GND", "3V3", "SCL", "SDA"]

    return plant


def cable(length: float) -> Callable[[dict, dict], None]:
    return lambda harness, board: harness["cables"]["C3"].update(length=length)


def fsr_to_board(pin: str) -> Callable[[dict, dict], None]:
    def plant(harness: dict, board: dict) -> None:
        harness["connectors"]["board"]["pinlabels"].append(pin)
        harness["connections"].append([{"board": [pin]}, {"W3": [1]}, {"heel_left": ["1"]}])

    return plant


def short(harness: dict, board: dict) -> None:
    harness["connections"].append([{"board": ["SDA GPIO22"]}, {"W1": [1]}, {"adc": ["SCL"]}])


def extra_pull_ups(harness: dict, board: dict) -> None:
    harness["metadata"]["electrical"]["host_pull_up_ohm"] = 1_000


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (relabelled("SDA GPIO22", "SDA GPIO23"), "the board file says GPIO22"),
        (relabelled("WAKE GPIO33", "WAKE GPIO15"), "a wire goes to the strapping pin GPIO15"),
        (facts(BUZZER=12), "BUZZER is on the strapping pin GPIO12"),
        (facts(BUZZER=34), "GPIO34, which cannot be an output"),
        (facts(BUZZER=33), "GPIO33 is both BUZZER and WAKE"),
        (facts(BUZZER=8), "which the flash uses"),
        (facts(BATTERY=26), "BATTERY is on GPIO26, which is not on ADC1"),
        (facts(WAKE=21), "cannot wake the chip"),
        (fsr_to_board("A1 GPIO25"), "heel_left goes to GPIO25, which is not on ADC1"),
        (facts(LEG_ADDRESS=0x6A), "imu_leg: the firmware looks for it at 0x6A"),
        (electrical("chips/imu_leg/address", 0x6A), "imu_sled and imu_leg share the address 0x6A"),
        (facts(PAD_LABELS=(b"heel_right_v", b"heel_left_v", b"seat_v")), "heel_right is not on input A0"),
        (facts(PAD_OPEN_RAW=160), "counts as open"),
        (without("C4"), "imu_leg: SDA does not reach"),
        (without("W1"), "INT1 of imu_sled does not reach WAKE"),
        (without("W2"), "BUZZER does not reach the piezo"),
        (crossed("C3"), "imu_leg: SDA does not reach"),
        (short, "joined at the board: SCL GPIO20, SDA GPIO22"),
        (cable(1.5), "the bus rises in"),
        (electrical("cable_pf_per_m", 300), "pF are allowed"),
        (electrical("host_pull_up_ohm", None), "the bus rises in"),
        (extra_pull_ups, "a pin sinks 3.0 mA"),
        (electrical("chips/haptic/supply_ma", 250), "their regulator gives 250 mA"),
        (electrical("board_peak_ma", 450), "the board gives 500 mA"),
    ],
)
def test_a_planted_mistake_is_found(wiring: Wiring, plant: Callable, found: str):
    harness, board = wiring
    plant(harness, board)
    assert [mistake for mistake in rules.mistakes(harness, board) if found in mistake]


def test_rise_time_against_the_formula_of_um10204(wiring: Wiring):
    """t = 0.8473 R C, with everything in the drawing counted: 2.0 kohm (+5 %), 149 pF."""
    figures = rules.bus_figures(wiring[0])
    assert figures["pull_up_ohm"] == pytest.approx(10_000 / 5)
    assert figures["capacitance_pf"] == pytest.approx(1.15 * 60 + 5 * 10 + 6 * 5)
    assert figures["rise_ns"] == pytest.approx(0.8473 * 2_000 * 1.05 * 149e-12 * 1e9, rel=1e-4)


def test_the_knee_cable_is_a_metre(wiring: Wiring):
    cables = wiring[0]["cables"]
    assert sum(cable["length"] for cable in cables.values() if cable.get("notes") == "knee cable") == 1.0
