"""The wire: every message, the two envelopes they travel in, and their checks.

Sans-io and written in the common subset of MicroPython and CPython, so that node and host import
this same file. SPEC.md describes every byte; a test holds that text against `MESSAGES`.

A *message* is one type byte and a body: a fixed part (a struct format, little-endian) and, for some
types, a tail of free length. It is at most `MESSAGE_MAX` bytes. Two envelopes carry messages:

* a *frame* for byte streams (USB): COBS(message + CRC-32) followed by one zero byte;
* a *page* for storage: 256 bytes that stand alone (header, whole messages, CRC-32).

Decoders never raise on bad bytes: they drop, count, and find the next good frame or page.
"""

import struct
from binascii import crc32

PROTOCOL = 1
"""Protocol version. A peer that speaks a higher one is refused with a clear line."""

MESSAGE_MAX = 232
"""Longest message in bytes, type byte included: it fits one BLE notification at MTU 247."""

# Bluetooth LE: the node's service and its characteristics. A packet is whole messages, each behind its length (u8).
SERVICE_UUID = "c0e50001-93f7-4f2a-8d14-5a1b6c0f7e21"
STREAM_UUID = "c0e50002-93f7-4f2a-8d14-5a1b6c0f7e21"
CUE_UUID = "c0e50003-93f7-4f2a-8d14-5a1b6c0f7e21"
COMMAND_UUID = "c0e50004-93f7-4f2a-8d14-5a1b6c0f7e21"

# Sources of samples.
SLED, LEG, PADS = 0, 1, 2

# A type a line: its number, name, struct format of the fixed part, names of its fields, + name of the tail if any.
# Numbers are never reused. Fields carry their unit in the name. One text, since tuples take a node four times the
# memory (and twice that where words are 64 bit): `row` looks up what is asked for.
_TABLE = """
01 hello <B protocol
02 info <BHBBBQ8s protocol boot major minor patch t_us device +name
03 channel <BBBII source index channels period_ns scale_nano +label
10 start <HIQ token session wall_ms
11 stop <H token
12 status_request <H token
13 status <HQBHIIIHHHIH boot t_us state faults dropped_messages fifo_overruns bus_errors bad_frames loop_max_us \
battery_mv heap_free cues_played
14 configure <HBi token setting value
15 result <BHB command token code +text
16 health <HBBBBH boot power sleep_min woke usb spoilt
18 ping <HQ token host_us
19 pong <HQQ token host_us node_us
1a clock <HQ token wall_ms
20 cue <HBBBHQ cue pattern priority strength ttl_ms detected_us
21 cue_ack <HBBHQ cue outcome by boot start_us
30 samples <BHIIQIBB source boot order seq t_us period_ns count channels +data
31 notice <HQBBi boot t_us part code value +text
32 packed <HIQB boot order t_us blocks +bits
40 header <BQI8sBBB format wall_ms session device major minor patch +name
41 profile <BB part parts +toml
42 calibration <QB effective_us layout +values
43 mark <QB wall_ms code +text
50 log_list <HI token after
51 log_entry <IHBBBBQQII session boot state clock sets boots_ago t_us wall_ms length_ms pages
52 log_status <HQBIIIHH boot t_us state pages pages_kept pages_ready stalls stall_max_ms
53 log_read <HIII token session offset size
54 log_data <III session offset crc +data
55 log_check <HI token session
56 log_sum <III session size crc
57 log_verified <HII token session crc
58 fetch <HHII token boot first end
59 fetched <HIIB boot first end reason
60 open <HB16s token slot nonce
61 challenge <H16s16s token nonce proof
62 prove <H16s token proof
63 sealed <I8s counter mac +message
64 key_set <HB32s token slot key +owner
65 key_remove <HB token slot
66 key_list <H token
67 key_slot <B4s slot key_id +owner
68 access <HIIIIII boot admitted refused unsealed forged replayed flooded
70 guard_limits <H18siiiiiBB token axes bias gain straight middle deep heel_left heel_right
71 guard_cue <HHQB boot cue t_us kind
"""
_ROWS = [line.split() for line in _TABLE.strip().split("\n")]
MESSAGES = {
    int(row[0], 16): (
        row[1],
        row[2],
        tuple([name for name in row[3:] if name[0] != "+"]),
        ([name[1:] for name in row[3:] if name[0] == "+"] + [None])[0],
    )
    for row in _ROWS
}
"""By type number: (name, struct format of the fixed part, field names, name of the tail or None)."""
TYPES = {row[1]: int(row[0], 16) for row in _ROWS}

