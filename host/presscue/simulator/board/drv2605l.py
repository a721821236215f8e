"""DRV2605L haptic driver and the LRA it drives. Registers after TI's data sheet SLOS854."""

from bisect import bisect_right
from math import exp

import numpy as np

STATUS, MODE, RTP_INPUT, LIBRARY, SEQUENCE, GO = 0x00, 0x01, 0x02, 0x03, 0x04, 0x0C
FEEDBACK, CONTROL3 = 0x1A, 0x1D
RESET_VALUES = {
    STATUS: 0xE0, MODE: 0x40, LIBRARY: 0x01, SEQUENCE: 0x01, 0x11: 0x05, 0x12: 0x19, 0x13: 0xFF, 0x14: 0x19,
    0x15: 0xFF, 0x16: 0x3E, 0x17: 0x8C, 0x18: 0x0C, 0x19: 0x6C, FEEDBACK: 0x36, 0x1B: 0x93, 0x1C: 0xF5,
    CONTROL3: 0xA0, 0x1E: 0x20, 0x1F: 0x80,
}  # fmt: skip
STANDBY, RESET = 0x40, 0x80
INTERNAL_TRIGGER, REAL_TIME = 0, 5
IS_LRA = 0x80
RTP_UNSIGNED = 0x08
LAST = 0x22

EFFECT_S = 0.15
"""Every effect of the library is taken as a buzz of this length; the library's shapes are TI's."""
WAIT_STEP_S = 0.01


class Lra:
    """A linear resonant actuator: what it was told, and how strongly it truly vibrates.

    The amplitude follows the drive as a first-order lag: 90 % after 2.3 time constants, 15 ms (data sheets and
    design.md §2 say 10–20 ms); the driver brakes it as fast.
    """

    LAG_S = 0.0065

    def __init__(self, frequency_hz: float):
        self.frequency_hz = frequency_hz
        self._times: list[float] = []
        self._levels: list[float] = []
        self._starts: list[float] = []  # amplitude at the moment of each change

    @property
    def log(self) -> list[tuple[float, float]]:
        """Changes of the drive as (t_us, level 0..1)."""
        return list(zip(self._times, self._levels, strict=True))

    def drive(self, t_us: float, level: float) -> None:
        """Set the drive from `t_us` on; forgets what was planned for later."""
        while self._times and self._times[-1] >= t_us:
            for entries in (self._times, self._levels, self._starts):
                entries.pop()
        if level != (self._levels[-1] if self._levels else 0.0):
            self._starts.append(self._at(len(self._times) - 1, t_us))
            self._times.append(t_us)
            self._levels.append(level)

    def quiet(self, since_us: float, until_us: float) -> bool:
        """True if nothing vibrates in the interval (below a thousandth of full strength)."""
        last = bisect_right(self._times, since_us) - 1
        if last + 1 < len(self._times) and self._times[last + 1] <= until_us:
            return False
        return last < 0 or (self._levels[last] == 0.0 and self._at(last, since_us) < 1e-3)

    def amplitude(self, t_us: np.ndarray) -> np.ndarray:
        """Share of full strength, 0..1, at times (n,)."""
        return np.array([self._at(bisect_right(self._times, t) - 1, t) for t in t_us.tolist()])

    def _at(self, index: int, t_us: float) -> float:
        """Amplitude at t_us, which lies after change `index`."""
        if index < 0:
            return 0.0
        level = self._levels[index]
        return level + (self._starts[index] - level) * exp((self._times[index] - t_us) * (1e-6 / self.LAG_S))


class Drv2605l:
    """The driver's registers. Until told that what it drives is an LRA it hardly moves it."""

    def __init__(self, lra: Lra):
        self.lra = lra
        self._registers = bytearray(LAST + 1)
        self._pointer = 0
        self._done_us = 0.0

    def power_on(self, t_us: float) -> None:
        self._registers = bytearray(LAST + 1)
        for register, value in RESET_VALUES.items():
            self._registers[register] = value
        self._done_us = t_us
        self.lra.drive(t_us, 0.0)

    @property
    def standby(self) -> bool:
        return bool(self._registers[MODE] & STANDBY)

    def write(self, data: bytes, t_us: float) -> None:
        self._pointer = data[0]
        for value in data[1:]:
            self._set(self._pointer, value, t_us)
            self._pointer += 1

    def read(self, size: int, t_us: float) -> bytes:
        if t_us >= self._done_us:
            self._registers[GO] = 0
        start, self._pointer = self._pointer, self._pointer + size
        return bytes(self._registers[at] if at <= LAST else 0 for at in range(start, start + size))

    def _set(self, register: int, value: int, t_us: float) -> None:
        if register == MODE and value & RESET:
            self.power_on(t_us)
        elif 0 < register <= LAST:
            self._registers[register] = value
            if register in (MODE, RTP_INPUT, GO, FEEDBACK, CONTROL3):
                self._apply(register, t_us)

    def _apply(self, register: int, t_us: float) -> None:
        mode = self._registers[MODE]
        if mode & STANDBY:
            self.lra.drive(t_us, 0.0)
        elif mode & 7 == REAL_TIME:
            self.lra.drive(t_us, self._strength(self._rtp_level()))
        elif mode & 7 != INTERNAL_TRIGGER or not self._registers[GO]:
            self.lra.drive(t_us, 0.0)
        elif register == GO:
            self._play(t_us)

    def _rtp_level(self) -> float:
        value = self._registers[RTP_INPUT]
        if self._registers[CONTROL3] & RTP_UNSIGNED:
            return value / 255
        return value / 127 if value < 128 else 0.0

    def _strength(self, level: float) -> float:
        """An LRA driven as if it were a DC motor hardly moves."""
        return level if self._registers[FEEDBACK] & IS_LRA else 0.1 * level

    def _play(self, t_us: float) -> None:
        t = t_us
        for effect in self._registers[SEQUENCE : SEQUENCE + 8]:
            if effect == 0:
                break
            waits = bool(effect & 0x80)
            self.lra.drive(t, 0.0 if waits else self._strength(1.0))
            t += 1e6 * (WAIT_STEP_S * (effect & 0x7F) if waits else EFFECT_S)
        self.lra.drive(t, 0.0)
        self._done_us = t
