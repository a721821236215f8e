"""Plots for the page. Needs matplotlib: pip install 'presscue[validate]'."""

from pathlib import Path

import numpy as np

from ..errors import UsageError
from .bounds import total
from .run import Results
from .scoring import KINDS
from .statistics import agreement


def require_matplotlib() -> None:
    """Raises UsageError, one line, where it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise UsageError("plots need matplotlib: pip install 'presscue[validate]', or leave --report out") from None
    matplotlib.use("agg")
    matplotlib.rcParams.update({
        "svg.hashsalt": "presscue", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
        "axes.grid": True, "grid.alpha": 0.3, "svg.fonttype": "none",
    })  # fmt: skip


def save(figure, path: Path) -> str:
    """Write a figure without a date in it; returns its name."""
    from matplotlib import pyplot

    figure.tight_layout()
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    figure.savefig(path, metadata=metadata, dpi=90)
    pyplot.close(figure)
    return path.name


def draw(results: Results, folder: Path) -> list[tuple[str, str]]:
    """All plots into a folder: (file name, what it shows)."""
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    made = []

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.4))
    for axis, name in zip(axes, ("deepest flexion, °", "travel, mm"), strict=True):
        pairs = np.array([pair for trial in results.held for pair in trial.pairs.get(name, ())])
        off = pairs[:, 1] - pairs[:, 0]
        limits = agreement(pairs[:, 0], pairs[:, 1])
        axis.plot(pairs.mean(axis=1), off, ".", ms=2, alpha=0.4)
        for value in (limits.bias, limits.low, limits.high):
            axis.axhline(value, color="k", lw=0.8, ls="-" if value == limits.bias else "--")
        axis.set_xlabel(f"mean of true and found {name}")
        axis.set_ylabel("found - true")
    made.append(
        (save(figure, folder / "bland_altman.png"), "Bland–Altman: each dot a rep of a usual lifter with the hold")
    )

    figure, axis = pyplot.subplots(figsize=(6, 3.2))
    for trials, label in ((results.held, "usual"), (results.free, "usual, without the hold"), (results.wide, "wide")):
        values = np.sort([trial.flexion_rmse_deg for trial in trials])
        axis.step(values, np.arange(1, len(values) + 1) / len(values), where="post", label=label)
    axis.set_xlim(0, 8)
    axis.set_xlabel("knee flexion RMSE of a session, °")
    axis.set_ylabel("share of sessions below")
    axis.legend()
    made.append((save(figure, folder / "flexion_rmse.svg"), "Knee flexion: share of sessions with an RMSE below"))

    figure, axis = pyplot.subplots(figsize=(6, 3.2))
    delays = {kind: 1000 * np.array(total(results.held, kind).delays_s) for kind in KINDS}
    delays = {kind.replace("_", " "): each for kind, each in delays.items() if each.size and kind != "imbalance"}
    axis.boxplot(list(delays.values()), orientation="horizontal", whis=(5, 95), showfliers=False)
    axis.set_yticks(range(1, len(delays) + 1), list(delays))
    axis.set_xlabel("from the true onset to detection, ms (median, quartiles, 5th and 95th percentile)")
    made.append((save(figure, folder / "delays.svg"), "Detection delays"))

    if results.ahead:
        figure, axis = pyplot.subplots(figsize=(6, 3.2))
        horizons = sorted(results.ahead)
        early = [100 * results.ahead[h].early / max(results.ahead[h].lockouts, 1) for h in horizons]
        false = [100 * results.ahead[h].false / max(results.ahead[h].clean, 1) for h in horizons]
        seen = [100 * len(results.ahead[h].leads_s) / max(results.ahead[h].lockouts, 1) for h in horizons]
        axis.plot(np.multiply(1000, horizons), seen, "s--", label="foreseen at all")
        axis.plot(np.multiply(1000, horizons), early, "o-", label="foreseen 100 ms ahead or more")
        axis.plot(np.multiply(1000, horizons), false, "v-", label="false, of clean reps")
        axis.set_xlabel("horizon, ms")
        axis.set_ylabel("%")
        axis.legend()
        made.append((save(figure, folder / "foresight.svg"), "Lockouts foreseen, against the horizon asked for"))

    if results.harms:
        figure, axis = pyplot.subplots(figsize=(8, 5))
        harms = results.harms[::-1]
        axis.barh(range(len(harms)), [harm.more_deg for harm in harms])
        axis.set_yticks(
            range(len(harms)), [f"{harm.wrong.assumption}: {harm.wrong.broken_by}" for harm in harms], fontsize=7
        )
        axis.set_xlabel("rise of the knee flexion RMSE, ° (median of lifters)")
        made.append((save(figure, folder / "sensitivity.svg"), "Which assumption hurts most when it is wrong"))
    return made
