"""The compiler for kernels: numba, with a cache that knows when any kernel's source has changed.

numba keeps a compiled function as long as the function's own file is unchanged, even if what it calls has changed.
So the cache lives in a folder named after all the sources together. fastmath and fused multiply-add stay off: compiled
and interpreted kernels then give the same bits.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numba
from numba.core import config

_SOURCES = Path(__file__).parent
_CONSTANTS = ("wire.py", "frame.py")
_KERNEL_FOLDERS = ("faults", "tracker")
"""Files and folders of the constants and states that kernels hold; beside them, any file that compiles something."""


def _kernel_sources() -> list[Path]:
    """The files that kernels are made of, and those whose constants they hold."""
    return [
        path
        for path in sorted(_SOURCES.rglob("*.py"))
        if path.name in _CONSTANTS or path.parent.name in _KERNEL_FOLDERS or b"njit" in path.read_bytes()
    ]


def _cache_dir() -> Path:
    """A writable folder for this state of the sources: in numba's own if NUMBA_CACHE_DIR says where that is, in the
    user's cache if it can be, else in a temporary one."""
    digest = hashlib.sha256()
    for source in _kernel_sources():
        digest.update(source.read_bytes())
    told = getattr(config, "CACHE_DIR", "") or os.environ.get("XDG_CACHE_HOME")
    base = Path(told or Path.home() / ".cache")
    for root in (base, Path(tempfile.gettempdir())):
        folder = root / "presscue" / f"kernels-{digest.hexdigest()[:12]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="presscue-"))


setattr(config, "CACHE_DIR", str(_cache_dir()))  # noqa: B010 (numba sets its options at run time)


def njit(function):
    """Compile a kernel: cached, without the interpreter lock, exact arithmetic."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
