"""Metric or imperial, for people only: files and results are in SI units and kilograms whatever is chosen."""

import math
import re
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

    def height(self, m: float | None) -> str:
        """A body's height, as 178 cm or 5'10"."""
        if m is None or not math.isfinite(m):
            return NONE
        inches = round(m / M_PER_IN)
        return f"{100 * m:.0f} cm" if self.system == "metric" else f"{inches // 12}'{inches % 12}\""

    def read_load_kg(self, words: str) -> float:
        """As `read_load_kg`; a bare number is in the unit of loads."""
        return read_load_kg(words, self.load_unit)

    def read_height_m(self, words: str) -> float:
        """As `read_height_m`; a bare number is in cm, or in inches."""
        return read_height_m(words, "cm" if self.system == "metric" else "in")

    def speed(self, mps: float | None) -> str:
        """As 0.18 m/s or 0.59 ft/s."""
        if mps is None or not math.isfinite(mps):
            return NONE
        return f"{self.speed_value(mps):.2f} {self.speed_unit}"

    def speed_value(self, mps: float) -> float:
        """Metres a second in the unit of speeds."""
        return mps if self.system == "metric" else mps / M_PER_FT


_LOAD = re.compile(r"(\d+(?:[.,]\d+)?)\s*(kg|lbs?)?", re.IGNORECASE)
_HEIGHT = re.compile(r"(\d+(?:[.,]\d+)?)\s*(cm|m|in|\")?", re.IGNORECASE)
_FEET = re.compile(r"(\d)\s*(?:'|ft|′)\s*(?:(\d+(?:[.,]\d+)?)\s*(?:\"|in|″)?)?", re.IGNORECASE)


def read_load_kg(words: str, unit: str = "kg") -> float:
    """Kilograms of "120", "62.5 kg" or "265lb"; at most 1000. unit: of a bare number. Raises ValueError with a line."""
    found = _LOAD.fullmatch(words.strip())
    if found is None:
        raise ValueError(f"{words!r}: a load is a number of kg, or with its unit: 120, 265lb")
    kg = _number(found[1]) * (KG_PER_LB if (found[2] or unit).lower().startswith("lb") else 1.0)
    if kg > 1000.0:
        raise ValueError(f"{words!r}: at most 1000 kg")
    return kg


def read_height_m(words: str, unit: str = "cm") -> float:
    """Metres of "178", "1.78 m", "5'11" or "71in"; 1 to 2.5. unit: of a bare number. Raises ValueError with a line."""
    if feet := _FEET.fullmatch(words.strip()):
        height_m = int(feet[1]) * M_PER_FT + _number(feet[2] or "0") * M_PER_IN
    elif found := _HEIGHT.fullmatch(words.strip()):
        height_m = _number(found[1]) * {"cm": 0.01, "m": 1.0}.get((found[2] or unit).lower(), M_PER_IN)
    else:
        raise ValueError(f"{words!r}: a height is a number of cm, or with its unit: 178, 1.78 m, 5'11, 71in")
    if not 1.0 <= height_m <= 2.5:
        raise ValueError(f"{words!r}: a height is between 100 and 250 cm")
    return round(height_m, 4)


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))


METRIC = Units()
