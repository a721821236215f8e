"""ADS1115 converter. Registers after TI's data sheet SBAS444: pointer byte, then big-endian 16-bit words."""

from collections.abc import Callable

CONVERSION, CONFIG, LOW_THRESHOLD, HIGH_THRESHOLD = range(4)
RESET_VALUES = (0x0000, 0x8583, 0x8000, 0x7FFF)
START = 0x8000
SINGLE_SHOT = 0x0100
FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
RATES_HZ = (8, 16, 32, 64, 128, 250, 475, 860)
WAKE_US = 25
GROUND = -1
INPUTS = ((0, 1), (0, 3), (1, 3), (2, 3), (0, GROUND), (1, GROUND), (2, GROUND), (3, GROUND))
SUPPLY_V = 3.3


class Ads1115:
    """`volts(channel, t_us)` is the voltage at an input; `rate_error` that of the chip's oscillator (±10 %)."""

    def __init__(self, volts: Callable[[int, float], float], rate_error: float = 0.0):
        self._volts = volts
        self._rate_error = rate_error
        self._registers: list[int] = list(RESET_VALUES)
        self._pointer = 0
        self._ready_us = 0.0
        self._converting = False

    def power_on(self, t_us: float) -> None:
        self._registers = list(RESET_VALUES)
        self._pointer = 0
        self._ready_us = t_us
        self._converting = False

    @property
    def conversion_us(self) -> float:
        return 1e6 / (RATES_HZ[self._registers[CONFIG] >> 5 & 7] * (1 + self._rate_error))

    def write(self, data: bytes, t_us: float) -> None:
        self._pointer = data[0] & 3
        if len(data) < 3 or self._pointer == CONVERSION:
            return
        self._settle(t_us)
        value = data[1] << 8 | data[2]
        if self._pointer != CONFIG:
            self._registers[self._pointer] = value
            return
        # A conversion under way goes on; a start bit during it has no effect.
        idle = t_us >= self._ready_us
        self._registers[CONFIG] = value & ~START
        if not value & SINGLE_SHOT:
            self._ready_us = t_us + WAKE_US + self.conversion_us
        elif value & START and idle:
            self._ready_us = t_us + WAKE_US + self.conversion_us
            self._converting = True

    def read(self, size: int, t_us: float) -> bytes:
        self._settle(t_us)
        value = self._registers[self._pointer]
        if self._pointer == CONFIG and t_us >= self._ready_us:
            value |= START
        return (value.to_bytes(2, "big") * ((size + 1) // 2))[:size]

    def _settle(self, t_us: float) -> None:
        """Bring the conversion register up to date."""
        config = self._registers[CONFIG]
        if not config & SINGLE_SHOT:
            if t_us >= self._ready_us:
                periods = int((t_us - self._ready_us) / self.conversion_us)
                self._convert(self._ready_us + periods * self.conversion_us)
        elif self._converting and t_us >= self._ready_us:
            self._convert(self._ready_us)
            self._converting = False

    def _convert(self, end_us: float) -> None:
        """The mean over the conversion, taken as the value at its middle."""
        config = self._registers[CONFIG]
        middle = end_us - self.conversion_us / 2
        plus, minus = INPUTS[config >> 12 & 7]
        volts = self._input(plus, middle) - self._input(minus, middle)
        counts = round(volts / FULL_SCALE_V[config >> 9 & 7] * 32768)
        self._registers[CONVERSION] = max(-32768, min(32767, counts)) & 0xFFFF

    def _input(self, channel: int, t_us: float) -> float:
        return 0.0 if channel == GROUND else min(max(self._volts(channel, t_us), 0.0), SUPPLY_V)
