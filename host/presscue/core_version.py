"""Which core made a result: the version, and the state of the sources that results depend on."""

import hashlib
from functools import cache
from pathlib import Path

from . import __version__

_HERE = Path(__file__).parent
_PARTS = ("*.py", "faults/*.py", "session/*.py", "tables/*.py")


@cache
def core_version() -> str:
    """As 0.1.0+3f9a1c2e: equal where the same recording gives the same results."""
    digest = hashlib.sha256()
    for pattern in _PARTS:
        for source in sorted(_HERE.glob(pattern)):
            digest.update(source.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"
