"""The processor into deep sleep. Loaded for it alone."""

import time

import bluetooth
import esp32
import machine
from micropython import const

from presscue_node import board

_SETTLE_MS = const(1_500)  # until the IMU's high-pass filter has forgotten gravity


def begin(kept):
    """Sleep until INT1 of the sled's IMU rises or the button is pressed; then the node boots, and finds `kept`."""
    time.sleep_ms(_SETTLE_MS)
    machine.RTC().memory(kept)
    bluetooth.BLE().active(False)
    if board.I2C_POWER is not None:
        machine.Pin(board.I2C_POWER, machine.Pin.OUT, value=1, hold=True)  # pyright: ignore (its stub is missing)
    esp32.gpio_deep_sleep_hold(True)  # pyright: ignore
    esp32.wake_on_ext1((machine.Pin(board.WAKE, machine.Pin.IN),), esp32.WAKEUP_ANY_HIGH)
    if board.BUTTON is not None:
        esp32.wake_on_ext0(machine.Pin(board.BUTTON, machine.Pin.IN), esp32.WAKEUP_ALL_LOW)
    machine.deepsleep()
