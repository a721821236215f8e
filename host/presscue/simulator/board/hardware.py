"""The reference node's parts, wired as on the real board, and how they carry out what the firmware asks."""

from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from presscue.simulator.imu_errors import ImuErrors
from presscue.wire import TYPES

from . import charges, child
from .ads1115 import Ads1115
from .bus import BusError, I2cBus
from .drv2605l import Drv2605l, Lra
from .imu_signal import ImuSignal, Shaking
from .lsm6dsox import Lsm6dsox
from .nor_flash import NorFlash
from .nvs import Nvs
from .pads import Pads
from .serial_port import SerialPort

ADDRESSES = {"sled": 0x6A, "leg": 0x6B, "pads": 0x48, "haptic": 0x5A}
POWER_PIN = 2
BATTERY_PIN = 35
BUZZER_PIN = 27
BUTTON_PIN = 38
WAKE_PIN = 33
FULL_PACE_HZ = 160_000_000
"""What MicroPython sets at boot."""
OSCILLATOR = 0.03
TRIM_ERROR = 0.0003
ADC_OSCILLATOR = 0.1
MOTOR_HZ = (150.0, 235.0)
SHAKE_MPS2, SHAKE_RADPS = 6.0, 0.6
"""Amplitudes at the leg IMU with the motor at full strength: some 0.6 g on the same strap."""
SLED_SHARE = 0.01
"""Of that, what reaches the sled through leg, foot and platform."""
CHARGER_UV = 4_190_000
BATTERY_FULL_UV, BATTERY_EMPTY_UV, BATTERY_LIFE_S = 4_150_000, 3_500_000, 8 * 3600
BATTERY_DIVIDER = 2
SEALED = bytes((TYPES["sealed"],))
"""What a message whose seal has to be checked begins with, behind the head of its event."""


