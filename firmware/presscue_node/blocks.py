"""The block device of the log where there is no partition for it: one file per block, in littlefs or any file system.

The interface is MicroPython's, as `esp32.Partition` has it: `readblocks` and `writeblocks` with an offset, `ioctl` with
3 (sync), 4 (how many blocks), 5 (their size), 6 (erase one). What is not there reads as erased.

Slower than a partition, and less safe: littlefs erases a block (80 ms) for each of ours, in the middle of a set too,
and a page is on the flash only when its block is full or synced, so that a power cut costs up to 4 KB. What has just
been written is read from memory: littlefs checks its own writes, and a file that is read or synced is copied whole by
the next write.
"""

import os

from micropython import const

BLOCK = const(4096)
_SYNC, _COUNT, _SIZE, _ERASE = const(3), const(4), const(5), const(6)


class FileBlocks:
    """`count` blocks in the folder `folder`, which is made if need be."""

    def __init__(self, folder, count):
        self._folder = folder
        self._count = count
        self._file = None
        self._number = -1
        self._written = b""
        self._written_at = 0
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there

    def readblocks(self, number, buffer, offset=0):
        if number == self._number:
            if offset == self._written_at and len(buffer) == len(self._written):
                buffer[:] = self._written
                return
            self._close()
        size = 0
        try:
            with open(self._path(number), "rb") as file:
                file.seek(offset)
                size = file.readinto(buffer)
        except OSError:
            pass  # never written
        for i in range(size, len(buffer)):
            buffer[i] = 0xFF

    def writeblocks(self, number, buffer, offset=0):
        file = self._file
        if file is None or number != self._number:
            self._close()
            file = self._file = self._open(number)
            self._number = number
        end = file.seek(0, 2)
        if end < offset:
            file.write(b"\xff" * (offset - end))
        file.seek(offset)
        file.write(buffer)
        self._written = bytes(buffer)
        self._written_at = offset

    def ioctl(self, what, argument):
        if what == _COUNT:
            return self._count
        if what == _SIZE:
            return BLOCK
        if what == _SYNC or argument == self._number:
            self._close()
        if what == _ERASE:
            try:
                os.remove(self._path(argument))
            except OSError:
                pass  # it was erased
        return 0

    def _path(self, number):
        return "%s/%04d" % (self._folder, number)

    def _open(self, number):
        try:
            return open(self._path(number), "r+b")
        except OSError:
            return open(self._path(number), "w+b")

    def _close(self):
        if self._file is not None:
            self._file.close()
            self._file = None
            self._number = -1
