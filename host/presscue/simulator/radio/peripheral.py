"""The node's Bluetooth: what the firmware asks of `bluetooth.BLE`, done by a Bumble peripheral.

Requests come from overlay/bluetooth.py with times of the board's clock; events go back by way of a queue that the
firmware is told of with its next answer. Buffers for notifications are as few as on the chip: when they are used up,
`notify` fails with ENOMEM until the air has taken one.
"""

import asyncio
import struct
from collections import deque

from bumble import hci
from bumble.att import ATT_Error
from bumble.controller import Controller
from bumble.core import UUID
from bumble.device import AdvertisingType, Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.host import Host

from .air import Air

ACTIVE, SERVICES, ADVERTISE, NOTIFY, INDICATE, DISCONNECT, VALUE, EVENT, MTU, ALLOW = range(10)
"""Operations of a request; see overlay/bluetooth.py."""

CONNECTED, DISCONNECTED, WRITTEN, READ, MTU_EXCHANGED, INDICATED = 1, 2, 3, 4, 21, 20
"""Events, by MicroPython's numbers."""

BUFFERS = 12
"""Notifications that the stack takes before the air has sent any; NimBLE's pool on the ESP32 is of this order."""

ENOMEM, ENOTCONN = 12, 128
EVENT_HEAD = struct.Struct("<BHH")
UNNAMED = 0xFFFF


class HciSink:
    """Passes HCI packets to a controller on the next turn of the loop."""

    def __init__(self, controller: Controller):
        self._controller = controller

    def on_packet(self, packet: bytes) -> None:
        asyncio.get_running_loop().call_soon(self._controller.on_packet, packet)


def make_device(name: str, address: str, air: Air) -> tuple[Device, Controller]:
    """A Bumble device on the air."""
    controller = Controller(name, link=air)
    controller.le_acl_data_packet_length = 251
    device = Device(name=name, address=hci.Address(address), host=Host(controller, HciSink(controller)))
    return device, controller


