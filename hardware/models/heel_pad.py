"""Heel pad: two plates with foam between. A ring of foam takes nearly all of the load, a puck the sensor's share."""

from build123d import Axis, Part, fillet

import dimensions as d
from case import block

LENGTH, WIDTH = d.PAD


def base() -> Part:
    """On the platform. The sensor lies flush in the pocket, its tail and cable in a groove to the outside."""
    plate = block(0, 0, 0, LENGTH, WIDTH, d.PAD_BASE)
    plate = fillet(plate.edges().filter_by(Axis.Z), 8.0)
    x, y = (LENGTH - d.PAD_POCKET) / 2, (WIDTH - d.PAD_POCKET) / 2
    plate -= block(x, y, d.PAD_BASE - 0.5, d.PAD_POCKET, d.PAD_POCKET, 9)
    plate -= block(x + d.PAD_POCKET - 1, WIDTH / 2 - d.FSR_TAIL / 2, d.PAD_BASE - 1.6, 14, d.FSR_TAIL, 9)
    plate -= block(x + d.PAD_POCKET + 10, WIDTH / 2 - 2, d.PAD_BASE - 1.6, LENGTH, 4, 9)
    return plate


def top() -> Part:
    """Under the heel, printed upside down; a rim keeps it over the base."""
    outer = d.FIT + 2.4
    plate = block(-outer, -outer, 0, LENGTH + 2 * outer, WIDTH + 2 * outer, d.PAD_TOP)
    plate = fillet(plate.edges().filter_by(Axis.Z), 8.0 + outer)
    rim = block(-outer, -outer, 0, LENGTH + 2 * outer, WIDTH + 2 * outer, d.PAD_TOP + d.PAD_BASE - 0.8)
    rim = fillet(rim.edges().filter_by(Axis.Z), 8.0 + outer)
    hollow = block(-d.FIT, -d.FIT, -1, LENGTH + 2 * d.FIT, WIDTH + 2 * d.FIT, 40)
    rim -= fillet(hollow.edges().filter_by(Axis.Z), 8.0 + d.FIT)
    rim -= block(LENGTH - 8, WIDTH / 2 - 4, d.PAD_TOP, 20, 8, 20)
    return plate + rim
