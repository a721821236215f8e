"""How much of the heap the node uses while it streams and records, from the package that `presscue flash` installs."""

import re
from pathlib import Path

import pytest

from presscue import wire
from presscue.flash import package
from presscue.simulator.board import child
from presscue.simulator.board.child import FirmwareError
from presscue.simulator.performance import perform
from presscue.simulator.scenario import Scenario
from presscue.simulator.virtual_node import VirtualNode

BOUND = 192 * 1024 * 60 // 100


def in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """(its code, the most of all) in bytes, under the 64-bit interpreter: a lifter presses, a host streams."""
    for name, data in package.compile_package(package.REFERENCE_BOARD).files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    monkeypatch.setattr(child, "_folder", lambda name: str(tmp_path))
    script = Path(__file__).parent / "node_heap.py"
    with VirtualNode(perform(Scenario(seed=3, sets=(3,), hold_s=0)), firmware=str(script)) as node:
        node.run_until(300_000)
        node.write(wire.frame(wire.encode("hello", 1)) + wire.frame(wire.encode("start", 1, 7, 0)))
        with pytest.raises(FirmwareError, match="in use") as told:
            node.run_until(60_000_000)
    code, most = map(int, re.findall(r"in use (\d+) (\d+)", str(told.value))[0])
    print(f"64-bit: {most:,} bytes in use while streaming and recording, {code:,} of them code; bound {BOUND:,}")
    return code, most


@pytest.mark.skipif(child.find_interpreter() != "micropython", reason="no native micropython")
def test_the_heap_in_use_keeps_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    code, most = in_use(tmp_path, monkeypatch)
    assert code < most <= BOUND
