"""LSM6DSOX inertial sensor: 208 Hz, +-4 g, +-500 dps, read from its FIFO with the chip's own timestamps.

Filters. A running motor shakes the leg at 150-235 Hz, which a 208 Hz output rate folds down to 0-60 Hz.
Accelerometer: LPF2 at ODR/4 = 52 Hz (second order: 18 dB down at 150 Hz, 26 dB at 235 Hz). Gyroscope:
LPF1 with FTYPE 5, 43 Hz at this rate. The next lower accelerometer setting, ODR/10, would take 15 dB
more but delay acceleration by 11 ms, twice the gyroscope's delay: the two would disagree on when the leg moved.

FIFO. A word is a tag byte (sensor << 3 | slot counter << 1 | parity) and 6 data bytes. Each slot of
1/208 s holds a gyroscope, an accelerometer and a timestamp word, in any order, so 512 words last 0.82 s.
Every slot carries its own time: a lost word never shifts the readings behind it.

Time. The chip counts 25 us ticks, 192 to a reading, on the oscillator that also paces its output. FREQ_FINE
tells how far that oscillator is off, in steps of 0.15 %. Of the 32-bit counter 24 bits (7 minutes) are used,
since only differences under a second matter and 32 bits would not fit a small integer.
"""

import time

from micropython import const

from presscue_node.registers import Registers, WrongChip

_FIFO_CTRL1 = const(0x07)
_FIFO_CTRL2 = const(0x08)
_FIFO_CTRL3 = const(0x09)
_FIFO_CTRL4 = const(0x0A)
_WHO_AM_I = const(0x0F)
_CTRL1_XL = const(0x10)
_CTRL2_G = const(0x11)
_CTRL3_C = const(0x12)
_CTRL4_C = const(0x13)
_CTRL6_C = const(0x15)
_CTRL8_XL = const(0x17)
_CTRL10_C = const(0x19)
_FIFO_STATUS1 = const(0x3A)
_TIMESTAMP0 = const(0x40)
_FREQ_FINE = const(0x63)
_FIFO_DATA_OUT_TAG = const(0x78)

_IDENTITY = const(0x6C)
_SW_RESET = const(0x01)
_BDU_IF_INC = const(0x44)
_XL_208HZ_4G_LPF2 = const(0x5A)
_G_208HZ_500DPS = const(0x54)
_LPF1_SEL_G = const(0x02)
_FTYPE_43HZ = const(0x05)
_LPF2_ODR_4 = const(0x00)
_TIMESTAMP_EN = const(0x20)
_BATCH_208HZ = const(0x55)
_BYPASS = const(0x40)  # timestamp with every slot, FIFO off and empty
_CONTINUOUS = const(0x46)  # the same, newest words overwrite oldest
_OVER_RUN_LATCHED = const(0x08)

_RESET_TRIES = const(20)  # reset takes 50 us, less than one register read

_WORD = const(7)
_GYRO, _ACCEL, _TIME = const(1), const(2), const(4)
_TAG_GYRO, _TAG_ACCEL, _TAG_TIME = const(0x01), const(0x02), const(0x04)

_MASK = const(0xFFFFFF)
_HALF = const(0x800000)
_TICKS = const(192)  # chip ticks per reading
_LOST_MAX = const(20_000)
_SETTLING = const(15)  # readings dropped after set-up: the gyroscope starts within 70 ms

BURST_WORDS = 24
"""Words per bus transfer: 3.8 ms at 400 kHz, the longest the node is ever held up. A batch takes 12 to 15."""

CHANNELS = ("acc_x_mps2", "acc_y_mps2", "acc_z_mps2", "gyr_x_radps", "gyr_y_radps", "gyr_z_radps")
_words = bytearray(_WORD * BURST_WORDS)
_whole = memoryview(_words)
_views = [_whole[: _WORD * n] for n in range(BURST_WORDS + 1)]
# One buffer for all of these sensors: each is emptied by `next` before another one's words are read.

SCALE_NANO = (1_196_411, 1_196_411, 1_196_411, 305_433, 305_433, 305_433)
"""SI units per count, times 1e9: 0.122 mg and 17.5 mdps."""