_seen = {}
_KEEPS = hasattr(struct, "Struct")  # what `row` has looked up: a host, whose `struct` has it, has the memory too

# Values of coded fields.
STATES = ("idle", "streaming")
RESULTS = ("ok", "unknown command", "wrong state", "bad value", "refused")
OUTCOMES = ("started", "expired", "outranked", "failed", "silenced", "repeated")
PARTS = ("node", "sled", "leg", "pads", "haptic", "buzzer", "link", "log")
"""Parts of a node; bit n of `status.faults` is set while part n is not working."""
NOTICES = ("lost", "back", "overrun", "watchdog", "reset", "recording", "paused", "full", "clock")
BY = ("host", "guard", "test")
GUARDED = ("lockout", "heel_lift left", "heel_lift right", "depth")
"""What a node cues by itself while no host is there."""
PATTERNS = ("long", "double", "triple", "pulse")
"""Cue patterns, told apart by rhythm; a cue's `pattern` is the index."""
SETTINGS = ("batch_ms", "cue_strength", "silence", "watchdog_ms", "sleep_min")
MARKS = ("link lost", "link back", "started", "stopped", "note", "dated")
LOG_STATES = ("absent", "idle", "recording", "full")
"""What the recorder of a node does."""
ENTRY_STATES = ("open", "closed", "verified")
"""A log being written, a whole one, and one whose copy a host has checked: only that may be deleted."""
REASONS = ("rest", "full", "reboot")
"""Why samples messages that a host has missed are not on the node any more."""
CLOCKS = ("none", "host", "uptime", "boots", "slept")
"""How a log's wall-clock time is known: not at all, from a host before it began, from one later in the same boot,
found at download from the count of boots, or from a host before the node slept."""
POWER = ("awake", "still")
WAKES = ("reset", "button", "motion")
"""What ended a node's sleep; *reset*: it began without one."""


class WireError(ValueError):
    """Our own misuse: a message that cannot be encoded. Bad input never raises this."""


def row(number):
    """What `MESSAGES` says of a type, without that table; None of one that there is not."""
    found = _seen.get(number)
    if found is None:
        at = _TABLE.find("\n%02x " % number)
        if at < 0:
            return None
        words = _TABLE[at + 4 : _TABLE.find("\n", at + 1)].split()
        tail = words.pop()[1:] if words[-1][0] == "+" else None
        found = words[0], words[1], tuple(words[2:]), tail
        if _KEEPS:
            _seen[number] = found
    return found


def encode(name, *values, tail=b""):
    """One message as bytes. Raises WireError if a value does not fit its field."""
    at = _TABLE.find(" %s <" % name)
    if at < 0:
        raise WireError("there is no message %s" % name)
    number = int(_TABLE[at - 2 : at], 16)
    found = row(number)
    assert found is not None
    _, form, keys, tail_name = found
    if len(values) != len(keys):
        raise WireError("%s takes %d fields, not %d" % (name, len(keys), len(values)))
    if not isinstance(tail, (bytes, bytearray, memoryview)):
        raise WireError("%s: a tail is bytes" % name)
    if len(tail) and tail_name is None:
        raise WireError("%s has no tail" % name)
    try:
        body = struct.pack(form, *values)
    except Exception as error:  # struct.error does not exist in MicroPython
        raise WireError("%s: %s" % (name, error))
    # MicroPython packs what does not fit modulo the field's size, so what comes back is compared.
    for key, value, packed in zip(keys, values, struct.unpack(form, body)):
        if packed != value and not (isinstance(packed, bytes) and packed[: len(value)] == value):
            raise WireError("%s: %s does not hold %s" % (name, key, value))
    message = bytes([number]) + body + bytes(tail)
    if len(message) > MESSAGE_MAX:
        raise WireError("%s: %d bytes, at most %d" % (name, len(message), MESSAGE_MAX))
    return message


def decode(message):
    """(name, {field: value}) of a message, or None if its type is unknown or its body too short.

    The tail, where the type has one, is a further field under its own name, as bytes.
    """
    if len(message) < 1:
        return None
    found = row(message[0])
    if found is None:
        return None
    name, form, keys, tail = found
    size = struct.calcsize(form)
    if len(message) < 1 + size or (tail is None and len(message) != 1 + size):
        return None
    values = struct.unpack_from(form, message, 1)
    fields = {key: value for key, value in zip(keys, values)}
    if tail is not None:
        fields[tail] = bytes(message[1 + size :])
    if name == "samples" and len(fields["data"]) != 2 * fields["count"] * fields["channels"]:
        return None
    return name, fields