class World(Protocol):
    """What the sensors feel: see simulator/performance.py."""

    duration_s: float

    def imu(self, which: str, t_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...
    def pads(self, t_s: np.ndarray) -> np.ndarray: ...


class Bluetooth(Protocol):
    """The radio: simulator/radio/peripheral.py, or nobody in reach."""

    def execute(self, operation: int, argument: int, data: bytes) -> tuple[int, bytes]: ...
    def available(self, t_us: float) -> int: ...
    def next_event_us(self) -> float | None: ...
    def reset(self) -> None: ...


class Silence:
    """A radio that nobody hears."""

    def execute(self, operation: int, argument: int, data: bytes) -> tuple[int, bytes]:
        return 0, b""

    def available(self, t_us: float) -> int:
        return 0

    def next_event_us(self) -> float | None:
        return None

    def reset(self) -> None:
        pass


class Hardware:
    """Parts drawn from `seed`: oscillators, gains, the motor's resonance. Times are µs of the board's clock."""

    def __init__(self, world: World, seed: int, image: Path | None = None):
        rng = np.random.default_rng([seed, 10])
        self.lra = Lra(float(rng.uniform(*MOTOR_HZ)))
        self.bus = I2cBus()
        self.imus: dict[str, Lsm6dsox] = {}
        self._errors: list[ImuErrors] = []
        for which, share in (("sled", SLED_SHARE), ("leg", 1.0)):
            directions = rng.normal(size=(2, 3))
            directions *= share / np.linalg.norm(directions, axis=1)[:, None]
            shaking = Shaking(self.lra, SHAKE_MPS2 * directions[0], SHAKE_RADPS * directions[1])
            errors = ImuErrors(2 * seed + (which == "leg"))
            self._errors.append(errors)
            signal = ImuSignal(partial(world.imu, which), errors.apply, shaking)
            chip = Lsm6dsox(signal, float(rng.uniform(-OSCILLATOR, OSCILLATOR)), float(rng.normal(0, TRIM_ERROR)))
            self.imus[which] = chip
            self.bus.attach(ADDRESSES[which], chip)
        self.pads = Pads(world.pads, seed)
        rate_error = float(rng.uniform(-ADC_OSCILLATOR, ADC_OSCILLATOR))
        self.bus.attach(ADDRESSES["pads"], Ads1115(self.pads.volts, rate_error))
        self.haptic = Drv2605l(self.lra)
        self.bus.attach(ADDRESSES["haptic"], self.haptic)
        self.flash = NorFlash(seed=seed, image=image)
        self.nvs = Nvs(None if image is None else image.with_name(image.name + ".nvs"))
        self.serial = SerialPort()
        self.bluetooth: Bluetooth = Silence()
        self.pressed = False
        self.charging = False
        """USB gives power. Apart from `serial`'s plug: a power bank has no data, and tests talk to nodes on battery."""
        self.rtc_memory = b""
        self.pace_log: list[tuple[int, int]] = [(0, FULL_PACE_HZ)]
        """Changes of the processor's clock as (t_us, hertz); 0 is deep sleep."""
        self._held: set[int] = set()
        self.pwm_log: list[tuple[int, int, int, int]] = []
        """Changes of the PWM outputs as (t_us, pin, hertz, duty 0..65535)."""
        self.identity = rng.bytes(6)

    def wakes_us(self, low_pin: int, high_pins: int, since_us: int, until_us: int) -> tuple[float, int] | None:
        """When a sleep with these wake pins ends, and the pin that ends it. low_pin, -1 for none: only the button can
        go low; high_pins, a bit mask: only the one joined to the sled's IMU can rise."""
        if self.pressed and low_pin == BUTTON_PIN:
            return since_us, low_pin
        if not (high_pins >> WAKE_PIN & 1 and self.bus.reaches(ADDRESSES["sled"])):
            return None
        at_us = self.imus["sled"].int1_us(since_us, until_us)
        return None if at_us is None else (at_us, WAKE_PIN)

    def make_supply_noisy(self, times: float = 6.0) -> None:
        """A bad charger or a loose ground: every sensor's own noise grows so many times."""
        self.pads.noise_v *= times
        for errors in self._errors:
            errors.worsen(times)

    @property
    def pace_hz(self) -> int:
        return self.pace_log[-1][1]

    def set_pace(self, hertz: int, t_us: int) -> None:
        if hertz != self.pace_hz:
            self.pace_log.append((t_us, hertz))

    def reset(self, t_us: int, *, asleep: bool = False) -> None:
        """The processor starts anew, or falls asleep: its pins float but those held in sleep, so the connector loses
        its supply and the buzzer falls silent. RTC memory is lost where no sleep went before."""
        if not asleep and self.pace_hz:
            self.rtc_memory = b""
            self._held.clear()
        self.set_pace(0 if asleep else FULL_PACE_HZ, t_us)
        if POWER_PIN not in self._held:
            self.bus.power(False, t_us)
        self.lra.drive(t_us, 0.0)
        self.serial.power_on()
        self.nvs.reset()
        self.bluetooth.reset()
        if self.pwm_log and self.pwm_log[-1][3]:
            _, pin, hertz, _ = self.pwm_log[-1]
            self.pwm_log.append((t_us, pin, hertz, 0))

    def post(self, request: child.Request) -> None:
        """A request without an answer. The watchdog is not among them: it belongs to the scheduler."""
        what, a, b, t_us, _ = request
        if what == child.PWM_SET:
            self.pwm_log.append((t_us, a >> 32, a & 0xFFFFFFFF, b))
        elif what == child.PIN_SET and a == POWER_PIN:
            self.bus.power(bool(b), t_us)
        elif what == child.PIN_HOLD:
            (self._held.add if b else self._held.discard)(a)
        elif what == child.PACE:
            self.set_pace(a, t_us)
        elif what == child.BUS_NEW:
            self.bus.clear(a)

    def execute(self, request: child.Request) -> tuple[int, int, bytes]:
        """When the request is done (µs), its status (a size, a value, or minus an error number), data."""
        what, a, b, t_us, data = request
        if what in (child.READ, child.WRITE):
            out = (b"" if a >> 16 else bytes((a & 0xFF,))) + data
            try:
                read, took_us = self.bus.transfer(a >> 8 & 0x7F, out, b if what == child.READ else 0, t_us)
            except BusError as error:
                return t_us + error.took_us, -error.errno, b""
            return t_us + took_us, len(read), read
        if what == child.SERIAL_READ:
            read = self.serial.read(b, t_us)
            cost = charges.SERIAL_READ_US + len(read) * charges.SERIAL_READ_BYTE_US
            return t_us + cost + read.count(0) * charges.MESSAGE_IN_US, len(read), read
        if what == child.SERIAL_WRITE:
            done_us = t_us + charges.SERIAL_WRITE_US + b * charges.SERIAL_WRITE_BYTE_US
            return done_us, self.serial.write(data, done_us), b""
        if what == child.BLE:
            status, read = self.bluetooth.execute(a & 0xFF, a >> 8, data)
            cost = charges.BLE_CALL_US + max(b, len(read)) * charges.BLE_BYTE_US
            return t_us + cost + charges.SEAL_US * (read[5:6] == SEALED), status, read
        if what == child.NVS:
            status, read = self.nvs.execute(a, data)
            return t_us + charges.NVS_US, status, read
        if what == child.RTC:
            if a:
                self.rtc_memory = data
            return t_us + charges.PIN_US, len(self.rtc_memory) * (not a), b"" if a else self.rtc_memory
        if what == child.PIN_READ:
            return t_us + charges.PIN_US, int(a != BUTTON_PIN or not self.pressed), b""
        if what == child.ADC_READ:
            return t_us + charges.ADC_US, self._pin_uv(a, t_us), b""
        return self._flash(request)

    def _flash(self, request: child.Request) -> tuple[int, int, bytes]:
        what, a, b, t_us, data = request
        if what == child.FLASH_READ:
            if not b:
                return t_us, len(self.flash.data), b""
            done_us = t_us + charges.FLASH_CALL_US + b * charges.FLASH_READ_BYTE_NS // 1000
            return done_us, b, self.flash.read(a, b)
        if what == child.FLASH_WRITE:
            return t_us + charges.FLASH_CALL_US + self.flash.program(a, data), b, b""
        return t_us + charges.FLASH_CALL_US + self.flash.erase(a), 0, b""

    def _pin_uv(self, pin: int, t_us: int) -> int:
        if pin != BATTERY_PIN:
            return 0
        if self.charging:
            return CHARGER_UV // BATTERY_DIVIDER
        used = min(t_us * 1e-6 / BATTERY_LIFE_S, 1.0)
        return round((BATTERY_FULL_UV + (BATTERY_EMPTY_UV - BATTERY_FULL_UV) * used) / BATTERY_DIVIDER)
