"""A bus and chips for the node that answer steadily and allocate nothing. Common subset of MicroPython and CPython.

The sensor here makes up its FIFO words from the time that has passed: no list of them exists.
"""

import node_time

IMU_US = 4800  # 192 chip ticks


class Bus:
    """machine.I2C as far as the node uses it. chips: by address; each has read and write of (register, buffer)."""

    def __init__(self, chips):
        self.chips = chips

    def _chip(self, address):
        chip = self.chips.get(address)
        if chip is None or chip.absent:
            raise OSError(19)
        return chip

    def readfrom_mem_into(self, address, register, buffer):
        self._chip(address).read(register, buffer)

    def writeto_mem(self, address, register, buffer):
        self._chip(address).write(register, buffer)


class Chip:
    """Eight-bit registers that keep what is written to them."""

    def __init__(self):
        self.absent = False
        self.registers = bytearray(256)

    def read(self, register, buffer):
        for i in range(len(buffer)):
            buffer[i] = self.registers[register + i]

    def write(self, register, buffer):
        for i in range(len(buffer)):
            self.registers[register + i] = buffer[i]


def parity(tag):
    """The tag with its lowest bit set so that its ones are even in number."""
    ones = 0
    for bit in range(8):
        ones += tag >> bit & 1
    return tag ^ (ones & 1)


TAGS = bytes([parity(sensor << 3 | slot << 1) for slot in range(4) for sensor in (1, 2, 4)])


class SteadyImu(Chip):
    """An LSM6DSOX with exact 4.8 ms readings; reading n has n in every axis."""

    def __init__(self):
        Chip.__init__(self)
        self.power_on()

    def power_on(self):
        for i in range(256):
            self.registers[i] = 0
        self.registers[0x0F] = 0x6C
        self._since = node_time.ticks_us()
        self._taken = 0  # words read or overwritten
        self._overrun = 0

    def write(self, register, buffer):
        Chip.write(self, register, buffer)
        if register == 0x12:
            self.registers[0x12] &= 0xFE
        elif register == 0x0A and buffer[0] & 7 == 0:
            self._taken = self._made()

    def read(self, register, buffer):
        if register == 0x78:
            for at in range(0, len(buffer), 7):
                self._word(self._taken, buffer, at)
                self._taken += 1
        elif register == 0x3A:
            waiting = self._made() - self._taken
            if waiting > 512:
                self._taken += waiting - 512
                waiting = 512
                self._overrun = 8
            buffer[0] = waiting & 0xFF
            buffer[1] = waiting >> 8 | self._overrun
            self._overrun = 0
        elif register == 0x40:
            self._put_ticks(self.age() // 25, buffer, 0)
        else:
            Chip.read(self, register, buffer)

    def age(self):
        return node_time.ticks_diff(node_time.ticks_us(), self._since)

    def _made(self):
        return self.age() // IMU_US * 3

    def _word(self, index, buffer, at):
        slot = index // 3
        buffer[at] = TAGS[index % 12]
        if index % 3 == 2:
            self._put_ticks((slot + 1) * IMU_US // 25, buffer, at + 1)
        else:
            for i in range(1, 7, 2):
                buffer[at + i] = slot & 0xFF
                buffer[at + i + 1] = slot >> 8 & 0x7F

    def _put_ticks(self, ticks, buffer, at):
        buffer[at] = ticks & 0xFF
        buffer[at + 1] = ticks >> 8 & 0xFF
        buffer[at + 2] = ticks >> 16 & 0xFF


class SteadyAdc(Chip):
    """An ADS1115: every input has its own steady count."""

    def __init__(self, counts=(1000, 2000, 3000, 4000)):
        Chip.__init__(self)
        self.counts = list(counts)
        self._config = bytearray((0x85, 0x83))
        self._result = 0

    def write(self, register, buffer):
        self._config[0] = buffer[0]
        self._config[1] = buffer[1]
        self._result = self.counts[buffer[0] >> 4 & 3]

    def read(self, register, buffer):
        if register == 0:
            buffer[0] = self._result >> 8 & 0xFF
            buffer[1] = self._result & 0xFF
        else:
            buffer[0] = self._config[0]
            buffer[1] = self._config[1]


class SteadyHaptic(Chip):
    """A DRV2605L that only keeps its registers."""

    def __init__(self):
        Chip.__init__(self)
        self.registers[0] = 0xE0
        self.registers[1] = 0x40


class Pwm:
    def __init__(self):
        self.duty = 0
        self.broken = False

    def duty_u16(self, duty):
        if self.broken:
            raise OSError(5)
        self.duty = duty


class Pipe:
    """A stream with room for `room` bytes at a time; what was written is kept in `sent` if `keep`."""

    def __init__(self, room=4096, keep=True):
        self.room = room
        self.keep = keep
        self.sent = bytearray()
        self.coming = b""

    def readinto(self, buffer):
        size = min(len(buffer), len(self.coming))
        if size:
            buffer[:size] = self.coming[:size]
            self.coming = self.coming[size:]
        return size

    def write(self, buffer, start, end):
        size = min(end - start, self.room)
        if self.keep:
            self.sent += buffer[start : start + size]
        return size

    def wait(self, timeout_us):
        node_time.advance(timeout_us)


class Processor:
    """The processor's ways to save power: notes what it is told. After `sleep` it goes on, as a real one never does."""

    def __init__(self, woke=0, kept=b""):
        self.woke = woke
        self.kept = kept
        self.on_usb = False
        self.is_slow = False
        self.slept = []

    def usb(self):
        return self.on_usb

    def freq(self, hz):
        self.is_slow = hz < 160_000_000

    def sleep(self, kept):
        self.slept.append(kept)


class Watchdog:
    def __init__(self):
        self.fed = 0
        self.timeout_ms = 0

    def __call__(self, timeout_ms):
        self.timeout_ms = timeout_ms
        return self

    def feed(self):
        self.fed += 1
