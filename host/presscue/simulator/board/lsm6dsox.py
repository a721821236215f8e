"""LSM6DSOX inertial sensor: registers, FIFO and time stamps, after ST's data sheet DS12814 and application note AN5272.

Modelled: identity, reset, power-down, output data rates, full scales, the accelerometer's and gyroscope's low-pass
filters, the FIFO (bypass, stop when full, continuous), its tags, flags and watermark, the time stamp counter, direct
output, and the wake-up function on INT1 (wake_up.py). Not modelled: other interrupts, embedded functions, sensor hub,
compression, temperature. Accelerometer and gyroscope run in step at the faster of their two rates, and every reading is
batched, with its time stamp if time stamps are: decimation in the FIFO is not modelled either.
"""

import numpy as np

from .imu_signal import BLOCK, ImuSignal
from .wake_up import LOW_POWER, WakeUp

FIFO_CTRL1, FIFO_CTRL2, FIFO_CTRL3, FIFO_CTRL4 = 0x07, 0x08, 0x09, 0x0A
WHO_AM_I, CTRL1_XL, CTRL2_G, CTRL3_C, CTRL4_C, CTRL6_C, CTRL8_XL, CTRL10_C = (
    0x0F, 0x10, 0x11, 0x12, 0x13, 0x15, 0x17, 0x19,
)  # fmt: skip
STATUS, OUT_G, FIFO_STATUS1, FIFO_STATUS2, TIMESTAMP0, TIMESTAMP2 = 0x1E, 0x22, 0x3A, 0x3B, 0x40, 0x42
INTERNAL_FREQ_FINE, FIFO_TAG, FIFO_LAST = 0x63, 0x78, 0x7E
IDENTITY = 0x6C
RESET_VALUES = {0x02: 0x3F, WHO_AM_I: IDENTITY, CTRL3_C: 0x04, 0x18: 0xE0}
WRITABLE = {0x01, 0x02, 0x04, *range(0x07, 0x0F), *range(0x10, 0x1A), *range(0x56, 0x60), *range(0x73, 0x78)}

SW_RESET, IF_INC, LPF2_XL_EN, LPF1_SEL_G, TIMESTAMP_EN = 0x01, 0x04, 0x02, 0x02, 0x20
OVERRUN, LATCHED, FULL, WATERMARK = 0x40, 0x08, 0x20, 0x80
FIFO_MODE, CONTINUOUS = 0x07, 6
RESET_US = 50

TAG_GYRO, TAG_ACCEL, TAG_TIME = 1, 2, 4
WORD, WORDS = 7, 512
"""3 kB of data, 6 bytes a word, each with a tag."""

FASTEST_HZ = 6667.0
DIVIDERS = (0, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1)  # by ODR code; 0 is off
GRAVITY_MPS2 = 9.80665
FORCE_SCALE = tuple(g * GRAVITY_MPS2 * 1e-3 for g in (0.061, 0.488, 0.122, 0.244))  # m/s² per LSB, by FS_XL
RATE_SCALE = tuple(np.deg2rad(m * 1e-3) for m in (8.75, 17.5, 35.0, 70.0))  # rad/s per LSB, by FS_G
RATE_SCALE_125 = np.deg2rad(4.375e-3)
LPF2_XL = tuple(1 / n for n in (4, 10, 20, 45, 100, 200, 400, 800))  # cut-off over ODR, by HPCF_XL
LPF2_G = 67.0 / 208.0  # cut-off over ODR
LPF1_G_HZ = (297.0, 223.0, 162.0, 415.0, 78.0, 59.0, 27.0, 14.0)  # by FTYPE, before LPF2
TICK_HZ = 40_000.0
FINE_STEP = 0.0015
PARITY = np.array([bin(n).count("1") & 1 for n in range(256)], np.uint8)


