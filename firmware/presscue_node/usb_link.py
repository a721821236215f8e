"""The link over a byte stream: messages out of the outbox as frames, frames in as messages.

A *stream* has three methods, none of which ever blocks longer than it says:
  readinto(buffer) -> int             bytes put into the buffer, 0 if none are waiting
  write(buffer, start, end) -> int    how many of buffer[start:end] were taken, 0 if there is no room
  wait(timeout_us)                    return when bytes are waiting or the time is over
"""

import time

from micropython import const

from presscue import wire

_READ = const(24)  # a cue and its envelope: the sampler gets its turn in between
_FRAMES = const(4)  # sent per call at most, so that a backlog does not hold up the sampler
_POLL_IN, _POLL_OUT = const(1), const(4)  # as in select
_CHUNK = const(32)


class UsbLink:
    """With nothing to receive or send it allocates nothing.

    A frame sent costs two short-lived views and, where words are 32 bit, an integer for the CRC.
    """

    def __init__(self, stream, outbox):
        self._stream = stream
        self._outbox = outbox
        self._decoder = wire.FrameDecoder()
        self._read = bytearray(_READ)
        self._frame = bytearray(wire.FRAME_MAX)
        self._sent = 0
        self._end = 1  # a delimiter first: what the console printed before is no part of a frame

    @property
    def bad_frames(self):
        return self._decoder.bad

    def receive(self):
        """Messages that have come in since (a sequence of bytes)."""
        count = self._stream.readinto(self._read)
        if not count:
            return ()
        return self._decoder.feed(self._read[:count])

    def send(self):
        """Pass on what the stream takes now. True if messages are left over that it might take at once."""
        for _ in range(_FRAMES):
            if self._sent == self._end:
                if not self._outbox.take():
                    return False
                self._end = wire.frame_into(self._outbox.message, self._outbox.length, self._frame)
                self._sent = 0
            self._sent += self._stream.write(self._frame, self._sent, self._end)
            if self._sent < self._end:
                return False
        return True

    def wait(self, timeout_us):
        self._stream.wait(timeout_us)


class Stdio:
    """The stream of a real board: its console, USB or UART. Ctrl-C must be off (`micropython.kbd_intr(-1)`).

    Writes go out in small pieces while the console says it has room. A native USB port whose host stops
    reading can still hold up one piece for 0.5 s, once; the FIFOs outlast that.
    """

    def __init__(self):
        import select
        import sys

        self._input = sys.stdin.buffer
        self._output = sys.stdout.buffer
        self._readable = select.poll()
        self._readable.register(sys.stdin, _POLL_IN)
        self._writable = select.poll()
        self._writable.register(sys.stdout, _POLL_OUT)
        self._byte = bytearray(1)

    def readinto(self, buffer):
        count = 0
        while count < len(buffer) and self._ready(self._readable, 0):
            if not self._input.readinto(self._byte):  # the console blocks until a buffer is full, hence single bytes
                break
            buffer[count] = self._byte[0]
            count += 1
        return count

    def write(self, buffer, start, end):
        at = start
        while at < end and self._ready(self._writable, 0):
            size = end - at if end - at < _CHUNK else _CHUNK
            taken = self._output.write(buffer, at, size)  # MicroPython's offset and size: no slice
            if not taken:
                break
            at += taken
        return at - start

    def wait(self, timeout_us):
        if timeout_us >= 1000:
            self._ready(self._readable, timeout_us // 1000)
        elif timeout_us > 0:
            time.sleep_us(timeout_us)

    def _ready(self, poller, timeout_ms):
        for _ in poller.ipoll(timeout_ms):
            return True
        return False
