"""Button and LED in the case.

The button silences the cue that plays; held for two seconds it mutes all cues, or lets them sound again. The LED is
steady while a host has the samples, blinks once a second while nobody is there, twice while cues are muted, and fast
while a part does not work.
"""

import time

from micropython import const

_LOOK_US = const(20_000)  # longer than a button bounces
_HELD = const(100)  # looks
_BEAT_US = const(125_000)

# On and off in eighths of a second, from the lowest bit.
_LONELY, _MUTED, _BROKEN, _BUSY = const(0b00000001), const(0b00000101), const(0b01010101), const(0b11111111)


class Panel:
    """button: a Pin that is low while pressed, or None. led: a Pin."""

    def __init__(self, button, led):
        self._button = button
        self._led = led
        self._lit = 0
        self._look_at = self._beat_at = time.ticks_us()
        self._beat = 0
        self._held = 0

    def poll(self, now, node):
        if time.ticks_diff(now, self._look_at) >= 0:
            self._look_at = time.ticks_add(now, _LOOK_US)
            if self._button is not None:
                self._press(node, self._button.value() == 0)
        if time.ticks_diff(now, self._beat_at) >= 0:
            self._beat_at = time.ticks_add(self._beat_at, _BEAT_US)
            self._beat = (self._beat + 1) & 7
            lit = self.rhythm(node) >> self._beat & 1
            if lit != self._lit:
                self._lit = lit
                self._led.value(lit)

    def rhythm(self, node):
        """What the LED says: eight eighths of a second."""
        if not all(part.working for part in node.parts):
            return _BROKEN
        if node.player.silence:
            return _MUTED
        if node.flow.streaming and node.is_there(node.outbox.streams_to):
            return _BUSY
        return _LONELY

    def _press(self, node, down):
        if not down:
            self._held = 0
            return
        self._held += 1
        node.power.stir(self._look_at)
        if self._held == 1:
            node.player.stop()
        elif self._held == _HELD:
            node.player.silence = not node.player.silence
            node.player.stop()
