"""Which core made a result: the version, and the state of the sources that results depend on."""

import hashlib
from functools import cache
from pathlib import Path

from . import __version__

_HERE = Path(__file__).parent
_PARTS = ("readings", "session", "estimation", "calibration", "tracker", "reps", "faults", "tables", "analysis")
"""The folders of what lies between a recording and its results; beside them, the files of this one."""


def sources() -> list[Path]:
    """The files that results depend on, in the order of their names."""
    shallow = sorted(_HERE.glob("*.py"))
    return shallow + [path for part in _PARTS for path in sorted((_HERE / part).rglob("*.py"))]


@cache
def core_version() -> str:
    """As 0.1.0+3f9a1c2e: equal where the same recording gives the same results."""
    digest = hashlib.sha256()
    for source in sources():
        digest.update(source.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"
