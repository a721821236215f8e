"""The rep state machine: what `step` makes of each frame.

measure.py chooses what is followed, pairs.py makes strokes into reps and sets (the rules are there), phases.py
keeps the quick live view that detectors use. A set begins with the first movement and ends after a rest, or once the
legs have left a resting sled; the straight-leg hold, in which nothing is loaded, is in none. `rep` in the state is
provisional; events.py says how it is settled.
"""

import math
from typing import NamedTuple

import numpy as np

from presscue import wire
from presscue.compiled import njit
from presscue.reps.measure import breaks_off, least_speed, least_stroke, take_measure
from presscue.reps.order import LOWERING_FIRST, PRESS_FIRST, STROKE, UNKNOWN_ORDER, WAITING
from presscue.reps.pairs import break_off, end_set, follow_strokes, forget_strokes, provisional_rep
from presscue.reps.phases import follow_live
from presscue.reps.strokes import PAST, WIDTH, remember

PADS = wire.PADS
GRAVITY_MPS2 = 9.80665


class Params(NamedTuple):
    """What counts as a movement. Larger thresholds: fewer ghosts, but short reps are missed."""

    order: int = UNKNOWN_ORDER  # which stroke a rep usually begins with on such a machine; see `usual_order`
    stroke_m: float = 0.06  # least stroke; travel from 90 to 5 degrees is 0.23-0.27 m (domain.md)
    stroke_deg: float = 25.0  # the same in flexion
    stroke_pitch_deg: float = 12.0  # the same in leg pitch, about half of flexion
    longest_m: float = 0.6  # greatest stroke: a leg of 1.1 m from straight to 120 degrees goes 0.5 m
    speed_mps: float = 0.03  # slower is standing; beyond the velocity error of the sled alone (1-2 cm/s)
    speed_dps: float = 8.0  # the same in flexion
    speed_pitch_dps: float = 5.0  # the same in pitch
    share_of_typical: float = 0.2  # least stroke as a part of this lifter's typical one
    partial_share: float = 0.4  # a second stroke below this part of the first does not complete the rep
    unusual_share: float = 1.3  # where the first is longer than this part of the typical one, it counts as so long
    put_down_s: float = 4.0  # standing this long at the bottom, the sled is on its stops; larger: longer pauses pass
    stand_s: float = 1.0  # standing this long after the second stroke completes the rep; larger: reported later
    rest_s: float = 8.0  # standing this long ends the set
    away_s: float = 3.0  # legs off a resting sled this long end the set
    hold_s: float = math.inf  # begin of the straight-leg hold of an unloaded leg, to which it is led; inf: none
    held_s: float = -math.inf  # its end, after which the sled is put on its stops
    brake_mps2: float = math.nan  # how the load decelerates a sled that nobody pushes; see `on_rail`


STIR = 0.25  # of a least stroke: a foot shuffled on a sled that stands moves it by no more
LED_S = 3.0
"""Into the hold the leg is led within so long: that is no movement under load either."""


def usual_order(rail_deg: float) -> int:
    """The order usual on a machine of this incline: inclined sleds are unracked and then lowered, level and
    vertical ones begin with the press. What is seen may say otherwise: see order.py."""
    return LOWERING_FIRST if 15.0 < rail_deg < 75.0 else PRESS_FIRST


def on_rail(p: Params, rail_deg: float) -> Params:
    """Parameters for a machine of this incline.

    A press is propulsive while the lifter pushes, in free lifting while a > -g (Sanchez-Medina et al. 2010): on a rail
    it is the part of g along it that brakes. On a level rail the load hangs on a cable, and how hard that pulls is not
    known: no propulsive part is told there.
    """
    brake_mps2 = GRAVITY_MPS2 * math.sin(math.radians(rail_deg)) if rail_deg >= 15.0 else math.nan
    return p._replace(order=usual_order(rail_deg), brake_mps2=brake_mps2)


