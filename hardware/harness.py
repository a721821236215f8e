"""The harness held against the board file and the rules of the bus: `python hardware/harness.py` shows the arithmetic.

Pure Python and PyYAML; drawing is WireViz's work (`make hardware`). Sources:
UM10204: NXP, I2C-bus specification and user manual, table 10 and section 7.1.
"""

import math
import re
import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from board_pins import CHIPS, board, board_names, pin_mistakes

HERE = Path(__file__).resolve().parent
BUS = ("GND", "3V3", "SDA", "SCL")

RISE_NS = {100_000: 1_000, 400_000: 300}
CAPACITANCE_PF = 400
SINK_MA = 3.0
LOW_V = 0.4
SUPPLY_TOLERANCE, RESISTOR_TOLERANCE = 0.05, 0.05
OPEN_MARGIN = 1.5
"""An unloaded pad must read this many times the threshold below which it counts as open."""

Harness = dict[str, Any]
Pin = tuple[str, str]


ROLES = {"SDA": "I2C_SDA", "SCL": "I2C_SCL", "WAKE": "WAKE", "BUZZER": "BUZZER"}


def load(path: Path = HERE / "harness.yml") -> Harness:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rewired(harness: Harness, facts: Mapping[str, Any]) -> Harness:
    """The same harness with the GPIO numbers of another board."""
    text = yaml.safe_dump(harness, sort_keys=False)
    for role, key in ROLES.items():
        text = re.sub(rf"\b{role} GPIO\d+", f"{role} GPIO{facts[key]}", text)
    return yaml.safe_load(text)


def nets(harness: Harness) -> list[set[Pin]]:
    """Which pins are joined by wires. A connection names pins by label or by number, one for one."""
    joined: dict[Pin, set[Pin]] = {}
    for connection in harness["connections"]:
        ends = [
            (name, spread(pins)) for part in connection for name, pins in part.items() if name in harness["connectors"]
        ]
        for (first, its_pins), (second, other_pins) in pairwise(ends):
            for one, other in zip(its_pins, other_pins, strict=True):
                pins = joined.get((first, one), {(first, one)}) | joined.get((second, other), {(second, other)})
                for pin in pins:
                    joined[pin] = pins
    return [set(net) for net in {frozenset(net) for net in joined.values()}]


def spread(pins: Any) -> list[str]:
    """`[1-4]` as four pins."""
    found = []
    for pin in pins if isinstance(pins, list) else [pins]:
        match = re.fullmatch(r"(\d+)-(\d+)", str(pin))
        found += map(str, range(int(match[1]), int(match[2]) + 1)) if match else [str(pin)]
    return found


def gpio(label: str) -> int | None:
    match = re.search(r"GPIO(\d+)", label)
    return int(match[1]) if match else None


