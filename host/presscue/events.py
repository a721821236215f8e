"""What the compiled steps report: rows in a small preallocated buffer, and the results they become.

A fault is reported when it is certain (BEGUN) and, if it lasts, again when it is over (ENDED); a momentary one comes
as a single BEGUN row with its end. Reps and sets come when they are certain, so a fault mostly comes before its rep:
its row carries the *provisional* index of the rep under way. `Ledger` turns rows into results and settles that index:
an event belongs to rep r if r comes to be and spans the event's onset; if none does, its rep is null, and the event
is said again so corrected.
"""

import math
from dataclasses import replace

import numpy as np

from presscue.compiled import njit
from presscue.results import Event, Kind, Rep, SetResult, Side

BEGUN, ENDED, REP, SET, HALFWAY = range(5)
"""Actions of a row. HALFWAY: a press has come half-way up, the moment for a reminder."""

(
    LOCKOUT, SLAM, DEPTH, HEEL_LEFT, HEEL_RIGHT, SEAT_LIFT, VALGUS_LEFT, VARUS_LEFT, TEMPO, IMBALANCE_LEFT,
    LOCKOUT_AHEAD, VALGUS_RIGHT, VARUS_RIGHT, IMBALANCE_RIGHT,
) = range(14)  # fmt: skip

FAULTS: dict[int, tuple[Kind, Side | None]] = {
    LOCKOUT: ("lockout", None),
    SLAM: ("slam", None),
    DEPTH: ("depth", None),
    HEEL_LEFT: ("heel_lift", "left"),
    HEEL_RIGHT: ("heel_lift", "right"),
    SEAT_LIFT: ("seat_lift", None),
    VALGUS_LEFT: ("valgus", "left"),
    VARUS_LEFT: ("varus", "left"),
    TEMPO: ("tempo", None),
    IMBALANCE_LEFT: ("imbalance", "left"),
    LOCKOUT_AHEAD: ("lockout", None),
    VALGUS_RIGHT: ("valgus", "right"),
    VARUS_RIGHT: ("varus", "right"),
    IMBALANCE_RIGHT: ("imbalance", "right"),
}
"""Number of a fault in rows: its kind and side. Numbers are never reused. LOCKOUT_AHEAD: a predicted lockout."""

ROW = np.dtype(
    [
        ("action", "i8"),
        ("fault", "i8"),  # BEGUN, ENDED
        ("set", "i8"),  # REP, SET
        ("rep", "i8"),  # provisional index (-1 = none) of BEGUN, ENDED, HALFWAY; index of REP; number of reps of SET
        ("t_s", "f8"),  # time of the reading that made it certain
        ("start_s", "f8"),  # BEGUN and ENDED: the onset
        ("end_s", "f8"),  # NaN while it lasts
        ("severity", "f8"),  # BEGUN, ENDED: 0 at the limit, 1 as bad as the scale goes
        ("confidence", "f8"),  # BEGUN, ENDED: 0-1
        ("bottom_s", "f8"),  # from here REP
        ("max_flexion_deg", "f8"),
        ("end_flexion_deg", "f8"),
        ("travel_m", "f8"),
        ("eccentric_s", "f8"),
        ("pause_s", "f8"),
        ("concentric_s", "f8"),
        ("mean_velocity_mps", "f8"),
        ("peak_velocity_mps", "f8"),
        ("propulsive_velocity_mps", "f8"),
        ("left_share", "f8"),
        ("rest_before_s", "f8"),  # from here SET
        ("velocity_loss", "f8"),
    ]
)


CAPACITY = 256
BUFFER = np.dtype([("room", "i8"), ("used", "i8"), ("lost", "i8"), ("rows", ROW, CAPACITY)])
"""room: how many rows it may hold. used: in use. lost: to overflow since the start. One record, like the states."""


def new_buffer(room: int = CAPACITY) -> np.ndarray:
    """An empty buffer, shape (1,): element 0 is the record that steps take. Overflow drops the newest rows and counts
    them."""
    buffer = np.zeros(1, BUFFER)
    buffer["room"] = room
    return buffer


