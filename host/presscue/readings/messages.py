"""Messages by the hundred thousand: where they lie in a buffer, not one object each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np


class Messages(Sequence[bytes]):
    """A sequence of messages that becomes bytes only where one is asked for.

    data: the buffer. at, size: shape (n,) int64, where each message begins in it and how long it is.
    """

    def __init__(self, data: bytes, at: np.ndarray, size: np.ndarray):
        self.data, self.at, self.size = data, at, size

    @classmethod
    def of(cls, messages: Iterable[bytes]) -> "Messages":
        """Copied from bytes."""
        messages = list(messages)
        size = np.array([len(message) for message in messages], np.int64)
        return cls(b"".join(messages), np.cumsum(size) - size, size)

    @classmethod
    def joined(cls, parts: Sequence["Messages"]) -> "Messages":
        """One behind the other, over one buffer."""
        starts = np.cumsum([0, *(len(part.data) for part in parts)])
        at = [part.at + start for part, start in zip(parts, starts, strict=False)]
        nothing = np.zeros(0, np.int64)
        size = [part.size for part in parts]
        return cls(b"".join([p.data for p in parts]), np.concatenate([nothing, *at]), np.concatenate([nothing, *size]))

    def __len__(self) -> int:
        return len(self.at)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice | np.ndarray) -> "Messages": ...
    def __getitem__(self, index):
        if isinstance(index, (slice, np.ndarray)):
            return Messages(self.data, self.at[index], self.size[index])
        at = int(self.at[index])
        return self.data[at : at + int(self.size[index])]

    def __iter__(self) -> Iterator[bytes]:
        data = self.data
        ends = self.at + self.size
        return (data[at:end] for at, end in zip(self.at.tolist(), ends.tolist(), strict=True))

    def types(self) -> np.ndarray:
        """The type byte of each, shape (n,); 0 of an empty one."""
        types = np.zeros(len(self), np.uint8)
        some = self.size > 0
        types[some] = np.frombuffer(self.data, np.uint8)[self.at[some]]
        return types

    def fixed(self, dtype: np.dtype) -> np.ndarray:
        """The first bytes of each as records of `dtype`, copied, shape (n,). None may be shorter than that."""
        room = len(self.data) - dtype.itemsize + 1
        if room <= 0:
            return np.zeros(len(self), dtype)
        # As plain bytes: records with fields would be copied field by field.
        return np.ndarray((room,), f"V{dtype.itemsize}", self.data, strides=(1,))[self.at].view(dtype)
