"""A node over Bluetooth LE. The only file that knows bleak.

    ble:            the one node in reach
    ble:NAME        the node of that name (or whose name ends so), or at that address

bleak lives on an asyncio loop; `read` runs that loop for as long as it waits, so no thread is needed. What comes from
the operating system's own threads is handed over by bleak.
"""

import asyncio
import contextlib
import importlib
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import bleak
import bleak.backends.characteristic  # these for simulator/radio/central.py, which stands in for the system
import bleak.backends.client
import bleak.backends.scanner
import bleak.backends.service
import bleak.exc

from .. import wire
from ..errors import LinkError, LinkLost, UsageError
from ..node.keys import KeyFile, Keys
from .asking import Asking
from .ble_troubles import Trouble, trouble

SCAN_S = 4.0
"""How long `presscue scan` and `ble:` listen: a node nobody talks to says its name ten times a second, later once."""
FIND_S = 12.0
"""How long to look for a node whose name is known."""
CONNECT_S = 10.0
ATTEMPTS = 3
PAUSE_S = 0.5
"""Before the second attempt to connect; doubled before the third. A stale connection has timed out by then."""
WRITE_S = 3.0
SETTLE_S = 0.5
"""How long `ble:` goes on listening once it has heard a node: there may be a second one."""

CUE = wire.TYPES["cue"]
Any_ = TypeVar("Any_")


@dataclass(frozen=True)
class Radio:
    """What stands for the operating system's Bluetooth: a loop to live on, backend classes for bleak (None: the
    system's own), and the keys of this computer."""

    loop: asyncio.AbstractEventLoop
    scanner: type | None = None
    client: type | None = None
    keys: Keys = field(default_factory=KeyFile)


@dataclass(frozen=True)
class Heard:
    """A node that has been heard: its name, where it is (no address on macOS), how strongly (dBm)."""

    name: str
    address: str
    rssi_dbm: int
    device: Any


def scan(seconds: float = SCAN_S, radio: Radio | None = None) -> list[Heard]:
    """Every node in reach, strongest first. Raises LinkError if Bluetooth cannot be used."""
    radio, own = (radio, False) if radio is not None else (_system(), True)
    try:
        return _run(radio, _scan(radio, seconds), seconds + CONNECT_S, "ble:")
    finally:
        if own:
            radio.loop.close()


