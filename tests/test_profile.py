"""Profiles: what may be said, what may not, and that writing reads back equal."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue.errors import ProfileError
from presscue.faults import LIMITS, params_from_limits
from presscue.profile import OPTIONS, Profile, parse_profile, read_profile

FULL = """
[lifter]
height_m = 1.78
[machine]
sled_load_kg = 120        # plates + carriage
rail_deg = 45             # else found from gravity
[mount]
leg = "left"              # which leg carries the IMU
segment = "shank"         # or "thigh"
[calibration]
straight_leg_hold_s = [0.0, 3.0]   # a stretch in which the unloaded leg is straight and still
[pads]
kind = "fsr"              # or "load_cell"
[limits]
soft_bend_deg = 8.0
max_flexion_deg = 90.0
"""


def test_everything_that_can_be_said(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(FULL)
    assert read_profile(path) == Profile(
        None, 1.78, 120.0, 45.0, "left", "shank", (0.0, 3.0), "fsr", soft_bend_deg=8.0, max_flexion_deg=90.0
    )


def test_nothing_need_be_said():
    assert parse_profile("", "p.toml") == Profile()
    assert Profile().to_toml() == ""


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[lifter]\nheight_m = ", "p.toml: not TOML: Invalid value (at end of document)"),
        ("[lifter\n", "p.toml: not TOML: "),
        ("\n[lifters]\n", "p.toml, line 2: there is no [lifters]; there are: [lifter], [machine]"),
        ("lifter = 3", "p.toml, line 1: lifter must be a table: write [lifter]"),
        ("[lifter]\n\nheight = 1.78", "p.toml, line 3: [lifter] height: no such key; there are: name, height_m"),
        ("[lifter]\nheight_m = '1.78'", "p.toml, line 2: [lifter] height_m: must be a number, not '1.78'"),
        ("[lifter]\nheight_m = true", "[lifter] height_m: must be a number, not True"),
        ("[lifter]\nheight_m = 178", "[lifter] height_m: must be from 1 to 2.5, not 178"),
        ("[machine]\nrail_deg = nan", "[machine] rail_deg: must be from 0 to 90, not nan"),
        ("[mount]\nleg = 'middle'", "[mount] leg: must be one of left, right, not 'middle'"),
        ("[mount]\nleg = 1", "[mount] leg: must be text in quotes, not 1"),
        ("[calibration]\nstraight_leg_hold_s = 3", "must be two numbers [from, to], not 3"),
        ("[calibration]\nstraight_leg_hold_s = [3, 1]", "must begin before it ends, not [3.0, 1.0]"),
        ("[calibration]\nstraight_leg_hold_s = [-1, 1]", "must be from 0 to 1e+06, not -1"),
        ("limits.soft_bend_deg = 900", "p.toml: [limits] soft_bend_deg: must be from 1 to 45, not 900"),
    ],
)
def test_what_may_not_be_said(toml, message):
    with pytest.raises(ProfileError, match=re.escape(message)) as caught:
        parse_profile(toml, "p.toml")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ProfileError, match="No such file"):
        read_profile(tmp_path / "none.toml")
    (tmp_path / "p.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileError, match="UTF-8"):
        read_profile(tmp_path / "p.toml")


def value_of(option):
    if option.kind == "text":
        return st.sampled_from(option.choices) if option.choices else st.text(st.characters(exclude_categories=["Cs"]))
    number = st.floats(max(option.low, 0), min(option.high, 1e6))
    return (
        number
        if option.kind == "number"
        else st.tuples(number, number).map(sorted).filter(lambda t: t[0] < t[1]).map(tuple)
    )


@given(st.fixed_dictionaries({}, optional={option.name: value_of(option) for option in OPTIONS}))
def test_what_is_written_reads_back_equal(values):
    profile = Profile(**values)
    assert parse_profile(profile.to_toml(), "p.toml") == profile


SNIPPETS = st.sampled_from(
    [
        *FULL.split("\n"),
        "[",
        "]",
        "=",
        "\x00",
        '"',
        "'''",
        "[[lifter]]",
        "lifter.height_m = 2",
        "1e999",
        "height_m = 1" + "0" * 400,
        "height_m = " + "1" * 5000,
        r'"a\nb" = 1',
    ]
)


@given(st.one_of(st.text(), st.lists(SNIPPETS).map("\n".join)))
def test_any_text_is_a_profile_or_a_clear_line(text):
    try:
        parse_profile(text, "p.toml")
    except ProfileError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_the_limits_are_those_of_the_detectors():
    options = {option.key: option for option in OPTIONS if option.section == "limits"}
    assert {key: (one.low, one.high) for key, one in options.items()} == {
        key: (least, most) for key, (_, _, least, most, _) in LIMITS.items()
    }
    said: dict[str, Any] = {key: 0.5 * (option.low + option.high) for key, option in options.items()}
    assert Profile(**said).limits() == said
    params = params_from_limits(said)
    for key, (detector, parameter, *_) in LIMITS.items():
        assert getattr(getattr(params, detector), parameter) == said[key]
