"""What an extra of the package brings, asked for by the part that needs it: no cost where it is absent."""

import importlib.util

from .errors import UsageError


def need(extra: str, *modules: str) -> None:
    """Raise UsageError, one line that says what to install, if a module of an extra is not there."""
    missing = [module.replace("_", "-") for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        what = f"{', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed"
        raise UsageError(f"this needs {what}: pip install 'presscue[{extra}]'")
