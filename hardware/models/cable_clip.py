"""Cable clip: rides on a 25 mm band or sticks to the platform's edge, holds the cable where nothing can pinch it."""

from build123d import Circle, Part, Pos, Rectangle, extrude

import dimensions as d

BASE, LENGTH = (22.0, 7.0), 33.0
ARM = 1.8


def clip() -> Part:
    """Printed standing on its end: z is along the cable, the band passes across it through the channel."""
    ring_y = BASE[1] + d.CABLE / 2 + ARM - 0.6
    outline = Pos(0, BASE[1] / 2) * Rectangle(*BASE) + Pos(0, ring_y) * Circle(d.CABLE / 2 + ARM)
    outline -= Pos(0, ring_y) * Circle(d.CABLE / 2)
    outline -= Pos(0, ring_y + d.CABLE) * Rectangle(d.CABLE * 0.8, 2 * d.CABLE)
    body = extrude(outline, LENGTH)
    width, height = d.BAND
    channel = extrude(Rectangle(BASE[0] + 2, height), width)
    return body - Pos(0, BASE[1] / 2 - 0.2, (LENGTH - width) / 2) * channel
