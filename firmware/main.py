"""Starts the node on a real board.

For two seconds Ctrl-C still interrupts; after that every byte belongs to the link.
"""

import time

import machine
import micropython

from presscue_node import app, board
from presscue_node.usb_link import Stdio

print("presscue node: Ctrl-C within 2 s for a prompt")
time.sleep_ms(2_000)
micropython.kbd_intr(-1)
if board.SERIAL_BAUD is not None:
    machine.UART(0, baudrate=board.SERIAL_BAUD)
try:
    app.run(Stdio())
finally:
    machine.reset()  # a fault in the firmware itself: begin anew rather than stay dark
