"""Which recording a user means by SESSION: a path, `last`, a number of the list, a name or the beginning of one."""

from pathlib import Path

from ..errors import UsageError
from . import catalog

SHOWN = 4


def select(session: str, folder: Path) -> Path:
    """The recording that is meant. Raises UsageError when there is none, or more than one."""
    path = Path(session).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        raise UsageError(f"{session}: a folder, not a recording; with --archive {session}, `last` is its latest")
    if len(path.parts) > 1:
        raise UsageError(f"{session}: there is no such file")
    listed = catalog.in_order(folder)
    if not listed:
        raise UsageError(
            f"{session}: no recordings in {folder} yet; presscue live makes them, presscue import adds some"
        )
    if session == "last":
        return listed[0].path
    if session.isascii() and session.isdecimal() and 1 <= int(session[:9]) <= len(listed):
        return listed[int(session) - 1].path
    same = [one for one in listed if session in (one.name, one.path.stem)]
    same = same or [one for one in listed if one.name.startswith(session)]
    if len(same) == 1:
        return same[0].path
    if not same:
        numbers = f"a number up to {len(listed)}, "
        raise UsageError(f"{session}: neither {numbers}a file, nor a name in {folder} (presscue history)")
    names = ", ".join(one.name for one in same[:SHOWN]) + (", …" if len(same) > SHOWN else "")
    raise UsageError(f"{session}: {len(same)} recordings begin so: {names}")
