"""The node lasts as long as the guide says: every figure comes from power.csv, and the bounds hold at their worst."""

import csv
from pathlib import Path

import pytest

import power


def test_streaming_lasts_eight_hours_on_1000_mah():
    typical, worst = (power.run_time_h(current, 1000) for current in power.currents()["streaming"])
    print(f"streaming: {typical:.1f} h, at worst {worst:.1f} h")
    assert worst >= power.STREAMING_H


def test_standby_lasts_sixty_days_on_1000_mah():
    days, worst_days = (power.run_time_h(current, 1000) / 24 for current in power.currents()["sleep"])
    print(f"standby: {days:.0f} days, at worst {worst_days:.0f}")
    assert days >= power.STANDBY_DAYS
    assert worst_days >= power.STANDBY_DAYS


def test_power_leds_left_in_would_spend_the_standby():
    leds_ma = 4 * 1.5
    assert power.run_time_h(power.currents()["sleep"][0] + leds_ma, 1000) / 24 < 10


def test_run_time_by_hand():
    assert power.run_time_h(100.0, 1000) == pytest.approx(900 / (100 + 30 / 720))


def test_the_document_shows_the_computed_figures(root: Path):
    text = (root / "hardware" / "power.md").read_text(encoding="utf-8")
    assert power.table() in text
    week_mah = power.week_mah(3, 1.0, 10)
    print(f"a week of three hours: {week_mah:.0f} mAh; a knock {power.knock_mah():.2f} mAh")
    assert f"{week_mah:.0f} mAh" in text
    assert f"{1200 * power.USABLE / (week_mah + 1200 * power.SELF_DISCHARGE_PER_MONTH / 30 * 7):.1f} weeks" in text
    assert f"{power.knock_mah():.2f} mAh" in text


def test_a_week_by_hand():
    assert power.week_mah(0, 1.0, 10) == pytest.approx(168 * power.currents()["sleep"][0])
    more = power.week_mah(1, 2.0, 30) - power.week_mah(0, 2.0, 30)
    now = {state: typical for state, (typical, _) in power.currents().items()}
    assert more == pytest.approx(2 * now["streaming"] + 0.5 * now["advertising"] - 2.5 * now["sleep"])


def test_a_worst_figure_below_the_typical_one_is_refused(tmp_path: Path):
    path = tmp_path / "power.csv"
    path.write_text("part,count,state,typical_ma,worst_ma,source\nchip,1,sleep,2,1,none\n")
    with pytest.raises(ValueError, match="is below typical"):
        power.currents(path)


def test_every_figure_names_its_source():
    with open(power.CURRENTS, newline="", encoding="utf-8") as file:
        assert all(len(row) == 6 and row["source"].strip() for row in csv.DictReader(file))
