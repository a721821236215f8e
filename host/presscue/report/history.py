"""The page of a training history, and the words of its figures. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..texts import has, text
from ..training import strength
from ..training.figures import Figures
from ..training.log import DAY_MS, Training, Workout
from ..training.rules import Piece
from ..training.sources import METHOD_SOURCES, SOURCES
from ..units import NONE, Units
from . import drawing, page
from .drawing import Point
from .words import GuidanceWords, date_text

LISTED = 60
"""Sessions in the table, the newest."""

CHARTED = 200


def history_page(found: Sequence[Figures], units: Units) -> str:
    """The HTML of the training of each lifter."""
    cited = {key for one in found for piece in one.advice for key in piece.rule.sources}
    cited |= {key for one in found if one.one_rm for key in METHOD_SOURCES[one.one_rm[1].method]}
    return page.rendered("history.html", units, {
        "people": [
            {
                "name": name_of(one.training), "figures": one, "glance": glance(one, units),
                "advice": advice(one, units),
                "depth": depth_words(one), "sides": sides_words(one), "charts": charts(one.training, units),
                "workouts": list(reversed(one.training.workouts))[:LISTED], "lead": lead(one.training),
            }
            for one in found
        ],
        "cited": [SOURCES[key] for key in SOURCES if key in cited], "date_of": date_text, "words": GuidanceWords(),
        "best": lambda workout: strength.best(workout.sets),
    })  # fmt: skip


def name_of(training: Training) -> str:
    """Whose training it is."""
    return text("history.of", lifter=training.lifter) if training.lifter else text("history.unnamed")


def lead(training: Training) -> str:
    """How many sessions, from when to when."""
    first, last = (date_text(training.workouts[at].start_ms) for at in (0, -1))
    return text("history.lead", sessions=len(training.workouts), first=first, last=last)


def glance(one: Figures, units: Units) -> list[tuple[str, str, str]]:
    """(what, value, remark) of each figure, in the order of a look."""
    last = one.training.last
    return [
        (text("history.per_week"), page.number(one.per_week, "{:.1f}"), ""),
        (text("history.rest"), rest_words(one.rest_h), ""),
        (text("history.last_loads"), NONE if last is None else units.loads(*last.loads_kg), ""),
        (text("history.one_rm"), *rm_words(one.one_rm and one.one_rm[1], units)),
        (text("history.volume"), units.volume(one.volume_kg), ""),
        (text("history.loss"), NONE if one.velocity_loss is None else f"{100 * one.velocity_loss:.0f} %", ""),
        (text("history.clean_depth"), page.number(one.clean_depth_deg, "{:.0f}°"), depth_words(one)),
    ]


def rest_words(hours: float | None) -> str:
    """In hours up to three days, then in days."""
    if hours is None:
        return NONE
    return text("history.hours", n=f"{hours:.0f}") if hours < 72 else text("history.days", n=f"{hours / 24:.0f}")


def rm_words(estimate: strength.Estimate | None, units: Units) -> tuple[str, str]:
    """(value with its error, method)."""
    if estimate is None:
        return NONE, text("history.rm.none")
    kg, low, high = (round(value) for value in (estimate.kg, estimate.low_kg, estimate.high_kg))
    if estimate.at_least:
        return f"≥ {units.load(kg)}", text("history.rm.at_least")
    return f"{units.load(kg)} ({units.loads(low, high)})", text(f"history.rm.{estimate.method}")


def depth_words(one: Figures) -> str:
    """The trend of clean depth with its uncertainty."""
    found = one.depth_trend
    if found is None:
        return text("history.depth.few")
    name = "unsure" if not found.is_sure else "up" if found.per_week > 0 else "down"
    per_week = abs(found.per_week) if name == "down" else found.per_week
    low, high = (-found.high, -found.low) if name == "down" else (found.low, found.high)
    words = {"per_week": f"{per_week:.1f}", "low": f"{low:.1f}", "high": f"{high:.1f}", "n": found.sessions}
    return text(f"history.depth.{name}", **words).replace("-", "−")


def sides_words(one: Figures) -> list[str]:
    """Left and right, with what such a difference is worth."""
    if one.sided is None:
        return [text("history.sides_unseen")]
    said = [
        text("history.sides_found", n=times, sessions=one.recent_sessions, side=text(f"side.{side}"))
        for side, times in one.sided.items()
    ]
    return [*(said or [text("history.sides_none")]), text("history.sides_fsr")]


def advice(one: Figures, units: Units) -> list[dict[str, Any]]:
    """Each piece of advice in words: title, text, where sources disagree, how sure, sources."""
    return [
        {
            "kind": piece.rule.kind, "title": text(f"advice.{piece.rule.name}.title"),
            "text": text(f"advice.{piece.rule.name}.text", **_values(piece, units)),
            "but": text(f"advice.{piece.rule.name}.but") if has(f"advice.{piece.rule.name}.but") else "",
            "sure": text(f"sure.{piece.rule.sure}"), "sources": [SOURCES[key] for key in piece.rule.sources],
        }
        for piece in one.advice
    ]  # fmt: skip


def _values(piece: Piece, units: Units) -> Mapping[str, str]:
    """The values of a text as they are written."""
    write = {
        "kg": lambda v: units.load(round(v)), "share": lambda v: f"{100 * v:.0f}", "per_week": lambda v: f"{v:.1f}",
        "rest_h": lambda v: f"{v:.0f}", "rate": lambda v: f"{v:.1f}", "side": lambda v: text(f"side.{v}"),
        "sets": lambda v: f"{v:.3g}", "sets_before": lambda v: f"{v:.3g}", "reps": lambda v: f"{v:g}",
    }  # fmt: skip
    return {key: write.get(key, str)(value) for key, value in piece.values.items()}


def charts(training: Training, units: Units) -> list[tuple[str, Any]]:
    """(title, drawing) of each figure that there is over the sessions."""
    workouts = training.workouts[-CHARTED:]
    made = [
        ("chart_rm", {"unit": units.load_unit}, [p for one in workouts if (p := _rm_point(one, units))], False),
        ("chart_load", {"unit": units.load_unit},
         [_point(one, units.load_value(high)) for one in workouts if (high := one.loads_kg[1]) is not None], False),
        ("chart_volume", {"unit": units.load_unit},
         [_point(one, units.load_value(kg)) for one in workouts if (kg := one.volume_kg) is not None], True),
        ("chart_depth", {},
         [_point(one, deg, 2.0) for one in workouts if (deg := one.clean_depth_deg) is not None], False),
        ("chart_faults", {}, [_point(one, 10.0 * sum(one.faults.values()) / one.reps) for one in workouts if one.reps],
         True),
    ]  # fmt: skip
    out = []
    for name, values, points, from_zero in made:
        if len(points) < 2:
            continue
        title = text(f"history.{name}", **values)
        ends = date_text(workouts[0].start_ms), date_text(workouts[-1].start_ms)
        alt = text("history.chart_alt", what=title, n=len(points), first=ends[0], last=ends[1])
        out.append((title, drawing.chart(points, alt, ends=ends, from_zero=from_zero)))
    return out


def _point(one: Workout, value: float, error: float | None = None) -> Point:
    day = one.start_ms / DAY_MS
    return Point(day, value) if error is None else Point(day, value, value - error, value + error)


def _rm_point(one: Workout, units: Units) -> Point | None:
    found = strength.best(one.sets)
    if found is None:
        return None
    kg, low, high = (units.load_value(value) for value in (found.kg, found.low_kg, found.high_kg))
    day = one.start_ms / DAY_MS
    return Point(day, kg, hollow=True) if found.at_least else Point(day, kg, low, high)


def summary_lines(one: Figures, units: Units) -> list[str]:
    """The training for a terminal: figures, rates of faults, advice, pain."""
    lines = [f"{name_of(one.training)}: {lead(one.training)}"]
    rows = [(what, value) for what, value, _ in glance(one, units)]
    width = max(len(what) for what, _ in rows)
    lines += [f"  {what.ljust(width)}  {value}" for what, value in rows]
    if one.one_rm:
        lines.append(f"  {text('history.one_rm')}: {rm_words(one.one_rm[1], units)[1]}")
    lines.append(f"  {depth_words(one)}")
    rates = [
        f"{text(f'fault.{rate.kind}.name')} {rate.now:.1f}"
        + (f" ({rate.before:.1f})" if rate.before is not None else "")
        for rate in one.rates
        if rate.now
    ]
    if rates:
        lines.append(f"  {text('history.rates_title')}: {', '.join(rates)}")
    for piece in advice(one, units):
        lines.append(f"  • {piece['title']}: {piece['text']} [{piece['sure']}]")
        lines += [f"    {text('history.but')}: {piece['but']}"] if piece["but"] else []
    words = GuidanceWords()
    for place in one.pain:
        found = ", ".join(text(f"fault.{cause.fault}.name") for cause in place.found) or text("pain.found_none")
        lines.append(f"  • {text('pain.title')}: {words.place(place)}: {found}")
        lines += [f"    {text('pain.change.' + cause.fault)}" for cause in place.found]
        lines.append(f"    {text('pain.alternatives_title')}: {words.alternatives(place)}")
        stop = text("pain.stop_now", why=words.stops(place)) if place.stop else ""
        lines.append(f"    {stop or text('pain.red_flags', what=words.flags(place))}")
    return lines
