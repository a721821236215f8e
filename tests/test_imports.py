"""The layers, held by reading every import of both packages.

1. `wire` imports only what both interpreters have; `presscue/__init__.py` imports nothing heavy.
2. The pure core imports numpy, numba, the harmless part of the standard library, and what is upstream of it.
3. bleak, pyserial and the libraries of some extras appear in one file each; `machine` and `bluetooth` only where the
   node's objects are built.
4. The firmware knows nothing of the host but `presscue.wire`; the host knows nothing of the firmware, except the
   virtual board and `flash`.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

PURE = (
    "wire",
    "errors",
    "results",
    "advice",
    "frame",
    "events",
    "clock",
    "readings.messages",
    "readings.pages",
    "readings.channels",
    "readings.conversion",
    "readings.unpacking",
    "readings.packed",
    "readings.ring",
    "readings.merge",
    "session",
    "estimation.linkage",
    "estimation.estimator",
    "estimation.plane",
    "calibration.model",
    "calibration.spread",
    "calibration.guarding",
    "calibration.belief",
    "calibration.mounting",
    "calibration.coupling",
    "calibration.ways",
    "calibration.nodding",
    "calibration.surprise",
    "calibration.minimum",
    "calibration.strap",
    "calibration.recheck",
    "calibration.leg_alone",
    "calibration.sled_alone",
    "calibration.fit",
    "calibration.activity",
    "calibration.learning",
    "tracker",
    "reps.strokes",
    "reps.measure",
    "reps.phases",
    "reps.order",
    "reps.figures",
    "reps.pairs",
    "reps.machine",
    "faults",
    "faults.hip",
    "cues",
    "kernel",
    "core",
)
"""The pure core from upstream to downstream: each may import what stands before it, and its own parts. The parts of a
folder stand together, so folders depend on each other one way too."""

COMPILER = "presscue.compiled"
"""numba with a cache that knows its sources: it has to look at files, and any kernel may use it."""

IMPURE_STANDARD = frozenset(
    "asyncio concurrent datetime ftplib glob http importlib io logging mmap multiprocessing os pathlib queue random "
    "sched secrets select selectors shutil signal socket sqlite3 ssl subprocess sys tempfile threading time urllib "
    "uuid zipfile".split()
)
"""Files, clocks, chance, threads, processes, the network and import by name: none of it inside the core."""

IMPURE_CALLS = frozenset({"open", "input", "print", "eval", "exec", "__import__"})

BOTH_INTERPRETERS = frozenset({"struct", "binascii"})
MICROPYTHON = BOTH_INTERPRETERS | frozenset(
    "array bluetooth errno esp32 gc hashlib machine math micropython os random select sys time".split()
)

ONE_FILE_EACH = ("bleak", "serial", "dask", "distributed", "duckdb", "fsspec", "paho", "pylsl")
HARDWARE_FILES = {
    "machine": {"main", "presscue_node.app", "presscue_node.deep_sleep"},
    "bluetooth": {"presscue_node.app", "presscue_node.ble_link", "presscue_node.deep_sleep"},
}
KNOWS_THE_FIRMWARE = ("presscue.simulator", "presscue.flash")

Sources = dict[str, str]
"""Module name → source text; the node's `main.py` is the module `main`."""


def read_sources(root: Path) -> Sources:
    """The sources of both packages."""
    sources = {}
    for top, pattern in (("host", "presscue/**/*.py"), ("firmware", "presscue_node/**/*.py"), ("firmware", "main.py")):
        for path in sorted((root / top).glob(pattern)):
            parts = path.relative_to(root / top).with_suffix("").parts
            sources[".".join(parts)] = path.read_text(encoding="utf-8")
    return sources


def name_of(module: str) -> str:
    return module.removesuffix(".__init__")


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """The imports and calls of a source, wherever in the file they stand."""
    return tuple(
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom | ast.Call)
    )


