"""The node lasts as long as the guide says: every figure comes from power.csv, and the bounds hold at their worst."""

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


def test_the_document_shows_the_computed_table(root: Path):
    assert power.table() in (root / "hardware" / "power.md").read_text(encoding="utf-8")


def test_a_worst_figure_below_the_typical_one_is_refused(tmp_path: Path):
    path = tmp_path / "power.csv"
    path.write_text("part,count,state,typical_ma,worst_ma,source\nchip,1,sleep,2,1,none\n")
    with pytest.raises(ValueError, match="is below typical"):
        power.currents(path)


def test_every_figure_names_its_source():
    rows = power.CURRENTS.read_text(encoding="utf-8").splitlines()[1:]
    assert all(len(row.split(",")) == 6 and row.split(",")[5].strip() for row in rows)
