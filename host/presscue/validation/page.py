"""docs/validation.md: the figures of one run, with what they are worth."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np

from .. import __version__
from .bounds import Verdict, accuracy, faults
from .plots import draw
from .recordings import BROAD_BOUND, RIG_BOUND_DEG, ROBOT_BOUND_MM
from .run import Results
from .scoring import ZONES
from .tables import (
    CONFIDENCES,
    FAULT_HEADER,
    agreement_rows,
    confidence_rows,
    fault_rows,
    split_rows,
    stray_rows,
    sureness_rows,
    table,
    verdict_rows,
)

LIMITS_OF_SIMULATION = """\
Simulated lifters obey equations that somebody wrote down. They show that the parts fit together, that the estimator
is stable against what is in `simulator/wide.py`, and where it breaks. They cannot show

- what a strap does on a real calf: soft tissue here is a smooth function of angle, speed, load and jolts of a few
  degrees; real tissue also shifts with sweat, clothing and how tightly a strap was pulled;
- what a knee is: thigh and shank are two rigid rods on a hinge; real knees roll and slide, and nobody has held
  these figures against X-rays or even an electronic goniometer;
- what a machine is: guides, cables and frames flex and ring in their own ways;
- how pads read under real shoes;
- whether people act on a buzz, or learn anything from it;
- faults as people really make them: those here are drawn from a plan, and begin and end smoothly.

