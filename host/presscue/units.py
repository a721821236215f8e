"""Metric or imperial, for people only: files and results are in SI units and kilograms whatever is chosen."""

import math
from dataclasses import dataclass
from typing import Literal

System = Literal["metric", "imperial"]

ENVIRONMENT = "PRESSCUE_UNITS"

KG_PER_LB = 0.45359237
M_PER_IN = 0.0254
M_PER_FT = 0.3048

NONE = "–"
"""What stands where nothing was measured."""


@dataclass(frozen=True)
class Units:
    """How measured values are written. Every method takes None or NaN for "not measured" and writes a dash."""

    system: System = "metric"

    @property
    def load_unit(self) -> str:
        return "kg" if self.system == "metric" else "lb"

    @property
    def length_unit(self) -> str:
        return "mm" if self.system == "metric" else "in"

    @property
    def speed_unit(self) -> str:
        return "m/s" if self.system == "metric" else "ft/s"

    def load_value(self, kg: float) -> float:
        """Kilograms in the unit of loads."""
        return kg if self.system == "metric" else kg / KG_PER_LB

    def load(self, kg: float | None) -> str:
        """As 120 kg, 62.5 kg or 265 lb."""
        return self.loads(kg, kg)

    def loads(self, low_kg: float | None, high_kg: float | None) -> str:
        """As 120 kg, or 100–120 kg."""
        if low_kg is None or high_kg is None or not math.isfinite(low_kg + high_kg):
            return NONE
        low, high = self._load(low_kg), self._load(high_kg)
        return f"{low} {self.load_unit}" if low == high else f"{low}–{high} {self.load_unit}"

    def _load(self, kg: float) -> str:
        value = self.load_value(kg)
        return f"{round(value, 1):,.10g}" if self.system == "metric" else f"{value:,.0f}"

    def volume(self, kg: float | None) -> str:
        """Sets × reps × load, as 12,400 kg."""
        return NONE if kg is None or not math.isfinite(kg) else f"{self.load_value(kg):,.0f} {self.load_unit}"

    def length(self, m: float | None) -> str:
        """A sled's travel, as 231 mm or 9.1 in."""
        if m is None or not math.isfinite(m):
            return NONE
        return f"{m * 1000:.0f} mm" if self.system == "metric" else f"{m / M_PER_IN:.1f} in"

    def speed(self, mps: float | None) -> str:
        """As 0.18 m/s or 0.59 ft/s."""
        if mps is None or not math.isfinite(mps):
            return NONE
        return f"{self.speed_value(mps):.2f} {self.speed_unit}"

    def speed_value(self, mps: float) -> float:
        """Metres a second in the unit of speeds."""
        return mps if self.system == "metric" else mps / M_PER_FT


METRIC = Units()
