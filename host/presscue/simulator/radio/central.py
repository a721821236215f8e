"""bleak's interface to a Bumble central: the backends that stand in for the operating system's Bluetooth."""

import asyncio
import contextlib
import uuid as uuids
from collections.abc import Iterator
from typing import Any

from bumble import gatt
from bumble.core import UUID, AdvertisingData
from bumble.device import ConnectionParametersPreferences, Device, Peer
from bumble.hci import Address, Phy

from ...links.ble import bleak
from .air import LEAST_MTU, Air


def _uuid_text(uuid: UUID) -> str:
    return str(uuids.UUID(bytes=uuid.to_bytes(force_128=True)[::-1]))


def backends(central: Device, air: Air) -> tuple[type, type]:
    """Backend classes (scanner, client) for bleak that use `central`."""

    class BumbleScanner(bleak.backends.scanner.BaseBleakScanner):
        def __init__(self, detection_callback, service_uuids, scanning_mode, **kwargs: Any):
            super().__init__(detection_callback, service_uuids)

        async def start(self) -> None:
            self.seen_devices = {}
            central.on(central.EVENT_ADVERTISEMENT, self._heard)
            await central.start_scanning(legacy=True, filter_duplicates=False)

        async def stop(self) -> None:
            central.remove_listener(central.EVENT_ADVERTISEMENT, self._heard)
            await central.stop_scanning()

        def _heard(self, advertisement) -> None:
            data = advertisement.data
            name = data.get(AdvertisingData.COMPLETE_LOCAL_NAME) or data.get(AdvertisingData.SHORTENED_LOCAL_NAME)
            found = data.get_all(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS)
            services = [_uuid_text(uuid) for group in found for uuid in group]
            if not self.is_allowed_uuid(services):
                return
            address = str(advertisement.address)
            heard = bleak.backends.scanner.AdvertisementData(name, {}, {}, services, None, advertisement.rssi, ())
            device = self.create_or_update_device(address, address, name, advertisement.address, heard)
            self.call_detection_callbacks(device, heard)

    class BumbleClient(bleak.backends.client.BaseBleakClient):
        def __init__(self, address_or_ble_device, *, disconnected_callback, timeout, **kwargs: Any):
            super().__init__(address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout)
            self._connection = None
            self._proxies: dict[int, Any] = {}

        @property
        def name(self) -> str:
            return self.address

        @property
        def mtu_size(self) -> int:
            return self._connection.att_mtu if self._connection is not None else LEAST_MTU

        @property
        def is_connected(self) -> bool:
            return self._connection is not None

        async def connect(self, pair: bool, **kwargs: Any) -> None:
            ms = air.interval_us / 1000
            wanted = {Phy.LE_1M: ConnectionParametersPreferences(ms, ms)}
            connecting = central.connect(Address(self.address), connection_parameters_preferences=wanted, timeout=None)
            async with asyncio.timeout(self._timeout):  # Bumble's own waits for ever for a peer that is absent
                connection = await connecting
            self._connection = connection
            connection.on(connection.EVENT_DISCONNECTION, lambda reason: self._gone())
            peer = Peer(connection)
            with self._unless_gone():
                if air.mtu > LEAST_MTU:
                    await peer.request_mtu(air.mtu)
                self.services = await self._discover(peer)

        async def _discover(self, peer: Peer):
            found = bleak.backends.service.BleakGATTServiceCollection()
            for service in await peer.discover_services():
                known = bleak.backends.service.BleakGATTService(service, service.handle, _uuid_text(service.uuid))
                found.add_service(known)
                for proxy in await service.discover_characteristics():
                    names: Any = [name.lower().replace("_", "-") for name in _names(proxy.properties)]
                    room = self.mtu_size - 3
                    made = bleak.backends.characteristic.BleakGATTCharacteristic(
                        proxy, proxy.handle, _uuid_text(proxy.uuid), names, lambda room=room: room, known
                    )
                    found.add_characteristic(made)
                    self._proxies[proxy.handle] = proxy
            return found

        def _gone(self) -> None:
            self._connection = None
            if self._disconnected_callback is not None:
                self._disconnected_callback()

        async def disconnect(self) -> None:
            if self._connection is not None:
                await self._connection.disconnect()

        async def pair(self, *args: Any, **kwargs: Any) -> None:
            raise NotImplementedError

        async def unpair(self) -> None:
            raise NotImplementedError

        @contextlib.contextmanager
        def _unless_gone(self) -> Iterator[None]:
            """Bumble cancels what waits when the link goes; bleak says that it did."""
            try:
                yield
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self._connection is None and (task is None or not task.cancelling()):
                    raise bleak.exc.BleakError("disconnected") from None
                raise

        def _checked(self):
            if self._connection is None:
                raise bleak.exc.BleakError("Not connected")
            return self._connection

        async def read_gatt_char(self, characteristic, *, use_cached: bool = False, **kwargs: Any) -> bytearray:
            self._checked()
            return bytearray(await self._proxies[characteristic.handle].read_value())

        async def read_gatt_descriptor(self, descriptor, *, use_cached: bool = False, **kwargs: Any) -> bytearray:
            raise NotImplementedError

        async def write_gatt_char(self, characteristic, data, response: bool) -> None:
            self._checked()
            if not response and len(data) > self.mtu_size - 3:  # with a response, a system writes it in parts
                raise bleak.exc.BleakError("too long")
            with self._unless_gone():
                await self._proxies[characteristic.handle].write_value(bytes(data), with_response=response)

        async def write_gatt_descriptor(self, descriptor, data) -> None:
            raise NotImplementedError

        async def start_notify(self, characteristic, callback, **kwargs: Any) -> None:
            self._checked()
            proxy = self._proxies[characteristic.handle]
            indicate = gatt.Characteristic.Properties.NOTIFY not in proxy.properties
            with self._unless_gone():
                await proxy.discover_descriptors()
                await proxy.subscribe(lambda value: callback(bytearray(value)), prefer_notify=not indicate)

        async def stop_notify(self, characteristic) -> None:
            await self._proxies[characteristic.handle].unsubscribe()

    return BumbleScanner, BumbleClient


def _names(properties) -> list[str]:
    return [flag.name for flag in gatt.Characteristic.Properties if flag in properties and flag.name]
