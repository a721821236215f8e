"""The board of this node. On a node another file of boards/ may stand in this one's place: it is the whole choice.

A board file gives, beside all that is in wiring.py:
CHIP: "esp32" or "esp32s3". I2C_SDA, I2C_SCL: the plug-in connector. I2C_POWER: pin that powers the connector when
high, None if it is always powered. BUZZER: PWM. WAKE: an RTC pin, joined to INT1 of the sled's IMU. BUTTON: low while
pressed, None if there is none to read. LED: lit when high. BATTERY: on ADC1, behind a divider by
BATTERY_DIVIDER_MILLI / 1000. USB_SENSE: high while USB gives power, None if no pin tells.
SERIAL_BAUD: of the USB-UART bridge (10.6 kB/s are needed), None where USB is native.
"""

from presscue_node.boards.feather_esp32_v2 import *
