"""Run by MicroPython: a node's logs in files on a real littlefs, and the power cut at every write of a session.

Arguments: folders to import from (joined by ':'), PAGES. Prints `erases N` (for a session of PAGES), `cuts N`, `worst
N` (the most pages lost that had been handed over), `damaged N` (pages that came back otherwise than written), `stuck N`
(nodes that could not go on).
"""

import sys

sys.path[:0] = sys.argv[1].split(":")
PAGES = int(sys.argv[2])

import vfs  # noqa: I001
from presscue import wire
from presscue_node.blocks import FileBlocks
from presscue_node.log_region import Region

BLOCKS = 48
LOG_BLOCKS = 16


class Cut(Exception):
    pass


class Flash:
    """Blocks of 4 KB in memory that lose their power in the write or erase after `left`; torn: half of it is done."""

    def __init__(self, data, left=1 << 30, torn=False):
        self.data = data
        self.left = left
        self.torn = torn
        self.writes = 0
        self.erases = 0

    def _power(self, at, new):
        self.writes += 1
        self.left -= 1
        if self.left == 0 and self.torn:
            half = len(new) // 2
            self.data[at : at + half] = new[:half]
        if self.left <= 0:
            raise Cut

    def readblocks(self, number, buffer, offset=0):
        at = number * 4096 + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, number, buffer, offset=None):
        at = number * 4096 + (offset or 0)
        new = bytes(buffer)
        self._power(at, new)
        self.data[at : at + len(new)] = new

    def ioctl(self, what, argument):
        if what == 4:
            return BLOCKS
        if what == 5:
            return 4096
        if what == 6:
            blank = b"\xff" * 4096
            self.erases += 1
            self._power(argument * 4096, blank)
            self.data[argument * 4096 : argument * 4096 + 4096] = blank
        return 0


def region_on(flash):
    vfs.mount(vfs.VfsLfs2(flash), "/fs")
    region = Region(FileBlocks("/fs/log", LOG_BLOCKS), 4)
    region.mount(1)
    return region


def page(session, number):
    writer = wire.PageWriter(7, session, number)
    writer.add(bytes([number & 0xFF]) * 200)
    return bytearray(writer.flush())


def write(region, pages):
    """Pages handed over before the power went; all of them if it did not."""
    done = 0
    try:
        if not region.begin(7, 1000, 0):
            return -1
        session = region.writing.session
        while done < pages:
            region.append(page(session, done))
            done += 1
        region.end(1000)
    except (Cut, OSError):
        pass
    return done


def away():
    try:
        vfs.umount("/fs")
    except (Cut, OSError):
        pass


empty = bytearray(b"\xff" * (BLOCKS * 4096))
vfs.VfsLfs2.mkfs(Flash(empty))
flash = Flash(bytearray(empty))
region = region_on(flash)
write(region, 20)
away()
kept = bytes(flash.data)  # with a session of 20 pages
flash = Flash(bytearray(kept))
region = region_on(flash)
flash.writes = flash.erases = 0
assert write(region, PAGES) == PAGES
away()
total = flash.writes
print("erases", flash.erases)
lost_power = []  # kept: a file without power must not be closed by the collector

cuts = worst = damaged = stuck = 0
for torn in (False, True):
    for left in range(1, total + 1):
        flash = Flash(bytearray(kept))
        region = region_on(flash)
        flash.left, flash.torn = left, torn
        done = write(region, PAGES)
        away()
        lost_power.append(region)
        cuts += 1
        flash = Flash(flash.data)
        region = region_on(flash)
        entries = list(region.catalogue.entries())
        found = entries[1].pages if len(entries) > 1 else 0
        worst = max(worst, done - found)
        for entry in entries:
            for number in range(entry.pages):
                buffer = bytearray(256)
                region.read(entry, number * 256, buffer)
                damaged += buffer != page(entry.session, number)
        damaged += entries[0].pages != 20
        stuck += write(region, 3) != 3
        away()
print("cuts", cuts)
print("worst", worst)
print("damaged", damaged)
print("stuck", stuck)
