"""When the core asks for a calibration, and what becomes of the answer: bookkeeping only, no reading is seen here.

The first wish comes after two repetitions, the next when more of the first set is there. After a set the core asks
once more, to learn from all of it; what is then in force is the belief that the next set begins with. In a later set
two repetitions are enough to see whether the sensors still sit as they did.
"""

import math
from dataclasses import replace

from presscue.calibration import activity
from presscue.calibration.model import Calibration
from presscue.results import CalibrationWanted

FIT_DELAY_S = 2.0  # from the last reading a fit uses to the sample from which it counts
RETRY_TURN_RAD = 1.2  # more movement to wait for after a fit that failed
REFINE_TURN_RAD = 5.0  # and after the first that succeeded; about four reps
LOOK_TURN_RAD = 2.2  # in a later set: do the sensors still sit as they did?
SET_TURN_RAD = 1.0  # in a set, at its end, to learn from it


def _whole_us(t_s: float, rounding) -> float:
    return rounding(t_s * 1e6) * 1e-6


class Learning:
    """calibration: the one in force. prior: what was in force when the last set was over, None in the first one.
    refined: it has been fitted once more since the first time. wanted: asked for. pending: answered, not yet in force.
    """

    def __init__(self) -> None:
        self.calibration: Calibration | None = None
        self.prior: Calibration | None = None
        self.refined = False
        self.wanted: CalibrationWanted | None = None
        self.pending: Calibration | None = None
        self._turn_rad = activity.FIRST_TURN_RAD
        self._since_s = -math.inf  # the end of the last set
        self._settles = False  # the fit asked for is that at the end of a set
        self._asked_last = False

    @property
    def idle(self) -> bool:
        """Nothing is asked for, nothing waits for its sample."""
        return self.wanted is None and self.pending is None

    @property
    def enough_rad(self) -> float:
        """How far leg and sled must have moved together for the next wish."""
        return self._turn_rad if self.idle else math.inf

    def ask(self, now_s: float) -> CalibrationWanted:
        """The wish for a fit on what there is by now."""
        self.wanted = CalibrationWanted(now_s, _whole_us(now_s + FIT_DELAY_S, round), self._since_s)
        return self.wanted

    def ask_last(self, now_s: float) -> CalibrationWanted | None:
        """At the end of a stream without a calibration: one more try, with all there is."""
        if self._asked_last or self.wanted is not None or now_s == -math.inf:
            return None
        self._asked_last = True
        return self.ask(now_s)

    def answer(self, calibration: Calibration, now_s: float) -> Calibration:
        """The fit, as it will count: in the precision of a message, and not before now_s."""
        if now_s > calibration.effective_s:
            calibration = replace(calibration, effective_s=_whole_us(now_s, math.ceil))
        self.wanted = None
        self.pending = calibration.rounded()
        return self.pending

    def take(self) -> Calibration:
        """The pending answer counts from here on, if it can be used; if not, more movement may help."""
        new, old = self.pending, self.calibration
        assert new is not None
        self.pending = None
        if not new.usable:
            self._turn_rad = RETRY_TURN_RAD
        elif renews(old, new):
            self.calibration, self.refined, self._turn_rad = new, True, math.inf
        else:
            self.calibration, self._turn_rad = new, REFINE_TURN_RAD if new.linked else math.inf
        if self._settles:
            self._settle(new.effective_s)
        return new

    def set_over(self, now_s: float, turned_rad: float) -> CalibrationWanted | None:
        """A set has ended: learn from it, and let what is known then be the belief for the next one."""
        c = self.calibration
        wish = c is not None and c.linked and self.idle and turned_rad > SET_TURN_RAD
        asked = self.ask(now_s) if wish else None
        if self.idle:
            self._settle(now_s)
        else:
            self._settles = True
        return asked

    def _settle(self, now_s: float) -> None:
        self._since_s, self.prior, self._settles = now_s, self.calibration, False
        if self.calibration is not None and self.calibration.linked:
            self._turn_rad = LOOK_TURN_RAD


def renews(old: Calibration | None, new: Calibration) -> bool:
    """Whether a calibration only says better what an older one said of the same sensors."""
    return old is not None and old.layout == new.layout
