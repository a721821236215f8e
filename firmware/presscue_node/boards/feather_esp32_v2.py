"""Adafruit ESP32 Feather V2 (5400): the reference board. ESP32-PICO-MINI-02, USB-C through a CH9102F bridge."""

from presscue_node.wiring import *

CHIP = "esp32"

I2C_SDA = 22
I2C_SCL = 20
I2C_POWER = 2

BUZZER = 27
WAKE = 33
BUTTON = 38
LED = 13

BATTERY = 35
BATTERY_DIVIDER_MILLI = 2_000

USB_SENSE = None

SERIAL_BAUD = 921_600