def mistakes(harness: Harness, facts: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with the harness on the board with these constants, a line each."""
    return [
        *pin_mistakes(facts),
        *wire_mistakes(harness, facts),
        *bus_mistakes(harness, facts),
        *supply_mistakes(harness),
        *pad_mistakes(harness, facts),
    ]


def wire_mistakes(harness: Harness, facts: Mapping[str, Any]) -> Iterable[str]:
    electrical = harness["metadata"]["electrical"]
    host = electrical["host"]
    chip = CHIPS[facts["CHIP"]]
    connectors = harness["connectors"]
    all_nets = nets(harness)
    for net in all_nets:
        for name, label in sorted(net):
            if label not in map(str, connectors[name]["pinlabels"]):
                yield f"{name} has no pin {label}"
        at_host = sorted(label for name, label in net if name == host)
        if len(at_host) > 1:
            yield f"joined at the board: {', '.join(at_host)}"
        analogue = sorted(name for name, _ in net if connectors[name]["type"].startswith("FSR"))
        for pin in filter(None, map(gpio, at_host)):
            if pin in chip.strapping:
                yield f"a wire goes to the strapping pin GPIO{pin}"
            if analogue and pin not in chip.adc1:
                yield f"{analogue[0]} goes to GPIO{pin}, which is not on ADC1"
    for role, key in ROLES.items():
        labels = [label for label in connectors[host]["pinlabels"] if label.split()[0] == role]
        if [gpio(label) for label in labels] != [facts[key]]:
            yield f"{role} is drawn at {', '.join(labels) or 'no pin'}; the board file says GPIO{facts[key]}"

    def together(*pins: Pin) -> bool:
        return any(all(pin in net for pin in pins) for net in all_nets)

    def host_pin(role: str) -> Pin:
        return host, next((label for label in connectors[host]["pinlabels"] if label.split()[0] == role), role)

    for name in electrical["chips"]:
        for line in BUS:
            if not together(host_pin(line), (name, line)):
                yield f"{name}: {line} does not reach the board's {line}"
    if not together(host_pin("WAKE"), ("imu_sled", "INT1")):
        yield "INT1 of imu_sled does not reach WAKE"
    if not any(together(host_pin("BUZZER"), ("piezo", pin)) for pin in ("1", "2")):
        yield "BUZZER does not reach the piezo"
    for index, label in enumerate(facts["PAD_LABELS"]):
        pad = label.decode().removesuffix("_v")
        if not any(together(("adc", f"A{index}"), (pad, pin)) for pin in ("1", "2")):
            yield f"{pad} is not on input A{index}, where the firmware reads it"


def bus_mistakes(harness: Harness, facts: Mapping[str, Any]) -> Iterable[str]:
    electrical = harness["metadata"]["electrical"]
    seen: dict[int, str] = {}
    for name, chip in electrical["chips"].items():
        address = chip["address"]
        if address in seen:
            yield f"{seen[address]} and {name} share the address 0x{address:02X}"
        seen[address] = name
    for name, key in (("adc", "PADS"), ("imu_sled", "SLED"), ("imu_leg", "LEG"), ("haptic", "HAPTIC")):
        if electrical["chips"][name]["address"] != facts[f"{key}_ADDRESS"]:
            yield f"{name}: the firmware looks for it at 0x{facts[f'{key}_ADDRESS']:02X}"
    bus = bus_figures(harness)
    limit = RISE_NS.get(facts["I2C_HZ"])
    if limit is None:
        yield f"no rise time known for {facts['I2C_HZ']} Hz"
    elif bus["rise_ns"] > limit:
        yield f"the bus rises in {bus['rise_ns']:.0f} ns; {limit} ns are allowed at {facts['I2C_HZ'] // 1000} kHz"
    if bus["capacitance_pf"] > CAPACITANCE_PF:
        yield f"the bus has {bus['capacitance_pf']:.0f} pF; {CAPACITANCE_PF} pF are allowed"
    if bus["sink_ma"] > SINK_MA:
        yield f"the pull-ups ask for {bus['sink_ma']:.1f} mA; a pin sinks {SINK_MA} mA"


def bus_figures(harness: Harness) -> dict[str, float]:
    """Pull-up (ohm), capacitance of a line (pF), its worst rise time (ns) and the most a pin must sink (mA)."""
    electrical = harness["metadata"]["electrical"]
    chips = electrical["chips"]
    pull_ups = [chip["pull_up_ohm"] for chip in chips.values() if chip["pull_up_ohm"]]
    if electrical["host_pull_up_ohm"]:
        pull_ups.append(electrical["host_pull_up_ohm"])
    pull_up = 1 / sum(1 / ohm for ohm in pull_ups)
    cable_m = bus_cable_m(harness)
    boards = sum(
        1
        for connector in harness["connectors"].values()
        if "SDA" in {str(p).split()[0] for p in connector["pinlabels"]}
    )
    cable_pf = cable_m * electrical["cable_pf_per_m"]
    chip_pf = (len(chips) + 1) * electrical["pin_pf"]
    board_pf = boards * electrical["board_pf"]
    total = cable_pf + chip_pf + board_pf
    return {
        "pull_up_ohm": pull_up,
        "cable_m": cable_m,
        "cable_pf": cable_pf,
        "chip_pf": chip_pf,
        "board_pf": board_pf,
        "capacitance_pf": total,
        "rise_ns": math.log(7 / 3) * pull_up * (1 + RESISTOR_TOLERANCE) * total * 1e-3,
        "sink_ma": (electrical["supply_v"] * (1 + SUPPLY_TOLERANCE) - LOW_V)
        / (pull_up * (1 - RESISTOR_TOLERANCE))
        * 1e3,
    }


def bus_cable_m(harness: Harness) -> float:
    """Length of all cables that carry SDA."""
    total = 0.0
    for connection in harness["connections"]:
        labels = {
            str(pin).split()[0]
            for part in connection
            for name, pins in part.items()
            if name in harness["connectors"]
            for pin in spread(pins)
        }
        if "SDA" in labels:
            total += sum(
                harness["cables"][name]["length"] for part in connection for name in part if name in harness["cables"]
            )
    return total


def supply_mistakes(harness: Harness) -> Iterable[str]:
    electrical = harness["metadata"]["electrical"]
    draw = supply_ma(harness)
    if draw["connector"] > electrical["connector_supply_ma"]:
        given = electrical["connector_supply_ma"]
        yield f"the plug-in boards draw {draw['connector']:.0f} mA; their regulator gives {given} mA"
    if draw["all"] > electrical["board_supply_ma"]:
        yield f"all draws {draw['all']:.0f} mA; the board gives {electrical['board_supply_ma']} mA"


def supply_ma(harness: Harness) -> dict[str, float]:
    """Greatest current through the plug-in connector, and of everything, every pad pressed and the motor at full."""
    electrical = harness["metadata"]["electrical"]
    pads = electrical["pads"]
    count = sum(1 for connector in harness["connectors"].values() if connector["type"].startswith("FSR"))
    pad_ma = count * electrical["supply_v"] / (pads["ground_ohm"] + pads["pressed_ohm"]) * 1e3
    pull_ups_ma = 2 * bus_figures(harness)["sink_ma"]
    connector = sum(chip["supply_ma"] + chip["led_ma"] for chip in electrical["chips"].values()) + pad_ma + pull_ups_ma
    return {"connector": connector, "all": connector + electrical["board_peak_ma"]}


def pad_mistakes(harness: Harness, facts: Mapping[str, Any]) -> Iterable[str]:
    idle, threshold = pad_volts(harness), facts["PAD_OPEN_RAW"] * 125e-6
    if idle < OPEN_MARGIN * threshold:
        yield f"an unloaded pad gives {idle * 1e3:.1f} mV; below {threshold * 1e3:.1f} mV it counts as open"


def pad_volts(harness: Harness) -> float:
    """What the converter sees of a pad that is connected and not pressed."""
    electrical = harness["metadata"]["electrical"]
    ground, bypass = electrical["pads"]["ground_ohm"], electrical["pads"]["bypass_ohm"]
    return electrical["supply_v"] * ground / (ground + bypass)


def parts(harness: Harness) -> set[tuple[str, str]]:
    """Maker and maker's number of everything drawn."""
    drawn = [*harness["connectors"].values(), *harness["cables"].values()]
    return {(part["manufacturer"], part["mpn"]) for part in drawn}


def arithmetic(harness: Harness) -> str:
    bus, draw = bus_figures(harness), supply_ma(harness)
    ohm, total, per_m = bus["pull_up_ohm"], bus["capacitance_pf"], harness["metadata"]["electrical"]["cable_pf_per_m"]
    chips, boards = bus["chip_pf"], bus["board_pf"]
    return f"""\
pull-up      {ohm:.0f} ohm on each line
capacitance  {bus["cable_m"]:.2f} m x {per_m} pF/m + chips {chips} pF + boards {boards} pF = {total:.0f} pF
rise         ln(0.7/0.3) x 1.05 x {ohm:.0f} ohm x {total:.0f} pF = {bus["rise_ns"]:.0f} ns
sink         {bus["sink_ma"]:.2f} mA
current      plug-in boards {draw["connector"]:.0f} mA, all {draw["all"]:.0f} mA
idle pad     {pad_volts(harness) * 1e3:.1f} mV"""


def main() -> int:
    harness = load()
    print(arithmetic(harness))
    wrong = 0
    for name in board_names():
        facts = board(name)
        found = mistakes(rewired(harness, facts), facts)
        wrong += len(found)
        print(f"{name}: {'; '.join(found) or 'no mistakes'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
