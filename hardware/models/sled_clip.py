"""Sled clip: a V block under the case, lined with foam, held to a bar or tube by a stretch strap."""

from math import radians, tan

from build123d import Align, Box, Part, Polyline, Pos, Rot, extrude, make_face

import dimensions as d

ACROSS, HEIGHT, ALONG = d.CLIP
V_DEPTH = d.V_HALF_WIDTH / tan(radians(d.V_HALF_ANGLE_DEG))
CHANNEL_Z = V_DEPTH + 2.4


def profile(*points: tuple[float, float]):
    return make_face(Polyline(*points, close=True))


def clip() -> Part:
    """Printed standing on its end: z is along the tube, y points from the tube to the case."""
    half = ACROSS / 2
    outline = profile(
        (-half + 3, 0),
        (-d.V_HALF_WIDTH, 0),
        (0, V_DEPTH),
        (d.V_HALF_WIDTH, 0),
        (half - 3, 0),
        (half, 3),
        (half, HEIGHT - 2),
        (half - 2, HEIGHT),
        (-half + 2, HEIGHT),
        (-half, HEIGHT - 2),
        (-half, 3),
    )
    body = extrude(outline, ALONG)
    low, high, flare = CHANNEL_Z, CHANNEL_Z + d.STRAP[1], 2.5
    channel = profile(
        (-half - 1, low - flare - 1),
        (-half + flare, low),
        (half - flare, low),
        (half + 1, low - flare - 1),
        (half + 1, high + 1),
        (half, high + 1),
        (half - 1, high),
        (-half + 1, high),
        (-half, high + 1),
        (-half - 1, high + 1),
    )
    body -= Pos(0, 0, (ALONG - d.STRAP[0]) / 2) * extrude(channel, d.STRAP[0])
    # Bores for two M3 screws from the case: square on edge, so that the roof leans 45 degrees.
    middle = ALONG / 2
    pitch = d.CLIP_SCREWS[1][0] - d.CLIP_SCREWS[0][0]
    for z in (middle - pitch / 2, middle + pitch / 2):
        side = d.M3_CORE * 0.94
        bore = Box(side, 14, side, align=(Align.CENTER, Align.MIN, Align.CENTER))
        body -= Pos(0, HEIGHT - 9, z) * (Rot(0, 45, 0) * bore)
    return body
