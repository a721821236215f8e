"""Run times from power.csv, the currents of each part in each state: `python hardware/power.py` prints the table."""

import csv
import sys
from pathlib import Path

CURRENTS = Path(__file__).resolve().parent / "power.csv"
USABLE = 0.9
"""Of a cell's rated charge, down to 3.45 V, where the 3.3 V regulator has nothing left to regulate."""
SELF_DISCHARGE_PER_MONTH = 0.03
"""With its protection circuit; an upper figure for a cell at room temperature."""
MONTH_H = 30 * 24.0
BATTERIES_MAH = {"1,000 mAh (the bound)": 1000.0, "1,200 mAh (258)": 1200.0, "2,000 mAh (2011)": 2000.0}
STREAMING_H, STANDBY_DAYS = 8.0, 60.0


def currents(path: Path = CURRENTS) -> dict[str, tuple[float, float]]:
    """State -> typical and worst current in mA. Raises ValueError if a worst figure is below its typical one."""
    sums: dict[str, list[float]] = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            typical, worst = float(row["typical_ma"]), float(row["worst_ma"])
            if worst < typical:
                raise ValueError(f"{row['part']}: worst {worst} mA is below typical {typical} mA")
            total = sums.setdefault(row["state"], [0.0, 0.0])
            total[0] += int(row["count"]) * typical
            total[1] += int(row["count"]) * worst
    return {state: (typical, worst) for state, (typical, worst) in sums.items()}


def run_time_h(current_ma: float, battery_mah: float) -> float:
    """Hours until the usable charge is gone; the cell's own discharge counts as a current."""
    own_ma = battery_mah * SELF_DISCHARGE_PER_MONTH / MONTH_H
    return battery_mah * USABLE / (current_ma + own_ma)


def knock_mah() -> float:
    """Charge that a wake without a set costs: ten seconds awake and fifty still, before it sleeps again."""
    now = currents()
    return (10 * now["streaming"][0] + 50 * now["advertising"][0]) / 3600


def week_mah(trainings: int, training_h: float, sleep_min: float) -> float:
    """Charge of a week with so many trainings, streamed throughout; between them the node falls asleep by itself."""
    now = {state: typical for state, (typical, _) in currents().items()}
    still_h = trainings * sleep_min / 60
    used_h = trainings * training_h
    awake_mah = used_h * now["streaming"] + still_h * now["advertising"]
    return awake_mah + (7 * 24 - used_h - still_h) * now["sleep"]


def table() -> str:
    """The run times as Markdown, as they stand in power.md."""
    lines = [
        "| state | typical, worst | " + " | ".join(BATTERIES_MAH) + " |",
        "| --- | --- | " + " | ".join("---" for _ in BATTERIES_MAH) + " |",
    ]
    for state, (typical, worst) in currents().items():
        cells = []
        for battery_mah in BATTERIES_MAH.values():
            hours = [run_time_h(current, battery_mah) for current in (typical, worst)]
            unit, factor = ("h", 1.0) if typical > 2 else ("days", 24.0)
            cells.append(f"{hours[0] / factor:.1f}, {hours[1] / factor:.1f} {unit}")
        name = state.replace("_", ", connector ")
        lines.append(f"| {name} | {typical:.2f}, {worst:.2f} mA | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
    sys.exit(0)
