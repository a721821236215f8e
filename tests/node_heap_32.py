"""Run by MicroPython for WebAssembly (node_heap_32.mjs): a node with all it has, in the heap of a 32-bit machine.

It streams over the cable to a host that pings, asks and sets limits, while a central is connected over the air, and it
records. COMMANDS: bytes from the host by turn, PING: one, LOG: what its log's region begins with. Prints `in use
IMPORTED MOST` (bytes, after a collection, less what was there before the node), `sessions N` in its log, `pages N` that
it has written, `sent N` samples messages.
"""

import gc
import sys

import micropython

import node_fakes
import node_time

BLOCKS = 1472  # 4 KB each: the partition on the reference board
KEPT = 80
CONNECTED, MTU_EXCHANGED = 1, 21


class Namespace:
    def __init__(self, **names):
        for name in names:
            setattr(self, name, names[name])


class Pin:
    IN = OUT = PULL_UP = 0

    def __init__(self, *arguments, **settings):
        pass

    def value(self, *value):
        return 1


class Adc:
    def __init__(self, pin):
        pass

    def read_uv(self):
        return 2_000_000


class Ble:
    handler = None

    def active(self, on):
        return True

    def config(self, **settings):
        pass

    def irq(self, handler):
        Ble.handler = handler

    def gatts_register_services(self, services):
        handles = iter(range(3, 100, 3))
        return tuple(tuple(next(handles) for _ in characteristics) for _, characteristics in services)

    def gatts_set_buffer(self, handle, size):
        pass

    def gatts_write(self, handle, data):
        pass

    def gatts_notify(self, connection, handle, data):
        pass

    gatts_indicate = gatts_notify

    def gap_advertise(self, *arguments):
        pass

    def gap_disconnect(self, connection):
        """It stays: a central that has not proved a key, for want of anybody who does the sums here."""


class Flash:
    """The partition: the first KEPT blocks of it are enough here."""

    TYPE_DATA = 1
    data = bytearray(LOG + b"\xff" * (KEPT * 4096 - len(LOG)))  # noqa: F821

    @staticmethod
    def find(kind, label):
        return [Flash()]

    def readblocks(self, number, buffer, offset=0):
        at = number * 4096 + offset
        for i in range(len(buffer)):
            buffer[i] = self.data[at + i] if number < KEPT else 0xFF

    def writeblocks(self, number, buffer, offset=0):
        at = number * 4096 + offset
        for i in range(len(buffer)):
            self.data[at + i] = buffer[i]

    def ioctl(self, what, argument):
        return BLOCKS if what == 4 else 0


class Nvs:
    def __init__(self, name):
        pass

    def get_blob(self, key, buffer):
        raise OSError(2)


class Booted(Exception):
    """The node would wait for the first time."""


class Cable(node_fakes.Pipe):
    sent_samples = 0

    def write(self, buffer, start, end):
        self.sent_samples += start == 0 and buffer[1] == 0x30
        return end - start

    def wait(self, timeout_us):
        raise Booted


bus = node_fakes.Bus(
    {
        0x6A: node_fakes.SteadyImu(),
        0x6B: node_fakes.SteadyImu(),
        0x48: node_fakes.SteadyAdc(),
        0x5A: node_fakes.SteadyHaptic(),
    }
)
sys.modules["time"] = node_time
sys.modules["os"] = Namespace(urandom=bytes)
sys.modules["esp32"] = Namespace(Partition=Flash, NVS=Nvs, gpio_deep_sleep_hold=lambda on: None)
sys.modules["bluetooth"] = Namespace(BLE=Ble, UUID=lambda value: bytes(2 if isinstance(value, int) else 16))
sys.modules["machine"] = Namespace(
    Pin=Pin,
    ADC=Adc,
    I2C=lambda *arguments, **settings: bus,
    PWM=lambda *arguments, **settings: node_fakes.Pwm(),
    WDT=lambda timeout: node_fakes.Watchdog(),
    WDT_RESET=5,
    DEEPSLEEP_RESET=4,
    freq=lambda hz: None,
    reset_cause=lambda: 1,
    unique_id=lambda: b"abcdef",
)
cable = Cable()
node = app = None
counts = []
turns = 0


def count():
    counts.append(gc.mem_alloc())


def load():
    global app
    from presscue_node import app


def boot():
    """Until it waits. Its loop never returns and hands out nothing, so its first turn is looked at from outside."""
    global node
    import presscue_node

    poll = presscue_node.Node.poll

    def first(self):
        global node
        node = self
        return poll(self)

    presscue_node.Node.poll = first
    try:
        app.run(cable)
    except Booted:
        presscue_node.Node.poll = poll
    Ble.handler(CONNECTED, (64, 0, b"\0" * 6))
    Ble.handler(MTU_EXCHANGED, (64, 247))


def live():
    """A fifth of a second."""
    global turns
    cable.coming += COMMANDS.get(turns, b"") + (PING if turns % 5 == 4 else b"")  # noqa: F821
    turns += 1
    lived_us = 0
    while lived_us < 200_000:
        step_us = node.poll() or 300
        node_time.advance(step_us)
        lived_us += step_us


def tell():
    micropython.mem_info()
    print("in use", counts[1] - counts[0], max(counts) - counts[0])
    print("sent", cable.sent_samples)
    print("sessions", sum(Flash.data[at] == 0x53 for at in range(64, 4096, 64)))
    print("pages", sum(Flash.data[at : at + 2] == b"pq" for at in range(2 * 4096, len(Flash.data), 256)))
