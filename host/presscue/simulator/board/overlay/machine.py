"""`machine` of the virtual board: the part of MicroPython's module that the node uses, answered over the pipe."""

import board_link

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
EXT0_WAKE, EXT1_WAKE = 2, 3

wake_pins = [-1, 0]
"""Pin that wakes when low, -1 for none; bit mask of those that wake when high. Set by `esp32`."""

_boot = {"cause": PWRON_RESET, "woke": 0, "identity": b"", "pin_us": 0, "pwm_us": 0, "watchdog_us": 0}


def setup(**facts):
    """Called once before the firmware runs."""
    _boot.update(facts)


def reset_cause():
    return _boot["cause"]


def wake_reason():
    return _boot["woke"]


def freq(hz):
    board_link.post(board_link.PACE, hz, 0, _boot["pwm_us"])


def deepsleep():
    board_link.call(board_link.DEEP_SLEEP, wake_pins[1], wake_pins[0])


def unique_id():
    return _boot["identity"]


def reset():
    board_link.call(board_link.RESET, 0, 0)


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = 1, 3, 2, 1

    def __init__(self, number, mode=-1, pull=-1, *, value=None, hold=None):
        self.number = number
        self._value = 0
        self._input = mode == self.IN
        if value is not None:
            self.value(value)
        if hold is not None:
            board_link.post(board_link.PIN_HOLD, number, 1 if hold else 0, _boot["pin_us"])

    def value(self, value=None):
        if value is None:
            return board_link.call(board_link.PIN_READ, self.number, 0) if self._input else self._value
        self._value = 1 if value else 0
        board_link.post(board_link.PIN_SET, self.number, self._value, _boot["pin_us"])

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class I2C:
    """All transfers raise OSError as the ESP32 port does: ENODEV (nobody answers), ETIMEDOUT (the bus hangs)."""

    def __init__(self, bus, *, scl=None, sda=None, freq=400_000, timeout=50_000):
        board_link.post(board_link.BUS_NEW, timeout, freq, 0)

    def readfrom_mem_into(self, address, register, buffer):
        size = len(buffer)
        board_link.fetch(buffer, _checked(board_link.call(board_link.READ, address << 8 | register, size)))

    def readfrom_mem(self, address, register, size):
        buffer = bytearray(size)
        self.readfrom_mem_into(address, register, buffer)
        return bytes(buffer)

    def readfrom_into(self, address, buffer):
        size = len(buffer)
        board_link.fetch(buffer, _checked(board_link.call(board_link.READ, 1 << 16 | address << 8, size)))

    def writeto_mem(self, address, register, buffer):
        _checked(board_link.call(board_link.WRITE, address << 8 | register, len(buffer), buffer))

    def writeto(self, address, buffer):
        _checked(board_link.call(board_link.WRITE, 1 << 16 | address << 8, len(buffer), buffer))

    def scan(self):
        found = []
        for address in range(0x08, 0x78):
            if board_link.call(board_link.WRITE, 1 << 16 | address << 8, 0) >= 0:
                found.append(address)
        return found


class PWM:
    def __init__(self, pin, *, freq=1000, duty_u16=0):
        self._pin = pin.number
        self._freq = freq
        self.duty_u16(duty_u16)

    def freq(self, hz=None):
        if hz is None:
            return self._freq
        self._freq = hz
        self.duty_u16(self._duty)

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        self._duty = duty
        board_link.post(board_link.PWM_SET, self._pin << 32 | self._freq, duty, _boot["pwm_us"])

    def deinit(self):
        self.duty_u16(0)


class ADC:
    def __init__(self, pin):
        self._pin = pin.number

    def read_uv(self):
        return board_link.call(board_link.ADC_READ, self._pin, 0)


class RTC:
    """Its memory outlasts deep sleep."""

    def memory(self, data=None):
        if data is not None:
            board_link.call(board_link.RTC, 1, len(data), data)
            return None
        size = board_link.call(board_link.RTC, 0, 0, b"")
        kept = bytearray(size)
        board_link.fetch(kept, size)
        return bytes(kept)


class WDT:
    """Once made it cannot be stopped; making another changes its time."""

    def __init__(self, id=0, timeout=5000):
        board_link.post(board_link.WATCHDOG, timeout, 0, _boot["watchdog_us"])

    def feed(self):
        board_link.post(board_link.FEED, 0, 0, _boot["watchdog_us"])


def _checked(status):
    if status < 0:
        raise OSError(-status, "no answer" if status == -19 else "bus hangs")  # with one argument CPython sets no errno
    return status
