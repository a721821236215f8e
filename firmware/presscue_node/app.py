"""Builds the node from the board's `machine`. The only file of the firmware that imports it."""

import gc
import os

import bluetooth
import esp32
import machine

from presscue_node import board, boot_only
from presscue_node.ads1115 import Ads1115
from presscue_node.blocks import FileBlocks
from presscue_node.buzzer import Buzzer
from presscue_node.drv2605l import Drv2605l
from presscue_node.lsm6dsox import Lsm6dsox
from presscue_node.node import Node
from presscue_node.pads import Pads
from presscue_node.panel import Panel
from presscue_node.part import RESET, WATCHDOG


class Chip:
    """What the processor knows of its power, and can do to save it.

    woke: what ended a sleep (wire.WAKES), 0 if nothing did; kept: what `sleep` was given before it.
    """

    def __init__(self):
        self.freq = machine.freq
        self._battery = machine.ADC(machine.Pin(board.BATTERY))
        self._sense = None if board.USB_SENSE is None else machine.Pin(board.USB_SENSE, machine.Pin.IN)
        self.woke = 0
        self.kept = b""
        if machine.reset_cause() == machine.DEEPSLEEP_RESET:
            self.woke = 1 if machine.wake_reason() == machine.EXT0_WAKE else 2
            self.kept = machine.RTC().memory()

    def battery_mv(self):
        return self._battery.read_uv() // 1000 * board.BATTERY_DIVIDER_MILLI // 1000

    def usb(self):
        """Whether USB gives the power: by the pin that says so or, without one, a cell as full as on a charger."""
        return self.battery_mv() > board.CHARGED_MV if self._sense is None else self._sense.value() == 1

    def sleep(self, kept):
        """Until motion or the button ends it; then the node begins anew."""
        from presscue_node.deep_sleep import begin

        begin(kept)


def panel():
    """Button and LED of this board, as far as it has them."""
    button = None if board.BUTTON is None else machine.Pin(board.BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
    return Panel(button, machine.Pin(board.LED, machine.Pin.OUT, value=0))


def build(stream):
    """The node of this board, talking over `stream` (see usb_link)."""
    if board.I2C_POWER is not None:
        machine.Pin(board.I2C_POWER, machine.Pin.OUT, value=1, hold=False)  # pyright: ignore
    esp32.gpio_deep_sleep_hold(False)  # pyright: ignore (its stub is missing)
    i2c = machine.I2C(
        board.I2C_ID,
        scl=machine.Pin(board.I2C_SCL),
        sda=machine.Pin(board.I2C_SDA),
        freq=board.I2C_HZ,
        timeout=board.I2C_TIMEOUT_US,
    )
    devices = {
        "sled": Lsm6dsox(i2c, board.SLED_ADDRESS),
        "leg": Lsm6dsox(i2c, board.LEG_ADDRESS),
        "pads": Pads(Ads1115(i2c, board.PADS_ADDRESS)),
        "haptic": Drv2605l(i2c, board.HAPTIC_ADDRESS),
        "buzzer": Buzzer(machine.PWM(machine.Pin(board.BUZZER), freq=board.BUZZER_HZ, duty_u16=0)),
    }
    chip = Chip()
    boot = os.urandom(4)
    identity = machine.unique_id()
    node = Node(
        devices,
        stream,
        watchdog=lambda timeout_ms: machine.WDT(timeout=timeout_ms),
        battery_mv=chip.battery_mv,
        boot=boot[0] | boot[1] << 8,
        identity=(identity + bytes(8))[:8],
        name=b"cue-" + "".join("%02x" % byte for byte in identity[-2:]).encode(),
        chip=chip,
        bluetooth=bluetooth,
        panel=panel(),
        blocks=log_blocks(),
        session=1 + (boot[2] | boot[3] << 8) * 1000,
        keys=esp32.NVS("presscue"),
    )
    cause = machine.reset_cause()
    node.notices.send(0, WATCHDOG if cause == machine.WDT_RESET else RESET, cause)
    return node


def log_blocks():
    """The partition for the logs, or files where there is none."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=board.LOG_PARTITION)
    return found[0] if found else FileBlocks("/log", board.LOG_FILE_BLOCKS)


def run(stream, proven=None):
    """Never returns. proven(): called once, when a host has had an answer."""
    global build, panel, log_blocks
    node = build(stream)
    node.commands.proven = proven
    boot_only.forget()
    build = panel = log_blocks = boot_only.forget = Chip.__init__ = None  # pyright: ignore
    gc.collect()
    node.run()