class Lsm6dsox:
    """One chip. `oscillator` is the relative error of its clock (±0.03 or so), `trim_error` that of ST's
    measurement of it, which with the 0.15 % step of INTERNAL_FREQ_FINE is what correction cannot remove."""

    def __init__(self, signal: ImuSignal, oscillator: float = 0.0, trim_error: float = 0.0):
        self._signal = signal
        self.oscillator = oscillator
        self._ticks_per_us = 1e-6 * TICK_HZ * (1 + oscillator)
        self._fine = max(-128, min(127, round((oscillator + trim_error) / FINE_STEP)))
        self.power_on(0.0)

    def power_on(self, t_us: float) -> None:
        registers = bytearray(128)
        for register, value in RESET_VALUES.items():
            registers[register] = value
        registers[INTERNAL_FREQ_FINE] = self._fine & 0xFF
        self._registers = registers
        self._pointer = 0
        self._reset_us = t_us
        self._zero_us = t_us  # when the time stamp counter was zero
        self._fifo = bytearray()
        self._latched = False
        self._run(t_us)

    def write(self, data: bytes, t_us: float) -> None:
        self._pointer = data[0]
        for value in data[1:]:
            self._set(self._pointer, value, t_us)
            self._step()

    def read(self, size: int, t_us: float) -> bytes:
        out = bytearray()
        while len(out) < size:
            words = (size - len(out)) // WORD
            if self._pointer == FIFO_TAG and words and self._registers[CTRL3_C] & IF_INC:
                out += self._pop(words, t_us)
            else:
                out.append(self._get(self._pointer, t_us))
                self._step()
        return bytes(out)

    def int1_us(self, since_us: float, until_us: float) -> float | None:
        """When INT1 is high first between the two moments; None if it stays low."""
        return self._wake_up.rises_us(since_us, until_us) if self._period_us else None

    @property
    def drawing(self) -> str:
        """What its supply current depends on: "off", "watching" (accelerometer alone, in low-power mode), "on"."""
        registers = self._registers
        if not self._period_us:
            return "off"
        return "watching" if not registers[CTRL2_G] >> 4 and registers[CTRL6_C] & LOW_POWER else "on"

    def _step(self) -> None:
        if self._registers[CTRL3_C] & IF_INC:
            self._pointer = FIFO_TAG if self._pointer == FIFO_LAST else (self._pointer + 1) & 0x7F

    # registers

    def _set(self, register: int, value: int, t_us: float) -> None:
        if register == CTRL3_C and value & SW_RESET:
            self.power_on(t_us)
            self._reset_us = t_us + RESET_US
        elif register == TIMESTAMP2 and value == 0xAA:
            self._fill(t_us)
            self._zero_us = t_us
            self._packed = -1
        elif register in WRITABLE and t_us >= self._reset_us:
            self._fill(t_us)
            before, self._registers[register] = self._registers[register], value
            if register == CTRL10_C and value & ~before & TIMESTAMP_EN:
                self._zero_us = t_us
            if register == FIFO_CTRL4 and not value & FIFO_MODE:
                self._fifo.clear()
                self._latched = False
            self._packed = -1
            timing = (CTRL1_XL, CTRL2_G, FIFO_CTRL3, CTRL4_C, CTRL6_C, CTRL8_XL)
            if value != before and register in timing:
                self._run(t_us)

    def _get(self, register: int, t_us: float) -> int:
        if register == CTRL3_C:
            return self._registers[register] | (SW_RESET if t_us < self._reset_us else 0)
        if register in (FIFO_STATUS1, FIFO_STATUS2):
            return self._fifo_status(register, t_us)
        if TIMESTAMP0 <= register < TIMESTAMP0 + 4:
            return self._ticks(t_us) >> 8 * (register - TIMESTAMP0) & 0xFF
        if FIFO_TAG <= register <= FIFO_LAST:
            return self._fifo_byte(register, t_us)
        if register == STATUS:
            return 0x03 if self._period_us and t_us > self._signal.start_us + self._period_us else 0
        if OUT_G <= register < OUT_G + 12:
            return self._output(t_us)[register - OUT_G]
        return self._registers[register]

    def _fifo_status(self, register: int, t_us: float) -> int:
        self._fill(t_us)
        words = len(self._fifo) // WORD
        if register == FIFO_STATUS1:
            return words & 0xFF
        watermark = self._registers[FIFO_CTRL1] | (self._registers[FIFO_CTRL2] & 1) << 8
        value = words >> 8 | (LATCHED if self._latched else 0)
        value |= OVERRUN | FULL if words == WORDS else 0
        value |= WATERMARK if watermark and words >= watermark else 0
        self._latched = False
        return value

    def _fifo_byte(self, register: int, t_us: float) -> int:
        self._fill(t_us)
        if not self._fifo:
            return 0
        value = self._fifo[register - FIFO_TAG]
        if register == FIFO_LAST:
            del self._fifo[:WORD]
        return value

    def _pop(self, words: int, t_us: float) -> bytes:
        self._fill(t_us)
        out = bytes(self._fifo[: words * WORD])
        del self._fifo[: words * WORD]
        return out + bytes(words * WORD - len(out))

    def _ticks(self, t_us: float) -> int:
        """The time stamp counter at t_us; stands at 0 while it is off."""
        if not self._registers[CTRL10_C] & TIMESTAMP_EN:
            return 0
        return int(max(0.0, (t_us - self._zero_us) * self._ticks_per_us)) & 0xFFFFFFFF

    # readings

    def _run(self, t_us: float) -> None:
        """The chip starts to measure anew, with the rates, scales and filters now set."""
        accel, gyro = self._registers[CTRL1_XL] >> 4, self._registers[CTRL2_G] >> 4
        self._packed = -1
        self._next = 0
        code = max(accel, gyro)
        self._period_us = 0.0
        if not code:
            return
        rate_hz = FASTEST_HZ / DIVIDERS[min(code, len(DIVIDERS) - 1)] * (1 + self.oscillator)
        self._period_us = 1e6 / rate_hz
        force_cutoff = LPF2_XL[self._registers[CTRL8_XL] >> 5] if self._registers[CTRL1_XL] & LPF2_XL_EN else 0.5
        rate_cutoff = LPF2_G
        if self._registers[CTRL4_C] & LPF1_SEL_G:
            first = LPF1_G_HZ[self._registers[CTRL6_C] & 7] / rate_hz
            rate_cutoff = (LPF2_G**-2 + first**-2) ** -0.5
        self._signal.restart(t_us, self._period_us, force_cutoff, rate_cutoff)
        full_scale_mps2 = 32768 * FORCE_SCALE[self._registers[CTRL1_XL] >> 2 & 3]
        self._wake_up = WakeUp(self._signal, self._registers, full_scale_mps2, self._fine & 0xFF)

    def _fill(self, t_us: float) -> None:
        """Take every reading due by t_us and put it in the FIFO."""
        if not self._period_us:
            return
        due = int((t_us - self._signal.start_us) / self._period_us)
        mode = self._registers[FIFO_CTRL4] & FIFO_MODE
        while self._next < due:
            last = min(due, (self._next // BLOCK + 1) * BLOCK)
            if mode:
                self._fifo += self._words(self._next, last)
                self._overflow(mode)
            self._next = last

    def _overflow(self, mode: int) -> None:
        over = len(self._fifo) - WORDS * WORD
        if over > 0:
            self._latched = True
            if mode == CONTINUOUS:
                del self._fifo[:over]
            else:
                del self._fifo[WORDS * WORD :]

    def _words(self, first: int, last: int) -> bytes:
        """FIFO words of readings first..last-1, all in one block."""
        number = first // BLOCK
        if self._packed != number:
            self._packed = number
            motion = self._signal.block(number)
            self._block_words = self._pack(number * BLOCK, self._counts(*motion))
        if self._signal.quiet(first, last):
            return self._block_words[first - number * BLOCK : last - number * BLOCK].tobytes()
        return self._pack(first, self._counts(*self._signal.shaken(first, last))).tobytes()

    def _counts(self, force: np.ndarray, rate: np.ndarray) -> np.ndarray:
        """Quantised and saturated, (n, 2, 3): gyroscope, accelerometer."""
        gyro = self._registers[CTRL2_G]
        rate_scale = RATE_SCALE_125 if gyro & 2 else RATE_SCALE[gyro >> 2 & 3]
        both = np.stack([rate / rate_scale, force / FORCE_SCALE[self._registers[CTRL1_XL] >> 2 & 3]], axis=1)
        return np.clip(np.rint(both), -32768, 32767).astype("<i2")

    def _pack(self, first: int, counts: np.ndarray) -> np.ndarray:
        """Readings as FIFO words, (n, bytes per reading). Counts the slots in the tags from the start of the run."""
        n = len(counts)
        slots = first + np.arange(n)
        words = []
        batch = self._registers[FIFO_CTRL3]
        if self._registers[CTRL2_G] >> 4 and batch >> 4:
            words.append((TAG_GYRO, counts[:, 0]))
        if self._registers[CTRL1_XL] >> 4 and batch & 0x0F:
            words.append((TAG_ACCEL, counts[:, 1]))
        if self._registers[FIFO_CTRL4] >> 6 and self._registers[CTRL10_C] & TIMESTAMP_EN:
            stamps = np.zeros((n, 3), "<u2")
            since_us = self._signal.times_us(first, first + n) - self._zero_us
            ticks = np.maximum(since_us * self._ticks_per_us, 0).astype(np.int64)
            stamps[:, 0], stamps[:, 1] = ticks & 0xFFFF, ticks >> 16 & 0xFFFF
            words.append((TAG_TIME, stamps))
        out = np.zeros((n, len(words), WORD), np.uint8)
        for at, (sensor, data) in enumerate(words):
            tags = (sensor << 3 | (slots & 3) << 1).astype(np.uint8)
            out[:, at, 0] = tags | PARITY[tags]
            out[:, at, 1:] = np.ascontiguousarray(data).view(np.uint8)
        return out

    def _output(self, t_us: float) -> bytes:
        """The output registers from OUTX_L_G on: the newest reading."""
        self._fill(t_us)
        if not self._next:
            return bytes(12)
        at = self._next - 1
        self._signal.block(at // BLOCK)
        return self._counts(*self._signal.shaken(at, at + 1)).tobytes()