So every figure of a virtual lifter is an upper bound on what a body will give. The second simulator in
`tests/outside_lifter.py`, written from the file formats alone, guards against tuning to the first, not against this."""


def write_page(results: Results, path: Path) -> None:
    """The page, and its plots in a folder of its name beside it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plots = dict(draw(results, path.with_suffix("")))

    def plot(name: str) -> str:
        return f"![{plots[name]}]({path.stem}/{name})" if name in plots else ""

    text = "\n\n".join(part for part in parts(results, plot) if part) + "\n"
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def parts(results: Results, plot) -> list[str]:
    """Paragraphs, tables and plots in order."""
    seeds, held, wide = results.seeds, results.held, results.wide
    reps = sum(trial.made for trial in held)
    said = [
        "# Validation",
        f"Written by `presscue validate --report docs/validation.md --seeds {len(seeds)} --first {seeds[0]}`, "
        f"presscue "
        f"{__version__}. Everything here is measured by that one command and can be repeated with it.",
        "Contents: [bounds](#bounds) · [virtual lifters](#virtual-lifters) · [faults](#faults) · [lockouts "
        "foreseen]"
        "(#lockouts-foreseen) · [sureness](#how-sure-it-says-it-is) · [splits](#what-the-errors-depend-on) · "
        "[sensitivity](#which-assumption-hurts-most) · "
        "[real recordings](#real-recordings) · [what simulation cannot show](#what-simulation-cannot-show)",
        "## Bounds",
        f"{len(seeds)} usual lifters ({reps} reps) and {len(wide)} wide ones, seeds from {seeds[0]}, not used while "
        "tuning, through `analyze` as a table. *Usual* lifters vary in stature, machine, mounting, sensors, tempo and "
        "sloppiness, with "
        "soft tissue up to 2.5°. *Wide* lifters add a hip that moves, tissue up to 5° and of other shapes, "
        "straps that "
        "creep or slip, rails that flex or stick, holds that are not straight, knees that hyperextend, 100 to "
        "400 Hz, "
        "oscillators off by up to 3 %, pink noise, biases that wander, holes of up to 1.5 s.",
        table(("usual lifters", "measured", ""), verdict_rows(verdicts(results, held))),
        table(("wide lifters, the same bounds", "measured", ""), verdict_rows(accuracy(wide, []) + faults(wide, []))),
        f"Truth too near a limit to call is not scored, but counted below: {ZONES}.",
        "## Virtual lifters",
        "Agreement of each rep with its truth, usual lifters with the hold: bias (found less true), limits of "
        "agreement "
        "after Bland & Altman 1986 (mean ± 1.96 SD), ICC(A,1) after McGraw & Wong 1996.",
        table(("of a rep", "bias", "limits of agreement", "RMSE", "ICC", "reps"), agreement_rows(held)),
        plot("bland_altman.png"),
        "Flexion, all samples within reps, by session: "
        f"bias {np.nanmedian([t.flexion_bias_deg for t in held]):+.2f}° (median), 95 % of samples within "
        f"{np.nanmedian([t.flexion_p95_deg for t in held]):.2f}° (median of sessions); not measured in "
        f"{100 * np.mean([t.not_measured for t in held]):.1f} % of the reps' time.",
        plot("flexion_rmse.svg"),
        "The same for wide lifters.",
        table(("of a rep", "bias", "limits of agreement", "RMSE", "ICC", "reps"), agreement_rows(wide)),
        _strays(results),
        "## Faults",
        "Matched one to one by kind, side and rep (reps by their overlap in time); "
        "95 % intervals after Wilson 1927; delays from the true "
        "onset to the "
        "reading that completed the detection, of faults found live (not those found by hindsight after the "
        "first fit). "
        "Usual lifters with the hold:",
        table(FAULT_HEADER, fault_rows(held)),
        plot("delays.svg"),
        "Usual lifters without the hold:", table(FAULT_HEADER, fault_rows(results.free)),
        "Wide lifters:", table(FAULT_HEADER, fault_rows(wide)),
        "## Lockouts foreseen",
        "A lockout (below 6° of flexion) counts as foreseen if it was predicted 100 ms before its true onset "
        "or earlier; "
        "false is a prediction in a rep that stayed above 12°. By horizon, that is, how long ahead is asked for:",
        table(("horizon, ms", "foreseen ≥ 100 ms ahead", "foreseen at all", "median lead, ms", "false, of clean reps"),
              _ahead_rows(results)),
        plot("foresight.svg"),
        "## How sure it says it is",
        "Flexion in the clean reps of each session's last set: the standard deviation that its calibration states "
        "(median), what flexion is off by (mean of a session, RMS over sessions), and how often the stated 95 % "
        "interval holds that.",
        table(("lifters", "flexion, °", "stated, °", "off by, °", "within 95 %"), sureness_rows({
            "usual": held, "usual, without the hold": results.free, "wide": wide,
        })),
        "Faults by the confidence they were told with: how many of them were some, by the limit itself, those too near "
        "it to call included. Usual lifters, with the hold and without, and wide ones.",
        table(("fault", *(f"{low:g}–{high:g}" for low, high in pairwise(CONFIDENCES))),
              confidence_rows([*held, *results.free, *wide])),
        "## What the errors depend on",
        "Median over sessions of the knee flexion RMSE in degrees, number of sessions in brackets.",
        table(("setting", "range", "usual", "wide"), split_rows(held, wide)),
        "## Which assumption hurts most",
        "One assumption broken at a time, on lifters who are otherwise plain; the worst first. Rise: of the "
        "session's "
        "RMSE against the same lifter plain, median.",
        table(("assumption", "broken by", "flexion RMSE, °", "rise, °", "rise of travel RMSE, mm", "reps wrong in"),
              _harm_rows(results)),
        plot("sensitivity.svg"),
        "## Real recordings",
        *_real(results),
        "## What simulation cannot show",
        LIMITS_OF_SIMULATION,
    ]  # fmt: skip
    return said


def verdicts(results: Results, held) -> list[Verdict]:
    return [*accuracy(held, results.free), *faults(held, results.without_pad)]


def _strays(results: Results) -> str:
    header = ("seed", "reps", "flexion RMSE, °", "travel RMSE, mm")
    found = []
    for name, trials in (("Usual", results.held), ("Wide", results.wide)):
        rows = stray_rows(trials)
        if rows:
            found.append(f"{name} lifters with a rep wrong, or flexion off by more than 3°:\n\n{table(header, rows)}")
    return "\n\n".join(found)


