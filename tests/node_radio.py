"""A `bluetooth` module for the node under CPython: centrals come, write and go; what the node tells them is kept."""

from presscue import wire

CONNECTED, DISCONNECTED, WRITTEN, READ, INDICATED, MTU_EXCHANGED = 1, 2, 3, 4, 20, 21


class Store:
    """esp32.NVS, kept in memory over restarts of the node."""

    def __init__(self):
        self.blobs, self._open = {}, {}
        self.broken = False

    def get_blob(self, key, buffer):
        if key not in self.blobs:
            raise OSError(-0x1102, "ESP_ERR_NVS_NOT_FOUND")
        buffer[: len(self.blobs[key])] = self.blobs[key]
        return len(self.blobs[key])

    def set_blob(self, key, value):
        if self.broken:
            raise OSError(-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")
        self._open[key] = bytes(value)

    def erase_key(self, key):
        self._open[key] = None

    def commit(self):
        self.blobs.update(self._open)
        self.blobs = {key: blob for key, blob in self.blobs.items() if blob is not None}
        self._open = {}


class Central:
    """One connection. `packets`: the messages that it got, each as wire.decode gives it, samples as their type."""

    def __init__(self, radio, number):
        self.radio, self.number = radio, number
        self.got = []
        self.gone = False

    def write(self, message, *, cue=False):
        """One write, to the command characteristic or that for cues."""
        handle = self.radio.handles[1 if cue else 2]
        self.radio.value = bytes(message)
        self.radio.handler(WRITTEN, (self.number, handle))

    def read(self, handle):
        return self.radio.handler(READ, (self.number, handle))

    def leave(self):
        self.gone = True
        self.radio.handler(DISCONNECTED, (self.number, 0, b""))

    def take(self):
        """What it got since."""
        got, self.got = self.got, []
        return got


class Radio:
    """Module and BLE object in one."""

    UUID = staticmethod(lambda value: value.to_bytes(2, "little") if isinstance(value, int) else bytes.fromhex(
        value.replace("-", ""))[::-1])  # fmt: skip

    def __init__(self):
        self.centrals = {}
        self._unconfirmed = []
        self.value = b""
        self.handles = ()
        self.battery = self.serial_number = 0

    def BLE(self):
        return self

    def central(self, mtu=247):
        one = Central(self, len(self.centrals))
        self.centrals[one.number] = one
        self.handler(CONNECTED, (one.number, 0, b""))
        self.handler(MTU_EXCHANGED, (one.number, mtu))
        return one

    def confirm(self):
        """The centrals have had what was indicated to them."""
        for data in self._unconfirmed:
            self.handler(INDICATED, data)
        self._unconfirmed = []

    # what the firmware calls

    def active(self, on):
        pass

    def config(self, **settings):
        pass

    def irq(self, handler):
        self.handler = handler

    def gatts_register_services(self, services):
        number, out = 0, []
        for _, characteristics in services:
            out.append(tuple(range(number, number + len(characteristics))))
            number += len(characteristics)
        self.handles, (_, _, _, self.serial_number), (self.battery,) = out
        return tuple(out)

    def gatts_set_buffer(self, handle, size):
        pass

    def gatts_write(self, handle, data):
        pass

    def gatts_read(self, handle):
        return self.value

    def gatts_notify(self, number, handle, data):
        self.centrals[number].got += map(wire.decode, wire.PacketDecoder().feed(bytes(data)))

    def gatts_indicate(self, number, handle, data):
        self.gatts_notify(number, handle, data)
        self._unconfirmed.append((number, handle, 0))

    def gap_advertise(self, interval_us, data=None):
        pass

    def gap_disconnect(self, number):
        if not self.centrals[number].gone:
            self.centrals[number].leave()
