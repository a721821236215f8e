"""Locks on files, between processes. The system frees them when their process ends, however it ends."""

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

if os.name == "nt":  # never tried: there was no Windows at hand
    import msvcrt

    _AT = 1 << 30
    """The byte that stands for the file; past its end, so that reading and writing go on."""

    def _lock(file: IO, wait: bool) -> None:
        at = file.tell()
        file.seek(_AT)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        finally:
            file.seek(at)
else:
    import fcntl

    def _lock(file: IO, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def hold(file: IO) -> None:
    """Wait for the lock on an open file, and keep it until the file is closed. Where there are no locks, nothing."""
    with suppress(OSError):
        _lock(file, wait=True)


def is_held(path: Path) -> bool:
    """Whether another process (or another opening in this one) holds the lock on a file."""
    try:
        with open(path, "rb") as file:
            _lock(file, wait=False)
    except BlockingIOError:
        return True
    except OSError:
        return os.name == "nt" and path.exists()
    return False
