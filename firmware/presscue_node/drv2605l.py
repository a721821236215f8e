"""DRV2605L haptic driver for a linear resonant actuator (LRA), in real-time playback: one write, and it shakes.

Closed loop: the chip finds the actuator's resonance by itself, overdrives the start and brakes the end, which
keeps short rhythms crisp. Automatic calibration is skipped (it shakes the leg for a second at every boot); the chip's
default compensation is within its loop's reach for small LRAs.
Register values by the datasheet's formulas: RATED_VOLTAGE and OD_CLAMP in 20.58 and 21.22 mV steps, DRIVE_TIME half a
period of the resonance in 0.1 ms steps from 0.5 ms.
"""

from micropython import const

from presscue_node import board
from presscue_node.registers import Registers, WrongChip

_STATUS = const(0x00)
_MODE = const(0x01)
_RTP_INPUT = const(0x02)
_RATED_VOLTAGE = const(0x16)
_OD_CLAMP = const(0x17)
_FEEDBACK_CONTROL = const(0x1A)
_CONTROL1 = const(0x1B)
_CONTROL2 = const(0x1C)
_CONTROL3 = const(0x1D)

_IDENTITY = const(7)  # STATUS bits 7..5
_REALTIME = const(0x05)
_LRA = const(0xB6)  # N_ERM_LRA, brake factor 4x, loop gain medium, back-EMF gain as at reset
_STARTUP_BOOST = const(0x80)
_BIDIRECTIONAL = const(0xF5)  # as at reset: signed input, 300 us sample time
_CLOSED_LOOP = const(0x80)  # noise gate 4 %, closed loop, RTP signed
_FULL = const(0x7F)


class Drv2605l:
    def __init__(self, i2c, address):
        self.registers = Registers(i2c, address)

    def setup(self):
        """Configure, motor off. Raises OSError (no answer), WrongChip."""
        registers = self.registers
        found = registers.read(_STATUS) >> 5
        if found != _IDENTITY:
            raise WrongChip(found)
        registers.write(_RTP_INPUT, 0)
        registers.write(_MODE, _REALTIME)  # also leaves standby
        registers.write(_FEEDBACK_CONTROL, _LRA)
        # V_rated = 20.58 mV * register / sqrt(1 - (4 * 300 us + 300 us) * f)
        damping = (1 - 0.0015 * board.MOTOR_HZ) ** 0.5
        registers.write(_RATED_VOLTAGE, round(board.MOTOR_RATED_MV * damping / 20.58))
        registers.write(_OD_CLAMP, round(board.MOTOR_PEAK_MV / 21.22))
        registers.write(_CONTROL1, _STARTUP_BOOST | round(5_000 / board.MOTOR_HZ - 5))
        registers.write(_CONTROL2, _BIDIRECTIONAL)
        registers.write(_CONTROL3, _CLOSED_LOOP)

    def check(self):
        """True while the chip is there and still set up."""
        return self.registers.read(_MODE) == _REALTIME

    def drive(self, strength):
        """Shake at `strength` percent; 0 stops. Raises OSError."""
        self.registers.write(_RTP_INPUT, _FULL * strength // 100)
