"""What is put on a node: the manifest is complete, versions agree, and the console stream passes every byte."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import presscue
from node_shims import firmware

ECHO = """
import sys
sys.path[:0] = sys.argv[1:]
import micropython
from presscue_node.usb_link import Stdio
micropython.kbd_intr(-1)
stream = Stdio()
buffer = bytearray(40)
left = 1024
while left:
    stream.wait(200_000)
    count = stream.readinto(buffer)
    sent = 0
    while sent < count:
        sent += stream.write(buffer, sent, count)
    left -= count
"""


def test_the_manifest_installs_every_file_once(root: Path):
    manifest = json.loads((root / "firmware" / "package.json").read_text())
    placed = {target: (root / "firmware" / source).resolve() for target, source in manifest["urls"]}
    assert len(placed) == len(manifest["urls"])
    assert all(source.is_file() for source in placed.values())
    sources = set((root / "firmware" / "presscue_node").glob("*.py"))
    wanted = {f"lib/presscue_node/{source.name}": source for source in sources}
    wanted["lib/presscue_node/board.py"] = root / "firmware" / "presscue_node" / "boards" / "feather_esp32_v2.py"
    wanted["main.py"] = root / "firmware" / "main.py"
    for name in ("__init__.py", "wire.py"):
        wanted[f"lib/presscue/{name}"] = root / "host" / "presscue" / name
    assert placed == wanted


def test_one_version_everywhere(root: Path):
    manifest = json.loads((root / "firmware" / "package.json").read_text())
    assert manifest["version"] == presscue.__version__
    assert ".".join(map(str, firmware.description.VERSION)) == presscue.__version__


def test_the_console_stream_passes_every_byte(root: Path, tmp_path: Path):
    program = shutil.which("micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("no native micropython: its wheel exists for x86-64 Linux and arm64 macOS")
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    sent = bytes(range(256)) * 4
    command = [program, script, root / "firmware", root / "host"]
    done = subprocess.run(command, input=sent, capture_output=True, timeout=20)
    assert done.stderr == b""
    assert done.stdout == sent
