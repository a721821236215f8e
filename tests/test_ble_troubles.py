"""What goes wrong with Bluetooth on three systems is said in one clear line with what to do. The exceptions are bleak's
own, with the texts that its backends raise."""

import asyncio

import pytest
from bleak.exc import BleakBluetoothNotAvailableError as Unusable
from bleak.exc import (
    BleakBluetoothNotAvailableReason,
    BleakDeviceNotFoundError,
    BleakError,
)
from bleak.exc import BleakDBusError as Dbus

from presscue.errors import LinkError
from presscue.links import ble
from presscue.links.ble import BleLink
from test_ble import furnish

REASON = BleakBluetoothNotAvailableReason
ADDRESS = "C0:11:22:33:44:55"

SAID = [
    # BlueZ
    ("linux", Dbus("org.freedesktop.DBus.Error.AccessDenied", ["Rejected send message"]), "usermod -aG bluetooth"),
    ("linux", Dbus("org.bluez.Error.NotAuthorized", []), "usermod -aG bluetooth"),
    ("linux", Dbus("org.freedesktop.DBus.Error.ServiceUnknown", ["The name org.bluez was not provided"]),
     "systemctl start bluetooth"),
    ("linux", Dbus("org.bluez.Error.NotReady", ["Resource Not Ready"]), "bluetoothctl power on"),
    ("linux", Dbus("org.bluez.Error.Failed", ["le-connection-abort-by-local"]), "come nearer"),
    ("linux", Dbus("org.bluez.Error.Failed", ["Software caused connection abort"]), "come nearer"),
    ("linux", Dbus("org.bluez.Error.InProgress", ["Operation already in progress"]), "stuck: switch"),
    ("linux", Dbus("org.bluez.Error.AlreadyConnected", ["Already Connected"]), "stuck: switch"),
    ("linux", Dbus("org.freedesktop.DBus.Error.UnknownObject", ['Method "Connect" doesn\'t exist']),
     "out of reach by now, or switched off"),
    ("linux", Dbus("org.freedesktop.DBus.Error.NoReply", ["Did not receive a reply."]), "restart bluetooth"),
    ("linux", BleakDeviceNotFoundError(ADDRESS, f"Device with address {ADDRESS} was not found."),
     "out of reach by now, or switched off"),
    ("linux", BleakError("failed to discover services, device disconnected"), "come nearer"),
    ("linux", BleakError("Bleak requires BlueZ >= 5.55."), "update it"),
    ("linux", Unusable("No powered Bluetooth adapters found.", REASON.POWERED_OFF),
     "bluetoothctl power on"),
    ("linux", Unusable("No Bluetooth adapters found.", REASON.NO_BLUETOOTH), "plug one in"),
    ("linux", FileNotFoundError(2, "No such file or directory"), "install and start bluez"),
    # CoreBluetooth
    ("darwin", Unusable("Bluetooth device is turned off", REASON.POWERED_OFF), "switch it on"),
    ("darwin", Unusable("denied", REASON.DENIED_BY_USER), "System Settings, Privacy & Security"),
    ("darwin", BleakError("CBErrorDomain Code=6 The connection has timed out unexpectedly."), "come nearer"),
    ("darwin", BleakError("Error Domain=CBErrorDomain Code=14 Peer removed pairing information"), "forget the node"),
    ("darwin", BleakError("disconnected"), "come nearer"),
    # WinRT
    ("win32", Unusable("Bluetooth radio is not powered on.", REASON.POWERED_OFF), "switch it on"),
    ("win32", BleakError("Failed to start scanner. Is Bluetooth turned on?"), "switch it on"),
    ("win32", OSError("[WinError -2147020577] The device is not ready for use"), "switch it on"),
    ("win32", BleakError("Could not get GATT services: Unreachable"), "remove the node from the system's"),
    ("win32", BleakError("Could not get GATT services: Access Denied"), "another program uses the node: close it"),
    ("win32", Unusable("no", REASON.DENIED_BY_SYSTEM), "allow it in the system's settings"),
    ("win32", Unusable("no", REASON.NO_BLE_CENTRAL_ROLE), "use another one, or USB"),
]  # fmt: skip


@pytest.fixture(scope="module")
def room():
    made = furnish()
    yield made
    made.close()


@pytest.mark.parametrize(("platform", "error", "advice"), SAID, ids=[f"{row[0]}-{row[1]}"[:60] for row in SAID])
def test_a_scan_that_fails_says_why_and_what_to_do(platform, error, advice, monkeypatch, room):
    async def fails(*_):
        raise error

    monkeypatch.setattr(ble.sys, "platform", platform)
    monkeypatch.setattr(ble, "_scan", fails)
    with pytest.raises(LinkError) as told:
        ble.scan(0.1, room.radio)
    assert advice in str(told.value)
    assert str(told.value).startswith("ble: ")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("error", [row[1] for row in SAID[3:12]] + [BleakError("[br-connection-unknown]")], ids=str)
def test_a_connection_that_fails_says_why_and_is_tried_again_only_where_that_may_help(error, monkeypatch, room):
    tried: list[int] = []

    async def fails(self, device):
        tried.append(1)
        raise error

    monkeypatch.setattr(BleLink, "_connect", fails)
    with pytest.raises(LinkError) as told:
        BleLink("", room.radio)
    known = ble._trouble(error)
    assert len(tried) == (1 if known is not None and not known.again else ble.ATTEMPTS)
    assert str(told.value).startswith("ble:cue-")
    assert (known.words if known is not None else "is another computer or phone connected to it?") in str(told.value)


def test_a_connection_that_never_answers_is_given_up_and_what_is_half_made_is_let_go(monkeypatch, room):
    let_go: list[int] = []

    async def hangs(self, *_, **__):
        await asyncio.sleep(1e6)

    async def disconnect(self):
        let_go.append(1)

    monkeypatch.setattr(room.radio.client, "connect", hangs)
    monkeypatch.setattr(room.radio.client, "disconnect", disconnect)
    began_s = room.loop.time()
    with pytest.raises(LinkError, match="does not take the connection") as told:
        BleLink("", room.radio)
    assert "switch it off and on" in str(told.value)
    assert len(let_go) == ble.ATTEMPTS
    assert room.loop.time() - began_s < ble.ATTEMPTS * ble.CONNECT_S + 10.0
