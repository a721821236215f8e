"""Packed messages of a node's log, back into the samples messages that they were made of."""

from collections.abc import Sequence

import numpy as np

from .. import wire
from .messages import Messages

PACKED = wire.TYPES["packed"]
_CHUNK = 1 << 21
_MESSAGES = 1 << 15


def expanded(messages: Messages) -> Messages:
    """The same messages, each packed one replaced by its samples messages; one that contradicts itself stays."""
    packed = np.flatnonzero(messages.types() == PACKED)
    if not len(packed):
        return messages
    parts, counts = _unpacked(messages[packed])
    good = packed[counts >= 0]
    kept = np.ones(len(messages), bool)
    kept[good] = False
    whole = Messages.joined([messages, *parts])
    # Each samples message takes the place of the packed one it was in.
    place = np.concatenate([np.arange(len(messages)), np.repeat(good, counts[counts >= 0])])
    order = np.argsort(place, kind="stable")
    return whole[order[np.concatenate([kept, np.ones(len(whole) - len(messages), bool)])[order]]]


def expanded_list(messages: Sequence[bytes]) -> Sequence[bytes]:
    """`expanded`, of messages one by one."""
    if not any(message[:1] == _PACKED for message in messages):
        return messages
    return list(expanded(Messages.of(messages)))


def _unpacked(packed: Messages) -> tuple[list[Messages], np.ndarray]:
    """The samples messages of all, in order, and how many each became: shape (n,), -1 where it contradicts itself."""
    from . import unpacking  # compiled: not before it is needed

    data = np.frombuffer(packed.data, np.uint8)
    counts = np.empty(len(packed), np.int64)
    parts = []
    first = 0
    while first < len(packed):
        out = np.empty(_CHUNK, np.uint8)
        at, size = np.empty(_MESSAGES, np.int64), np.empty(_MESSAGES, np.int64)
        after = unpacking.unpack(data, packed.at, packed.at + packed.size, first, out, at, size, counts)
        number = int(np.maximum(counts[first:after], 0).sum())
        used = int(at[number - 1] + size[number - 1]) if number else 0
        parts.append(Messages(out[:used].tobytes(), at[:number].copy(), size[:number].copy()))
        first = after
    return parts, counts


_PACKED = bytes([PACKED])