def drain(buffer: np.ndarray) -> np.ndarray:
    """A copy of the rows in use, of a buffer (1,); empties it."""
    used = int(buffer["used"][0])
    rows = buffer["rows"][0, :used]
    taken = rows.copy()
    rows[:] = np.zeros((), ROW)  # a row says nothing of the one that was there before
    buffer["used"] = 0
    return taken


@njit
def next_row(out):
    """Index of a free row, or -1 (counted) when there is none."""
    n = out.used
    if n >= out.room:
        out.lost += 1
        return -1
    out.used = n + 1
    return n


@njit
def report(out, action, fault, rep, t_s, onset_s, end_s, severity, confidence):
    """Add a BEGUN or ENDED row. Severity and confidence are clipped to 0-1; end_s is NaN while the fault lasts."""
    n = next_row(out)
    if n < 0:
        return
    row = out.rows[n]
    row.action = action
    row.fault = fault
    row.rep = rep
    row.t_s = t_s
    row.start_s = onset_s
    row.end_s = end_s
    row.severity = min(max(severity, 0.0), 1.0)
    row.confidence = min(max(confidence, 0.0), 1.0)


@njit
def certainty(margin, sd):
    """Probability that the truth is beyond the limit, for a reading `margin` beyond it with this standard deviation."""
    if not sd > 0.0:  # also where it is not known
        return 1.0 if margin >= 0.0 else 0.0
    return 0.5 * (1.0 + math.erf(margin / (sd * math.sqrt(2.0))))


def rep_of(row) -> Rep:
    """The result of a REP row."""
    return Rep(
        int(row["set"]), int(row["rep"]), float(row["start_s"]), float(row["bottom_s"]), float(row["end_s"]),
        float(row["max_flexion_deg"]), float(row["end_flexion_deg"]), float(row["travel_m"]),
        float(row["eccentric_s"]), float(row["pause_s"]), float(row["concentric_s"]),
        float(row["mean_velocity_mps"]), float(row["peak_velocity_mps"]),
        range_deg=float(row["max_flexion_deg"] - row["end_flexion_deg"]),
        mean_propulsive_velocity_mps=float(row["propulsive_velocity_mps"]), left_share=float(row["left_share"]),
    )  # fmt: skip


def set_of(row) -> SetResult:
    """The result of a SET row."""
    rest, loss = float(row["rest_before_s"]), float(row["velocity_loss"])
    return SetResult(
        int(row["set"]), float(row["start_s"]), float(row["end_s"]), int(row["rep"]),
        None if math.isnan(rest) else rest, None if math.isnan(loss) else loss,
    )  # fmt: skip


def event_of(row) -> Event:
    """The result of a BEGUN or ENDED row, with the provisional rep. A prediction that ends has not come true."""
    number = int(row["fault"])
    kind, side = FAULTS[number]
    rep = int(row["rep"])
    predicted = number == LOCKOUT_AHEAD
    return Event(
        kind, side, rep if rep >= 0 else None, float(row["start_s"]), float(row["t_s"]), float(row["end_s"]),
        float(row["severity"]), float(row["confidence"]), predicted=predicted,
        confirmed=False if predicted and int(row["action"]) == ENDED else None,
    )  # fmt: skip


BY_LEG = frozenset(("lockout", "heel_lift", "seat_lift", "valgus", "varus", "tempo"))
"""Faults that getting up looks like to a leg sensor alone."""


