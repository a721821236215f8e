"""Virtual processor time: what the node pays for what it does. The only table of such figures.

An interpreter on a PC is hundreds of times faster than MicroPython on a 240 MHz ESP32, so the time that passes
on the PC says nothing. Instead the board's clock advances by these amounts. They are estimates, rounded up, from
two rates: MicroPython on that chip executes roughly four bytecodes in a microsecond, and a call into a driver
of ESP-IDF from Python costs some tens of microseconds. Nothing here was measured on hardware.

A cue costs: waking up, reading it (30 bytes, 0.3 ms), `MESSAGE_IN_US`, a transfer to the haptic driver (0.2 ms): 6 ms
from its last byte to the actuator's start; then a PWM change and its acknowledgement (25 bytes, 0.2 ms). If it comes
while the node drains a FIFO or sends, the rest of that (up to 7 ms) goes before: 5 to 13 ms in all, the 5 to 15 ms of
design.md §3.
"""

TICKS_US = 2
"""`time.ticks_us()`: one call and one small object."""

BUS_TRANSFER_US = 150
"""An I2C transfer besides its bits: the call from Python, ESP-IDF's command queue, the interrupt at its end."""

BUS_HZ = 400_000
"""I2C fast mode; a byte is nine bits."""

BUS_READ_BYTE_US = 17
"""Each byte read is looked at by bytecode (tag checked, copied to a message): some 40 bytecodes. And a reading of an
IMU, 21 bytes, is looked at for motion and packed for the log: some 600 bytecodes more, 7 us a byte."""

SERIAL_READ_US = 50
SERIAL_READ_BYTE_US = 8
"""Collecting and unframing (COBS, CRC) a byte received."""

MESSAGE_IN_US = 5_000
"""A whole message received: unpacking it, finding and running its command. Charged at its delimiter."""

SERIAL_WRITE_US = 100
SERIAL_WRITE_BYTE_US = 5
"""Building and framing (COBS: some 20 bytecodes) a byte sent."""

BLE_CALL_US = 150
"""A call into NimBLE: the lock of the stack's task, a buffer found. Handling an event costs one such call too."""
BLE_BYTE_US = 2
"""Copying a byte between MicroPython's heap and the stack's buffers, and packing it."""

SEAL_US = 500
"""Two short SHA-256 in C, 60 us each with their objects, and some hundred bytecodes around them."""

PWM_US = 60
"""Frequency or duty of a PWM channel: a call into the LEDC driver."""

PIN_US = 5
ADC_US = 80
WATCHDOG_US = 5

SLEEP_US = 100
"""Going to sleep and being scheduled again: two FreeRTOS task switches and the tick that ends the wait."""

BOOT_US = 350_000
"""From power to the first line of the firmware: ROM loader, ESP-IDF, MicroPython, compiled modules."""

FLASH_CALL_US = 60
"""Any use of the flash: a call into the partition driver, which stops the other core first."""

NVS_US = 2_000
"""A key looked up, or a page programmed, by ESP-IDF's store of keys and values."""

FLASH_READ_BYTE_NS = 50
"""Reading through the cache at 40 MHz quad SPI."""


def bus_us(size: int) -> int:
    """Time of an I2C transfer of `size` bytes, address bytes included."""
    return BUS_TRANSFER_US + size * 9_000_000 // BUS_HZ
