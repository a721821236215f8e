"""The doctor on a sound node, and on a node with each fault that the virtual board can have: found and named."""

import json
from collections.abc import Callable

import pytest

from presscue.cli import _status
from presscue.doctor.check import Check
from presscue.doctor.listening import listen
from presscue.doctor.run import examine
from presscue.links.sim import FastSimLink, open_sim
from presscue.simulator.board.drv2605l import Drv2605l
from presscue.simulator.board.hardware import ADDRESSES

OPTIONS = "seed=3,sets=3,rest_s=4,hold_s=5,fast"
MOVING_S = 9.0
"""From here on the virtual lifter presses."""


@pytest.fixture
def link():
    link = open_sim(OPTIONS)
    assert isinstance(link, FastSimLink)
    yield link
    link.close()


def checks(link: FastSimLink, seconds: float = 3.0, ask: Callable[[str], bool] | None = None) -> dict[str, Check]:
    return {check.name: check for check in examine(listen(link, seconds, ask))}


def failed(found: dict[str, Check]) -> set[str]:
    assert all(check.advice for check in found.values() if check.ok is False)
    return {name for name, check in found.items() if check.ok is False}


def test_a_sound_node_passes_and_all_is_looked_at(link):
    found = checks(link, ask=lambda question: True)
    assert failed(found) == set()
    for name in (
        "node", "versions", "I²C bus", "part sled", "part leg", "part pads", "part haptic", "part buzzer", "bus errors",
        "drop counters", "battery", "storage", "test cue", "motor", "buzzer", "sled IMU oscillator", "sled IMU noise",
        "leg IMU gravity", "pad heel left", "supply", "round trip", "clock skew", "frames",
    ):  # fmt: skip
        assert found[name].ok, name
    assert "%" in found["leg IMU oscillator"].found
    assert "ppm" in found["clock skew"].found


def test_a_chip_that_is_missing_is_named(link):
    link.node.unplug("leg")
    found = checks(link)
    assert {"part leg", "leg IMU"} <= failed(found)
    assert not failed(found) & {"part sled", "I²C bus", "sled IMU noise"}
    assert "0x6B" in found["part leg"].found
    assert "cable" in found["part leg"].advice


def test_another_chip_at_an_address_is_named(link):
    hardware = link.node.hardware
    hardware.bus.attach(ADDRESSES["sled"], Drv2605l(hardware.lra))
    found = checks(link, 4.0)
    assert "identity" in found["part sled"].found
    assert "jumper" in found["part sled"].advice


def test_two_swapped_addresses_are_named_once_the_leg_moves(link):
    bus, imus = link.node.hardware.bus, link.node.hardware.imus
    bus.attach(ADDRESSES["sled"], imus["leg"])
    bus.attach(ADDRESSES["leg"], imus["sled"])
    assert checks(link)["which is which"].ok is None
    link.node.run_until(round(MOVING_S * 1e6))
    found = checks(link, 4.0)
    assert found["which is which"].ok is False
    assert "swap" in found["which is which"].advice


def test_sensors_in_their_places_are_told_when_the_leg_moves(link):
    link.node.run_until(round(MOVING_S * 1e6))
    assert checks(link, 4.0)["which is which"].ok


def test_a_bus_that_is_stuck_is_named(link):
    link.node.run_until(500_000)
    link.node.hardware.bus.stick()
    found = checks(link, 4.0)
    assert found["I²C bus"].ok is False
    assert "stuck" in found["I²C bus"].found
    assert "unplug the chips one by one" in found["I²C bus"].advice


def test_a_noisy_supply_is_told_from_a_noisy_sensor(link):
    link.node.hardware.make_supply_noisy()
    found = checks(link, 4.0)
    assert {"supply", "sled IMU noise", "leg IMU noise"} <= failed(found)
    assert "charger" in found["supply"].advice


def test_a_pad_that_is_saturated_is_named(link):
    link.node.hardware.pads.shorted.add("heel_left")
    found = checks(link)
    assert failed(found) == {"pad heel left"}
    assert "saturated" in found["pad heel left"].found


def test_a_pad_that_is_open_is_told_without_blaming_the_converter(link):
    link.node.open_pad("heel_left")
    found = checks(link)
    assert found["part pads"].ok
    assert "not connected" in found["pad heel left"].found
    assert found["pad heel right"].ok


def test_a_worn_flash_is_named(link):
    link.node.run_until(14_000_000)  # the set begins at 15.7 s
    link.node.hardware.flash.worn = True
    found = checks(link)
    assert failed(found) == {"storage"}
    assert "worn" in found["storage"].found
    assert "pull" in found["storage"].advice


def test_a_worn_flash_is_named_after_the_set_too(link):
    link.node.run_until(14_000_000)
    link.node.hardware.flash.worn = True
    link.node.run_until(22_000_000)
    while link.read(0.0):
        pass  # the notices of it have gone to nobody
    assert "storage" in failed(checks(link, seconds=1.0))


def test_the_power_state_is_said(link):
    found = checks(link, seconds=1.0)["power"]
    assert (found.ok, found.found) == (None, "awake; sleeps 10 min after the last movement")


def test_a_motor_that_nobody_feels_is_named(link):
    found = checks(link, ask=lambda question: "motor" not in question)
    assert failed(found) == {"motor"}
    assert found["test cue"].ok
    assert found["buzzer"].ok


def test_a_missing_motor_driver_is_named(link):
    link.node.unplug("haptic")
    found = checks(link)
    assert failed(found) >= {"part haptic"}
    assert "0x5A" in found["part haptic"].found


def test_as_json(capsys):
    assert _status(["doctor", f"sim:{OPTIONS}", "--json", "-", "--seconds", "2"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert {"node", "round trip", "sled IMU noise", "storage"} <= {check["name"] for check in report["checks"]}
