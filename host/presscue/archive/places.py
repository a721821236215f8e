"""Where the archive is, and how the files in it are named."""

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

ENVIRONMENT = "PRESSCUE_ARCHIVE"

UNDATED = "undated"

_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)-")
_STAMP = "%Y-%m-%dT%H-%M-%SZ"


def archive_folder(chosen: Path | None = None) -> Path:
    """The folder chosen; else that in PRESSCUE_ARCHIVE; else one in the place for the user's data."""
    if chosen is not None:
        return chosen
    if said := os.environ.get(ENVIRONMENT):
        return Path(said).expanduser()
    import platformdirs

    return platformdirs.user_data_path("presscue", appauthor=False) / "sessions"


def stem_of(start_ms: int | None, device: str) -> str:
    """The name of a session without suffix: start (UTC) and the last three bytes of the device that are not zero.

    start_ms: Unix time; None or 0 where nobody knows it. device: hexadecimal, or whatever else tells sessions apart.
    """
    significant = re.sub("(00)+$", "", device) if len(device) % 2 == 0 else device
    start = time.strftime(_STAMP, time.gmtime(start_ms / 1000)) if start_ms else UNDATED
    return f"{start}-{significant[-6:] or 'device'}"


def start_in_name(name: str) -> int | None:
    """Unix time in ms that a name made by `stem_of` tells; None where it does not."""
    found = _NAME.match(name)
    try:
        return found and int(datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None


def free_path(folder: Path, stem: str, suffix: str) -> Path:
    """A path in `folder` that does not exist yet."""
    path = folder / (stem + suffix)
    again = 2
    while path.exists():
        path = folder / f"{stem}-{again}{suffix}"
        again += 1
    return path
