"""A rep of two strokes, with its times and figures, which are found in the past."""

import math

from presscue.compiled import njit
from presscue.events import REP, next_row
from presscue.reps.measure import SLED, least_speed
from presscue.reps.strokes import LEFT, MARGIN_S, extreme_flexion, mean_of, propulsive_speed, stroke_span, top_speed


@njit
def spans(p, s, first, second):
    """When two strokes began and ended, one after the other, and none before the rep before them was over."""
    floor = 0.5 * least_speed(p, s)
    begin1, end1 = stroke_span(s, first.direction, first.start_s, first.end_s, floor)
    begin2, end2 = stroke_span(s, second.direction, second.start_s, second.end_s, floor)
    if begin2 < end1:
        begin2 = end1 = 0.5 * (begin2 + end1)
    begin1 = max(begin1, s.last_rep_end_s)
    if begin1 < end1 <= begin2 < end2:
        return begin1, end1, begin2, end2
    begin1 = max(first.start_s, min(s.last_rep_end_s, 0.5 * (first.start_s + first.end_s)))
    return begin1, first.end_s, second.start_s, second.end_s


@njit
def report_rep(p, s, t, first, second, out):
    """Put a rep of two strokes out, certain at t, and learn from it what is usual."""
    begin1, end1, begin2, end2 = spans(p, s, first, second)
    press, lowering = (first, second) if first.direction > 0 else (second, first)
    push_from_s, push_to_s = (begin1, end1) if first.direction > 0 else (begin2, end2)
    press_s = push_to_s - push_from_s
    way = abs(press.end - press.start)
    mean = way / press_s if s.measure == SLED and press_s > 0.0 else math.nan
    n = next_row(out)
    if n >= 0:
        row = out.rows[n]
        row.action = REP
        row.set = s.sets
        row.rep = s.reps
        row.t_s = t
        row.start_s = begin1
        row.bottom_s = end2 if first.direction > 0 else end1
        row.end_s = end2
        row.max_flexion_deg = extreme_flexion(s, 1.0, lowering.start_s, lowering.end_s + MARGIN_S)
        row.end_flexion_deg = extreme_flexion(s, -1.0, press.start_s, press.end_s)
        row.travel_m = max(way, abs(lowering.end - lowering.start)) if s.measure == SLED else math.nan
        row.eccentric_s = end2 - begin2 if first.direction > 0 else end1 - begin1
        row.pause_s = begin2 - end1
        row.concentric_s = press_s
        row.mean_velocity_mps = mean
        row.peak_velocity_mps = top_speed(s, press.start_s, press.end_s) if s.measure == SLED else math.nan
        brake_mps2 = p.brake_mps2 if s.measure == SLED else math.nan
        row.propulsive_velocity_mps = propulsive_speed(s, push_from_s, push_to_s, brake_mps2)
        row.left_share = mean_of(s, LEFT, begin1, end2)
    if s.set_reps == 0:
        s.set_start_s = min(s.set_start_s, begin1)
    if s.set_reps == 0 or not mean <= s.fastest_mean:
        s.fastest_mean = mean
    if s.set_reps == 0 or not mean >= s.slowest_mean:
        s.slowest_mean = mean
    s.typical = way if s.typical == 0.0 else s.typical + 0.4 * (way - s.typical)
    s.last_rep_end_s = end2
    s.reps += 1
    s.set_reps += 1