class BleLink:
    """An open link. `name` says which node it is, so that `open_link(name)` finds the same one again.

    Raises LinkError if there is no such node or it does not admit us, UsageError if there are several.
    """

    envelope = "packets"

    def __init__(self, wanted: str, radio: Radio | None = None):
        self.name = f"ble:{wanted}"
        self._own = radio is None
        self._radio = _system() if radio is None else radio
        self._packets: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._gone = False
        self._unanswered = 0  # bytes at most of a write without a response
        self._client: bleak.BleakClient | None = None
        self._wish: Any = None  # holds for as long as it is kept
        self._seal: Callable[[bytes], bytes] | None = None
        try:
            self._run(self._open(wanted), FIND_S + ATTEMPTS * (CONNECT_S + PAUSE_S * 4))
            self._seal = Asking(self).be_admitted(self._radio.keys)
        except BaseException:
            self.close()
            raise

    def read(self, timeout_s: float) -> bytes:
        """One packet, as it came."""
        if not self._packets:
            if self._gone:
                raise self._lost()
            self._radio.loop.run_until_complete(self._wait(timeout_s))
        if self._packets:
            return self._packets.popleft()
        if self._gone:
            raise self._lost()
        return b""

    def write(self, data: bytes) -> None:
        """One message, sealed. A cue goes out at once and unanswered, if the system takes one so long; a command is
        confirmed."""
        if self._gone or self._client is None:
            raise self._lost()
        cue = data[:1] == bytes((CUE,))
        data = data if self._seal is None else self._seal(data)
        quietly = cue and len(data) <= self._unanswered
        uuid = wire.CUE_UUID if quietly else wire.COMMAND_UUID
        try:
            self._run(self._client.write_gatt_char(uuid, data, response=not quietly), WRITE_S)
        except LinkLost:
            raise
        except LinkError as error:
            raise LinkLost(str(error)) from None

    def now_s(self) -> float:
        return self._radio.loop.time()

    def close(self) -> None:
        loop = self._radio.loop
        if loop.is_closed():
            return
        if self._client is not None and not self._gone:
            with contextlib.suppress(TimeoutError, bleak.exc.BleakError, OSError, EOFError):  # it is gone then
                loop.run_until_complete(asyncio.wait_for(self._client.disconnect(), WRITE_S))
        self._gone = True
        if self._own:
            loop.close()

    # --- inside ---

    async def _open(self, wanted: str) -> None:
        heard = await _find(self._radio, wanted)
        self.name = f"ble:{heard.name}"
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE_S * 2 ** (attempt - 1))
            try:
                await self._connect(heard.device)
                return
            except (TimeoutError, bleak.exc.BleakError, OSError, EOFError) as error:
                await self._abandon()
                why, known = error, _trouble(error)
                if known is not None and not known.again:
                    break
        if known is not None:
            raise LinkError(f"{self.name}: {known.words}")
        raise LinkError(
            f"{self.name}: is in reach but does not take the connection ({_words(why)}); is another computer or phone "
            "connected to it? switch it off and on, and Bluetooth here too"
        )

    async def _connect(self, device: Any) -> None:
        backend: dict[str, Any] = {} if self._radio.client is None else {"backend": self._radio.client}
        client = bleak.BleakClient(device, self._disconnected, timeout=CONNECT_S, **backend)
        self._client = client
        self._gone = False
        async with asyncio.timeout(CONNECT_S):
            await client.connect()
            if client.services.get_service(wire.SERVICE_UUID) is None:
                raise LinkError(f"{self.name}: is no presscue node, or one of a newer kind: update presscue")
            await client.start_notify(wire.COMMAND_UUID, self._received)
            await client.start_notify(wire.STREAM_UUID, self._received)
            cue = client.services.get_characteristic(wire.CUE_UUID)
            self._unanswered = 0 if cue is None else cue.max_write_without_response_size
        self._wish = _ask_for_speed(client)

    async def _abandon(self) -> None:
        """A connection half made would keep the node from anyone else."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(TimeoutError, bleak.exc.BleakError, OSError, EOFError):
            async with asyncio.timeout(WRITE_S):
                await client.disconnect()

    def _received(self, characteristic: Any, data: bytearray) -> None:
        self._packets.append(bytes(data))
        self._arrived.set()

    def _disconnected(self, client: bleak.BleakClient) -> None:
        if client is self._client:
            self._gone = True
            self._arrived.set()

    async def _wait(self, timeout_s: float) -> None:
        self._arrived.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._arrived.wait()

    def _run(self, work: Awaitable[Any_], timeout_s: float) -> Any_:
        return _run(self._radio, work, timeout_s, self.name)

    def _lost(self) -> LinkLost:
        return LinkLost(f"{self.name}: out of reach, or switched off")


def _ask_for_speed(client: bleak.BleakClient) -> Any:
    """Windows connects at 60 ms, and from Windows 11 on takes a wish for less. bleak has no word for it, so the device
    is taken from inside it; where any of that is not there, 60 ms stay. BlueZ and macOS take no wish from here."""
    if sys.platform != "win32":
        return None
    try:
        wishes = importlib.import_module("winrt.windows.devices.bluetooth").BluetoothLEPreferredConnectionParameters
        device = getattr(client, "_backend")._requester  # noqa: B009 (no public name, to the type checker either)
        return device.request_preferred_connection_parameters(wishes.throughput_optimized)
    except (ImportError, AttributeError, OSError):
        return None


async def _scan(radio: Radio, seconds: float) -> list[Heard]:
    found = await bleak.BleakScanner.discover(seconds, return_adv=True, **_scanning(radio))
    heard = [_heard(device, advertisement) for device, advertisement in found.values()]
    return sorted(heard, key=lambda each: (-each.rssi_dbm, each.name))


async def _find(radio: Radio, wanted: str) -> Heard:
    """The node wanted, as soon as it is heard; with no name, the only one there is."""
    heard: dict[str, Heard] = {}
    async with bleak.BleakScanner(**_scanning(radio)) as scanner:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIND_S) as limit:
                async for device, advertisement in scanner.advertisement_data():
                    one = _heard(device, advertisement)
                    if wanted and _is(one, wanted):
                        return one
                    if not wanted and not heard:
                        limit.reschedule(asyncio.get_running_loop().time() + SETTLE_S)
                    heard[one.address] = one
    names = ", ".join(sorted(f"ble:{each.name}" for each in heard.values()))
    if wanted:
        others = f"; in reach: {names}" if names else ""
        raise LinkError(
            f"ble:{wanted}: not in reach{others}; lift the sled once to wake it; is it charged? another host may "
            "have it (a node that blinks waits for one), or a connection is stuck here: switch Bluetooth off and on"
        )
    if not heard:
        raise LinkError(
            "ble: no node in reach: lift the sled once to wake it (its light blinks while it waits), come nearer, or "
            "connect it by USB"
        )
    if len(heard) > 1:
        raise UsageError(f"ble: several nodes in reach; name one: {names}")
    return next(iter(heard.values()))


def _scanning(radio: Radio) -> dict[str, Any]:
    """Arguments of a scanner: only nodes, by the service that they announce."""
    backend = {} if radio.scanner is None else {"backend": radio.scanner}
    return {"service_uuids": [wire.SERVICE_UUID], **backend}


def _heard(device: Any, advertisement: Any) -> Heard:
    name = advertisement.local_name or device.name or device.address
    return Heard(name, device.address, advertisement.rssi, device)


def _is(heard: Heard, wanted: str) -> bool:
    wanted = wanted.lower()
    return heard.name.lower().endswith(wanted) or heard.address.lower() == wanted


def _system() -> Radio:
    return Radio(asyncio.new_event_loop())


def _run(radio: Radio, work: Awaitable[Any_], timeout_s: float, name: str) -> Any_:
    """Run something of bleak's to its end, its troubles in plain words. Raises LinkError."""
    name = name.rstrip(":")
    try:
        return radio.loop.run_until_complete(asyncio.wait_for(work, timeout_s))
    except TimeoutError:
        raise LinkError(f"{name}: no answer within {timeout_s:.0f} s; switch the node off and on") from None
    except (bleak.exc.BleakError, OSError, EOFError) as error:
        known = _trouble(error)
        raise LinkError(f"{name}: {_words(error) if known is None else known.words}") from None


def _trouble(error: BaseException) -> Trouble | None:
    reason = error.reason.name if isinstance(error, bleak.exc.BleakBluetoothNotAvailableError) else ""
    return trouble(f"{type(error).__name__} {reason}", str(error), sys.platform)


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
