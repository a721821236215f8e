"""Case of the node: board, battery, converter and the sled's IMU; a lid with button, light pipe and grille."""

from build123d import Align, Axis, Box, Cylinder, Part, Pos, Rot, fillet

import dimensions as d

LOW = (Align.CENTER, Align.CENTER, Align.MIN)
CORNER = (Align.MIN, Align.MIN, Align.MIN)
LENGTH, WIDTH, HEIGHT = d.CASE
FEATHER_AT = (0.6, WIDTH - d.FEATHER[1] - 1.0)
IMU_AT = (62.0, 48.0)
ADC_AT = (74.0, 7.0)
LID = 2.4
LIP = 1.6
COLUMNS = ((3.2, 3.2), (LENGTH - 3.2, 3.2), (LENGTH - 3.2, WIDTH - 3.2), (57.0, WIDTH - 3.2))
EXITS_Y = (30.0, 42.0)


def block(x: float, y: float, z: float, length: float, width: float, height: float) -> Part:
    return Pos(x, y, z) * Box(length, width, height, align=CORNER)


def post(x: float, y: float, z: float, height: float, outer: float, bore: float) -> Part:
    body = Pos(x, y, z) * Cylinder(outer / 2, height, align=LOW)
    return body - Pos(x, y, z + 0.8) * Cylinder(bore / 2, height, align=LOW)


def body() -> Part:
    """Open side up; the inside's corner is the origin, its floor z = 0."""
    outer = block(-d.WALL, -d.WALL, -d.CASE_FLOOR, LENGTH + 2 * d.WALL, WIDTH + 2 * d.WALL, HEIGHT + d.CASE_FLOOR)
    outer = fillet(outer.edges().filter_by(Axis.Z), 4.0)
    shell = outer - block(0, 0, 0, LENGTH, WIDTH, HEIGHT + 1)
    for x, y in COLUMNS:
        column = block(x - 3.2, y - 3.2, 0, 6.4, 6.4, HEIGHT - LIP)
        shell += column - Pos(x, y, HEIGHT - 12) * Cylinder(d.SCREW_CORE / 2, 12, align=LOW)
    # The board: two screws at the USB end, two rests at the other.
    fx, fy = FEATHER_AT
    for y in (fy + d.HOLE_INSET, fy + d.FEATHER[1] - d.HOLE_INSET):
        shell += post(fx + d.HOLE_INSET, y, 0, d.BOARD_POST, 5.0, d.SCREW_CORE)
        shell += block(fx + d.FEATHER[0] - 4, y - 2, 0, 5.4, 4, d.BOARD_POST)
        shell += block(fx + d.FEATHER[0] + d.FIT, y - 2, 0, 2.0, 4, d.BOARD_POST + 2.5)
    # The IMU must follow the sled: four screws into the floor.
    shell += breakout(*IMU_AT)
    # The converter on foam tape between two fences.
    ax, ay = ADC_AT
    for x in (ax - 1.6, ax + d.CONVERTER_BAY[1]):
        shell += block(x, ay + 8, 0, 1.6, d.CONVERTER_BAY[0] - 16, 4)
    # A fence keeps boards, screws and pegs away from the battery.
    bx, by = COLUMNS[0][0] + 3.2 + d.BATTERY_BAY[0], d.BATTERY_BAY[1]
    shell += block(14, by, 0, bx - 28, 1.6, d.BATTERY_FENCE)
    shell += block(bx, 8, 0, 1.6, by - 14, d.BATTERY_FENCE)
    # Pegs: the cable weaves round them, so that a pull ends there and not at the plug.
    for x, y in ((LENGTH - 5, 36.0), (LENGTH - 11, 30.5), (LENGTH - 11, 42.5)):
        shell += Pos(x, y, 0) * Cylinder(2.2, 9, align=LOW)
    for y in EXITS_Y:
        shell -= block(LENGTH - 1, y - 2.2, 7, d.WALL + 2, 4.4, HEIGHT)
    # The plug's opening, up to the rim: no bridge.
    usb_z = d.BOARD_POST + d.PCB + 1.7 - d.USB_HEIGHT / 2
    usb_y = fy + d.FEATHER[1] / 2 - d.USB_WIDTH / 2
    shell -= block(-d.WALL - 1, usb_y, usb_z, d.WALL + 2, d.USB_WIDTH, d.USB_HEIGHT)
    for x, y in d.CLIP_SCREWS:
        shell -= Pos(x, y, -d.CASE_FLOOR - 1) * Cylinder(d.M3_FREE / 2, 9, align=LOW)
    return shell


