"""Who is set up: the profile in use, those that can be chosen, and what is typed into the form."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import PresscueError
from ..lifters import lifter_names, read_lifter, save_lifter
from ..units import NONE, Units

FIELDS = ("lifter", "height", "load")


class Who:
    """profile: what is known of the lifter and the machine. trouble: why the last entry was not taken; one line."""

    def __init__(self, archive: Path, name: str | None, units: Units, observe: bool | None = None):
        """name: None for who trained last. observe: only watch the first set; None: that of a lifter who is new.
        Raises PresscueError."""
        self._archive, self._units, self._observe = archive, units, observe
        self.profile, self.is_new = read_lifter(archive, name)
        self.names = lifter_names(archive)
        self.trouble = ""

    @property
    def observes(self) -> bool:
        """Whether the first set is only watched."""
        return self.is_new if self._observe is None else self._observe

    def know(self, **values: float | None) -> None:
        """What was said on the command line, by the names of `Profile`; None is nothing."""
        self.profile = replace(self.profile, **{key: value for key, value in values.items() if value is not None})

    def enter(self, form: Mapping[str, Any]) -> bool:
        """Take what was typed: any of FIELDS as words, `observe` as yes or no. All of it, or, with a `trouble`, none.

        A lifter who is known brings the own profile. Whether anything has changed."""
        words = {key: " ".join(form[key].split()) for key in FIELDS if isinstance(form.get(key), str)}
        profile, is_new, observe = self.profile, self.is_new, self._observe
        try:
            name = words.get("lifter", "")
            if name and name != profile.lifter:
                found, is_new = read_lifter(self._archive, name)
                of_nobody = is_new and not profile.lifter
                profile = replace(profile, lifter=name) if of_nobody else replace(found, lifter=found.lifter or name)
            if words.get("height") and words["height"] != self._units.height(profile.height_m):
                profile = replace(profile, height_m=self._units.read_height_m(words["height"]))
            if words.get("load") and words["load"] != self._units.load(profile.sled_load_kg):
                profile = replace(profile, sled_load_kg=self._units.read_load_kg(words["load"]))
            if isinstance(form.get("observe"), bool):
                observe = form["observe"]
            changed = (profile, observe) != (self.profile, self._observe)
            if profile != self.profile:
                save_lifter(self._archive, replace(profile, straight_leg_hold_s=None))
        except (PresscueError, ValueError) as error:
            self.trouble = str(error)
            return False
        self.profile, self.is_new, self._observe, self.trouble = profile, is_new, observe, ""
        return changed

    def picture(self) -> dict[str, Any]:
        """What a form shows."""
        return {
            "lifter": self.profile.lifter or "", "height": self._written(self._units.height(self.profile.height_m)),
            "load": self._written(self._units.load(self.profile.sled_load_kg)), "names": self.names,
            "observe": self.observes, "trouble": self.trouble,
        }  # fmt: skip

    @staticmethod
    def _written(value: str) -> str:
        return "" if value == NONE else value
