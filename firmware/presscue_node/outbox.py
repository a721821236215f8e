"""Messages waiting for the link, in memory taken once at boot.

Two rings. Samples: when full, the oldest message goes, for the newest is worth most to a cue. Control messages
(answers, acknowledgements, notices): a ring of their own, sent first, so that no flood of samples can delay or drop
them; when full, the newest is refused. Both losses are counted in `dropped`; a lost samples message also shows as
a gap in `order`, which numbers them as they are put in.

Buffers are handed over, not copied: who puts a filled buffer gets an empty one back.
"""

from presscue import wire

_SPARE = 4  # room for the CRC behind the message, see wire.frame_into


def new_buffer():
    return bytearray(wire.MESSAGE_MAX + _SPARE)


class Outbox:
    """samples, control: messages that fit. At 150 samples messages a second 64 outlast 0.4 s without a link."""

    def __init__(self, samples=64, control=32):
        self._buffers = [new_buffer() for _ in range(samples)]
        self._lengths = [0] * samples
        self._first = 0
        self._count = 0
        self._answers = [b""] * control
        self._answers_first = 0
        self._answers_count = 0
        self._answer = new_buffer()
        self.order = 0
        self.dropped = 0
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
        self.order += 1
        return empty

    def put(self, message):
        """Queue a control message (bytes)."""
        size = len(self._answers)
        if self._answers_count == size:
            self.dropped += 1
            return
        self._answers[(self._answers_first + self._answers_count) % size] = message
        self._answers_count += 1

    def take(self):
        """Take the next message: True, and it is in `message[:length]` until the next `take` or `put_samples`."""
        if self._answers_count:
            answer = self._answers[self._answers_first]
            self._answers[self._answers_first] = b""
            self._answers_first = (self._answers_first + 1) % len(self._answers)
            self._answers_count -= 1
            self.message = self._answer
            self.length = len(answer)
            self.message[: self.length] = answer
            return True
        if self._count:
            self.message = self._buffers[self._first]
            self.length = self._lengths[self._first]
            self._first = (self._first + 1) % len(self._buffers)
            self._count -= 1
            return True
        return False
