"""The three pads, read in turn by one converter: one input per tick, a reading per three ticks."""

from micropython import const

from presscue_node import board

CHANNELS = const(3)
PERIOD_NS = CHANNELS * board.TICK_US * 1000

_OPEN_ROUNDS = const(8)  # readings in a row before a pad is called open, or whole again: 120 ms


class Pads:
    """`reading`: 3 x int16, little-endian; -32768 where a pad is open. `open_mask`: bit n is set while pad n is open.

    A reading is stamped at its middle input; the first is converted one tick earlier, the last one later.
    """

    def __init__(self, adc):
        self._adc = adc
        self.reading = bytearray(2 * CHANNELS)
        self.ticks = 0
        self.open_mask = 0
        self._middle = 0
        self._channel = -1  # the input being converted, -1 if none
        self._rounds = bytearray(CHANNELS)  # readings in a row that contradict open_mask

    def setup(self):
        self._adc.setup()
        self._channel = -1

    def check(self):
        return self._adc.check()

    def restart(self):
        """Forget the conversion under way."""
        self._channel = -1

    def step(self, now):
        """Take the conversion begun at the last step, begin the next; True if a reading is complete. Raises OSError."""
        adc = self._adc
        done = self._channel
        self._channel = -1  # stays so if the bus fails
        if done >= 0:
            self._store(done, adc.read())
        channel = done + 1 if done < CHANNELS - 1 else 0
        adc.start(channel)
        self._channel = channel
        if done == CHANNELS - 1:
            self.ticks = self._middle
            return True
        if channel == CHANNELS // 2:
            self._middle = now
        return False

    def _store(self, channel, raw):
        is_open = raw < board.PAD_OPEN_RAW
        if is_open:
            raw = -32768
        self.reading[2 * channel] = raw & 0xFF
        self.reading[2 * channel + 1] = (raw >> 8) & 0xFF
        if is_open == bool(self.open_mask >> channel & 1):
            self._rounds[channel] = 0
        else:
            self._rounds[channel] += 1
            if self._rounds[channel] >= _OPEN_ROUNDS:
                self._rounds[channel] = 0
                self.open_mask ^= 1 << channel