# --- frames: COBS + CRC-32, for byte streams ---------------------------------------------------

FRAME_MAX = MESSAGE_MAX + 4 + 1 + 1
"""Longest frame: message, CRC, one COBS code byte (fewer than 254 bytes need one), delimiter."""


def frame_into(message, length, out):
    """Frame the first `length` bytes of `message` into the bytearray `out`; returns the frame's length.

    `message` must be a bytearray with 4 spare bytes behind `length` (the CRC is put there), `out`
    at least FRAME_MAX long. Builds nothing but what `crc32_of` does, for the node's sake.
    """
    crc = crc32_of(message, length)
    message[length] = crc & 0xFF
    message[length + 1] = (crc >> 8) & 0xFF
    message[length + 2] = (crc >> 16) & 0xFF
    message[length + 3] = (crc >> 24) & 0xFF
    end = length + 4
    code = 0  # where the current code byte goes
    put = 1
    i = 0
    while i < end:
        byte = message[i]
        if byte:
            out[put] = byte
            put += 1
        else:
            out[code] = put - code
            code = put
            put += 1
        i += 1
    out[code] = put - code
    out[put] = 0
    return put + 1


def crc32_of(buffer, length):
    """CRC-32 of the first `length` bytes of a buffer. Copies nothing; builds a view and an integer."""
    return crc32(memoryview(buffer)[:length]) & 0xFFFFFFFF


def frame(message):
    """One message in its frame, as bytes."""
    if not 0 < len(message) <= MESSAGE_MAX:
        raise WireError("a message has 1 to %d bytes, not %d" % (MESSAGE_MAX, len(message)))
    scratch = bytearray(len(message) + 4)
    scratch[: len(message)] = message
    out = bytearray(FRAME_MAX)
    size = frame_into(scratch, len(message), out)
    return bytes(out[:size])


def unframe(block):
    """The message in one frame (without its delimiter), or None if the frame is damaged."""
    size = len(block)
    if size < 6 or size > FRAME_MAX - 1:
        return None
    out = bytearray()  # ends as size - 1 bytes: every code byte but the first stands for a zero
    i = 0
    while i < size:
        code = block[i]
        end = i + code
        if code == 0 or end > size:
            return None
        out += block[i + 1 : end]
        i = end
        if i < size:
            out.append(0)
    length = len(out) - 4
    crc = out[length] | out[length + 1] << 8 | out[length + 2] << 16 | out[length + 3] << 24
    if crc32_of(out, length) != crc:
        return None
    return bytes(out[:length])


class FrameDecoder:
    """Bytes in, whole messages out. Keeps at most one frame; counts what it drops.

    good: messages delivered; bad: stretches between two delimiters that held no intact frame.
    """

    def __init__(self):
        self._part = bytearray()
        self._skipping = False
        self.good = 0
        self.bad = 0

    def feed(self, data):
        """Messages completed by `data`, in order (a list of bytes)."""
        messages = []
        start = 0
        data = bytes(data)
        while True:
            end = data.find(b"\x00", start)
            stop = len(data) if end < 0 else end
            if not self._skipping:
                if len(self._part) + stop - start > FRAME_MAX - 1:
                    self._skipping = True
                    self._part = bytearray()
                else:
                    self._part += data[start:stop]
            if end < 0:
                return messages
            start = end + 1
            if self._skipping:
                self._skipping = False
                self.bad += 1
            elif self._part:
                message = unframe(self._part)
                self._part = bytearray()
                if message is None:
                    self.bad += 1
                else:
                    self.good += 1
                    messages.append(message)


# --- pages: 256 bytes that stand alone, for storage --------------------------------------------

PAGE_SIZE = 256
PAGE_MAGIC = b"pq"
PAGE_HEADER = "<2sBBHII"  # magic, format, bytes used, boot, session, page number
PAGE_FORMAT = 1
PAGE_START = PAGE_MAGIC + bytes([PAGE_FORMAT])
PAGE_BODY = struct.calcsize(PAGE_HEADER)
PAGE_ROOM = PAGE_SIZE - PAGE_BODY - 4
"""Payload bytes of a page; each message takes its length plus one."""