def imports(module: str, source: str, known: frozenset[str]) -> Iterator[str]:
    """Absolute names of the modules that a module imports."""
    for node in nodes(source):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".")[: -node.level]
                base = ".".join([*package, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in known else base


def calls(source: str) -> Iterator[str]:
    """Names of the plain functions that a module calls."""
    for node in nodes(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def layer(module: str) -> int | None:
    """Place of a host module in PURE, by itself or by the package it is a part of; None outside the pure core."""
    name = name_of(module).removeprefix("presscue.")
    while name and name not in PURE:
        name = name.rpartition(".")[0]
    return PURE.index(name) if name else None


def violations(sources: Sources) -> list[str]:
    """Every breach of the four rules, as "module: what is wrong"."""
    known = frozenset(map(name_of, sources))
    found = []
    homes: dict[str, set[str]] = {library: set() for library in ONE_FILE_EACH}
    for module, source in sources.items():
        is_firmware = within(module, "main", "presscue_node")
        place = layer(module)
        for target in imports(module, source, known):
            top = target.partition(".")[0]
            if top in homes:
                homes[top].add(module)
            if module == "presscue.wire" and top not in BOTH_INTERPRETERS:
                found.append(f"{module}: {target} is not in both interpreters")
            elif is_firmware:
                if top in HARDWARE_FILES and module not in HARDWARE_FILES[top]:
                    found.append(f"{module}: {target} outside the files that build the objects")
                elif target != "presscue.wire" and top not in MICROPYTHON and not within(target, "presscue_node"):
                    found.append(f"{module}: {target} is not for the firmware")
            elif within(target, "presscue_node", "main") and not within(module, *KNOWS_THE_FIRMWARE):
                found.append(f"{module}: {target} is firmware")
            elif place is not None and top == "presscue":
                upstream = layer(target)
                if target not in ("presscue", COMPILER) and (upstream is None or upstream > place):
                    found.append(f"{module}: {target} is not upstream of it")
            elif place is not None and (
                top in IMPURE_STANDARD or (top not in sys.stdlib_module_names and top not in ("numpy", "numba"))
            ):
                found.append(f"{module}: {target} has no place in the pure core")
        if place is not None:
            found += [
                f"{module}: {name}() has no place in the pure core" for name in calls(source) if name in IMPURE_CALLS
            ]
    for library, files in homes.items():
        if len(files) > 1:
            found.append(f"{', '.join(sorted(files))}: {library} in more than one file")
    return found


@pytest.fixture(scope="module")
def sources(root: Path) -> Sources:
    return read_sources(root)


def test_the_layers_hold(sources: Sources):
    assert violations(sources) == []


def test_the_parts_of_a_folder_stand_together():
    folders = [name.partition(".")[0] for name in PURE]
    assert len(list(groupby(folders))) == len(set(folders))


def test_every_module_of_the_pure_core_exists(sources: Sources):
    present = {name_of(module) for module in sources}
    assert [name for name in PURE if f"presscue.{name}" not in present] == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("presscue.wire", "import dataclasses"),
        ("presscue.wire", "import numpy"),
        ("presscue.core", "import asyncio"),
        ("presscue.core", "def f():\n    from time import monotonic"),
        ("presscue.core", "import scipy.signal"),
        ("presscue.core", "from .links import serial"),
        ("presscue.core", "from presscue.simulator import scenario"),
        ("presscue.core", "import presscue.recording"),
        ("presscue.core", "open('session')"),
        ("presscue.estimation.linkage", "from presscue.core import Core"),
        ("presscue.estimation.linkage", "from . import estimator"),
        ("presscue.faults.lockout", "from ..cues import policy"),
        ("presscue.core", "import presscue_node.sampler"),
        ("presscue.live", "import presscue_node"),
        ("presscue.live", "import serial\nimport bleak"),
        ("presscue_node.sampler", "from machine import I2C"),
        ("presscue_node.sampler", "from presscue import session"),
        ("presscue_node.sampler", "import presscue"),
        ("presscue_node.sampler", "import asyncio"),
        ("main", "import numpy"),
    ],
)
def test_a_planted_breach_is_found(sources: Sources, module: str, line: str):
    planted = {
        "presscue.links.serial": "import serial",
        "presscue.links.ble": "import bleak",
        "presscue.links.__init__": "",
        **sources,
    }
    planted[module] = planted.get(module, "") + "\n" + line + "\n"
    new = set(violations(planted)) - set(violations(sources))
    assert any(module in breach for breach in new)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("presscue.core", "import math, numpy as np\nfrom numba import njit"),
        ("presscue.core", "from presscue import wire\nfrom .estimation import linkage\nfrom .faults import lockout"),
        ("presscue.faults.lockout", "from . import depth\nfrom ..frame import FRAME"),
        ("presscue.simulator.board.node", "import presscue_node"),
        ("presscue_node.sampler", "from presscue import wire\nfrom . import imu\nimport struct, time"),
        ("presscue_node.app", "import machine\nfrom presscue_node import node"),
    ],
)
def test_what_is_allowed_is_not_found(module: str, line: str):
    names = ["wire", "estimation.linkage", "frame", "faults.__init__", "faults.lockout", "faults.depth"]
    sources = {f"presscue.{name}": "" for name in names} | {"presscue_node.imu": "", "presscue_node.node": ""}
    assert violations(sources | {module: line}) == []


def test_the_package_itself_is_light(root: Path):
    program = "import sys; before = set(sys.modules); import presscue; print(*sorted(set(sys.modules) - before))"
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root / "host")
    assert done.stdout.split() == ["presscue"]
