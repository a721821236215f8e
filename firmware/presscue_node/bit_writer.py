"""Numbers as bits, most significant first, into a page. Allocates nothing."""

from micropython import const

_ESCAPE = const(8)
ESCAPE = _ESCAPE
"""Ones in front of a number that is written plainly."""
_WIDTH = const(5)


class BitWriter:
    """Writes to page[at:end]. Past the end `_at` goes on, and nothing is written: look at it afterwards."""

    def _begin(self, page, at, end):
        self._page = page
        self._at = at
        self._end = end
        self._acc = 0  # bits not yet written, fewer than 8
        self._bits = 0

    def _rice(self, value, k):
        """A signed value, -2**15 to 2**15 - 1, with parameter k."""
        step = folded(value)
        quotient = step >> k
        if quotient < _ESCAPE:
            self._write((2 << quotient) - 2, quotient + 1)
            self._write(step & ((1 << k) - 1), k)
        else:
            self._write(0xFF, _ESCAPE)
            self._write(step, 16)

    def _wide(self, value):
        """A value below 2**30 behind its width."""
        width = 0
        while value >> width:
            width += 1
        self._write(width, _WIDTH)
        self._write(value, width)

    def _write(self, value, width):
        """The lowest `width` bits of a value below 2**30. Past the end `_at` goes on, and nothing is written."""
        bits = self._bits
        acc = self._acc
        while width:
            part = 8 - bits if width > 8 - bits else width
            width -= part
            acc = acc << part | value >> width & ((1 << part) - 1)
            bits += part
            if bits == 8:
                if self._at < self._end:
                    self._page[self._at] = acc
                self._at += 1
                acc = bits = 0
        self._acc = acc
        self._bits = bits


def folded(value):
    """A signed value without its sign: 0, -1, 1, -2, ... by number."""
    return value << 1 if value >= 0 else (-value << 1) - 1
