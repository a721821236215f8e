"""Dimensions in millimetres of what the printed parts must fit, and of the parts themselves. Change them here.

Sources: Feather V2, Adafruit-ESP32-Feather-V2-PCB (board outline); FeatherS3, UnexpectedMaker/esp32s3 (KiCad
footprint): same outline and holes at the USB end. DRV2605L STEMMA QT, Adafruit-DRV2605-PCB. LSM6DSOX 4438 has
Adafruit's same 1.0 x 0.7 inch outline (shop page). Battery, FSR, LRA, piezo: the makers' data sheets. Marked `check`:
not read off a drawing; measure yours.
"""

# Boards: length, width, and the distance of each screw hole from its edges.
FEATHER = (50.8, 22.86)
BREAKOUT = (25.4, 17.78)
CONVERTER_BAY = (30.0, 19.5)  # ADS1115: held by foam tape, so with room
HOLE_INSET = 2.54
PCB = 1.6
SCREW_CORE = 2.1  # bore for a self-tapping 2.5 mm screw
SCREW_FREE = 2.9
SCREW_HEAD = 5.2
M3_CORE = 2.6
M3_FREE = 3.4
M3_HEAD = 6.4

BATTERY_BAY = (63.4, 38.0)  # 1200 mAh is 62 x 34 x 5, 2000 mAh 60 x 36 x 7
BATTERY_FENCE = 6.0
FSR = 43.7
FSR_TAIL = 12.0
MOTOR = (10.4, 2.4)  # pocket of a 10 mm LRA, 3.6 mm thick: it stands as proud as the foam when pressed
PIEZO = 12.6

# Where they are on the Feather, from the corner left of the USB socket, seen from above. check
BUTTON_XY = (8.5, 5.0)
BUTTON_TOP = 2.5  # above the board
LED_XY = (4.0, 17.5)
USB_WIDTH, USB_HEIGHT = 12.6, 7.0  # opening for the plug's sleeve

# Printing.
WALL = 2.0
FIT = 0.3  # gap between parts that slide into each other

# Case, inside.
CASE = (98.0, 70.0, 16.0)
CASE_FLOOR = 4.0
BOARD_POST = 4.0
CLIP_SCREWS = ((34.0, 43.0), (64.0, 43.0))  # through the floor into the sled clip, beside the battery's fence

# Sled clip: a V block held by a strap.
TUBE_MM = (25.0, 76.0)
CLIP = (64.0, 24.0, 50.0)  # across, height, along the tube
V_HALF_ANGLE_DEG = 60.0
V_HALF_WIDTH = 21.0
STRAP = (22.0, 4.0)

# Leg plate.
LEG = (94.0, 24.0, 10.0)  # inside
LEG_FLOOR = 3.0
LEG_STRAP = (40.0, 5.0)

# Heel pad.
PAD = (90.0, 80.0)
PAD_BASE, PAD_TOP = 3.0, 4.0
PAD_POCKET = 46.0
PAD_PUCK = 16.0
FOAM = 2.0

CABLE = 4.0
BAND = (27.0, 3.2)

PRINT_VOLUME = (180.0, 180.0, 180.0)
