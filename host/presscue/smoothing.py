"""Sled position after the fact. A streaming filter learns only when the sled rests again how wrong it had gone, and
corrects itself there; offline each such correction is spread back over the movement that caused it."""

from .spill import Spill


def smooth_sled(spill: Spill) -> None:
    pass
