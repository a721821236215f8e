"""Unexpected Maker FeatherS3: ESP32-S3, native USB. GPIO39 powers the second regulator, which feeds the connector."""

from presscue_node.wiring import *

CHIP = "esp32s3"

I2C_SDA = 8
I2C_SCL = 9
I2C_POWER = 39

BUZZER = 5
WAKE = 6
BUTTON = None
LED = 13

BATTERY = 2
BATTERY_DIVIDER_MILLI = 3_762

USB_SENSE = 34

SERIAL_BAUD = None
