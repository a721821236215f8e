"""The printed parts fit what goes into them, by arithmetic on their dimensions: no CAD program is needed."""

from math import cos, radians, sin, tan

import pytest

import dimensions as d


@pytest.mark.parametrize("diameter_mm", [25, 40, 50, 76])
def test_the_clip_seats_every_tube_on_its_v(diameter_mm: float):
    half_angle = radians(d.V_HALF_ANGLE_DEG)
    contact = (diameter_mm / 2 + d.FOAM) * cos(half_angle)
    assert contact < d.V_HALF_WIDTH
    apex_gap = diameter_mm / 2 / sin(half_angle) - diameter_mm / 2
    assert apex_gap > 1  # rests on the flanks, which alone are lined, not on the bottom


def test_a_flat_bar_lies_on_the_lands_beside_the_v():
    land = d.CLIP[0] / 2 - d.V_HALF_WIDTH
    assert land >= 10
    depth = d.V_HALF_WIDTH / tan(radians(d.V_HALF_ANGLE_DEG))
    assert d.CLIP[1] - depth - d.STRAP[1] - 2.4 > 4  # solid above the strap's channel


def test_the_strap_goes_round_the_thickest_tube():
    strap_mm = 300
    radius = d.TUBE_MM[1] / 2
    depth = d.V_HALF_WIDTH / tan(radians(d.V_HALF_ANGLE_DEG))
    centre_below = radius / sin(radians(d.V_HALF_ANGLE_DEG)) - depth
    channel = depth + 2.4 + d.STRAP[1] / 2
    sides = 2 * ((centre_below + channel) ** 2 + (radius - d.CLIP[0] / 2) ** 2) ** 0.5
    assert sides + radius * 3.1416 + d.CLIP[0] < strap_mm + 60  # a stretch strap gives a fifth


def test_batteries_and_boards_fit_the_case():
    for battery in ((62, 34, 5), (60, 36, 7)):
        assert battery[0] < d.BATTERY_BAY[0]
        assert battery[1] < d.BATTERY_BAY[1]
        assert battery[2] <= d.BATTERY_FENCE + 1.5
    assert d.BATTERY_BAY[1] + 1.6 + d.M3_HEAD / 2 <= d.CLIP_SCREWS[0][1]  # no screw head under the battery
    assert d.BATTERY_BAY[1] + d.FEATHER[1] + 8 < d.CASE[1]
    assert d.CASE[2] > d.BOARD_POST + d.PCB + 8


def test_the_foot_keeps_most_of_the_load_off_the_sensor():
    area = d.PAD[0] * d.PAD[1] - d.PAD_POCKET**2
    share = d.PAD_PUCK**2 / (area + d.PAD_PUCK**2)
    assert share == pytest.approx(0.048, abs=0.001)
    assert d.PAD_POCKET > d.FSR