def _ahead_rows(results: Results) -> list[list[str]]:
    rows = []
    for horizon_s, seen in sorted(results.ahead.items()):
        lead = f"{1000 * np.median(seen.leads_s):.0f}" if seen.leads_s else "–"
        rows.append([
            f"{1000 * horizon_s:.0f}", f"{100 * seen.early / max(seen.lockouts, 1):.0f} % of {seen.lockouts}",
            f"{100 * len(seen.leads_s) / max(seen.lockouts, 1):.0f} %", lead,
            f"{100 * seen.false / max(seen.clean, 1):.1f} % of {seen.clean}",
        ])  # fmt: skip
    return rows


def _harm_rows(results: Results) -> list[list[str]]:
    return [
        [h.wrong.assumption, h.wrong.broken_by, f"{h.rmse_deg:.2f}", f"{h.more_deg:+.2f}", f"{h.travel_more_mm:+.1f}",
         str(h.reps_wrong)]
        for h in results.harms
    ]  # fmt: skip


def _real(results: Results) -> list[str]:
    if results.robot is None or results.rig is None or results.broad is None or results.insole is None:
        return ["The folder of recordings was absent in this run."]
    kept = {True: "kept", False: "**not kept**"}
    moves = [
        [m.file, "whole file" if m.whole else "vertical moves", f"{abs(m.true_mm):.0f}", f"{abs(m.found_mm):.0f}",
         f"{m.error_mm:+.0f}", kept[abs(m.error_mm) <= ROBOT_BOUND_MM]]
        for m in results.robot
    ]  # fmt: skip
    tilts = [
        [t.trial.replace("_", " "), f"{t.ours_deg:.2f}", "–" if t.vqf_deg is None else f"{t.vqf_deg:.2f}",
         "vqf not installed" if t.vqf_deg is None else f"{t.ours_deg / t.vqf_deg:.2f}, "
         + kept[t.ours_deg <= BROAD_BOUND * t.vqf_deg]]
        for t in results.broad
    ]  # fmt: skip
    rig = results.rig
    heels = results.insole
    spread, drift = max(h.spread for h in heels), max(abs(h.drift) for h in heels)
    return [
        "Nobody here made these, and nothing is fitted to their truth while they are analysed. No one lifts a "
        "leg in them.",
        f"**A robot's move as a sled without a leg** (Rasteiro et al. 2015; bound: {ROBOT_BOUND_MM:.0f} mm): "
        f"the way from stop to "
        "stop in mm. When a sled counts as at rest was settled while looking at these files, so they are no "
        "independent check.",
        table(("file", "analysed", "true", "found", "error", ""), moves),
        f"**A turning rig as a leg without a sled** (Song et al. 2022): {rig.minutes:.0f} minutes against a "
        f"shaft encoder, zero free: "
        f"RMSE {rig.rmse_deg:.2f}° (bound {RIG_BOUND_DEG}°: {kept[rig.rmse_deg <= RIG_BOUND_DEG]}), drift "
        f"{rig.drift_deg:+.2f}°, "
        f"measured {100 * rig.known:.1f} % of the time.",
        "**Free motion, BROAD** (Laidig et al. 2021): RMSE of the inclination in the moving parts, in "
        "degrees, as BROAD defines it "
        f"(bound: {BROAD_BOUND} × VQF, Laidig & Seel 2023, 6D, default settings, run beside it). The leg's "
        f"own filter turns about one "
        "axis and cannot be tried on these; what is tried is `validation/tilt.py`, the same three thoughts "
        "(the gyro carries, gravity "
        "holds, rest shows the bias) for a free orientation. It serves this comparison alone: the product "
        "does not use it.",
        table(("trial", "ours", "VQF", "ratio"), tilts),
        f"**Forces under feet** (PhysioNet gaitpdb): walking says nothing of leg presses, but something of "
        f"pads. Over {min(h.strides for h in heels)} "
        f"to {max(h.strides for h in heels)} strides a minute or two long, the heel's peak varies by up to "
        f"{100 * spread:.0f} % (SD) from stride to stride "
        f"and drifts by up to {100 * drift:.0f} % from the first fifth to the last. A heel lift takes away "
        f"more than half; so a foot's own share, followed "
        "slowly, tells it from both, and newtons fixed at the start would not do for finer things.",
    ]  # fmt: skip
