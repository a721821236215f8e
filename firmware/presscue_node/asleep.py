"""What the node does before it sleeps, and after. Loaded for it alone."""

import struct
import time

from presscue_node.wall_clock import SLEPT

# Registers and what is written to them. The leg's IMU: gyroscope and accelerometer off, FIFO and counter too.
_LEG = b"\x11\x00\x10\x00\x0a\x00\x19\x00"
# The sled's: accelerometer at 12.5 Hz in low-power mode (CTRL6_C), +-2 g, high-passed at ODR/20 (CTRL8_XL, TAP_CFG0).
# INT1 (MD1_CFG, TAP_CFG2) rises with the second reading in a row (WAKE_UP_DUR) beyond 1/256 of the scale, 0.077 m/s2.
_SLED = _LEG + b"\x15\x10\x17\x40\x56\x10\x5b\x01\x5c\x30\x5e\x20\x10\x10\x58\x80"
_HAPTIC = b"\x01\x40"  # standby

_KEPT = "<BHQI"  # silence, pages spoilt, wall clock in ms at that second of the processor's own


def fall(node, chip):
    """Put all to rest and sleep. Returns if it must not now: somebody would miss it, or the sled could not wake it."""
    connected = node.radio is not None and node.radio.connected
    if connected or node.guard.ready or chip.usb() or not node.sled.working:
        return
    node.recorder.end_session()
    for part, program in ((node.haptic, _HAPTIC), (node.leg, _LEG), (node.sled, _SLED)):
        if part.working:
            try:
                for at in range(0, len(program), 2):
                    part.device.registers.write(program[at], program[at + 1])
            except OSError as error:
                part.failed(error)
                return
    wall_ms = node.wall.ms_at(node.clock.us(time.ticks_us()))
    chip.sleep(struct.pack(_KEPT, node.player.silence, min(node.recorder.spoilt, 0xFFFF), wall_ms, time.time()))


def wake(node, kept):
    """What was true before a sleep."""
    node.player.silence, node.recorder.spoilt, wall_ms, second = struct.unpack(_KEPT, kept)
    slept_ms = (time.time() - second) * 1000
    node.wall.tell(wall_ms and wall_ms + slept_ms, node.clock.us(time.ticks_us()), SLEPT)
