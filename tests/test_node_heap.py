"""How much of the heap the node uses while it streams and records, from the package that `presscue flash` installs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from flash_blocks import FlashBlocks
from node_shims import firmware
from presscue import wire
from presscue.flash import package
from presscue.simulator.board import child
from presscue.simulator.board.child import FirmwareError
from presscue.simulator.board.nor_flash import SECTOR
from presscue.simulator.performance import perform
from presscue.simulator.scenario import Scenario
from presscue.simulator.virtual_node import VirtualNode

BOUND_64 = 192 * 1024 * 60 // 100
BOUND_32 = 70 * 1024
"""Of the 110 KB or so that an ESP32 has left beside Bluetooth."""
SECTORS = 1472  # the partition on the reference board
SESSIONS_MAX = 56
LIMITS = ("guard_limits", 4, bytes(18), 3, 10_000, -2_000_000, 0, 2_000_000, 90, 90)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Folder with the package, as on a node."""
    for name, data in package.compile_package(package.REFERENCE_BOARD).files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return tmp_path


def frames(*messages: tuple) -> bytes:
    return b"".join(wire.frame(wire.encode(*message)) for message in messages)


@pytest.fixture
def nearly_full() -> bytes:
    """The first block of a log with one place left for a session, which the node takes."""
    blocks = FlashBlocks(SECTORS)
    catalogue = firmware.catalogue.Catalogue(blocks)
    catalogue.mount(1)
    for number in range(SESSIONS_MAX - 1):
        entry = catalogue.enter(7, 1_000_000 * number, 2 + number, 1_700_000_000_000, 1)
        catalogue.count_set(entry)
        catalogue.end(entry, 16, 1_000)
    return blocks.flash.read(0, SECTOR)


def sessions_in(log: bytes) -> int:
    return sum(log[at] == ord("S") for at in range(64, SECTOR, 64))


@pytest.mark.skipif(child.find_interpreter() != "micropython", reason="no native micropython")
def test_the_heap_in_use_keeps_its_bound(installed: Path, nearly_full: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(child, "_folder", lambda name: str(installed))
    script = Path(__file__).parent / "node_heap.py"
    with VirtualNode(perform(Scenario(seed=3, sets=(3,), hold_s=0)), firmware=str(script)) as node:
        assert len(node.hardware.flash.data) == SECTORS * SECTOR
        node.hardware.flash.data[:SECTOR] = nearly_full
        node.run_until(300_000)
        node.write(frames(("hello", 1), ("start", 1, 7, 0)))
        with pytest.raises(FirmwareError, match="in use") as told:
            node.run_until(60_000_000)
        assert sessions_in(node.hardware.flash.read(0, SECTOR)) == SESSIONS_MAX
    code, most = map(int, re.findall(r"in use (\d+) (\d+)", str(told.value))[0])
    print(f"64-bit: {most:,} bytes in use while streaming and recording; {code:,} of code at boot; bound {BOUND_64:,}")
    assert code < most <= BOUND_64


def test_the_heap_in_use_keeps_its_bound_where_words_are_32_bit(root: Path, installed: Path, nearly_full: bytes):
    modules = root / "node_modules"
    if shutil.which("node") is None or not (modules / "@micropython").is_dir():
        pytest.skip("no MicroPython for WebAssembly: `make wasm` installs it, given node and npm")
    commands = {
        0: frames(("hello", 1), ("start", 1, 7, 1_700_000_000_000), LIMITS),
        10: frames(("cue", 1, 1, 5, 80, 300, 2_000_000), ("status_request", 2)),
        20: frames(("log_list", 5, 0), ("configure", 6, 1, 90)),
    }
    given = f"COMMANDS = {commands}\nPING = {frames(('ping', 3, 4))}\nLOG = {nearly_full}"
    command = ["node", root / "tests" / "node_heap_32.mjs", modules, installed, root / "tests", given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    found = {words[0]: words[1:] for words in map(str.split, done.stdout.splitlines()) if words}
    code, most = map(int, found["in"][1:])
    print(f"32-bit: {most:,} bytes in use while streaming and recording; {code:,} of code at boot; bound {BOUND_32:,}")
    assert int(found["sent"][0]) > 1_000
    assert int(found["pages"][0]) > 50
    assert int(found["sessions"][0]) == SESSIONS_MAX
    assert code < most <= BOUND_32
