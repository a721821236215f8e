"""A measure beyond its limit, with hysteresis and dwell: what the detectors of depth, lockout and valgus share."""

import math

from presscue.compiled import njit
from presscue.events import BEGUN, ENDED, report

FIELDS = [
    ("beyond", "i8"),
    ("lasting", "i8"),
    ("rep", "i8"),
    ("onset_s", "f8"),
    ("last_s", "f8"),  # last time beyond the limit
    ("most", "f8"),  # the most by which the limit was passed
    ("sd", "f8"),  # and the standard deviation of the measure then
]
"""The part of a detector's STATE that `judge` keeps."""

NOTHING = -1


@njit
def flexion_sd_deg(x):
    """Standard deviation of flexion, all told: of the filter, and of the calibration that it goes by."""
    by_filter, by_geometry = x.flexion_sd_deg, x.geometry_sd_deg
    return by_filter if math.isnan(by_geometry) else math.sqrt(by_filter * by_filter + by_geometry * by_geometry)


@njit
def judge(s, t_s, rep, over, sd, beyond, back, ready, dwell_s):
    """One reading, `over` beyond the limit. The fault begins once readings have been `beyond` for dwell_s while
    `ready`, and is over when one is `back`, which is never also `beyond`. Returns BEGUN, ENDED or NOTHING."""
    action = NOTHING
    if s.lasting == 1 and back:
        s.lasting = 0
        action = ENDED
    if not beyond:
        s.beyond = 0
        return action
    if s.beyond == 0:
        s.beyond = 1
        if s.lasting == 0:
            s.onset_s = t_s
            s.most = over
    s.last_s = t_s
    if over >= s.most:
        s.most = over
        s.sd = 0.0 if math.isnan(sd) else sd
    if ready and s.lasting == 0 and t_s - s.onset_s >= dwell_s:
        s.lasting = 1
        s.rep = rep
        action = BEGUN
    return action


@njit
def say(s, action, fault, t_s, severity, confidence, out):
    """Report what `judge` returned."""
    report(out, action, fault, s.rep, t_s, s.onset_s, math.nan if action == BEGUN else s.last_s, severity, confidence)
