"""Inline SVG: curves of a set, bars and lines of a history. Colours are classes: the page's scheme holds. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from ..analysis.curves import Curves
from ..texts import text

WIDTH, LEFT, RIGHT = 720.0, 44.0, 8.0
KNEE_TOP, KNEE_HEIGHT = 20.0, 120.0
PAD_TOP, PAD_HEIGHT = 156.0, 50.0
HEIGHT = 226.0
FLEXION_MAX_DEG = 120.0
PAD_MAX = 1.3
MARGIN_S = 1.5

PAD_CURVES = ("heel_left", "heel_right", "seat")


@dataclass(frozen=True)
class Frame:
    """A rectangle of a drawing, and the values at its edges."""

    x: float
    y: float
    width: float
    height: float
    first: float
    last: float
    low: float
    high: float

    def at(self, value: float) -> float:
        """x of a value of the abscissa."""
        return self.x + (value - self.first) / max(self.last - self.first, 1e-9) * self.width

    def up(self, value: float) -> float:
        """y of a value of the ordinate, kept inside."""
        share = (value - self.low) / max(self.high - self.low, 1e-9)
        return self.y + (1.0 - min(max(share, 0.0), 1.0)) * self.height


def set_curves(
    curves: Curves, one: Mapping[str, Any], faults: Sequence[Mapping[str, Any]], limits: tuple[float, float],
    columns: int, described: str,
) -> Markup | None:  # fmt: skip
    """The knee and the pads of one set, faults marked; None where neither was measured.

    limits: soft bend and greatest flexion in degrees. columns: points of a curve. described: for those who do not see.
    """
    first, last = one["start_s"] - MARGIN_S, one["end_s"] + MARGIN_S
    knee = Frame(LEFT, KNEE_TOP, WIDTH - LEFT - RIGHT, KNEE_HEIGHT, first, last, -5.0, FLEXION_MAX_DEG)
    pads = Frame(LEFT, PAD_TOP, WIDTH - LEFT - RIGHT, PAD_HEIGHT, first, last, 0.0, PAD_MAX)
    bend = _band(knee, *curves.part("knee_flexion_deg", first, last, columns))
    heels = [(name, _band(pads, *curves.part(name, first, last, columns))) for name in PAD_CURVES]
    heels = [(name, path) for name, path in heels if path]
    if not bend and not heels:
        return None
    parts = []
    if bend:
        top, bottom = knee.up(limits[1]), knee.up(limits[0])
        parts.append(
            f'<rect class="band" x="{knee.x}" y="{top:.1f}" width="{knee.width}" height="{bottom - top:.1f}"/>'
        )
        parts += [_tick(knee, degrees, f"{degrees:.0f}°") for degrees in (0.0, 45.0, 90.0)]
        parts.append(f'<path class="curve knee" d="{bend}"/>')
        parts.append(f'<text x="{knee.x}" y="{knee.y - 6}">{Markup.escape(text("report.knee_deg"))}</text>')
    for name, path in heels:
        parts.append(f'<path class="curve {name}" d="{path}"/>')
    if heels:
        parts.append(f'<text x="{pads.x}" y="{pads.y - 4}">{Markup.escape(text("report.heels"))}</text>')
        parts.append(_tick(pads, 1.0, "1"))
        keys = [f'<tspan class="{name}">— {Markup.escape(text("report." + name))} </tspan>' for name, _ in heels]
        parts.append(f'<text text-anchor="end" x="{WIDTH - RIGHT}" y="{pads.y - 4}">{"".join(keys)}</text>')
    for seconds in _round_times(first, last):
        x = knee.at(seconds)
        clock = f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
        parts.append(f'<text text-anchor="middle" x="{x:.1f}" y="{HEIGHT - 4}">{clock}</text>')
    for event in faults:
        x = knee.at(event["onset_s"])
        parts.append(f'<line class="onset" x1="{x:.1f}" x2="{x:.1f}" y1="{knee.y}" y2="{pads.y + pads.height}"/>')
        parts.append(f'<use class="fault-{event["kind"]}" href="#mark-{event["kind"]}" x="{x - 6:.1f}" '
                     f'y="{knee.y - 3}" width="12" height="12"/>')  # fmt: skip
    label = Markup.escape(described)
    return Markup(
        f'<svg class="static" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{label}">'
        + "".join(parts) + "</svg>"
    )  # fmt: skip


def _band(frame: Frame, t_s: np.ndarray, least: np.ndarray, greatest: np.ndarray) -> str:
    """The area between least and greatest, run by run; "" where there is nothing."""
    known = np.isfinite(least)
    if not known.any():
        return ""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    paths = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        there = [
            f"{frame.at(t):.1f} {frame.up(v):.1f}" for t, v in zip(t_s[begin:end], greatest[begin:end], strict=True)
        ]
        back = [f"{frame.at(t):.1f} {frame.up(v):.1f}" for t, v in zip(t_s[begin:end], least[begin:end], strict=True)]
        paths.append(f"M{'L'.join(there)}L{'L'.join(reversed(back))}Z")
    return "".join(paths)


def _tick(frame: Frame, value: float, words: str) -> str:
    y = frame.up(value)
    return (
        f'<line class="tick" x1="{frame.x}" x2="{frame.x + frame.width}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text text-anchor="end" x="{frame.x - 5}" y="{y + 3.5:.1f}">{words}</text>'
    )


def _round_times(first_s: float, last_s: float) -> list[float]:
    for step in (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0):
        if (last_s - first_s) / step <= 9:
            break
    start = np.ceil(first_s / step) * step
    return [float(one) for one in np.arange(start, last_s, step) if one >= 0]


@dataclass(frozen=True)
class Point:
    """One value of a chart: its day (days, any origin), the value, and one error either way."""

    day: float
    value: float
    low: float | None = None
    high: float | None = None
    hollow: bool = False


def chart(points: Sequence[Point], described: str, *, ends: tuple[str, str], from_zero: bool = False) -> Markup:
    """Values over time with their errors; hollow points are lower bounds. ends: first and last date."""
    values = [edge for one in points for edge in (one.value, one.low, one.high) if edge is not None]
    low, high = (0.0 if from_zero else min(values)), max(values)
    pad = 0.12 * (high - low) or max(1.0, 0.05 * abs(high))
    first, last = min(one.day for one in points), max(one.day for one in points)
    edge = 0.04 * (last - first) or 1.0
    frame = Frame(52, 10, 340, 110, first - edge, last + edge, low if from_zero else low - pad, high + pad)
    parts = [_tick(frame, value, f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}")
             for value in _round_values(frame.low, frame.high)]  # fmt: skip
    parts.append(f'<text x="{frame.x}" y="138">{Markup.escape(ends[0])}</text>')
    parts.append(f'<text text-anchor="end" x="{frame.x + frame.width}" y="138">{Markup.escape(ends[1])}</text>')
    for one in points:
        x, y = frame.at(one.day), frame.up(one.value)
        if one.low is not None and one.high is not None:
            parts.append(f'<line class="error" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.up(one.low):.1f}" '
                         f'y2="{frame.up(one.high):.1f}"/>')  # fmt: skip
        parts.append(f'<circle class="{"hollow" if one.hollow else "point"}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>')
    label = Markup.escape(described)
    return Markup(f'<svg class="chart" viewBox="0 0 400 142" role="img" aria-label="{label}">{"".join(parts)}</svg>')


BAR_ROW, BAR_FROM, BAR_TO = 20.0, 120.0, 350.0


def bars(rows: Sequence[tuple[str, float]], described: str) -> Markup:
    """Values side by side from zero, one named row each; the value stands behind its bar."""
    most = max((value for _, value in rows), default=0.0) or 1.0
    parts = []
    for number, (name, value) in enumerate(rows):
        y, width = 4 + BAR_ROW * number, (BAR_TO - BAR_FROM) * value / most
        parts.append(
            f'<text text-anchor="end" x="{BAR_FROM - 6:.0f}" y="{y + 12:.1f}">{Markup.escape(name)}</text>'
            f'<rect class="bar" x="{BAR_FROM:.0f}" y="{y:.1f}" width="{width:.1f}" height="{BAR_ROW - 5:.0f}" rx="2"/>'
            f'<text x="{BAR_FROM + width + 5:.1f}" y="{y + 12:.1f}">{value:.3g}</text>'
        )
    label = Markup.escape(f"{described}: " + ", ".join(f"{name} {value:.3g}" for name, value in rows))
    return Markup(
        f'<svg class="bars" viewBox="0 0 400 {BAR_ROW * len(rows) + 6:.0f}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def _round_values(low: float, high: float) -> list[float]:
    raw = (high - low) / 3
    power = 10 ** np.floor(np.log10(raw))
    step = float(next(power * one for one in (1, 2, 5, 10) if power * one >= raw))
    start = np.ceil(low / step) * step
    return [float(one) for one in np.arange(start, high + 1e-9, step)]
