"""Who trains here: a profile for each lifter, a TOML file in the archive's folder `lifters`, with machine."""

import contextlib
import os
import re
from pathlib import Path

from .errors import PresscueError, SaveError, UsageError
from .profile import Profile, read_profile

FOLDER = "lifters"


def lifter_path(archive: Path, name: str) -> Path:
    """Where this lifter's profile is or will be. Raises UsageError for a name without a letter or digit."""
    stem = re.sub(r"[^\w-]+", "-", name.strip().lower()).strip("-_")
    if not stem or len(stem) > 60:
        raise UsageError(f"{name!r}: a lifter's name has letters or digits, 60 at the most")
    return archive / FOLDER / f"{stem}.toml"


def known_lifters(archive: Path) -> list[Path]:
    """Profiles there are, the one used last first."""
    return sorted((archive / FOLDER).glob("*.toml"), key=lambda path: path.stat().st_mtime, reverse=True)


def lifter_names(archive: Path) -> list[str]:
    """Names of those with a profile, who trained last first. A profile that cannot be read is passed over."""
    names = []
    for path in known_lifters(archive):
        with contextlib.suppress(PresscueError):
            names.append(read_profile(path).lifter or path.stem)
    return names


def read_lifter(archive: Path, name: str | None) -> tuple[Profile, bool]:
    """The profile of a lifter (None: of the one who trained last), and whether it is new. Raises PresscueError."""
    if name is None:
        known = known_lifters(archive)
        return (read_profile(known[0]), False) if known else (Profile(), True)
    path = lifter_path(archive, name)
    return (read_profile(path), False) if path.exists() else (Profile(lifter=name.strip()), True)


def save_lifter(archive: Path, profile: Profile) -> Path | None:
    """Keep the profile of a lifter with a name; None without one. Raises SaveError."""
    if not profile.lifter:
        return None
    path = lifter_path(archive, profile.lifter)
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(profile.to_toml(), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise SaveError(f"{path}: the profile cannot be kept: {error.strerror}") from None
    return path