class Peripheral:
    """address: as "F0:F1:F2:F3:F4:F5". Times are µs of the board's clock."""

    def __init__(self, air: Air, address: str):
        self._air = air
        self._address = address
        self._events: deque[tuple[int, bytes]] = deque()
        self._tasks: set[asyncio.Task] = set()
        self._controller: Controller | None = None
        self.refused = 0
        """Notifications refused for want of a buffer."""
        self.reset()

    def reset(self) -> None:
        """The node restarts: its radio falls silent at once."""
        if self._controller is not None:
            self._air.vanish(self._controller)
        for task in self._tasks:
            task.cancel()
        self._controller = None
        self._device: Device | None = None
        self._ready: asyncio.Task | None = None
        self._events.clear()
        self._values: dict[int, bytes] = {}
        self._reads: deque[asyncio.Future[int]] = deque()
        self._characteristics: dict[int, Characteristic] = {}
        self._connections: dict[int, Connection] = {}
        self._in_flight = 0
        self._mtu = 23

    def available(self, t_us: float) -> int:
        """Events that have come by then and that the firmware has not fetched yet."""
        return sum(event[0] <= t_us for event in self._events)

    def next_event_us(self) -> float | None:
        """When the oldest of them came."""
        return self._events[0][0] if self._events else None

    def execute(self, operation: int, argument: int, data: bytes) -> tuple[int, bytes]:
        """Do what the firmware asks: status (minus an error number if negative), data."""
        if operation == EVENT:
            event = self._events.popleft()[1] if self._events else b""
            return len(event), event
        if operation == SERVICES:
            self._register(data)
        elif operation == MTU:
            self._mtu = argument
        elif operation == ALLOW:
            self._reads.popleft().set_result(argument)
        elif operation == VALUE:
            self._values[argument] = data
        elif operation == ADVERTISE:
            self._spawn(self._advertise(argument, data))
        elif operation == DISCONNECT:
            connection = self._connections.get(argument)
            if connection is None:
                return -ENOTCONN, b""
            self._spawn(connection.disconnect())
        elif operation in (NOTIFY, INDICATE):
            return self._tell(operation, argument >> 16, argument & 0xFFFF, data), b""
        return 0, b""

    def sent(self, controller: Controller, data: bytes) -> None:
        """The air has taken a packet: a notification or indication gives its buffer back."""
        if controller is self._controller and len(data) > 4 and data[4] in (0x1B, 0x1D):
            self._in_flight -= 1

    # --- inside ---

    def _spawn(self, work) -> asyncio.Task:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _register(self, blob: bytes) -> None:
        self._device, self._controller = make_device("node", self._address, self._air)
        services: list[tuple[UUID, list[Characteristic]]] = []
        at = 0
        while at < len(blob):
            size, handle, flags = struct.unpack_from("<BHH", blob, at)
            uuid = UUID.from_bytes(blob[at + 5 : at + 5 + size])
            at += 5 + size
            if not handle:
                services.append((uuid, []))
                continue
            services[-1][1].append(self._characteristic(uuid, handle, flags))
        device = self._device
        device.gatt_server.max_mtu = self._mtu
        device.add_services([Service(uuid, characteristics) for uuid, characteristics in services])
        device.on(device.EVENT_CONNECTION, self._connected)
        self._ready = self._spawn(device.power_on())

    def _characteristic(self, uuid: UUID, handle: int, flags: int) -> Characteristic:
        value = CharacteristicValue(
            read=lambda connection: self._read(connection, handle),
            write=lambda connection, data: self._event(WRITTEN, connection.handle, handle, bytes(data)),
        )
        properties = Characteristic.Properties(flags & 0x3E)
        permissions = Characteristic.Permissions.READABLE | Characteristic.Permissions.WRITEABLE
        self._characteristics[handle] = made = Characteristic(uuid, properties, permissions, value)
        return made

    async def _read(self, connection: Connection, handle: int) -> bytes:
        """The firmware says whether this central may; Bumble itself asks nobody."""
        allowed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._reads.append(allowed)
        self._event(READ, connection.handle, handle)
        if error := await allowed:
            raise ATT_Error(error)
        return self._values.get(handle, b"")

    async def _advertise(self, interval_ms: int, payload: bytes) -> None:
        assert self._ready is not None
        await self._ready
        device = self._device
        if device is None:
            return
        if device.is_advertising:
            await device.stop_advertising()
        if interval_ms:
            await device.start_advertising(
                AdvertisingType.UNDIRECTED_CONNECTABLE_SCANNABLE,
                advertising_data=payload,
                scan_response_data=b"",
                advertising_interval_min=interval_ms,
                advertising_interval_max=interval_ms,
            )

    def _connected(self, connection: Connection) -> None:
        self._connections[connection.handle] = connection
        self._event(CONNECTED, connection.handle, UNNAMED)
        connection.on(connection.EVENT_DISCONNECTION, lambda reason: self._disconnected(connection))
        connection.on(connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self._mtu_is(connection))

    def _disconnected(self, connection: Connection) -> None:
        self._connections.pop(connection.handle, None)
        self._in_flight = 0
        self._event(DISCONNECTED, connection.handle, UNNAMED)

    def _mtu_is(self, connection: Connection) -> None:
        self._event(MTU_EXCHANGED, connection.handle, connection.att_mtu)

    def _event(self, code: int, connection: int, handle: int, data: bytes = b"") -> None:
        self._events.append((self._air.now_us(), EVENT_HEAD.pack(code, connection, handle) + data))

    def _tell(self, operation: int, handle: int, value_handle: int, data: bytes) -> int:
        connection, device = self._connections.get(handle), self._device
        if connection is None or device is None:
            return -ENOTCONN
        if self._in_flight >= BUFFERS:
            self.refused += 1
            return -ENOMEM
        self._in_flight += 1
        characteristic = self._characteristics[value_handle]
        if operation == NOTIFY:
            self._spawn(device.gatt_server.notify_subscriber(connection, characteristic, data, force=True))
        else:
            self._spawn(self._indicate(device, connection, characteristic, value_handle, data))
        return 0

    async def _indicate(self, device, connection, characteristic, value_handle: int, data: bytes) -> None:
        try:
            await device.gatt_server.indicate_subscriber(connection, characteristic, data, force=True)
            status = 0
        except Exception:  # whatever Bumble raises, the central has not confirmed
            status = 1
        self._event(INDICATED, connection.handle, value_handle, bytes((status,)))
