"""What the sensors at hand can measure, and why not the rest. Words for people; no guess is ever made instead."""

from collections.abc import Collection, Mapping, Sequence

from ..calibration.model import Calibration

NOT = "not measured: "
NAMED = 3
"""Times of silence that are named one by one."""
ESTIMATE = "leg, an estimate by the straight-leg hold and the lengths of a usual leg"
KNEE = ("knee_flexion", "lockout", "slam", "depth")
BY_EITHER = ("reps", "sled_position", "tempo", *KNEE)
"""What leg and sled measure together, and either alone while the other is away."""

Spans = Sequence[tuple[float, float]]


def _imbalance(pads: Collection[str], load_cells: bool) -> str:
    if not {"heel_left", "heel_right"} <= set(pads):
        return NOT + "it takes a pad under each heel"
    return "left against right, load cells" if load_cells else "change against the lifter's own earlier sets"


def _seat_lift(pads: Collection[str], by: str, linked: bool) -> str:
    if "seat" in pads:
        return by if by.startswith(NOT) else "seat pad"
    return "leg+sled, an estimate at the end of each set: no seat pad" if linked else NOT + "no seat pad"


def measured(
    calibration: Calibration | None,
    pads: Collection[str],
    leg: str | None = None,
    load_cells: bool = False,
    away: Mapping[str, Spans] | None = None,
) -> dict[str, str]:
    """How each quantity was measured, or why it was not.

    pads: names of those that read anything, of heel_left, heel_right, seat. leg: which one the profile says carries
    the IMU. load_cells: whether the pads are such. away: from when to when (s) the IMUs "sled" and "leg" said nothing.
    """
    has_sled = calibration is not None and calibration.has_sled
    has_leg = calibration is not None and calibration.has_leg
    linked = has_sled and has_leg
    if calibration is None:
        nothing = NOT + "there was too little movement to calibrate on, or no IMU"
        no_knee = no_sled = no_leg = no_rep = nothing
    else:
        lacking = "no leg IMU" if has_sled else "no sled IMU"
        no_knee = NOT + lacking
        no_sled, no_leg, no_rep = NOT + "no sled IMU", NOT + "no leg IMU", NOT + "no IMU"
    knee = depth = slam = "leg+sled" if linked else no_knee
    if has_leg and not linked:
        knee = ESTIMATE if calibration is not None and calibration.estimated else no_knee
    if knee == ESTIMATE:
        depth = NOT + "a leg IMU alone tells a deep knee too roughly"
    sled = "leg+sled" if linked else "sled" if has_sled else no_sled
    by = "+".join(name for name, there in (("leg", has_leg), ("sled", has_sled)) if there)
    heels = {name: f"{name.replace('_', ' ')} pad" for name in ("heel_left", "heel_right")}
    there = [text for name, text in heels.items() if name in pads]
    if not has_leg:
        plane = no_leg
    elif leg is None:
        plane = NOT + "the profile does not say which leg carries the IMU: write leg under [mount]"
    elif linked:
        plane = f"leg+sled, {leg} knee"
    else:
        plane = f"leg, {leg} knee, by its turn about the vertical: on a level rail its side is uncertain"
    found = {
        "reps": by or no_rep,
        "knee_flexion": knee,
        "sled_position": sled,
        "leg_pitch": "leg" if has_leg else no_leg,
        "lockout": knee,
        "slam": slam,
        "depth": depth,
        "tempo": by or no_rep,
        "heel_lift": (" and ".join(there) if by else no_rep) if there else NOT + "no heel pad",
        "seat_lift": _seat_lift(pads, by or no_rep, linked),
        "valgus": plane,
        "varus": plane,
        "imbalance": _imbalance(pads, load_cells) if by else no_rep,
    }
    return {name: _but(name, how, away or {}, linked) for name, how in found.items()}


def _but(name: str, how: str, away: Mapping[str, Spans], linked: bool) -> str:
    """How a quantity was measured, with what was otherwise while an IMU was away."""
    leg, sled = away.get("leg", ()), away.get("sled", ())
    if how.startswith(NOT):
        return how
    if linked and name in BY_EITHER:
        both = _common(leg, sled)
        sure = ", while that was sure" if name in KNEE else ""
        how += _while(_without(leg, both), f"leg IMU silent: from the sled alone{sure}")
        how += _while(_without(sled, both), "sled IMU silent: from the leg alone")
        return how + _while(both, f"{NOT}both IMUs silent")
    if name in ("leg_pitch", "valgus", "varus") or (name in BY_EITHER and how.startswith("leg")):
        return how + _while(leg, f"{NOT}leg IMU silent")
    return how + _while(sled, f"{NOT}sled IMU silent") if name in BY_EITHER else how


def _while(spans: Spans, what: str) -> str:
    if not spans:
        return ""
    when = ", ".join(f"{a:.1f}–{b:.1f} s" for a, b in spans[:NAMED])
    more = f" and {len(spans) - NAMED} times more" if len(spans) > NAMED else ""
    return f"; {when}{more} {what}"


def _common(one: Spans, other: Spans) -> Spans:
    """The times in both."""
    return [(max(a, c), min(b, d)) for a, b in one for c, d in other if max(a, c) < min(b, d)]


def _without(spans: Spans, taken: Spans) -> Spans:
    """The times in the first that are not in the second."""
    for c, d in taken:
        spans = [part for a, b in spans for part in ((a, min(b, c)), (max(a, d), b)) if part[1] - part[0] > 0.05]
    return spans
