"""Messages waiting for the links, in memory taken once at boot.

Samples have one ring, and one *host* that they go to (`streams_to`). When it is full the oldest message goes, for the
newest is worth most to a cue. Control messages (answers, acknowledgements, notices) have a ring for each host, sent
first, so that no flood of samples can delay or drop them; when full, the newest is refused. Both losses are counted in
`dropped`; a lost samples message also shows as a gap in their numbers.

When nothing waits for a host, `last_resort(buffer, host)` may fill a buffer with what can wait: it returns the
message's length or 0. `tap(message)` sees every control message.

Buffers are handed over, not copied: who puts a filled buffer gets an empty one back.
"""

from presscue import wire

_SPARE = 4  # room for the CRC behind the message, see wire.frame_into
SAMPLES_MAX = 122
"""Longest samples message: eight readings of an IMU. A batch has four or five; longer ones would only cost memory."""

USB = 0
"""The host on the cable; a radio's follow."""
ALL = -1
"""Every host that is present and trusted."""
NOBODY = -2


def new_buffer(size=SAMPLES_MAX):
    return bytearray(size + _SPARE)


def _no_last_resort(buffer, host) -> int:
    return 0


def _no_tap(message):
    pass


class Control:
    """Control messages for one host: a ring of bytes."""

    def __init__(self, size):
        self._ring = [b""] * size
        self._first = 0
        self._count = 0

    def put(self, message):
        """False if there is no room."""
        size = len(self._ring)
        if self._count == size:
            return False
        self._ring[(self._first + self._count) % size] = message
        self._count += 1
        return True

    def take(self):
        """The oldest message, or None."""
        if not self._count:
            return None
        message = self._ring[self._first]
        self._ring[self._first] = b""
        self._first = (self._first + 1) % len(self._ring)
        self._count -= 1
        return message

    def clear(self):
        while self.take() is not None:
            pass


class Outbox:
    """samples, control: messages that fit. At 150 samples messages a second 32 outlast 0.2 s without a link.

    hosts: how many there can be at a time; `present[host]` says who is there.
    """

    def __init__(self, samples=32, control=32, hosts=1):
        self._buffers = [new_buffer() for _ in range(samples)]
        self._lengths = [0] * samples
        self._first = 0
        self._count = 0
        self._control = [Control(control) for _ in range(hosts)]
        self._answer = new_buffer(wire.MESSAGE_MAX)
        self.present = [host == USB for host in range(hosts)]
        self.trusted = [host == USB for host in range(hosts)]
        """Who has proved a key (see access.py): others get answers, and nothing else."""
        self.streams_to = USB
        self.last_resort = _no_last_resort
        self.tap = _no_tap
        self.dropped = 0
        self.congested = False  # a link has had to refuse something since this was looked at
        self.message = self._answer
        self.length = 0

    def put_samples(self, buffer, length):
        """Queue the samples message in buffer[:length], which now belongs to the outbox; returns an empty buffer."""
        size = len(self._buffers)
        if self._count == size:
            self._first = (self._first + 1) % size
            self._count -= 1
            self.dropped += 1
        at = (self._first + self._count) % size
        empty = self._buffers[at]
        self._buffers[at] = buffer
        self._lengths[at] = length
        self._count += 1
        return empty

    def put(self, message, host=ALL):
        """Queue a control message (bytes) for a host, seen by `tap`."""
        self.tap(message)
        self.tell(message, host)

    def tell(self, message, host):
        """The same, unseen."""
        for each in range(len(self._control)):
            wanted = host == each or (host == ALL and self.trusted[each])
            if wanted and self.present[each] and not self._control[each].put(message):
                self.dropped += 1

    def enter(self, host):
        """A host has come: what was left for the one before it is forgotten."""
        self.leave(host)
        self.present[host] = True

    def leave(self, host):
        self.present[host] = self.trusted[host] = False
        self._control[host].clear()
        if host == self.streams_to:  # whoever comes next has to say `start` first
            self.streams_to = NOBODY

    def take(self, host=USB):
        """Take the next message for a host: True, and it is in `message[:length]` until the next call of any method."""
        answer = self._control[host].take()
        if answer is not None:
            self.message = self._answer
            self.length = len(answer)
            self.message[: self.length] = answer
            return True
        if not self.trusted[host]:
            return False
        if self._count and host == self.streams_to:
            self.message = self._buffers[self._first]
            self.length = self._lengths[self._first]
            self._first = (self._first + 1) % len(self._buffers)
            self._count -= 1
            return True
        self.message = self._answer
        self.length = self.last_resort(self._answer, host)
        return self.length > 0
