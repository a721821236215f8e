"""From raw samples messages to SI units: the channel table and the conversion.

The values of a message do not depend on what is converted with it. The layout of the message comes from
`wire.MESSAGES`; nothing is repeated here.
"""

import struct
from dataclasses import dataclass

import numpy as np

from .. import wire
from .messages import Messages

SAMPLES = wire.TYPES["samples"]
CHANNEL = wire.TYPES["channel"]

_NUMPY_CODES = {"B": "u1", "H": "<u2", "I": "<u4", "Q": "<u8"}
_FORMAT, _FIELDS = wire.MESSAGES[SAMPLES][1:3]
_HEAD = struct.Struct(_FORMAT)
_HEAD_DTYPE = np.dtype([("type", "u1"), *zip(_FIELDS, (_NUMPY_CODES[code] for code in _FORMAT[1:]), strict=True)])
DATA_AT = _HEAD_DTYPE.itemsize
"""Where the readings begin in a samples message."""

_IMU = ("acc_x_mps2", "acc_y_mps2", "acc_z_mps2", "gyr_x_radps", "gyr_y_radps", "gyr_z_radps")
COLUMNS = {
    wire.SLED: tuple("sled_" + name for name in _IMU),
    wire.LEG: tuple("leg_" + name for name in _IMU),
    wire.PADS: ("heel_left", "heel_right", "seat"),
}
"""The columns of `results.Samples.values`, as the labels of channel rows name them (pads: in any unit)."""

T_US_MAX = 1 << 53
"""Times beyond are not exact as float64 (and 285 years away)."""

OPEN_PAD = -32768
"""Raw reading of a pad that is not connected."""


def read_head(message: bytes) -> tuple[int, int, int, int, int, int, int, int] | None:
    """(source, boot, order, seq, t_us, period_ns, count, channels) of a samples message.

    None if its length contradicts it or its time is absurd.
    """
    if len(message) < DATA_AT:
        return None
    head = _HEAD.unpack_from(message, 1)
    count = head[6]
    if not count or len(message) != DATA_AT + 2 * count * head[7] or head[4] >= T_US_MAX:
        return None
    return head


def read_heads(messages: Messages) -> tuple[np.ndarray, np.ndarray]:
    """Heads of the well-formed samples messages among `messages`, in their order, and which they are, shape (n,)."""
    which = (messages.types() == SAMPLES) & (messages.size >= DATA_AT)
    heads = messages[which].fixed(_HEAD_DTYPE)
    count = heads["count"].astype(np.int64)
    whole = (count > 0) & (heads["t_us"] < T_US_MAX)
    whole &= messages.size[which] == DATA_AT + 2 * count * heads["channels"]
    which[which] = whole
    return heads if whole.all() else heads[whole], which


@dataclass(frozen=True)
class Layout:
    """How the channels of one source become columns. scale: shape (channels,), SI per count. period_s: nominal.

    pick: for each column of `COLUMNS[source]` the channel it comes from, -1 where there is none;
    None if channels and columns agree one to one.
    """

    source: int
    scale: np.ndarray
    pick: np.ndarray | None
    channels: int
    period_s: float


class ChannelTable:
    """The rows a node describes its samples with, collected until a source is complete."""

    def __init__(self):
        self._rows: dict[int, dict[int, tuple[int, int, str, int]]] = {}
        self._messages: dict[tuple[int, int], bytes] = {}
        self._layouts: dict[int, Layout] = {}

    @property
    def messages(self) -> list[bytes]:
        """The rows as they came, one message each, in order of source and index."""
        return [self._messages[key] for key in sorted(self._messages)]

    def layout(self, source: int) -> Layout | None:
        """How to convert a source; None while its rows are incomplete."""
        return self._layouts.get(source)

    def labels(self, source: int) -> list[str]:
        """What the node calls the channels of a source, units in the names."""
        return [row[2] for _, row in sorted(self._rows.get(source, {}).items())]

    def knows(self, message: bytes, row: dict) -> bool:
        """Whether a decoded channel message says nothing new."""
        return self._messages.get((row["source"], row["index"])) == message

    def add(self, message: bytes, row: dict) -> bool:
        """Take a decoded channel message; False if it says nothing new."""
        if self.knows(message, row):
            return False
        source, index = row["source"], row["index"]
        self._messages[source, index] = message
        rows = self._rows.setdefault(source, {})
        rows[index] = (row["channels"], row["scale_nano"], row["label"].decode("utf-8", "replace"), row["period_ns"])
        self._layouts.pop(source, None)
        if (
            source in COLUMNS
            and row["channels"]
            and all(rows.get(i, (0,))[0] == row["channels"] for i in range(row["channels"]))
        ):
            self._layouts[source] = _layout(source, [rows[i] for i in range(row["channels"])])
        return True


def _layout(source: int, rows: list[tuple[int, int, str, int]]) -> Layout:
    labels = [label.rpartition("_")[0] if source == wire.PADS else label for _, _, label, _ in rows]
    pick = [labels.index(column) if column in labels else -1 for column in COLUMNS[source]]
    scale = np.array([scale_nano for _, scale_nano, _, _ in rows], np.float64) * 1e-9
    return Layout(
        source, scale, None if pick == list(range(len(rows))) else np.array(pick), len(rows), rows[0][3] * 1e-9
    )


def convert_one(layout: Layout, message: bytes, offset_us: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(t_s shape (n,), values shape (n, columns)) of one well-formed samples message. `offset_us` is added to every
    time. Many at once: conversion.py."""
    _, _, _, _, t_us, period_ns, count, _ = _HEAD.unpack_from(message, 1)
    t_s = (t_us + offset_us + np.arange(count) * period_ns / 1000.0) * 1e-6
    return t_s, _values(layout, np.frombuffer(message, "<i2", offset=DATA_AT).reshape(count, layout.channels))


def _values(layout: Layout, raw: np.ndarray) -> np.ndarray:
    values = raw * layout.scale
    if layout.source == wire.PADS:
        values[raw == OPEN_PAD] = np.nan
    if layout.pick is not None:
        values = np.where(layout.pick >= 0, values[:, layout.pick], np.nan)
    return values
