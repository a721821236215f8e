"""ADS1115 analog converter: single conversions at 860 SPS, +-4.096 V (0.125 mV per count), never waited for.

`start` an input, come back at least 1.3 ms later (1/860 s, 10 % slow at worst), `read`. The chip has no identity
register; what tells it is that it keeps the configuration written to it.
"""

from micropython import const

from presscue_node.registers import Registers, WrongChip

_CONVERSION = const(0x00)
_CONFIG = const(0x01)

# OS = 1 (start), MUX = 100 + input against ground, PGA = 001 (4.096 V), MODE = 1 (single)
_HIGH = const(0xC3)
_INPUT_STEP = const(0x10)
# DR = 111 (860 SPS), comparator off
_LOW = const(0xE3)

SCALE_NANO = 125_000
"""Volts per count, times 1e9."""


class Ads1115:
    def __init__(self, i2c, address):
        self._registers = Registers(i2c, address)
        self._config = bytearray((_HIGH, _LOW))
        self._result = bytearray(2)

    def setup(self):
        """Raises OSError (no answer), WrongChip (does not keep its configuration)."""
        self.start(0)
        if not self.check():
            raise WrongChip(self._result[1])

    def check(self):
        """True while the chip is there and keeps its configuration."""
        self._registers.read_into(_CONFIG, self._result)
        return self._result[1] == _LOW

    def start(self, channel):
        """Begin to convert input `channel` (0 to 3). Raises OSError."""
        self._config[0] = _HIGH + _INPUT_STEP * channel
        self._registers.write_from(_CONFIG, self._config)

    def read(self):
        """The last conversion in counts, -32768 to 32767. Raises OSError."""
        self._registers.read_into(_CONVERSION, self._result)
        raw = self._result[0] << 8 | self._result[1]
        return raw - 65536 if raw & 0x8000 else raw
