"""Samples messages by the hundred thousand into times and SI values, compiled; `channels.convert_one` of each, to the
same bits."""

import numpy as np

from .. import wire
from ..compiled import njit
from .channels import DATA_AT, OPEN_PAD, Layout
from .messages import Messages


def convert(
    layout: Layout, messages: Messages, heads: np.ndarray, offset_us: int, first: np.ndarray, t_s: np.ndarray,
    values: np.ndarray,
) -> None:  # fmt: skip
    """Well-formed samples messages of one source with their heads, shape (n,): the readings of each into t_s (m,) and
    values (m, 6) from its row of first (n,) on. `offset_us` is added to every time."""
    pick = np.arange(layout.channels) if layout.pick is None else layout.pick
    fill(
        np.frombuffer(messages.data, np.uint8), messages.at + DATA_AT, heads["count"].astype(np.int64),
        heads["t_us"].astype(np.int64) + offset_us, heads["period_ns"].astype(np.int64), layout.scale, pick,
        layout.source == wire.PADS, first, t_s, values,
    )  # fmt: skip


@njit
def fill(data, at, count, t_us, period_ns, scale, pick, of_pads, first, t_s, values):
    """See above. data: bytes; at (n,): where the readings of each message begin in it; pick: see `Layout`."""
    width = 2 * len(scale)
    for message in range(len(at)):
        for i in range(count[message]):
            row, begin = first[message] + i, at[message] + i * width
            t_s[row] = (t_us[message] + i * period_ns[message] / 1000.0) * 1e-6
            for column in range(len(pick)):
                channel = pick[column]
                value = np.nan
                if channel >= 0:
                    raw = np.int16(data[begin + 2 * channel] | data[begin + 2 * channel + 1] << 8)
                    if not (of_pads and raw == OPEN_PAD):
                        value = raw * scale[channel]
                values[row, column] = value
