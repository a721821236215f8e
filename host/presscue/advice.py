"""What a user should set right: a strap that has turned, sensors mixed up, a profile that cannot be this lifter's.

Recognised when a calibration is fitted (fit.py), carried by it, so that a replay says the same at the same sample.
Codes are never reused; SPEC.md lists them.
"""

from typing import NamedTuple

from presscue.results import Advice


class Remark(NamedTuple):
    """One thing recognised by a fit: its number in `ADVICE`, since when, and how much (in the unit of its text)."""

    number: int
    since_s: float
    size: float = 0.0


(
    LEG_TURNED, LEG_LOOSE, SLED_TURNED, SWAPPED, RAIL_CONTRADICTED, HOLD_MOVED, HOLD_BENT, NO_LINKAGE,
    ON_THIGH, ON_SHANK, HOLD_ABSENT, LEG_IDLE,
    HOLD_ELSEWHERE,
) = range(1, 14)  # fmt: skip

ADVICE: dict[int, tuple[str, str, str]] = {
    LEG_TURNED: (
        "leg_imu_moved",
        "the leg sensor (or the foot) has turned by about {size:.0f} degrees",
        "tighten the strap; what was measured between the turn and the new calibration may be wrong",
    ),
    LEG_LOOSE: (
        "leg_imu_loose",
        "the leg sensor creeps on the leg, by about {size:.0f} degrees so far",
        "tighten the strap: knee angles are less sure",
    ),
    SLED_TURNED: (
        "sled_imu_moved",
        "the sled sensor has turned by about {size:.0f} degrees",
        "fasten its clip; it was calibrated anew",
    ),
    SWAPPED: (
        "sensors_swapped",
        "the sled sensor turns like a leg and the leg sensor does not",
        "exchange the two sensors, or the names of their columns",
    ),
    RAIL_CONTRADICTED: (
        "rail_contradicted",
        "gravity shows a rail of {size:.0f} degrees, not that of the profile",
        "check machine.rail_deg, or leave it out",
    ),
    HOLD_MOVED: (
        "hold_not_still",
        "the leg moved in the straight-leg hold, which was therefore not used",
        "hold still, and check calibration.straight_leg_hold_s",
    ),
    HOLD_BENT: (
        "hold_not_straight",
        "the leg was bent by about {size:.0f} degrees in the straight-leg hold, which was therefore not used",
        "hold the leg straight with the sled unloaded, and check calibration.straight_leg_hold_s",
    ),
    NO_LINKAGE: (
        "no_linkage",
        "leg and sled do not move as one leg press",
        "check that the leg with the sensor pushes the sled, and where the sensors sit",
    ),
    ON_THIGH: (
        "leg_imu_on_thigh",
        "the leg sensor moves as one on the thigh, not on the shank",
        'write segment = "thigh" under [mount], or strap it on the shank; it was measured as one on the thigh',
    ),
    ON_SHANK: (
        "leg_imu_on_shank",
        "the leg sensor moves as one on the shank, not on the thigh",
        'write segment = "shank" under [mount], or strap it on the thigh; it was measured as one on the shank',
    ),
    HOLD_ABSENT: (
        "hold_not_recorded",
        "the straight-leg hold lies outside the recording, and was therefore not used",
        "check calibration.straight_leg_hold_s: it counts in the recording's own time",
    ),
    LEG_IDLE: (
        "leg_imu_idle",
        "the leg sensor does not turn while the sled moves",
        "strap it on a leg that pushes; if both sensors sit on the sled, take one of them",
    ),
    HOLD_ELSEWHERE: (
        "hold_not_on_sled",
        "the sled did not go along with the straight-leg hold, which was therefore not used",
        "push the empty sled out until the legs are straight, hold, and let it come back, the feet where they stay",
    ),
}
"""Number: code, what was recognised, what to do."""


NO_HOLD = (HOLD_MOVED, HOLD_BENT, HOLD_ELSEWHERE)
"""What says that the straight-leg hold was none."""

REPEATED = (LEG_TURNED, LEG_LOOSE, SLED_TURNED)
"""What may happen again."""


SAME_S = 10.0  # remarks on what began this close together are on one thing


class Said:
    """What was said of a session: each thing once, unless it happens again."""

    def __init__(self) -> None:
        self._since_s: dict[int, float] = {}  # by number

    def say(self, remarks: tuple[Remark, ...], t_s: float) -> list[Advice]:
        """The advice for people, said at t_s, on what is new among the remarks; none on numbers of a later version."""
        advice = []
        for remark in remarks:
            since_s = self._since_s.get(remark.number)
            again = remark.number in REPEATED and since_s is not None and remark.since_s > since_s + SAME_S
            if (since_s is None or again) and remark.number in ADVICE:
                self._since_s[remark.number] = remark.since_s
                code, text, action = ADVICE[remark.number]
                advice.append(Advice(t_s, code, text.format(size=remark.size), action, remark.since_s))
        return advice
