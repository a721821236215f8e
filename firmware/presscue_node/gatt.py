"""What the node offers over Bluetooth: its services, their characteristics, what it says of itself in the air."""

from micropython import const

from presscue import wire

# Properties of a characteristic, as in the core specification and in `bluetooth`.
_READ, _WRITE_QUIETLY, _WRITE, _NOTIFY, _INDICATE = const(0x02), const(0x04), const(0x08), const(0x10), const(0x20)

_DEVICE_INFORMATION, _BATTERY = const(0x180A), const(0x180F)
_MANUFACTURER, _MODEL, _FIRMWARE, _SERIAL, _BATTERY_LEVEL = 0x2A29, 0x2A24, 0x2A26, 0x2A25, 0x2A19


def services(uuid):
    """The table for `gatts_register_services`; uuid: the class of `bluetooth`. See SPEC.md for what each is for."""
    return (
        (
            uuid(wire.SERVICE_UUID),
            (
                (uuid(wire.STREAM_UUID), _NOTIFY),
                (uuid(wire.CUE_UUID), _WRITE_QUIETLY),
                (uuid(wire.COMMAND_UUID), _WRITE | _INDICATE),
            ),
        ),
        (
            uuid(_DEVICE_INFORMATION),
            tuple((uuid(each), _READ) for each in (_MANUFACTURER, _MODEL, _FIRMWARE, _SERIAL)),
        ),
        (uuid(_BATTERY), ((uuid(_BATTERY_LEVEL), _READ | _NOTIFY),)),
    )


def advertisement(uuid, name):
    """The advertising payload: flags (general discovery, no classic), service UUID, complete name; 31 bytes at most."""
    service = bytes(uuid(wire.SERVICE_UUID))
    return b"\x02\x01\x06" + bytes((len(service) + 1, 0x07)) + service + bytes((len(name) + 1, 0x09)) + name
