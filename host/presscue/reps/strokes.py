"""The recent past of a motion, and when a stroke in it began and ended.

The past is a ring of PAST readings at RATE_HZ, about 40 s: longer than three reps of any usual tempo. Columns: time,
speed and acceleration of the measure, flexion, left part of the heels' reading.
"""

import math

from presscue.compiled import njit

PAST = 2048
RATE_HZ = 50.0
T, SPEED, FLEX, ACCELERATION, LEFT, WIDTH = range(6)

LOW, HIGH = 0.1, 0.25  # of the stroke's top speed
BEYOND = 0.5  # of the time between the two levels lies between the low one and rest
MARGIN_S = 0.3  # a stroke may begin this long before its extremum was seen


@njit
def remember(s, x):
    """Add frame x, unless the last is younger than 1/RATE_HZ. s: record with `speed`, `noted`, `past` (PAST, WIDTH)."""
    t = x.t_s
    if s.noted > 0 and t - s.past[(s.noted - 1) % PAST, T] < 1.0 / RATE_HZ:
        return
    i = s.noted % PAST
    s.past[i, T] = t
    s.past[i, SPEED] = s.speed
    s.past[i, FLEX] = x.flexion_deg
    s.past[i, ACCELERATION] = x.acceleration_mps2
    both = x.heel_left + x.heel_right
    s.past[i, LEFT] = x.heel_left / both if both > 0.0 else math.nan
    s.noted += 1


@njit
def since(s, t):
    """Number of the first remembered reading not before t."""
    i = s.noted
    oldest = max(0, s.noted - PAST)
    while i > oldest and s.past[(i - 1) % PAST, T] >= t:
        i -= 1
    return i


@njit
def forget_speeds(s, from_s):
    """The sled has not moved since then, though its filter thought so."""
    for i in range(since(s, from_s), s.noted):
        s.past[i % PAST, SPEED] = 0.0


@njit
def top_speed(s, from_s, to_s):
    """Greatest speed (absolute) between two times; 0 if nothing is remembered."""
    best = 0.0
    for i in range(since(s, from_s), s.noted):
        if s.past[i % PAST, T] > to_s:
            break
        best = max(best, abs(s.past[i % PAST, SPEED]))
    return best


@njit
def extreme_flexion(s, sign, from_s, to_s):
    """Greatest (sign 1.0) or least (sign -1.0) flexion between two times; NaN if none was measured."""
    best = math.nan
    for i in range(since(s, from_s), s.noted):
        if s.past[i % PAST, T] > to_s:
            break
        flexion = s.past[i % PAST, FLEX]
        if not sign * flexion <= sign * best and not math.isnan(flexion):
            best = flexion
    return best


@njit
def measured_share(s, column, from_s, to_s):
    """Part of the remembered readings between two times in which a column was measured; 0 if there are none."""
    known, n = 0, 0
    for i in range(since(s, from_s), s.noted):
        if s.past[i % PAST, T] > to_s:
            break
        known += 0 if math.isnan(s.past[i % PAST, column]) else 1
        n += 1
    return known / n if n > 0 else 0.0


@njit
def mean_of(s, column, from_s, to_s):
    """Mean of a column between two times over what was measured; NaN if nothing was."""
    total, n = 0.0, 0
    for i in range(since(s, from_s), s.noted):
        if s.past[i % PAST, T] > to_s:
            break
        value = s.past[i % PAST, column]
        if not math.isnan(value):
            total += value
            n += 1
    return total / n if n > 0 else math.nan


@njit
def propulsive_speed(s, from_s, to_s, brake_mps2):
    """Mean speed of a press over its propulsive part: while it decelerates by less than brake_mps2, which is what the
    load would do if nobody pushed. NaN where brake_mps2 is, or acceleration was not measured."""
    total, n = 0.0, 0
    for i in range(since(s, from_s), s.noted):
        if s.past[i % PAST, T] > to_s:
            break
        if s.past[i % PAST, ACCELERATION] > -brake_mps2:
            total += s.past[i % PAST, SPEED]
            n += 1
    return total / n if n > 0 else math.nan


@njit
def crossing(s, sign, i, level):
    """Time at which the signed speed crosses `level` between readings i - 1 and i."""
    t0, t1 = s.past[(i - 1) % PAST, T], s.past[i % PAST, T]
    v0, v1 = sign * s.past[(i - 1) % PAST, SPEED], sign * s.past[i % PAST, SPEED]
    if v0 == v1:
        return t1
    return t0 + (t1 - t0) * min(max((level - v0) / (v1 - v0), 0.0), 1.0)


@njit
def stroke_span(s, sign, from_s, to_s, floor):
    """When the stroke in direction `sign` between two extrema began and ended.

    Near rest, speed is lost in its own error. So each end is found where the speed passes HIGH and LOW of its top,
    and carried on by BEYOND of the time between: right to 3 % of the stroke's duration for minimum-jerk and
    half-sine strokes, where "moving" means faster than 1 cm/s. `floor`: speeds below it tell nothing. Where the speeds
    tell no such stroke, since a sensor was lost in it, the extrema are its ends.
    """
    last = s.noted - 1
    a = since(s, from_s - MARGIN_S)
    b = min(since(s, to_s + MARGIN_S), last)
    if b <= a:
        return from_s, to_s
    peak = 0.0
    for i in range(a, b + 1):
        peak = max(peak, sign * s.past[i % PAST, SPEED])
    low = max(LOW * peak, floor)
    high = max(HIGH * peak, 2.0 * low)
    i = a
    while i < b and sign * s.past[i % PAST, SPEED] < high:
        i += 1
    oldest = max(0, s.noted - PAST) + 1
    begin = s.past[i % PAST, T]
    if i > oldest:
        at_high = crossing(s, sign, i, high)
        while i > oldest and sign * s.past[(i - 1) % PAST, SPEED] >= low:
            i -= 1
        at_low = crossing(s, sign, i, low)
        begin = at_low - BEYOND * (at_high - at_low)
    i = b
    while i > a and sign * s.past[i % PAST, SPEED] < high:
        i -= 1
    end = s.past[i % PAST, T]
    if i < last:
        at_high = crossing(s, sign, i + 1, high)
        while i < last and sign * s.past[(i + 1) % PAST, SPEED] >= low:
            i += 1
        at_low = crossing(s, sign, i + 1, low) if i < last else s.past[last % PAST, T]
        end = at_low + BEYOND * (at_low - at_high)
    return (begin, end) if begin < end else (from_s, to_s)


@njit
def steepest(s, from_s, to_s, window_s):
    """Greatest mean acceleration over window_s between two times; 0 if too little is remembered."""
    k = max(1, round(window_s * RATE_HZ))
    best = 0.0
    for i in range(max(since(s, from_s), k), s.noted):
        if s.past[i % PAST, T] > to_s:
            break
        before = (i - k) % PAST
        dt = s.past[i % PAST, T] - s.past[before, T]
        if 0.0 < dt < 2.0 * window_s:
            best = max(best, (s.past[i % PAST, SPEED] - s.past[before, SPEED]) / dt)
    return best
