"""A performance as a recorded table: the columns of formats.md, with the errors of real sensors.

Each sensor has its own oscillator unless asked otherwise; rows are then the union of all sampling times, and a
cell is NaN where that sensor was not sampled.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from presscue.simulator.imu_errors import ImuErrors
from presscue.simulator.performance import Performance

IMU_COLUMNS = {
    which: tuple(
        f"{which}_{kind}_{axis}_{unit}" for kind, unit in (("acc", "mps2"), ("gyr", "radps")) for axis in "xyz"
    )
    for which in ("sled", "leg")
}
PAD_COLUMNS = ("heel_left_n", "heel_right_n", "seat_n")


def render(
    performance: Performance,
    rate_sled_hz: float = 208.0,
    rate_leg_hz: float = 208.0,
    rate_pads_hz: float = 50.0,
    *,
    sensors: Sequence[str] = ("sled", "leg", "pads"),
    shared_clock: bool = False,
    clock_error: float = 0.01,
    dropouts: float = 0.0,
    longest_s: float = 0.2,
    lag_s: float = 0.0,
    jitter_s: float = 0.0,
    coloured: float = 0.0,
    walk: float = 0.0,
    warming: float = 0.0,
    errors: float = 1.0,
    pads: str = "fsr",
) -> dict[str, np.ndarray]:
    """Columns by name, each (rows,), `time_s` first and increasing.

    sensors: which of sled, leg, pads there are. shared_clock: all are read at `rate_sled_hz`, in the same rows.
    clock_error: sd of each oscillator's relative error. dropouts: share of readings lost, in runs of up to
    `longest_s`. lag_s: how late the leg's stamps are. jitter_s: sd of the time stamps' error. coloured, walk, warming:
    see ImuErrors. errors: its strength. pads: "fsr" (gain, drift and bend as of force-sensing
    resistors) or "load_cell".
    """
    rng = np.random.default_rng([performance.scenario.seed, 4])
    rates = {"sled": rate_sled_hz, "leg": rate_leg_hz, "pads": rate_pads_hz}
    readings = []
    start_s = 0.0
    for which in ("sled", "leg", "pads"):  # all are drawn, so that leaving one out does not change the others
        seed = int(rng.integers(1 << 31))
        draw = np.random.default_rng(seed)
        rate_hz = rate_sled_hz if shared_clock else rates[which] * (1 + clock_error * draw.normal())
        first_s = start_s if shared_clock else start_s + draw.uniform(0, 1 / rate_hz)
        t_s = first_s + np.arange(int((performance.duration_s - first_s) * rate_hz) + 1) / rate_hz
        kept = _kept(draw, t_s, dropouts, longest_s)
        if which == "pads":
            names, values = PAD_COLUMNS, _pad_readings(draw, t_s, performance.pads(t_s), pads)
        else:
            part = ImuErrors(seed, rate_hz, coloured=coloured, walk=walk, warming=warming, strength=errors)
            names, values = IMU_COLUMNS[which], np.hstack(part.apply(t_s, *performance.imu(which, t_s)))
        if which == "leg" and not shared_clock:
            t_s = t_s + lag_s
        if jitter_s and not shared_clock:
            t_s = t_s + np.clip(jitter_s * draw.normal(size=t_s.size), -0.4 / rate_hz, 0.4 / rate_hz)
        if which in sensors:
            readings.append((names, t_s[kept], values[kept]))
    time_s = np.unique(np.concatenate([t_s for _, t_s, _ in readings]))
    table = {"time_s": time_s}
    for names, t_s, values in readings:
        rows = np.searchsorted(time_s, t_s)
        for i, name in enumerate(names):
            table[name] = np.full(time_s.size, np.nan)
            table[name][rows] = values[:, i]
    return table


def write_table(table: dict[str, np.ndarray], path: str | Path) -> None:
    """Write columns as `.csv` (NaN as an empty cell) or `.parquet`."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    columns = pa.table({name: pa.array(values, from_pandas=True) for name, values in table.items()})
    if Path(path).suffix == ".parquet":
        parquet.write_table(columns, path)
    else:
        csv.write_csv(columns, path, csv.WriteOptions(quoting_style="none"))


def _kept(rng: np.random.Generator, t_s: np.ndarray, share: float, longest_s: float) -> np.ndarray:
    kept = np.ones(t_s.size, bool)
    lost_s = share * (t_s[-1] - t_s[0])
    while lost_s > 0:
        length_s, at_s = rng.uniform(0.005, longest_s), rng.uniform(t_s[0], t_s[-1])
        kept[(t_s >= at_s) & (t_s < at_s + length_s)] = False
        lost_s -= length_s
    return kept


def _pad_readings(rng: np.random.Generator, t_s: np.ndarray, force_n: np.ndarray, kind: str) -> np.ndarray:
    if kind == "load_cell":
        return force_n * (1 + 0.01 * rng.normal(size=3)) + 2.0 * rng.normal(size=force_n.shape)
    gain = rng.uniform(0.85, 1.15, size=3)
    drift = 1 + rng.uniform(0.0, 0.08, size=3) * np.log1p(t_s / 20.0)[:, None]  # creep under load
    bent = 1000.0 * (np.maximum(force_n, 0.0) / 1000.0) ** rng.uniform(0.75, 0.95)
    return np.maximum(gain * drift * bent + 3.0 * rng.normal(size=force_n.shape), 0.0)
