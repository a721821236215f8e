"""Folders at any address that fsspec knows: a path, or a URL such as s3://bucket/clinic."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..analysis.output import not_written, part_of
from ..errors import InputError, SaveError, UsageError
from ..extras import need

_CHANGED = ("ETag", "etag", "md5", "crc32c", "CRC", "mtime", "LastModified", "last_modified", "updated", "created")
"""Keys under which file systems tell one content of a file from the next, the best first."""


class Store:
    """A folder. Names in it are relative, with slashes. Raises UsageError for an address that means nothing."""

    def __init__(self, address: str):
        need("fleet", "fsspec")
        from fsspec.core import url_to_fs
        from fsspec.implementations.local import LocalFileSystem

        try:
            self._fs, root = url_to_fs(address)
        except ImportError as error:
            raise UsageError(f"{address}: such an address needs another package: {error}") from None
        except (ValueError, OSError) as error:
            raise UsageError(f"{address}: cannot be opened: {error}") from None
        self._root = root.rstrip("/")
        self.folder = Path(root) if isinstance(self._fs, LocalFileSystem) else None
        """The folder on this machine, if it is one."""
        self.address = address.rstrip("/") if self.folder is None else str(self.folder)

    def address_of(self, name: str) -> str:
        return f"{self.address}/{name}"

    def stamps(self, suffixes: tuple[str, ...]) -> dict[str, str]:
        """Files whose names end so, here and below, each with a text that changes when it does; hidden ones left out.

        Raises InputError.
        """
        with self._reading(self.address):
            if not self._fs.exists(self._root):
                raise InputError(f"{self.address}: there is no such folder")
            found: Mapping[str, Any] = self._fs.find(self._root, detail=True)
        names = {path[len(self._root) :].lstrip("/"): info for path, info in found.items()}
        return {
            name: _stamp(info)
            for name, info in sorted(names.items())
            if name.endswith(suffixes) and not any(part.startswith(".") for part in name.split("/"))
        }

    def listed(self, folder: str) -> list[str]:
        """Names of the files in a folder of this one; none where it is not there. Raises InputError."""
        with self._reading(self.address_of(folder)):
            try:
                found: list[str] = self._fs.ls(self._path(folder), detail=False)
            except FileNotFoundError:
                return []
        return sorted(f"{folder}/{path.rstrip('/').rpartition('/')[2]}" for path in found)

    def exists(self, name: str) -> bool:
        """Raises InputError."""
        with self._reading(self.address_of(name)):
            return self._fs.exists(self._path(name))

    def read(self, name: str) -> bytes:
        """Raises InputError."""
        with self._reading(self.address_of(name)):
            return self._fs.cat_file(self._path(name))

    def write(self, name: str, data: bytes) -> None:
        """The file is there whole, or as it was before. Raises SaveError."""
        if self.folder is not None:
            path = self.folder / name
            part = part_of(path)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                part.write_bytes(data)
                os.replace(part, path)
            except OSError as error:
                part.unlink(missing_ok=True)
                raise not_written(path, error) from None
            return
        try:  # an object store shows a file once all of it has arrived
            self._fs.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(self._path(name), data)
        except Exception as error:
            raise SaveError(f"{self.address_of(name)}: cannot be written: {_words(error)}") from None

    def delete(self, name: str) -> None:
        """Raises SaveError; a file that is not there is no error."""
        try:
            self._fs.rm_file(self._path(name))
        except FileNotFoundError:
            pass
        except Exception as error:
            raise SaveError(f"{self.address_of(name)}: cannot be deleted: {_words(error)}") from None

    def fetch(self, name: str, to: Path) -> None:
        """Copy a file to this machine. Raises InputError."""
        with self._reading(self.address_of(name)):
            self._fs.get_file(self._path(name), str(to))

    def for_others(self) -> tuple[Any, str]:
        """fsspec's own object, and the address of the folder as it writes it, for libraries that take one."""
        return self._fs, str(self._fs.unstrip_protocol(self._root)) if self.folder is None else self.address

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if self._root else name

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        """Whatever a file system raises, in one clear line."""
        try:
            yield
        except (InputError, FileNotFoundError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{what}: is not there") from None
        except Exception as error:
            raise InputError(f"{what}: cannot be read: {_words(error)}") from None


def _stamp(info: Mapping[str, Any]) -> str:
    changed = next((info[key] for key in _CHANGED if info.get(key) is not None), "")
    return f"{info.get('size')} {changed}"


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
