"""What Bluetooth says when it does not work, in plain words with what to do. Pure: the exceptions stay in ble.py.

The needles are what BlueZ (over D-Bus), CoreBluetooth and WinRT say through bleak 3, and what of that its users have
reported: bleak's issues 239, 993, 1220 (aborted connections), 740, 839, 1217 (unreachable services).
"""

from typing import NamedTuple

OFF = "Bluetooth is switched off: switch it on, or connect the node by USB"
DENIED = "no permission to use Bluetooth: allow it in the system's settings"
BROKE_OFF = "the connection broke off while it was made: come nearer to the node, and try again"


class Trouble(NamedTuple):
    """words: what is wrong and what to do. again: whether another attempt may help."""

    words: str
    again: bool = True


_PLATFORM = {
    ("denied_by", "darwin"): "no permission: allow your terminal in System Settings, Privacy & Security, Bluetooth",
    ("powered_off", "linux"): "Bluetooth is switched off: bluetoothctl power on",
}

_KNOWN: tuple[tuple[tuple[str, ...], Trouble], ...] = (
    (("denied_by",), Trouble(DENIED, False)),
    (("powered_off", "is bluetooth turned on", "-2147020577", "0x800710df"), Trouble(OFF, False)),
    (("no_ble_central_role",),
     Trouble("this Bluetooth adapter cannot do Bluetooth LE: use another one, or USB", False)),
    (("no_bluetooth", "bleakbluetoothnotavailableerror"),
     Trouble("this computer has no Bluetooth adapter: plug one in, or connect the node by USB", False)),
    (("dbus.error.accessdenied", "error.notauthorized", "error.notpermitted"),
     Trouble("no permission to use Bluetooth: sudo usermod -aG bluetooth $USER, then log in anew", False)),
    (("dbus.error.serviceunknown", "namehasnoowner"),
     Trouble("the Bluetooth service is not running: sudo systemctl start bluetooth", False)),
    (("error.blocked", "rfkill"), Trouble("Bluetooth is blocked: rfkill unblock bluetooth", False)),
    (("error.notready", "resource not ready"), Trouble("Bluetooth is switched off: bluetoothctl power on", False)),
    (("dbus.error.noreply", "did not receive a reply"),
     Trouble("the Bluetooth service does not answer: sudo systemctl restart bluetooth", False)),
    (("requires bluez",), Trouble("this system's BlueZ is too old: update it to 5.55 or later", False)),
    (("error.inprogress", "already in progress", "alreadyconnected", "already connected", "connection already exists"),
     Trouble("a connection from earlier is stuck: switch Bluetooth off and on here, or the node")),
    (("peer removed pairing information", "cberrordomain code=14"),
     Trouble("the system remembers a pairing that the node does not have: forget the node in the system's Bluetooth "
             "settings; presscue needs none there", False)),
    (("unreachable",),
     Trouble("the system cannot reach it: come nearer; if it stays so, remove the node from the system's Bluetooth "
             "devices and switch both off and on")),
    (("access denied",), Trouble("another program uses the node: close it, or switch Bluetooth off and on", False)),
    (("bleakdevicenotfounderror", "unknownobject", "was not found", "removed from bluez"),
     Trouble("is out of reach by now, or switched off: come nearer, and switch it on")),
    (("abort-by-local", "connection abort", "connection-canceled", "timed out unexpectedly", "disconnected",
      "not connected", "-2147024874", "device may be disconnected"), Trouble(BROKE_OFF)),
    (("filenotfounderror", "dbus", "connectionrefusederror"),
     Trouble("Bluetooth cannot be used here: no D-Bus service answers; install and start bluez, or use USB", False)),
)  # fmt: skip


def trouble(kind: str, said: str, platform: str) -> Trouble | None:
    """What an exception means; None where it is not known. kind: its class, and its reason where it has one. platform:
    as sys.platform."""
    heard = f"{kind} {said}".lower()
    for needles, known in _KNOWN:
        for needle in needles:
            if needle in heard:
                words = _PLATFORM.get((needle, platform))
                return known if words is None else known._replace(words=words)
    return None
