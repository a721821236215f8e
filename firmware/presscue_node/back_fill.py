"""Samples messages again, by their numbers: out of the log, and out of the pages in memory that are not written yet."""

from presscue import wire
from presscue_node.log_pages import page_of

_REST, _FULL, _REBOOT = range(len(wire.REASONS))
_PACKED, _SAMPLES = wire.TYPES["packed"], wire.TYPES["samples"]
_ACK, _GUARD_CUE = wire.TYPES["cue_ack"], wire.TYPES["guard_cue"]


class BackFill:
    """One stretch: orders `first` to `end` of a boot. present: the boot that this is. `done`: all is said."""

    def __init__(self, recorder, present, boot, first, end):
        self._recorder = recorder
        self._own = present
        self.done = False
        self._boot = boot
        self._first = first
        self._end = end
        self._next = first  # all before it has been sent, or is not there
        self._messages = []  # of the page at hand, the next one last
        self._entry = None
        self._session = self._page = self._ring_page = 0
        if boot == present:
            recorder.seal()
        for entry in recorder.region.catalogue.entries():
            if entry.boot == boot and (self._entry is None or 0 <= self._order(entry, 0) <= first):
                self._entry = entry
                self._session = entry.session
        if self._entry is not None:
            self._seek(self._entry)

    def fill(self, buffer):
        """The next message into `buffer`: its length. The last one is `fetched`."""
        message = self._wanted()
        if message is None:
            self.done = True
            message = wire.encode("fetched", self._boot, self._first, self._end, self._reason())
        buffer[: len(message)] = message
        return len(message)

    def _wanted(self):
        while self._next < self._end:
            while self._messages:
                message = self._messages.pop()
                if message[0] == _ACK or message[0] == _GUARD_CUE:
                    return message
                first, after = _orders(message)
                if first < self._end and after > self._next:
                    self._next = after
                    return message
                if first >= self._end:
                    return None
            page = self._load()
            if page is None:
                return None
            self._messages = page[3]
            self._messages.reverse()
        return None

    def _load(self):
        """The next page, opened: of the log as far as it goes by now, then in memory. None if there is none."""
        region = self._recorder.region
        while True:
            entry = self._entry
            if entry is not None and self._page < self._pages(entry):
                self._page += 1
                page = page_of(region, entry, self._page - 1)
                if page is not None:
                    return page
                continue
            for entry in region.catalogue.entries(self._session):
                if entry.boot == self._boot:
                    self._entry = entry
                    self._session = entry.session
                    self._page = 0
                    break
            else:
                break
        if self._boot != self._own:
            return None
        ring = self._recorder.ring
        number = max(self._ring_page, ring.gone)
        self._ring_page = number + 1
        return None if number == ring.gone + ring.waiting else wire.page_open(ring.page(number, self._own))

    def _seek(self, entry):
        """To the last page that begins no later than `first`."""
        low, high = 0, self._pages(entry)
        while high - low > 1:
            middle = (low + high) // 2
            if 0 <= self._order(entry, middle) <= self._first:
                low = middle
            else:
                high = middle
        self._page = low

    def _order(self, entry, at):
        """The first order in a page of a log, or in one of those next to it; -1 if there is none."""
        region = self._recorder.region
        for number in range(at, min(at + 8, self._pages(entry))):
            page = page_of(region, entry, number)
            for message in () if page is None else page[3]:
                first, after = _orders(message)
                if after:
                    return first
        return -1

    def _pages(self, entry):
        region = self._recorder.region
        return region.pages if entry is region.writing else entry.pages

    def _reason(self):
        """Why what has not been sent is not there."""
        if self._boot != self._own:
            return _REBOOT
        full = self._recorder.full
        return _FULL if full[0] < self._end and self._first < full[1] else _REST


def _orders(message):
    """Orders that a message holds: first, and one behind the last; (0, 0) if none."""
    packed = message[0] == _PACKED
    if not packed and message[0] != _SAMPLES:
        return 0, 0
    at = 3 if packed else 4
    first = message[at] | message[at + 1] << 8 | message[at + 2] << 16 | message[at + 3] << 24
    return first, first + (message[15] if packed else 1)