class PageWriter:
    """Packs messages into pages. `add` returns a finished page (bytes) or None; `flush` the last one."""

    def __init__(self, boot, session, number=0):
        if not (0 <= boot <= 0xFFFF and 0 <= session <= 0xFFFFFFFF and 0 <= number <= 0xFFFFFFFF):
            raise WireError("a page does not hold boot %s, session %s, number %s" % (boot, session, number))
        self.boot = boot
        self.session = session
        self.number = number
        self._page = bytearray(PAGE_SIZE)
        self._used = 0

    def add(self, message):
        size = len(message)
        if not 0 < size <= MESSAGE_MAX:
            raise WireError("a message has 1 to %d bytes, not %d" % (MESSAGE_MAX, size))
        done = self.flush() if self._used + 1 + size > PAGE_ROOM else None
        at = PAGE_BODY + self._used
        self._page[at] = size
        self._page[at + 1 : at + 1 + size] = message
        self._used += 1 + size
        return done

    def flush(self):
        """The page begun, or None if it holds nothing."""
        if not self._used:
            return None
        page = self._page
        struct.pack_into(
            PAGE_HEADER, page, 0, PAGE_MAGIC, PAGE_FORMAT, self._used, self.boot, self.session, self.number
        )
        for i in range(PAGE_BODY + self._used, PAGE_SIZE - 4):
            page[i] = 0
        struct.pack_into("<I", page, PAGE_SIZE - 4, crc32_of(page, PAGE_SIZE - 4))
        self.number += 1
        self._used = 0
        return bytes(page)


def page_open(page):
    """(boot, session, number, [messages]) of one page, or None if it is damaged."""
    if len(page) != PAGE_SIZE or bytes(page[: len(PAGE_START)]) != PAGE_START:
        return None
    if struct.unpack_from("<I", page, PAGE_SIZE - 4)[0] != crc32_of(page, PAGE_SIZE - 4):
        return None
    _, _, used, boot, session, number = struct.unpack_from(PAGE_HEADER, page, 0)
    if used > PAGE_ROOM:
        return None
    at = PAGE_BODY
    end = at + used
    messages = []
    while at < end:
        size = page[at]
        if not 0 < size <= MESSAGE_MAX or at + 1 + size > end:
            return None
        messages.append(bytes(page[at + 1 : at + 1 + size]))
        at += 1 + size
    return boot, session, number, messages


class PacketDecoder:
    """Bluetooth packets in, messages out. good, bad: packets so far.

    A packet that begins with 0 goes on with the message amid which the one before it ended; one that ends amid a
    message and is not gone on with was cut off.
    """

    def __init__(self):
        self.good = 0
        self.bad = 0
        self._part = b""

    def reconnected(self):
        """The next packet is the first of a connection: what the one before broke off will not be gone on with."""
        self._part = b""

    def feed(self, packet):
        """The messages that a packet completes; none if it is damaged."""
        part, self._part = self._part, b""
        if packet[:1] == b"\x00" and part:
            packet = part + bytes(packet[1:])
        elif part:
            self.bad += 1
        messages = []
        at = 0
        end = len(packet)
        while at < end:
            size = packet[at]
            if size == 0 or size > MESSAGE_MAX:
                self.bad += 1
                return []
            if at + 1 + size > end:
                self._part = bytes(packet[at:])
                return messages
            messages.append(bytes(packet[at + 1 : at + 1 + size]))
            at += 1 + size
        self.good += 1
        return messages


class PageDecoder:
    """Bytes of a session file in, opened pages out; resynchronises at any offset; counts what it drops.

    Keeps less than one page. good: pages delivered; bad_bytes: bytes that belong to no intact page.
    """

    def __init__(self):
        self._part = b""
        self.good = 0
        self.bad_bytes = 0

    def feed(self, data):
        """Pages completed by `data`: a list of (boot, session, number, [messages])."""
        pages = []
        buffer = self._part + bytes(data)
        at = 0
        while len(buffer) - at >= PAGE_SIZE:
            page = page_open(buffer[at : at + PAGE_SIZE])
            if page is not None:
                pages.append(page)
                self.good += 1
                at += PAGE_SIZE
                continue
            found = buffer.find(PAGE_START, at + 1)
            if found < 0:
                # Nothing here starts a page, but the last bytes may be the first of one.
                found = len(buffer) - len(PAGE_START) + 1
            self.bad_bytes += found - at
            at = found
        self._part = buffer[at:]
        return pages

    def finish(self):
        """Call at the end of the file: a torn tail counts as dropped."""
        self.bad_bytes += len(self._part)
        self._part = b""
