"""What the extra `presscue[flash]` brings."""

import importlib.util

from ..errors import UsageError


def need(module: str) -> None:
    """Raise UsageError if a module of the extra is not installed."""
    if importlib.util.find_spec(module) is None:
        name = module.replace("_", "-")
        raise UsageError(f"presscue flash needs {name}, which is not installed: pip install 'presscue[flash]'")
