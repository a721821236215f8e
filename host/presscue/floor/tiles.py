"""The picture of all stations: a tile each, made by the painter of the live page."""

from collections.abc import Iterable
from typing import Any

from ..live.stations import Station
from ..profile import Profile
from ..units import Units
from ..web.picture import Painter

SHOWN = (
    "title", "link", "trouble", "node", "ready", "calibrating", "knee_deg", "limits_deg", "depth", "phase", "set",
    "rep", "reps", "cue", "faults", "parts_missing", "battery_v", "storage",
)  # fmt: skip
"""What of a station's picture its tile has."""


class Tiles:
    """Remembers a painter for each station."""

    def __init__(self, profile: Profile, units: Units):
        self._profile, self._units = profile, units
        self._painters: dict[str, Painter] = {}

    def picture(self, stations: Iterable[Station], remark: str = "") -> dict[str, Any]:
        """All tiles, in order of name. remark: a line above them."""
        return {"remark": remark, "stations": [self._tile(one) for one in sorted(stations, key=lambda one: one.name)]}

    def _tile(self, station: Station) -> dict[str, Any]:
        live = station.live
        if live is None:
            state = "lost" if station.error else "connecting"
            return {"title": station.name, "link": state, "trouble": str(station.error or "")}
        painter = self._painters.setdefault(station.name, Painter(self._profile, station.name, self._units))
        whole = painter.picture(live)
        own = {"clean": live.findings.clean_reps(), "lost": live.session.counts.lost_readings}
        return {key: whole[key] for key in SHOWN} | own
