"""`presscue power` and `scan`: what a user is told about a node's sleep."""

import pytest

from presscue.cli import _status
from presscue.links.sim import FastSimLink, open_sim
from presscue.node.power import run_power
from presscue.node.scanning import run_scan


def test_minutes_are_set_and_outlive_a_restart(tmp_path, capsys):
    sim = f"sim:fast,flash={tmp_path / 'node.img'}"
    assert _status(["power", sim]) == 0
    assert "awake; sleeps 10 min after the last movement" in capsys.readouterr().out
    assert _status(["power", sim, "--sleep", "25"]) == 0
    assert _status(["power", sim]) == 0
    assert capsys.readouterr().out.count("sleeps 25 min") == 2
    assert _status(["power", sim, "--sleep", "off"]) == 0
    assert "never sleeps by itself" in capsys.readouterr().out


@pytest.mark.parametrize("minutes", ["241", "-1", "soon", "0"])
def test_other_minutes_are_refused(minutes, capsys):
    assert _status(["power", "sim:fast", "--sleep", minutes]) == 2
    assert "neither 1 to 240 nor off" in capsys.readouterr().err


def test_a_node_woken_by_its_button_says_so(monkeypatch, capsys):
    link = open_sim("seed=3,fast")
    assert isinstance(link, FastSimLink)
    link.node.hardware.charging = True
    link.node._boot(4, 0, 2)
    monkeypatch.setattr("presscue.node.power.open_link", lambda moniker: link)
    assert run_power("sim:", sleep_min=None, quiet=False) == 0
    assert "not while on USB power; last woken by its button" in capsys.readouterr().out.replace("\n", " ")


def test_who_finds_no_node_is_told_how_to_wake_one(monkeypatch, capsys):
    monkeypatch.setattr("presscue.node.scanning.scan", lambda seconds, radio: [])
    assert run_scan(1.0, as_json=False, quiet=False) == 1
    assert "lift the sled once to wake it" in " ".join(capsys.readouterr().err.split())
