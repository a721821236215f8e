"""`presscue logs` and `presscue pull` on a virtual node whose flash is kept in a file."""

import json
from pathlib import Path

import pytest

from flash_blocks import FlashBlocks
from presscue.cli import _status
from presscue.recording import read_recording
from presscue.simulator.board.nor_flash import NorFlash
from test_node_log_region import mounted, write


@pytest.fixture
def sim(tmp_path: Path) -> str:
    """The moniker of a node that holds two logs, one of a boot without a clock."""
    image = tmp_path / "node.img"
    region = mounted(FlashBlocks(flash=NorFlash(image=image)))
    write(region, 20, wall_ms=1_700_000_000_000)
    write(region, 30)
    return f"sim:fast,flash={image}"


def test_logs_are_listed_pulled_once_and_known_to_be_verified(sim, tmp_path, capsys):
    out = tmp_path / "logs.json"
    assert _status(["logs", sim, "--json", str(out)]) == 0
    text = capsys.readouterr().out
    assert "not verified" in text
    listed = json.loads(out.read_text())
    assert [(row["clock"], row["state"], row["size_bytes"]) for row in listed["logs"]] == [
        ("host", "closed", 20 * 256),
        ("uptime", "closed", 30 * 256),
    ]
    assert listed["recorder"] == "idle"
    folder = tmp_path / "archive"
    assert _status(["pull", sim, "--to", str(folder)]) == 0
    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".presscue"] * 2
    assert all(not read_recording(file).loss for file in files)
    assert _status(["logs", sim, "--json", "-", "--quiet"]) == 0
    assert {row["state"] for row in json.loads(capsys.readouterr().out)["logs"]} == {"verified"}
    assert _status(["pull", sim, "--to", str(folder)]) == 0
    assert "all logs are verified" in capsys.readouterr().err
    assert sorted(folder.iterdir()) == files


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["12"], 2, "log 12 is not there"),
        (["12", "--all"], 2, "not both"),
    ],
)
def test_what_is_wrong_is_one_line(sim, arguments, status, line, capsys):
    assert _status(["pull", sim, *arguments]) == status
    assert line in capsys.readouterr().err


def test_a_file_that_is_no_flash_is_refused(tmp_path, capsys):
    image = tmp_path / "other.img"
    image.write_bytes(b"something else")
    assert _status(["logs", f"sim:fast,flash={image}"]) == 1
    assert "is no flash" in capsys.readouterr().err
    assert image.read_bytes() == b"something else"
    assert _status(["logs", "replay:x.presscue"]) == 2
