"""Whether the sled shakes like one that goes: rollers rattle with speed; at rest the sensor's noise and the legs'
tremor are left. How much either shakes is learnt of each sled; one that runs without rattling tells nothing.

Shaking is the mean square of the second differences of the acceleration along the rail, (m/s2)2: pushes are slow, and
leave none.
"""

from presscue.compiled import njit

SHAKE_S = 0.1  # over so long it is judged
LEARN_S = 2.0  # and so long, of a sled that goes or stands, it is learnt
QUIETER_S, LOUDER_S = 0.3, 20.0  # at rest, sooner where it is less and later where it is more: it may have gone slowly
GOING_MPS, STANDING_MPS = 0.08, 0.03  # faster than that it goes for certain; slower than that the filter says it stands
RATTLING = 6.0  # so many times more shaking than at rest is no rest
TELLING = 9.0  # a sled that would shake so many times more, going as its filter says, can be told from one that stands


@njit
def watch_shaking(m, s, dt, along):
    """One reading along the rail (m/s2), dt after the last."""
    change = along - s.along
    bend = change - s.along_change
    s.along_change = change
    s.shake += min(dt / SHAKE_S, 1.0) * (bend * bend - s.shake)
    if s.shake_still == 0.0:
        s.shake_still = s.shake = 6.0 * m.floor_mps2**2  # white noise of that floor
    speed_mps = abs(s.sled.x[1])
    if speed_mps < STANDING_MPS and s.shake > s.shake_still:
        s.shake_still += min(dt / LEARN_S, 1.0) * (s.shake - s.shake_still)  # it may stand, under legs that tremble
    if speed_mps > GOING_MPS:
        per = max(s.shake - s.shake_still, 0.0) / speed_mps**2
        s.shake_going += min(dt / LEARN_S, 1.0) * (per - s.shake_going)


@njit
def learn_standing(s, dt):
    """The sled is taken to stand."""
    memory_s = QUIETER_S if s.shake < s.shake_still else LOUDER_S
    s.shake_still += min(dt / memory_s, 1.0) * (s.shake - s.shake_still)


@njit
def rattles(s):
    """Whether it shakes more than it ever does at rest."""
    return s.shake > RATTLING * s.shake_still


@njit
def shakes_as(s, speed_mps):
    """1: like one that goes so fast, -1: like one that stands, 0: it cannot be told apart."""
    going = s.shake_still + s.shake_going * speed_mps * speed_mps
    if going < TELLING * s.shake_still:
        return 0
    return 1 if s.shake * s.shake > s.shake_still * going else -1