STATE = np.dtype(
    [
        ("measure", "i8"),
        ("t_s", "f8"),
        ("y", "f8"),  # the measure: m, or degrees towards straight
        ("speed", "f8"),  # its rate, > 0 while pressing
        ("least", "f8"),  # travel that makes a stroke
        ("blind", "i8"),  # 1 while the sled's own filter alone says where it is; since when, and where it was then
        ("blind_s", "f8"),
        ("blind_y", "f8"),
        # for detectors and displays
        ("active", "i8"),  # 1 from the first movement of a set to its end
        ("moving", "i8"),
        ("going", "i8"),  # 1 while it moves at least twice as fast as what counts as movement
        ("phase", "i8"),
        ("rep", "i8"),  # provisional index of the rep under way or just made, -1 outside a set
        ("depth", "f8"),  # 0 at the top, 1 at the bottom of a typical stroke
        ("bottoms", "i8"),  # lowerings ended so far, by the live view
        ("bottom_s", "f8"),  # when the last of them ended, and how long it took
        ("lowering_s", "f8"),
        ("lowering", "f8"),  # its travel, as a part of the typical one (1 if there is none yet)
        # live view
        ("heading", "i8"),
        ("edge", "f8"),  # extremum since the heading turned, and when the heading turned
        ("turn_s", "f8"),
        ("top", "f8"),
        ("bottom", "f8"),
        ("at_bottom", "i8"),
        ("halfway", "i8"),
        ("fastest", "f8"),  # since the heading turned
        ("brisk_s", "f8"),  # last time at a tenth of that
        # strokes
        ("direction", "i8"),
        ("high", "f8"),
        ("high_s", "f8"),
        ("low", "f8"),
        ("low_s", "f8"),
        ("typical", "f8"),
        ("spent", "i8"),  # 1 once the present stroke completed a rep
        ("waiting", "i8"),  # strokes that wait for their order to be known, or for a second one
        ("strokes", STROKE, WAITING),
        # sets
        ("settled", "i8"),  # 1 once it is known which stroke the set's reps begin with
        ("leaning", "i8"),  # the likelier order until then
        ("found", "i8"),  # the order in which reps have been made
        ("rested", "f8"),  # where it rested before the set began, or was put down in it
        ("moved_s", "f8"),
        ("place", "f8"),  # where it has been, but for stirs, since
        ("placed_s", "f8"),
        ("turned_s", "f8"),  # last time the knee turned: the sled's own filter may be slow to see it go
        ("on_s", "f8"),  # last time the legs were on the sled
        ("off_s", "f8"),  # last time the leg was seen off it, where there is no sled sensor
        ("reps", "i8"),  # confirmed over the recording
        ("sets", "i8"),
        ("set_reps", "i8"),
        ("set_start_s", "f8"),
        ("set_end_s", "f8"),
        ("last_set_end_s", "f8"),
        ("last_rep_end_s", "f8"),
        ("fastest_mean", "f8"),
        ("slowest_mean", "f8"),
        ("noted", "i8"),  # readings remembered in past
        ("past", "f8", (PAST, WIDTH)),
    ]
)


def new_state() -> np.ndarray:
    """A state array (1,): element 0 is the record that `step` takes; copying the array saves the state."""
    state = np.zeros(1, STATE).view(np.recarray)
    state.rep = -1
    state.t_s = -math.inf
    state.last_set_end_s = math.nan
    state.off_s = state.last_rep_end_s = -math.inf
    return state


@njit
def step(p, s, x, out):
    """One reading: p Params, s STATE record, x FRAME record, out BUFFER record."""
    if x.source == PADS:
        return
    if breaks_off(p, s, x):
        break_off(p, s, s.t_s, out)
    if not take_measure(p, s, x):
        if x.engaged == 0.0:
            s.off_s = x.t_s
        if s.active == 1 and x.engaged == 0.0:
            forget_strokes(p, s, x.t_s, out)
            if x.t_s - s.moved_s > p.away_s:
                end_set(p, s, x.t_s, out)
        return
    t = x.t_s
    s.least = least_stroke(p, s)
    limit = least_speed(p, s)
    s.moving = 1 if abs(s.speed) >= limit and x.still != 1.0 else 0
    s.going = 1 if abs(s.speed) >= 2.0 * limit and x.still != 1.0 else 0
    if s.moving == 1:
        s.moved_s = t
    if abs(x.rate_dps) >= p.speed_dps and x.still != 1.0:
        s.turned_s = t
    if x.engaged != 0.0:
        s.on_s = t
    remember(s, x)
    unloaded = p.hold_s - LED_S < t < p.held_s
    if unloaded and s.active == 1:
        end_set(p, s, t, out)
    if s.active == 0:
        if s.moving == 0 or unloaded:
            s.high = s.low = s.rested = s.y
            s.high_s = s.low_s = t
            return
        s.high = max(s.high, s.y)
        s.low = min(s.low, s.y)
        if s.high - s.low < 0.25 * s.least:
            return
        s.active = 1
        s.set_start_s = min(s.high_s, s.low_s)
    if abs(s.y - s.place) > STIR * s.least:
        s.place, s.placed_s = s.y, t
    standing_s = t - min(s.moved_s, s.placed_s)
    if standing_s > p.rest_s or (standing_s > p.away_s and t - s.on_s > p.away_s):
        end_set(p, s, t, out)
        return
    follow_strokes(p, s, t, out)
    if s.active == 0:
        return
    follow_live(p, s, t, out)
    provisional_rep(p, s)


@njit
def finish(p, s, out):
    """The recording is over: what is certain now, and the set's end."""
    if s.active == 1:
        end_set(p, s, s.t_s, out)
