"""The check sum of a session in the log, a little at a time."""

from binascii import crc32

from presscue import wire
from presscue_node.log_region import PAGES


class CheckSum:
    """entry: the session. `size`: bytes so far, `sum`: of these."""

    def __init__(self, region, entry, host):
        self.host = host
        self.session = entry.session
        self.size = 0
        self.sum = 0
        self._region = region
        self._entry = entry

    def goes_on(self):
        """A block more; False once all is summed up."""
        for _ in range(PAGES):
            if self.size == self._entry.pages * wire.PAGE_SIZE:
                return False
            self._region.read(self._entry, self.size, self._region.buffer)
            self.sum = crc32(self._region.buffer, self.sum)
            self.size += wire.PAGE_SIZE
        return True
