"""The quick live view of a set, for detectors and displays: heading, phase, depth, bottoms, the rep under way.

It turns after a small part of a stroke, so it may turn back; what is counted is settled in pairs.py.
"""

from presscue.compiled import njit
from presscue.events import HALFWAY, report
from presscue.reps.measure import least_speed
from presscue.reps.strokes import stroke_span

IDLE, LOWERING, BOTTOM, PRESSING, TOP = range(5)
"""Phases."""


@njit
def follow_live(p, s, t, out):
    """Heading with a small hysteresis, phase, bottoms, half-way marks and the provisional rep."""
    y, speed, least = s.y, s.speed, s.least
    nudge = 0.12 * least
    limit = least_speed(p, s)
    if s.heading > 0:
        s.edge = max(s.edge, y)
    elif s.heading < 0:
        s.edge = min(s.edge, y)
    else:
        s.edge = s.high if speed < 0.0 else s.low
    if s.heading >= 0 and speed < -limit and s.edge - y >= nudge:
        s.heading = -1
        s.top = s.edge
        s.edge, s.turn_s, s.fastest, s.brisk_s, s.at_bottom = y, t, 0.0, t, 0
    elif s.heading <= 0 and speed > limit and y - s.edge >= nudge:
        if s.heading == 0:
            s.top = s.edge
        s.heading = 1
        s.bottom = s.edge
        s.edge, s.turn_s, s.fastest, s.brisk_s, s.halfway = y, t, 0.0, t, 0
    s.fastest = max(s.fastest, abs(speed))
    if abs(speed) >= max(limit, 0.1 * s.fastest):
        s.brisk_s = t
    span = s.typical
    if span == 0.0:
        span = 3.2 * least
    if s.heading < 0:
        s.depth = min(max((s.top - y) / span, 0.0), 1.0)
        turned = speed > 0.0 and y - s.edge > 0.15 * nudge
        if s.at_bottom == 0 and s.top - s.edge >= least and (turned or t - s.brisk_s > 0.3):
            s.at_bottom = 1
            begin, end = stroke_span(s, s.heading, s.turn_s, t, 0.5 * limit)
            s.bottoms += 1
            s.bottom_s = min(end, t)
            s.lowering_s = end - begin
            s.lowering = (s.top - s.edge) / s.typical if s.typical > 0.0 else 1.0
        s.phase = BOTTOM if s.at_bottom == 1 else LOWERING
    elif s.heading > 0:
        s.depth = min(max(1.0 - (y - s.bottom) / span, 0.0), 1.0)
        way = s.top - s.bottom
        if s.halfway == 0 and way >= least and y - s.bottom >= 0.5 * way:
            s.halfway = 1
            report(out, HALFWAY, 0, s.rep, t, t, t, 0.0, 1.0)
        s.phase = PRESSING if t - s.brisk_s < 0.15 else TOP
