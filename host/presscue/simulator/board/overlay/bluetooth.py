"""`bluetooth` of the virtual board: the part of MicroPython's module that the node uses, answered over the pipe.

Events are handed to the interrupt handler where the firmware looks at the clock or waits, as the scheduler of the
real one does between two bytecodes. A value written by the central is kept in a buffer of 20 bytes unless
`gatts_set_buffer` has made it larger; what is longer is cut off, as on the chip.
"""

import struct

import board_link

FLAG_READ, FLAG_WRITE_NO_RESPONSE, FLAG_WRITE, FLAG_NOTIFY, FLAG_INDICATE = 0x02, 0x04, 0x08, 0x10, 0x20

_ACTIVE, _SERVICES, _ADVERTISE, _NOTIFY, _INDICATE, _DISCONNECT, _VALUE, _EVENT, _MTU, _ALLOW = range(10)
_CONNECTED, _DISCONNECTED, _WRITTEN, _READ, _MTU_EXCHANGED, _INDICATED = 1, 2, 3, 4, 21, 20
_BUFFER = 20
_NOTHING = b""


def UUID(value):
    """Little-endian bytes of a 16-bit or 128-bit UUID. (The real one is an object with the same bytes.)"""
    if isinstance(value, int):
        return struct.pack("<H", value)
    digits = value.replace("-", "")
    return bytes([int(digits[i : i + 2], 16) for i in range(30, -2, -2)])


def _call(operation, argument, data=_NOTHING):
    return board_link.call(board_link.BLE, operation | argument << 8, len(data), data)


def _checked(status):
    if status < 0:
        raise OSError(-status, "bluetooth")
    return status


class _Ble:
    def __init__(self):
        self._handler = None
        self._values = {}
        self._sizes = {}
        self._is_active = False
        self._next = 0

    def active(self, on=None):
        if on is not None:
            self._is_active = bool(on)
            _call(_ACTIVE, 1 if on else 0)
            board_link.on_event(self._deliver)
        return self._is_active

    def config(self, *names, **settings):
        if names:
            return {"mac": (1, b"\0" * 6)}[names[0]]
        if "mtu" in settings:
            _call(_MTU, settings["mtu"])

    def irq(self, handler):
        self._handler = handler

    def gatts_register_services(self, services):
        blob = b""
        handles = []
        for uuid, characteristics in services:
            blob += struct.pack("<BHH", len(uuid), 0, 0) + uuid
            own = []
            for uuid, flags in characteristics:
                self._next += 3
                blob += struct.pack("<BHH", len(uuid), self._next, flags) + uuid
                own.append(self._next)
                self._sizes[self._next] = _BUFFER
            handles.append(tuple(own))
        _checked(_call(_SERVICES, 0, blob))
        return tuple(handles)

    def gatts_set_buffer(self, handle, size, append=False):
        self._sizes[handle] = size

    def gatts_read(self, handle):
        return self._values.get(handle, _NOTHING)

    def gatts_write(self, handle, data, send_update=False):
        self._values[handle] = bytes(data)
        _call(_VALUE, handle, data)

    def gatts_notify(self, connection, handle, data=None):
        _checked(_call(_NOTIFY, connection << 16 | handle, self.gatts_read(handle) if data is None else data))

    def gatts_indicate(self, connection, handle, data=None):
        _checked(_call(_INDICATE, connection << 16 | handle, self.gatts_read(handle) if data is None else data))

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        payload = _NOTHING if adv_data is None else adv_data
        if len(payload) > 31:
            raise OSError(22, "advertising data is longer than 31 bytes")
        _call(_ADVERTISE, 0 if interval_us is None else max(interval_us // 1000, 20), payload)

    def gap_disconnect(self, connection):
        return _call(_DISCONNECT, connection) >= 0

    def _deliver(self):
        size = _call(_EVENT, 0)
        if not size:
            return
        event = bytearray(size)
        board_link.fetch(event, size)
        code, connection, handle = struct.unpack_from("<BHH", event, 0)
        if code == _WRITTEN:
            self._values[handle] = bytes(event[5 : 5 + self._sizes.get(handle, _BUFFER)])
            data = (connection, handle)
        elif code in (_MTU_EXCHANGED, _READ):
            data = (connection, handle)
        elif code == _INDICATED:
            data = (connection, handle, event[5])
        else:
            data = (connection, 0, b"\0" * 6)
        answer = None if self._handler is None else self._handler(code, data)
        if code == _READ:
            _call(_ALLOW, answer or 0)


_only = _Ble()


def BLE():
    """The one radio."""
    return _only
