"""ESP-IDF's store of keys and values in flash, as far as the node uses it: blobs, kept once they are committed."""

import json
from pathlib import Path

GET, SET, ERASE, COMMIT = range(4)
"""Operations of a request; see overlay/esp32.py."""

NOT_FOUND = 0x1102
"""ESP_ERR_NVS_NOT_FOUND."""


class Nvs:
    """image: file that holds the blobs from one run to the next."""

    def __init__(self, image: Path | None = None):
        self._image = image
        self.blobs: dict[str, bytes] = {}
        if image is not None and image.exists():
            self.blobs = {key: bytes.fromhex(blob) for key, blob in json.loads(image.read_text()).items()}
        self._open = dict(self.blobs)

    def reset(self) -> None:
        """The processor restarts: what was not committed is gone."""
        self._open = dict(self.blobs)

    def execute(self, operation: int, data: bytes) -> tuple[int, bytes]:
        """data: the key, a zero, the blob. Status (a size, or minus an error number), data."""
        name, _, blob = data.partition(b"\0")
        key = name.decode()
        if operation == SET:
            self._open[key] = blob
        elif operation == COMMIT:
            self.blobs = dict(self._open)
            if self._image is not None:
                self._image.write_text(json.dumps({key: blob.hex() for key, blob in self.blobs.items()}))
        elif key not in self._open:
            return -NOT_FOUND, b""
        elif operation == ERASE:
            del self._open[key]
        else:
            return len(self._open[key]), self._open[key]
        return 0, b""
