"""Leg plate: IMU and haptic driver in a box, flat on the shin; the motor in a pocket on the skin's side."""

from build123d import Axis, Cylinder, Part, Pos, fillet

import dimensions as d
from case import LID, LOW, block, breakout

LENGTH, WIDTH, HEIGHT = d.LEG
IMU_AT = (13.0, (WIDTH - d.BREAKOUT[1]) / 2)
DRIVER_AT = (LENGTH - 9.5 - d.BREAKOUT[0], IMU_AT[1])
MOTOR_X = (IMU_AT[0] + d.BREAKOUT[0] + DRIVER_AT[0]) / 2
COLUMNS = ((3.0, 3.0), (3.0, WIDTH - 3.0), (LENGTH - 3.0, 3.0), (LENGTH - 3.0, WIDTH - 3.0))
LIP = 1.6


def plate() -> Part:
    """Skin side down."""
    shell = block(-d.WALL, -d.WALL, -d.LEG_FLOOR, LENGTH + 2 * d.WALL, WIDTH + 2 * d.WALL, HEIGHT + d.LEG_FLOOR)
    shell = fillet(shell.edges().filter_by(Axis.Z), 3.0)
    shell -= block(0, 0, 0, LENGTH, WIDTH, HEIGHT + 1)
    slot, across = d.LEG_STRAP
    for side in (-1, 1):
        wing_y = -d.WALL - 13 if side < 0 else WIDTH + d.WALL - 1
        wing = block((LENGTH - slot) / 2 - 6, wing_y, -d.LEG_FLOOR, slot + 12, 14, d.LEG_FLOOR + 1)
        slot_y = -d.WALL - 8.5 if side < 0 else WIDTH + d.WALL + 8.5 - across
        shell += wing - block((LENGTH - slot) / 2, slot_y, -9, slot, across, 18)
    for x, y in COLUMNS:
        column = block(x - 3, y - 3, 0, 6, 6, HEIGHT - LIP)
        shell += column - Pos(x, y, 1) * Cylinder(d.SCREW_CORE / 2, HEIGHT, align=LOW)
    shell += breakout(*IMU_AT) + breakout(*DRIVER_AT)
    # The motor is felt through the liner, which has a hole here; its leads come up through a slot beside it.
    bore, depth = d.MOTOR
    top = depth + 1.6 - d.LEG_FLOOR
    shell += Pos(MOTOR_X, WIDTH / 2, 0) * Cylinder(bore / 2 + 1.8, top, align=LOW)
    shell -= Pos(MOTOR_X, WIDTH / 2, -d.LEG_FLOOR - 1) * Cylinder(bore / 2, depth + 1, align=LOW)
    shell -= block(MOTOR_X - 1.5, WIDTH / 2 + bore / 2 - 0.2, -d.LEG_FLOOR - 1, 3, 2.6, 20)
    # Cable in at the foot's end, round two pegs.
    shell -= block(-d.WALL - 1, WIDTH / 2 - 2.2, HEIGHT - 5, d.WALL + 2, 4.4, 9)
    for y in (WIDTH / 2 - 4.6, WIDTH / 2 + 4.6):
        shell += Pos(5, y, 0) * Cylinder(1.8, HEIGHT - LIP, align=LOW)
    return shell


def lid() -> Part:
    """Outer face down."""
    plate = block(-d.WALL, -d.WALL, 0, LENGTH + 2 * d.WALL, WIDTH + 2 * d.WALL, LID)
    plate = fillet(plate.edges().filter_by(Axis.Z), 3.0)
    lip = block(d.FIT, d.FIT, LID, LENGTH - 2 * d.FIT, WIDTH - 2 * d.FIT, LIP)
    lip -= block(d.FIT + 1.6, d.FIT + 1.6, LID, LENGTH - 2 * d.FIT - 3.2, WIDTH - 2 * d.FIT - 3.2, LIP)
    for x, y in COLUMNS:
        lip -= block(x - 3.4, y - 3.4, LID, 6.8, 6.8, LIP)
    lip -= block(-1, WIDTH / 2 - 3, LID, 4, 6, LIP)
    plate += lip
    for x, y in COLUMNS:
        plate -= Pos(x, y, -1) * Cylinder(d.SCREW_FREE / 2, 9, align=LOW)
    return plate