class Lsm6dsox:
    """`refill`, then `next` until it is False; again until `pending` is 0.

    After `next` gave True: `reading` holds 6 x int16, little-endian (acceleration x y z, angular rate x y z),
    `ticks()` is the moment it was taken, `lost` the number of readings missing before it.
    """

    def __init__(self, i2c, address):
        self.registers = Registers(i2c, address)
        self._status = bytearray(2)
        self._stamp = bytearray(3)
        self._partial = bytearray(12)
        self.reading = bytearray(12)
        self.period_ns = 4_799_760
        self._tick_ns = 25_000
        self.overruns = 0
        self.parity_errors = 0
        self.pending = 0
        self.lost = 0
        self._anchor = time.ticks_us()  # when the chip's counter stood at _anchor_chip
        self._anchor_chip = 0
        self._chip = 0  # chip time of the last reading
        self._chip_known = False
        self._settling = _SETTLING
        self._forget()

    def setup(self):
        """Reset and configure the chip. Raises OSError (no answer, or it never leaves reset), WrongChip."""
        registers = self.registers
        found = registers.read(_WHO_AM_I)
        if found != _IDENTITY:
            raise WrongChip(found)
        registers.write(_CTRL3_C, _SW_RESET)
        for _ in range(_RESET_TRIES):
            if not registers.read(_CTRL3_C) & _SW_RESET:
                break
        else:
            raise OSError(110)  # ETIMEDOUT
        registers.write(_CTRL3_C, _BDU_IF_INC)
        registers.write(_CTRL10_C, _TIMESTAMP_EN)
        registers.write(_CTRL4_C, _LPF1_SEL_G)
        registers.write(_CTRL6_C, _FTYPE_43HZ)
        registers.write(_CTRL8_XL, _LPF2_ODR_4)
        registers.write(_FIFO_CTRL1, 0)
        registers.write(_FIFO_CTRL2, 0)
        registers.write(_FIFO_CTRL3, _BATCH_208HZ)
        registers.write(_CTRL1_XL, _XL_208HZ_4G_LPF2)
        registers.write(_CTRL2_G, _G_208HZ_500DPS)
        fine = registers.read(_FREQ_FINE)
        if fine > 127:
            fine -= 256
        rate = 10_000 + 15 * fine  # true rate of the oscillator, in 1e-4
        self.period_ns = (320_000 * 1_000_000_000 + 3_333 * rate) // (6_667 * rate)
        self._tick_ns = (250_000_000 + rate // 2) // rate
        self._settling = _SETTLING
        self.restart()

    def restart(self):
        """Empty the FIFO and begin anew: nothing from before is read, and nothing counts as lost."""
        self.registers.write(_FIFO_CTRL4, _BYPASS)
        self.registers.write(_FIFO_CTRL4, _CONTINUOUS)
        self._chip_known = False
        self._forget()

    def check(self):
        """True while the chip is there and still set up (a chip that lost power is not)."""
        return self.registers.read(_CTRL1_XL) == _XL_208HZ_4G_LPF2

    def refill(self):
        """Read the next words of the FIFO, at most BURST_WORDS. With none pending, first ask how many there are.

        Returns True if the chip reports that it overwrote words since it was last asked. Raises OSError;
        the words of a failed transfer are lost, and show as such.
        """
        overrun = False
        self._at = self._end = 0
        if not self.pending:
            self.registers.read_into(_FIFO_STATUS1, self._status)
            self.pending = self._status[0] | (self._status[1] & 3) << 8
            if self._status[1] & _OVER_RUN_LATCHED:
                overrun = True
                self.overruns += 1
            self._read_stamp()
        words = self.pending if self.pending < BURST_WORDS else BURST_WORDS
        if words:
            self.pending -= words
            self.registers.read_into(_FIFO_DATA_OUT_TAG, _views[words])
            self._end = words * _WORD
        return overrun

    def abandon(self):
        """After a failed `refill`: start over with the next one."""
        self._forget()

    def next(self):
        """Go to the next whole reading; False if the words read so far hold no more."""
        words = _words
        while self._at < self._end:
            at = self._at
            tag = words[at]
            parity = tag ^ tag >> 4
            parity ^= parity >> 2
            if (parity ^ parity >> 1) & 1:
                self.parity_errors += 1
                self._at = at + _WORD
                continue
            slot = tag >> 1 & 3
            sensor = tag >> 3
            if sensor == _TAG_GYRO:
                kind = _GYRO
            elif sensor == _TAG_ACCEL:
                kind = _ACCEL
            elif sensor == _TAG_TIME:
                kind = _TIME
            else:
                self._at = at + _WORD
                continue
            if slot != self._slot or self._have & kind:
                whole = self._have == _GYRO | _ACCEL and self._chip_known
                since = (self._slot - self._done_slot) & 3
                self._have = 0
                if whole:  # only its timestamp is missing: count slots instead
                    self._done_slot = self._slot
                    if self._finish((self._chip + _TICKS * (since or 4)) & _MASK):
                        return True
                self._slot = slot
            self._at = at + _WORD
            self._have |= kind
            if kind == _TIME:
                self._slot_chip = words[at + 1] | words[at + 2] << 8 | words[at + 3] << 16
            else:
                put = 6 if kind == _GYRO else 0
                at += 1
                for i in range(6):
                    self._partial[put + i] = words[at + i]
            if self._have == _GYRO | _ACCEL | _TIME:
                self._have = 0
                self._done_slot = slot
                if self._finish(self._slot_chip):
                    return True
        return False

    def ticks(self):
        """The moment, in node ticks, at which `reading` was taken."""
        age = (self._anchor_chip - self._chip) & _MASK
        if age >= _HALF:
            age -= _MASK + 1
        return time.ticks_add(self._anchor, -(age * self._tick_ns // 1000))

    def _finish(self, chip):
        """A whole reading taken at `chip`. False while the chip still settles."""
        lost = 0
        if self._chip_known:
            lost = (((chip - self._chip) & _MASK) + _TICKS // 2) // _TICKS - 1
            if not 0 <= lost <= _LOST_MAX:
                lost = 0
        self._chip = chip
        self._chip_known = True
        if self._settling:
            self._settling -= 1
            return False
        self.lost = lost
        complete = self._partial
        self._partial = self.reading
        self.reading = complete
        return True

    def _read_stamp(self):
        """Pair the chip's counter with the node's. The bytes leave the chip one after the other: when the lowest
        is about to carry into the next, they may not belong together, and a second reading will."""
        before = time.ticks_us()
        self.registers.read_into(_TIMESTAMP0, self._stamp)
        if self._stamp[0] >= 0xFC:
            before = time.ticks_us()
            self.registers.read_into(_TIMESTAMP0, self._stamp)
        after = time.ticks_us()
        self._anchor = time.ticks_add(before, time.ticks_diff(after, before) // 2)
        self._anchor_chip = self._stamp[0] | self._stamp[1] << 8 | self._stamp[2] << 16

    def _forget(self):
        """Drop words and half a reading."""
        self.pending = 0
        self._at = self._end = 0
        self._have = 0
        self._slot = self._done_slot = -1
        self._slot_chip = 0
