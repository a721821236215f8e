"""Loads, lengths and speeds as a lifter in Oslo or in Ohio writes them."""

import math

import pytest

from presscue.units import NONE, Units


def test_metric_values_are_written_as_they_are_loaded():
    units = Units()
    assert [units.load(120.0), units.load(62.5), units.load(1000)] == ["120 kg", "62.5 kg", "1,000 kg"]
    assert (units.length(0.2314), units.speed(0.183), units.volume(12400.4)) == ("231 mm", "0.18 m/s", "12,400 kg")


def test_imperial_values_are_converted():
    units = Units("imperial")
    assert (units.load(120.0), units.loads(100, 120)) == ("265 lb", "220–265 lb")
    assert (units.length(0.2314), units.speed(0.183)) == ("9.1 in", "0.60 ft/s")


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_what_was_not_measured_is_a_dash(nothing: float | None):
    units = Units()
    assert {units.load(nothing), units.length(nothing), units.speed(nothing), units.volume(nothing)} == {NONE}


def test_one_load_is_no_range():
    assert Units().loads(100.0, 100.0) == "100 kg"
