"""Run by MicroPython on a PTY: a board that boots from a littlefs image, as an ESP32 does, up to the prompt.

Arguments: the image (a file; formatted if it is blank), the chip that the board says it has. The file system, hashes,
.mpy loading, the prompt and the firmware are real; the chips on the bus are absent and the radio hears nobody.
"""

import os as real_os
import select
import sys
import time as real_time

import vfs

BLOCK, BLOCKS = 4096, 128
WINDOW_PART = 10  # of a second of waiting, a tenth

image, chip = sys.argv[1:3]


class Flash:
    def __init__(self, path):
        self.file = open(path, "r+b")

    def readblocks(self, number, buffer, offset=0):
        self.file.seek(number * BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, number, buffer, offset=None):
        self.file.seek(number * BLOCK + (offset or 0))
        self.file.write(buffer)

    def ioctl(self, what, argument):
        if what == 3:
            self.file.flush()
        return {4: BLOCKS, 5: BLOCK}.get(what, 0)


class Os:
    @staticmethod
    def uname():
        return Uname


class Uname:
    machine = "Feather with " + chip


class Time:
    @staticmethod
    def sleep_ms(ms):
        """Ctrl-C interrupts, as it does on the console of an ESP32."""
        poll = select.poll()
        poll.register(sys.stdin, 1)
        deadline = real_time.ticks_add(real_time.ticks_ms(), ms // WINDOW_PART)
        while real_time.ticks_diff(deadline, real_time.ticks_ms()) > 0:
            if poll.poll(5) and sys.stdin.buffer.read(1) == b"\x03":
                raise KeyboardInterrupt


class Machine:
    WDT_RESET, DEEPSLEEP_RESET = 3, 4

    class Pin:
        IN, OUT, PULL_UP, IRQ_RISING = 0, 1, 2, 4

        def __init__(self, *args, **kwargs):
            pass

        def value(self, *args):
            return 1

        def irq(self, *args, **kwargs):
            pass

    class I2C:
        def __init__(self, *args, **kwargs):
            pass

        def fail(self, *args):
            raise OSError(19)

        readfrom_mem_into = writeto_mem = readfrom_into = writeto = fail

    class PWM:
        def __init__(self, *args, **kwargs):
            pass

        def duty_u16(self, *args):
            pass

        freq = duty_u16

    class ADC:
        ATTN_11DB = 3

        def __init__(self, *args, **kwargs):
            pass

        def read_uv(self):
            return 1_900_000

    class WDT:
        def __init__(self, timeout):
            pass

        def feed(self):
            pass

    class UART:
        def __init__(self, *args, **kwargs):
            pass

    @staticmethod
    def unique_id():
        return b"\x30\xae\xa4\x01\x02\x03"

    @staticmethod
    def reset_cause():
        return 1

    @staticmethod
    def freq(hz):
        pass

    @staticmethod
    def reset():
        real_os.system("kill -9 $PPID")


class Radio:
    def __getattr__(self, name):
        return lambda *args, **kwargs: None

    def gatts_register_services(self, services):
        return [tuple(range(len(characteristics))) for _, characteristics in services]


class Bluetooth:
    BLE = Radio
    FLAG_READ, FLAG_WRITE, FLAG_NOTIFY, FLAG_INDICATE, FLAG_WRITE_NO_RESPONSE = 2, 8, 16, 32, 4

    @staticmethod
    def UUID(value):
        return value.encode() if isinstance(value, str) else value.to_bytes(2, "little")


class Esp32:
    class Partition:
        TYPE_DATA = 1

        @staticmethod
        def find(*args, **kwargs):
            return []

    @staticmethod
    def gpio_deep_sleep_hold(on):
        pass

    class NVS:
        """Without any key in it."""

        def __init__(self, namespace):
            pass

        def get_blob(self, key, buffer):
            raise OSError(-4354)  # ESP_ERR_NVS_NOT_FOUND


for fake, real in ((Os, real_os), (Time, real_time)):
    for name in dir(real):
        if not hasattr(fake, name):
            setattr(fake, name, getattr(real, name))
sys.modules.update({"os": Os, "time": Time, "machine": Machine, "bluetooth": Bluetooth, "esp32": Esp32})

device = Flash(image)
try:
    disk = vfs.VfsLfs2(device)
except OSError:
    vfs.VfsLfs2.mkfs(device)
    disk = vfs.VfsLfs2(device)
vfs.umount("/")
vfs.mount(disk, "/")
sys.path[:] = ["", ".frozen", "/lib"]
del sys.argv[:]
if "main.py" in real_os.listdir("/"):
    with open("/main.py") as main:
        source = main.read()
    exec(source, {"__name__": "__main__"})
