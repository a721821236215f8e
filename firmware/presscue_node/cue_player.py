"""Plays cues: one rhythm at a time, felt on the leg and heard from the case alike.

A cue that comes after its time to live is not played; one less important than what plays is not played either;
one as important or more replaces it. Each is answered by a `cue_ack` that says what became of it and when the
actuators had started.
"""

import time

from micropython import const

from presscue import wire
from presscue_node.part import errno_of

# Rhythms of wire.PATTERNS, in order: ms on, off, on, ... Gaps of 80 ms outlast an LRA's fading (20 ms) four times.
RHYTHMS_MS = ((500,), (150, 110, 150), (90, 80, 90, 80, 90), (80,))

STARTED, EXPIRED, OUTRANKED, FAILED, SILENCED, REPEATED = range(len(wire.OUTCOMES))
_BY_HOST, _BY_GUARD = const(0), const(1)
_SAME_US = const(2_000_000)  # host and guard do not both say the same within this time
_IDLE = const(-1)


class CuePlayer:
    """haptic, buzzer: Parts whose devices have `drive(strength)`.

    `strength_percent` scales every cue, `silence` mutes them all, `played` counts those that started.
    """

    def __init__(self, haptic, buzzer, clock, boot):
        self._parts = (haptic, buzzer)
        self._clock = clock
        self._boot = boot
        self.strength_percent = 100
        self.silence = False
        self.played = 0
        self._rhythm = RHYTHMS_MS[0]
        self._beat = _IDLE  # index in _rhythm of what goes on now
        self._until = time.ticks_us()
        self._priority = 0
        self._strength = 0
        self._pattern = self._by = -1  # of the last one that started

    def play(self, cue, pattern, priority, strength, ttl_ms, detected_us, by=_BY_HOST):
        """Play a cue, or not; returns the acknowledgement. priority: larger is more important. strength: percent."""
        now = time.ticks_us()
        start = now
        if self.silence:
            outcome = SILENCED
        elif self._clock.us(now) > detected_us + ttl_ms * 1000:
            outcome = EXPIRED
        elif self._beat != _IDLE and priority < self._priority:
            outcome = OUTRANKED
        elif pattern >= len(RHYTHMS_MS):
            outcome = FAILED
        elif pattern == self._pattern and by != self._by and time.ticks_diff(now, self._until) < _SAME_US:
            outcome = REPEATED
        else:
            self._pattern = pattern
            self._by = by
            self._strength = min(strength, 100) * self.strength_percent // 100
            self._priority = priority
            self._rhythm = RHYTHMS_MS[pattern]
            outcome = STARTED if self._drive(self._strength) else FAILED
            start = time.ticks_us()
            self._beat = 0 if outcome == STARTED else _IDLE
            self._until = time.ticks_add(start, self._rhythm[0] * 1000)
            self.played += outcome == STARTED
        return wire.encode("cue_ack", cue, outcome, by, self._boot, self._clock.us(start))

    def poll(self, now):
        """Go on with the rhythm when the next beat is due; look after the actuators while none plays."""
        if self._beat == _IDLE:
            for part in self._parts:
                part.tend(now)
            return
        if time.ticks_diff(now, self._until) < 0:
            return
        self._beat += 1
        if self._beat == len(self._rhythm):
            self._beat = _IDLE
            self._drive(0)
            return
        self._drive(0 if self._beat & 1 else self._strength)
        self._until = time.ticks_add(self._until, self._rhythm[self._beat] * 1000)

    def stop(self):
        """Fall silent at once."""
        if self._beat != _IDLE:
            self._beat = _IDLE
            self._drive(0)

    def wait_us(self, now):
        """Time until the next beat, or a second."""
        if self._beat == _IDLE:
            return 1_000_000
        wait = time.ticks_diff(self._until, now)
        return wait if wait > 0 else 0

    def _drive(self, strength):
        """Both actuators; True if any obeyed."""
        obeyed = False
        for part in self._parts:
            if not part.working:
                continue
            try:
                part.device.drive(strength)
                obeyed = True
            except OSError as error:
                part.lose(errno_of(error), b"no answer")
        return obeyed