class Ledger:
    """Rows in, results out, in order; settles which rep an event belongs to, and whether a prediction came true.

    waiting: kinds that are told only once their rep is complete, and never where it does not come to be.
    """

    EARLY_S = 0.3
    """An onset this long before the rep's start still belongs to it: both are known to about a tenth of a second."""

    def __init__(self, waiting: frozenset[str] = frozenset()):
        self._waiting = waiting
        self._held: dict[tuple[str, str | None, float, bool], Event] = {}  # events of those kinds
        self._reps: list[Rep] = []  # of the present set
        self._events: dict[tuple[str, str | None, float, bool], Event] = {}  # of the present set
        self._lasting: dict[tuple[str, str | None, float, bool], Event] = {}  # of earlier sets, settled, not yet over

    def enter(self, row) -> list[Rep | SetResult | Event]:
        """The results that this row brings; a HALFWAY row brings none."""
        action = int(row["action"])
        if action == REP:
            rep = rep_of(row)
            self._reps.append(rep)
            return [rep, *self._settle(rep), *self._release(rep, float(row["t_s"]))]
        if action == SET:
            return [*self.close(), set_of(row)]
        if action == HALFWAY:
            return []
        return [*self._note(event_of(row))]

    def close(self) -> list[Event]:
        """The set (or the recording) is over: events of no rep are said again, with rep None."""
        changed = []
        for key, event in self._events.items():
            if event.rep is not None and not self._has(event):
                event = replace(event, rep=None)
                changed.append(event)
            if math.isnan(event.end_s):
                self._lasting[key] = event
        self._events.clear()
        self._held.clear()
        self._reps.clear()
        return changed

    def _release(self, rep: Rep, t_s: float) -> list[Event]:
        """The events that waited for this rep, told at t_s."""
        own = [key for key, event in self._held.items() if rep.start_s - self.EARLY_S <= event.onset_s <= rep.end_s]
        told = [replace(self._held.pop(key), rep=rep.rep, detected_s=t_s) for key in own]
        self._events |= {event.key: event for event in told}
        return told

    def _note(self, event: Event) -> list[Event]:
        key = event.key
        if key in self._lasting:
            return [_ended(self._lasting.pop(key), event)]
        known = self._events.get(key)
        said = []
        if known is not None:
            if known.confirmed is not None:
                return []  # a prediction that came true is settled, though its press ends only now
            event = _ended(known, event)
        elif event.kind == "lockout" and not event.predicted:
            said = self._confirm(event)
            if said:
                event = replace(event, lead_s=said[0].lead_s)
        for rep in self._reps:
            if rep.start_s <= _begun_s(event) <= rep.end_s:
                event = replace(event, rep=rep.rep)
        if event.kind in self._waiting and not event.predicted and known is None and not self._has(event):
            self._held[key] = event
            return said
        self._events[key] = event
        return [*said, event]

    def _confirm(self, lockout: Event) -> list[Event]:
        """The prediction that this lockout makes true, if there is one pending."""
        for key, event in self._events.items():
            if event.predicted and event.confirmed is None:
                lead_s = lockout.onset_s - event.detected_s
                self._events[key] = replace(event, end_s=lockout.onset_s, confirmed=True, lead_s=lead_s)
                return [self._events[key]]
        return []

    def _settle(self, rep: Rep) -> list[Event]:
        """Events that turn out to lie in `rep`, though their provisional index was another."""
        changed = []
        for key, event in self._events.items():
            begun_s = _begun_s(event)
            inside = rep.start_s <= begun_s <= rep.end_s
            early = 0.0 < rep.start_s - begun_s <= self.EARLY_S
            if event.rep != rep.rep and (inside or (early and not self._has(event, rep.start_s - begun_s))):
                self._events[key] = replace(event, rep=rep.rep)
                changed.append(self._events[key])
        return changed

    def _has(self, event: Event, within_s: float = math.inf) -> bool:
        """Whether the event's rep has come to be, not only after the event, nor over for longer than within_s."""
        own = [r for r in self._reps if r.rep == event.rep]
        return any(r.start_s - self.EARLY_S <= _begun_s(event) <= r.end_s + within_s for r in own)


def _ended(known: Event, event: Event) -> Event:
    """The last word on an event: what was said when it began stays."""
    return replace(event, detected_s=known.detected_s, rep=known.rep, lead_s=known.lead_s)


def _begun_s(event: Event) -> float:
    """When an event first touched its rep: a predicted onset may lie beyond the rep's end."""
    return min(event.onset_s, event.detected_s)
