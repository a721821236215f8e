"""NOR flash as it is: programming only clears bits, erasing sets a whole sector, both take time, power may fail."""

import mmap
from pathlib import Path

import numpy as np

SECTOR = 4096
PAGE = 256
ERASE_US = 80_000
PROGRAM_US = 1_000
"""Per sector and per page; the processor stands still meanwhile (design.md §2)."""
LOG_PARTITION = 0x5C0000
"""What `presscue flash` leaves for logs of the 8 MB of the reference board."""


def _mapped(image: Path, size: int) -> mmap.mmap:
    if not image.exists():
        image.write_bytes(b"\xff" * size)
    if image.stat().st_size != size:
        raise ValueError(f"{image}: is no flash of {size} bytes")
    with open(image, "r+b") as file:
        return mmap.mmap(file.fileno(), size)


class PowerCut(Exception):
    """The power failed during a program or erase; what it touched is half done."""


class NorFlash:
    """`size` bytes, a multiple of SECTOR. `program` and `erase` return the time they take, in µs.

    image: file that holds them from one run to the next; made if it is not there. Raises OSError, ValueError for a file
    of another size.

    Raises PowerCut when a cut set by `cut_power_after` comes due, and ValueError outside the flash.
    """

    def __init__(self, size: int = LOG_PARTITION, seed: int = 0, image: Path | None = None):
        self.data: bytearray | mmap.mmap = bytearray(b"\xff" * size) if image is None else _mapped(image, size)
        self.erases = [0] * (size // SECTOR)
        """How often each sector was erased: its wear."""
        self._rng = np.random.default_rng([seed, 30])
        self._cut_after: int | None = None
        self.worn = False
        """Worn out: of every fourth whole page programmed, about, one bit stays erased."""

    def cut_power_after(self, operations: int | None) -> None:
        """The power fails in the middle of the page program or sector erase after so many; None: never."""
        self._cut_after = operations

    def read(self, address: int, size: int) -> bytes:
        self._check(address, size)
        return bytes(self.data[address : address + size])

    def program(self, address: int, data: bytes) -> int:
        """Page by page: old AND new."""
        self._check(address, len(data))
        took = 0
        while data:
            size = min(len(data), PAGE - address % PAGE)
            self._program_page(address, data[:size])
            address, data = address + size, data[size:]
            took += PROGRAM_US
        return took

    def erase(self, address: int) -> int:
        """The sector that holds `address`."""
        self._check(address, 1)
        sector = address // SECTOR
        span = slice(sector * SECTOR, (sector + 1) * SECTOR)
        self.erases[sector] += 1
        if self._cut():
            # Cells drift towards one; any of them may already read so.
            old = np.frombuffer(bytes(self.data[span]), np.uint8)
            self.data[span] = (old | self._rng.integers(0, 256, SECTOR, np.uint8)).tobytes()
            raise PowerCut
        self.data[span] = b"\xff" * SECTOR
        return ERASE_US

    def _program_page(self, address: int, data: bytes) -> None:
        span = slice(address, address + len(data))
        old = np.frombuffer(bytes(self.data[span]), np.uint8)
        new = old & np.frombuffer(data, np.uint8)
        if self._cut():
            # The first bytes are written, the rest is not, the one between has lost some of its bits.
            at = int(self._rng.integers(0, len(data)))
            torn = int(old[at]) & (int(new[at]) | int(self._rng.integers(0, 256)))
            self.data[span] = new[:at].tobytes() + bytes([torn]) + old[at + 1 :].tobytes()
            raise PowerCut
        if self.worn and len(data) == PAGE and self._rng.random() < 0.25:
            new[-1] |= 1 << int(self._rng.integers(8))
            new[-2] |= 1 << int(self._rng.integers(8))
        self.data[span] = new.tobytes()

    def _cut(self) -> bool:
        if self._cut_after is None:
            return False
        self._cut_after -= 1
        return self._cut_after < 0

    def _check(self, address: int, size: int) -> None:
        if not 0 <= address <= address + size <= len(self.data):
            raise ValueError(f"flash holds {len(self.data)} bytes; {size} at {address} lie outside")