def breakout(x: float, y: float) -> Part:
    """Four posts under a breakout board whose corner is at x, y."""
    length, width = d.BREAKOUT
    posts = Part()
    for px in (x + d.HOLE_INSET, x + length - d.HOLE_INSET):
        for py in (y + d.HOLE_INSET, y + width - d.HOLE_INSET):
            posts += post(px, py, 0, d.BOARD_POST, 5.0, d.SCREW_CORE)
    return posts


def lid() -> Part:
    """Outer face down, as it is printed; x and y are those of the body seen through the lid, so y is mirrored."""
    plate = block(-d.WALL, -d.WALL, 0, LENGTH + 2 * d.WALL, WIDTH + 2 * d.WALL, LID)
    plate = fillet(plate.edges().filter_by(Axis.Z), 4.0)

    def seen(y: float) -> float:
        return WIDTH - y

    lip = block(d.FIT, d.FIT, LID, LENGTH - 2 * d.FIT, WIDTH - 2 * d.FIT, LIP)
    lip -= block(d.FIT + 1.6, d.FIT + 1.6, LID, LENGTH - 2 * d.FIT - 3.2, WIDTH - 2 * d.FIT - 3.2, LIP)
    for x, y in COLUMNS:
        lip -= block(x - 3.6, seen(y) - 3.6, LID, 7.2, 7.2, LIP)
    plate += lip
    for x, y in COLUMNS:
        plate -= Pos(x, seen(y), -1) * Cylinder(d.SCREW_FREE / 2, 9, align=LOW)
    # A tongue, thinned at its root, presses the board's button.
    fx, fy = FEATHER_AT
    bx, by = fx + d.BUTTON_XY[0], seen(fy + d.BUTTON_XY[1])
    drop = HEIGHT - d.BOARD_POST - d.PCB - d.BUTTON_TOP - 0.5
    tongue = block(bx - 5, by - 5, -1, 26, 10, LID + 2) - block(bx - 4.2, by - 4.2, -1, 27, 8.4, LID + 2)
    plate -= tongue
    plate -= block(bx + 14, by - 4.2, 1.2, 5, 8.4, LID)
    plate += Pos(bx, by, LID) * Cylinder(1.8, drop, align=LOW)
    # Light pipe in a guide, down to just above the board.
    lx, ly = fx + d.LED_XY[0], seen(fy + d.LED_XY[1])
    plate += Pos(lx, ly, LID) * Cylinder(2.4, 6, align=LOW)
    plate -= Pos(lx, ly, -1) * Cylinder(0.95, 12, align=LOW)
    # Piezo in a ring behind the grille.
    px, py = 70.0, seen(22.0)
    plate += Pos(px, py, LID) * (
        Cylinder(d.PIEZO / 2 + 1.6, 4, align=LOW) - Cylinder(d.PIEZO / 2, 4, align=LOW) - block(-2, 0, 0, 4, 12, 4)
    )
    for i in range(6):
        plate -= Pos(px, py, 0) * Rot(0, 0, 60 * i) * Pos(3.6, 0, -1) * Cylinder(1.0, LID + 2, align=LOW)
    plate -= Pos(px, py, -1) * Cylinder(1.0, LID + 2, align=LOW)
    return plate
