"""The sampling path allocates nothing: read from the bus, decoded, stamped, queued, guarded, bit-packed for the log,
and that written page by page, with the outbox full and empty and the tick counter wrapping on the way. Controls plant
one small allocation and must be caught.

Natively with 64-bit words; under WebAssembly with the ESP32's 32 bits, where an integer beyond 30 bits is an
allocation too.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def native(root: Path, readings: int, plant: str) -> list[str | Path]:
    program = shutil.which("micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip("no native micropython: its wheel exists for x86-64 Linux and arm64 macOS")
    folders = ":".join(str(root / folder) for folder in ("tests", "firmware", "host"))
    script = root / "tests" / "node_no_allocation.py"
    return [program, "-X", "heapsize=8m", script, folders, str(readings), plant]


def webassembly(root: Path, readings: int, plant: str) -> list[str | Path]:
    modules = root / "node_modules"
    if shutil.which("node") is None or not (modules / "@micropython").is_dir():
        pytest.skip("no MicroPython for WebAssembly: `make wasm` installs it, given node and npm")
    return ["node", root / "tests" / "node_under_wasm.mjs", modules, root, str(readings), plant]


def heap_after(command: list[str | Path]) -> dict[str, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(line.split() for line in done.stdout.splitlines())


def test_nothing_is_allocated(root: Path):
    heap = heap_after(native(root, 20_000, "nothing"))
    assert heap["grown"] == "0"
    assert heap["locked"] == "ok"
    assert int(heap["readings"]) > 40_000
    assert int(heap["guarded"]) >= 0  # the guard has judged
    assert int(heap["pages"]) > 1_000


@pytest.mark.parametrize("plant", ["slice", "tuple", "float", "view", "varargs"])
def test_the_proof_can_fail(plant: str, root: Path):
    heap = heap_after(native(root, 2_000, plant))
    assert int(heap["grown"]) >= 2_000 * 16
    assert heap["locked"] == "MemoryError"


def test_nothing_is_allocated_where_words_are_32_bit(root: Path):
    heap = heap_after(webassembly(root, 5_000, "nothing"))
    assert heap["grown"] == "0"
    assert heap["locked"] == "ok"
    assert int(heap["readings"]) > 10_000
    assert int(heap["guarded"]) >= 0


def test_the_32_bit_proof_can_fail(root: Path):
    """An integer that only a 32-bit build has to put on the heap."""
    assert heap_after(native(root, 500, "bigint"))["grown"] == "0"
    heap = heap_after(webassembly(root, 500, "bigint"))
    assert int(heap["grown"]) >= 500 * 8
    assert heap["locked"] == "MemoryError"
