"""The keys of this computer: one for each node that it was paired with, in a file that only its user may read."""

import json
import os
import stat
from pathlib import Path
from typing import Protocol

from ..errors import KeysUnusable, SaveError
from .admission import KEY_SIZE, Key

ENVIRONMENT = "PRESSCUE_KEYS"


class Keys(Protocol):
    """Keys by device (hexadecimal)."""

    def get(self, device: str) -> Key | None: ...
    def put(self, device: str, name: str, key: Key) -> None: ...
    def remove(self, device: str) -> None: ...


class KeysInMemory:
    """For a node that lives no longer than this process."""

    def __init__(self):
        self._keys: dict[str, Key] = {}

    def get(self, device: str) -> Key | None:
        return self._keys.get(device)

    def put(self, device: str, name: str, key: Key) -> None:
        self._keys[device] = key

    def remove(self, device: str) -> None:
        self._keys.pop(device, None)


class KeyFile:
    """path: of the file; without it the one in PRESSCUE_KEYS, else one in the place for the user's settings.

    Every method raises KeysUnusable for a file that is damaged or that others may read, SaveError.
    """

    def __init__(self, path: Path | None = None):
        self.path = path or _place()

    def get(self, device: str) -> Key | None:
        entry = self._read().get(device)
        return None if entry is None else Key(entry["slot"], bytes.fromhex(entry["key"]))

    def names(self) -> dict[str, str]:
        """Names of the nodes paired, by device."""
        return {device: entry["name"] for device, entry in self._read().items()}

    def put(self, device: str, name: str, key: Key) -> None:
        entries = self._read()
        entries[device] = {"name": name, "slot": key.slot, "key": key.secret.hex()}
        self._write(entries)

    def remove(self, device: str) -> None:
        entries = self._read()
        if entries.pop(device, None) is not None:
            self._write(entries)

    def _read(self) -> dict[str, dict]:
        try:
            with open(self.path, encoding="utf-8") as file:
                mode = os.fstat(file.fileno()).st_mode
                if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise KeysUnusable(f"{self.path}: others may read these keys: chmod 600 it, or pair anew")
                entries = json.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise KeysUnusable(f"{self.path}: cannot be read: {error.strerror}") from None
        except ValueError:
            raise KeysUnusable(f"{self.path}: is damaged: move it away, and pair anew") from None
        if not isinstance(entries, dict) or not all(map(_is_entry, entries.values())):
            raise KeysUnusable(f"{self.path}: holds something else than keys: move it away, and pair anew")
        return entries

    def _write(self, entries: dict[str, dict]) -> None:
        """The whole file anew, in one step: a power cut leaves the old one or the new one."""
        new = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(number, "w", encoding="utf-8") as file:
                json.dump(entries, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.path)
        except OSError as error:
            raise SaveError(f"{self.path}: the key cannot be kept: {error.strerror}") from None


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return False
    slot, key = entry.get("slot"), entry.get("key")
    if not isinstance(slot, int) or not 0 <= slot <= 255 or not isinstance(key, str):
        return False
    try:
        return len(bytes.fromhex(key)) == KEY_SIZE
    except ValueError:
        return False


def _place() -> Path:
    if said := os.environ.get(ENVIRONMENT):
        return Path(said).expanduser()
    import platformdirs

    return platformdirs.user_config_path("presscue", appauthor=False) / "keys.json"
