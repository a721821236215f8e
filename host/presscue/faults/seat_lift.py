"""Seat lift: the hip leaves the seat, mostly at the bottom, and with it the lower back rounds (domain.md).

The pad on the seat is judged like that under a heel (heel_lift.py): against its own level and shape. A lift is sought
in pauses too, since it comes with the turn at the bottom, but not once the sled has been put down.
"""

import numpy as np

from presscue.events import SEAT_LIFT
from presscue.faults import heel_lift
from presscue.faults.heel_lift import Params

USUAL = Params(share=0.5, back_share=0.65, dwell_s=0.15, moved=0.0, paused_s=0.3, clean_share=0.65)
"""Under half of the seat's own baseline for 150 ms; of a pause 0.3 s count, since after the last rep people get up."""


def new_state() -> np.ndarray:
    """A state array (1,) that has seen nothing."""
    return heel_lift.new_state(SEAT_LIFT)
