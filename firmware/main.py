"""Chooses a copy of the node's package and starts it.

`presscue flash` keeps two copies, in /a and /b. The file /slot names the one to run; two names say that the first is
on trial: it gets one boot, and the second is back in the next unless a host has had an answer from the first. Without
the file the package is in /lib.

For two seconds Ctrl-C still interrupts, but not after a sleep; then every byte belongs to the link.
"""

import os
import sys
import time

import machine
import micropython


def slot():
    """Names of the folders: the one to run and, during a trial, the one to go back to."""
    try:
        with open("/slot") as file:
            return file.read().split() or ["/lib"]
    except OSError:
        return ["/lib"]


def settle(folder):
    """From now on `folder` is what runs. A power cut leaves the old choice or the new one."""
    with open("/slot.new", "w") as file:
        file.write(folder)
    os.rename("/slot.new", "/slot")


if machine.reset_cause() != machine.DEEPSLEEP_RESET:  # the sled that woke it is on its way
    print("presscue node: Ctrl-C within 2 s for a prompt")
    time.sleep_ms(2_000)
micropython.kbd_intr(-1)
folder, *before = slot()
if before:
    settle(before[0])
sys.path.insert(0, folder)
print("presscue node: starting", folder)
try:
    from presscue_node import app, board
    from presscue_node.usb_link import Stdio

    if board.SERIAL_BAUD is not None:
        machine.UART(0, baudrate=board.SERIAL_BAUD)
    trial = [lambda: settle(folder)] if before else []
    app.run(Stdio(), *trial)
except BaseException as error:
    sys.print_exception(error)
    time.sleep_ms(100)  # for the console to get it out
finally:
    machine.reset()  # a fault in the firmware itself: begin anew rather than stay dark
