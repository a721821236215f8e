"""Everything the wire does, as text: run under several interpreters, the text must be the same.

Written in the common subset of MicroPython and CPython, like the wire itself.
"""

import struct
from binascii import crc32, hexlify

from presscue import wire

LIMITS = {
    "B": (0, 0xFF),
    "H": (0, 0xFFFF),
    "I": (0, 0xFFFFFFFF),
    "Q": (0, 0xFFFFFFFFFFFFFFFF),
    "i": (-(2**31), 2**31 - 1),
}


class Dice:
    """The same pseudo-random numbers under every interpreter (xorshift, 32 bits)."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return x % limit

    def bytes(self, size):
        return bytes([self.below(256) for _ in range(size)])

    def integer(self, low, high):
        value = 0
        for _ in range(3):
            value = value << 32 | self.below(0x100000000)
        return low + value % (high - low + 1)


def text(data):
    return hexlify(data).decode()


def digest(items):
    crc = 0
    for item in items:
        crc = crc32(item + b"|", crc) & 0xFFFFFFFF
    return "%d items %08x" % (len(items), crc)


def field_codes(layout):
    """The struct code of each field; the size of one of bytes."""
    codes = []
    digits = ""
    for char in layout[1:]:
        if char in "0123456789":
            digits += char
        else:
            codes.append(int(digits) if char == "s" else char)
            digits = ""
    return codes


def make(number, choose):
    """A message whose integers are chosen by choose(low, high); its tail and byte strings by `dice`."""
    name, layout, keys, tail = wire.MESSAGES[number]
    values = [dice.bytes(code) if isinstance(code, int) else choose(*LIMITS[code]) for code in field_codes(layout)]
    room = wire.MESSAGE_MAX - 1 - struct.calcsize(layout)
    size = dice.below(room + 1) if tail else 0
    if name == "samples":
        channels = 1 + dice.below(8)
        count = dice.below(room // (2 * channels) + 1)
        values[keys.index("count")] = count
        values[keys.index("channels")] = channels
        size = 2 * count * channels
    return wire.encode(name, *values, tail=dice.bytes(size))


def show(message):
    decoded = wire.decode(message)
    if decoded is None:
        return "None"
    name, fields = decoded
    pairs = ["%s=%s" % (k, text(v) if isinstance(v, bytes) else v) for k, v in sorted(fields.items())]
    return name + " " + " ".join(pairs)


def lowest(low, high):
    return low


def highest(low, high):
    return high


def messages():
    for number in sorted(wire.MESSAGES):
        for choose in (lowest, highest, dice.integer, dice.integer, dice.integer):
            message = make(number, choose)
            print(text(message), show(message))
            for size in range(len(message)):
                if wire.decode(message[:size]) is not None:
                    print("cut to", size, show(message[:size]))
    for _ in range(300):
        print(show(dice.bytes(dice.below(40))))


def misuse():
    for name, values, tail in (
        ("nonsense", (), b""),
        ("hello", (), b""),
        ("hello", (1, 2), b""),
        ("hello", (-1,), b""),
        ("hello", (256,), b""),
        ("hello", (1.5,), b""),
        ("hello", (None,), b""),
        ("hello", (1,), b"tail"),
        ("configure", (1, 0, 2**31), b""),
        ("configure", (1, 0, -(2**31) - 1), b""),
        ("ping", (1, 2**64), b""),
        ("info", (1, 2, 0, 1, 0, 9, 8), b""),
        ("info", (1, 2, 0, 1, 0, 9, b"nine bytes"), b""),
        ("info", (1, 2, 0, 1, 0, 9, b"short"), b""),
        ("result", (1, 2, 0), "text"),
        ("result", (1, 2, 0), bytes(300)),
    ):
        try:
            print(name, text(wire.encode(name, *values, tail=tail)))  # pyright: ignore[reportArgumentType]
        except wire.WireError:
            print(name, "WireError")


def feed(decoder, data, cuts=()):
    """What a decoder makes of the data, handed over in pieces."""
    out = []
    start = 0
    for end in cuts:
        out += decoder.feed(data[start:end])
        start = end
    return out + decoder.feed(data[start:])


def cuts_of(size):
    return sorted([dice.below(size + 1) for _ in range(dice.below(12))])


def read_frames(data, cuts=()):
    decoder = wire.FrameDecoder()
    out = feed(decoder, data, cuts)
    return "%s good %d bad %d" % (digest(out), decoder.good, decoder.bad)


def read_pages(data, cuts=()):
    decoder = wire.PageDecoder()
    out = feed(decoder, data, cuts)
    decoder.finish()
    parts = []
    for boot, session, number, content in out:
        parts.append(struct.pack("<HII", boot, session, number))
        parts += content
    return "%s good %d bad bytes %d" % (digest(parts), decoder.good, decoder.bad_bytes)


def every_damage(data, read):
    """What is read of the data after each cut, flip, deletion and insertion, at every byte."""
    for at in range(len(data)):
        flipped = bytes([data[at] ^ (1 << dice.below(8))])
        print(at, "cut", read(data[:at]))
        print(at, "begun", read(data[at:]))
        print(at, "flipped", read(data[:at] + flipped + data[at + 1 :]))
        print(at, "deleted", read(data[:at] + data[at + 1 :]))
        print(at, "inserted", read(data[:at] + dice.bytes(1) + data[at:]))


def frames():
    for size in range(1, wire.MESSAGE_MAX + 1):
        for message in (bytes(size), b"\xff" * size, dice.bytes(size)):
            block = wire.frame(message)
            print(size, digest([block]), wire.unframe(block[:-1]) == message)
    stream = b"".join([wire.frame(make(number, dice.integer)) for number in sorted(wire.MESSAGES)])
    print(text(stream))
    for _ in range(100):
        print("chunked", read_frames(stream, cuts_of(len(stream))))
    every_damage(stream[:600], read_frames)
    for _ in range(100):
        garbage = dice.bytes(dice.below(700))
        print("garbage", read_frames(garbage), read_frames(garbage + b"\x00" + stream))


def pages():
    writer = wire.PageWriter(0xB007, 0xDEADBEEF, 41)
    done = []
    for _ in range(3):
        for number in sorted(wire.MESSAGES):
            page = writer.add(make(number, dice.integer))
            if page:
                done.append(page)
    done.append(writer.flush())
    print(writer.flush(), writer.number)
    file = b"".join(done)
    print(digest([file]), read_pages(file))
    for _ in range(100):
        print("chunked", read_pages(file, cuts_of(len(file))))
    every_damage(file[: 3 * wire.PAGE_SIZE], read_pages)
    for _ in range(50):
        garbage = dice.bytes(dice.below(700))
        print("garbage", read_pages(garbage + file, cuts_of(len(file))))


dice = Dice(20260101)
messages()
misuse()
frames()
pages()
