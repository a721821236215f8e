"""Run by each of our own Dask workers as it starts: Ctrl-C reaches all processes, the first one decides."""

import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Dask looks for a function of this name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
