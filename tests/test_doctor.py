"""The doctor on a sound node and on broken ones."""

import json

import pytest

from presscue.cli import _status
from presscue.doctor import examine, listen
from presscue.links.sim import FastSimLink, open_sim

OPTIONS = "seed=3,sets=1,rest_s=4,hold_s=5,fast"


@pytest.fixture
def link():
    link = open_sim(OPTIONS)
    assert isinstance(link, FastSimLink)
    yield link
    link.close()


def failed(link) -> dict[str, str]:
    return {check.name: check.advice for check in examine(listen(link, 3.0)) if check.ok is False}


def test_a_sound_node_passes(link):
    assert failed(link) == {}


def test_a_cable_that_is_out_is_named(link):
    link.node.unplug("leg")
    found = failed(link)
    assert {"part leg", "leg IMU"} <= set(found)
    assert "cable" in found["part leg"]
    assert "sled IMU" not in " ".join(found)


def test_a_pad_that_is_open_is_named(link):
    link.node.open_pad("heel_left")
    checks = {check.name: check for check in examine(listen(link, 3.0))}
    assert checks["part pads"].ok is False
    assert "not connected" in checks["pad heel left"].found
    assert checks["pad heel right"].ok


def test_as_json(capsys):
    assert _status(["doctor", f"sim:{OPTIONS}", "--json", "-", "--seconds", "2"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"]
    assert {"node", "round trip", "sled IMU noise"} <= {check["name"] for check in report["checks"]}
