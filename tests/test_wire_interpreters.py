"""One script, every interpreter at hand: the wire must behave the same to the byte."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

Command = tuple[list[str | Path], dict[str, str]]
"""A command line and what it adds to the environment."""


def command_for(interpreter: str, root: Path) -> Command:
    """How to run the script under an interpreter; skips the test where the interpreter is not installed."""
    host, script = root / "host", root / "tests" / "wire_script.py"
    if interpreter == "cpython":
        return [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(host)!r})\n{script.read_text()}"], {}
    if interpreter == "micropython":
        program = shutil.which("micropython", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        if program is None:
            pytest.skip("no native micropython: its wheel exists for x86-64 Linux and arm64 macOS")
        return [program, script], {"MICROPYPATH": str(host)}
    modules = root / "node_modules"
    if shutil.which("node") is None or not (modules / "@micropython").is_dir():
        pytest.skip("no MicroPython for WebAssembly: `make wasm` installs it, given node and npm")
    return ["node", root / "tests" / "run_under_node.mjs", modules, host, script], {}


def lines_of(interpreter: str, root: Path) -> list[str]:
    """What the script prints under an interpreter."""
    command, environment = command_for(interpreter, root)
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def reference(root: Path) -> list[str]:
    return lines_of("cpython", root)


def test_the_script_says_what_it_should(reference: list[str]):
    """Guards against a script that compares nothing."""
    assert len(reference) > 10_000
    assert sum(line.endswith("WireError") for line in reference) == 15
    assert not any("Traceback" in line or line.endswith("False") for line in reference)


@pytest.mark.parametrize("interpreter", ["micropython", "webassembly"])
def test_another_interpreter_says_the_same(interpreter: str, reference: list[str], root: Path):
    lines = lines_of(interpreter, root)
    differing = next((i for i, (a, b) in enumerate(zip(reference, lines, strict=False)) if a != b), None)
    assert differing is None, f"line {differing}:\n{reference[differing]}\n{lines[differing]}"
    assert len(lines) == len(reference)
