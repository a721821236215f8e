"""Where samples messages go: always to the recorder, to the link while a host listens."""

import time


class Flow:
    """`order` numbers the samples messages since boot, sent or not. recorder, guard: None without a log."""

    def __init__(self, outbox, recorder=None, guard=None):
        self.order = 0
        self.streaming = False
        self._outbox = outbox
        self._recorder = recorder
        self._guard = guard

    def put_samples(self, buffer, length):
        """Take the samples message in buffer[:length], which is no longer the caller's; returns an empty buffer."""
        self.order += 1
        if self._recorder is not None:
            self._recorder.take(buffer, length)
        if self._guard is not None:
            self._guard.take(buffer, time.ticks_us())
        if self.streaming:
            return self._outbox.put_samples(buffer, length)
        return buffer
