"""Logs in files, where a board has no partition for them: on MicroPython's own littlefs, with a cut at every write."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = 40


def test_a_power_cut_costs_sixteen_pages_at_most_and_nothing_older(root: Path):
    program = shutil.which("micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("no native micropython: its wheel exists for x86-64 Linux and arm64 macOS")
    folders = ":".join(str(root / folder) for folder in ("firmware", "host"))
    command = [program, "-X", "heapsize=400m", root / "tests" / "node_file_blocks.py", folders, str(PAGES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = {name: int(count) for name, count in (line.split() for line in done.stdout.splitlines())}
    print(found)
    assert found["cuts"] > 150
    assert (found["damaged"], found["stuck"]) == (0, 0)
    assert found["worst"] <= 16
    assert found["erases"] <= PAGES / 16 + 4, "a page costs no erase of its own"
