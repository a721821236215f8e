"""What is the same on every board: the chips' addresses and rates, the pads, the motor. Pins are in boards/."""

# I2C bus of all four chips. 400 kHz is the fastest that every one of them allows.
I2C_ID = 0
I2C_HZ = 400_000
I2C_TIMEOUT_US = 10_000

SLED_ADDRESS = 0x6A
LEG_ADDRESS = 0x6B
PADS_ADDRESS = 0x48
HAPTIC_ADDRESS = 0x5A

BUZZER_HZ = 4_000
"""Resonance of the piezo: loudest there."""

TICK_US = 5_000
"""One pad channel per tick: a conversion at 860 SPS takes at most 1.3 ms."""
BATCH_MS = 20
"""Both FIFOs are read and a message per source is sent this often (setting `batch_ms`)."""
WATCHDOG_MS = 8_000

CHARGED_MV = 4_150
"""A cell above it is on a charger, or was a short while ago: for boards without USB_SENSE."""

LOG_PARTITION = "presscue"
"""Label of the data partition for the logs: `presscue flash` makes it, 5.75 MB of the 8 on the reference board."""
LOG_READY_BLOCKS = 512
"""Blocks of 4 KB to keep erased for the next sets: ten minutes of motion."""
LOG_FILE_BLOCKS = 256
"""Where there is no such partition: files of 4 KB in the file system, a megabyte."""

PAD_LABELS = (b"heel_left_v", b"heel_right_v", b"seat_v")
"""In the order of the converter's inputs AIN0, AIN1, AIN2."""

PAD_OPEN_RAW = 60
"""A pad reading below this (7.5 mV) is open. Each pad carries 470 kohm across its FSR, so that a pad that
is connected but unloaded still puts 15 mV on the 2.2 kohm divider; a broken lead or an absent pad puts none."""

# Haptic motor: an LRA, driven closed-loop at its own resonance. See drv2605l.py for the units.
MOTOR_HZ = 175
MOTOR_RATED_MV = 2_000
MOTOR_PEAK_MV = 3_000
