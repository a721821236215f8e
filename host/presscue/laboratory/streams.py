"""What a laboratory gets: streams, channels, units, and the words of the markers."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .. import wire
from ..kernel import COLUMNS as TRACE
from ..readings.channels import COLUMNS
from ..results import Cue, Event, Output, Rep, SetResult

UNITS = {
    "mps2": "m/s^2", "radps": "rad/s", "deg": "deg", "dps": "deg/s", "m": "m", "mps": "m/s", "v": "V", "n": "N",
}  # fmt: skip
"""The units at the end of a column's name, as they are written out."""


class Stream(NamedTuple):
    """kind: LSL's content type. columns: names that end in their unit, none for markers."""

    name: str
    kind: str
    columns: tuple[str, ...]

    def labels(self) -> list[str]:
        """The channels, without their units."""
        return [_parts(column)[0] for column in self.columns]

    def units(self, said: Iterable[str] = ()) -> list[str]:
        """Units of the channels. said: what the node calls them where the columns leave the unit open, as for pads."""
        known = dict(map(_parts, said))
        return [unit or known.get(label, "") or "unknown" for label, unit in map(_parts, self.columns)]


KNEE_COLUMNS = (
    "knee_flexion_deg", "knee_rate_dps", "sled_position_m", "sled_velocity_mps", "leg_pitch_deg", "valgus_deg",
)  # fmt: skip
KNEE = Stream("presscue_knee", "Kinematics", KNEE_COLUMNS)
"""What the core makes of the readings, one sample for each reading of any sensor."""
KNEE_AT = [TRACE.index(column) for column in KNEE_COLUMNS]
"""Where they stand in a row of the core's trace."""
EVENTS = Stream("presscue_events", "Markers", ())
RAW = {
    wire.SLED: Stream("presscue_sled_imu", "IMU", COLUMNS[wire.SLED]),
    wire.LEG: Stream("presscue_leg_imu", "IMU", COLUMNS[wire.LEG]),
    wire.PADS: Stream("presscue_pads", "Force", COLUMNS[wire.PADS]),
}
"""The readings of each source as they come."""


class Markers:
    """Results as markers: time on the session clock, and words. Each start and end of a fault is told once."""

    def __init__(self):
        self._begun: set[tuple] = set()

    def of(self, out: Output) -> Iterator[tuple[float, str]]:
        """The markers of a result whose times are known, in order of time."""
        return ((t_s, words) for t_s, words in self._all(out) if math.isfinite(t_s))

    def _all(self, out: Output) -> Iterator[tuple[float, str]]:
        match out:
            case Rep():
                yield out.start_s, f"rep {out.rep + 1} start"
                yield out.bottom_s, f"rep {out.rep + 1} bottom"
                yield out.end_s, f"rep {out.rep + 1} end"
            case SetResult():
                yield out.start_s, f"set {out.set + 1} start"
                yield out.end_s, f"set {out.set + 1} end"
            case Cue():
                yield out.detected_s, f"cue {out.cue} {out.kind} {out.pattern}"
            case Event():
                what = f"{out.kind} {out.side}" if out.side else out.kind
                first = out.key not in self._begun
                self._begun.add(out.key)
                if out.predicted:
                    if first:
                        yield out.detected_s, f"expected {what}"
                    return
                if first:
                    yield out.onset_s, f"fault {what} start"
                yield out.end_s, f"fault {what} end"


def _parts(column: str) -> tuple[str, str]:
    """A column's name, and its unit as it is written out, empty where the name has none."""
    label, _, unit = column.rpartition("_")
    return (label, UNITS[unit]) if unit in UNITS else (column, "")
