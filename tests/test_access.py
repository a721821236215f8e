"""Access over the air: the node's own firmware under MicroPython, the host's own bleak code, and strangers with another
radio. Bumble itself asks nobody for permission: whatever is refused here, the firmware refused."""

import asyncio
import random

import bleak
import pytest
from bleak.exc import BleakError

from live_fakes import play, session
from presscue import wire
from presscue.errors import AccessRefused
from presscue.links.ble import BleLink, scan
from presscue.node.admission import Key
from presscue.node.keys import KeysInMemory
from presscue.simulator.radio.room import Room
from presscue.simulator.virtual_node import VirtualNode
from test_ble import furnish
from test_board_node import StandIn

SERIAL_NUMBER, BATTERY_LEVEL = "2a25", "2a19"
INSUFFICIENT_AUTHORIZATION = 8


@pytest.fixture
def room():
    made = Room(VirtualNode(StandIn(), seed=3))
    yield made
    made.close()


def refusal(room: Room, keys: KeysInMemory) -> str:
    with pytest.raises(AccessRefused) as error:
        BleLink("", room.host("C0:C1:C2:C3:C4:C6", keys))
    assert "\n" not in str(error.value)
    assert error.value.exit_status == 1
    return str(error.value)


def test_a_computer_that_was_never_paired_is_told_what_to_do(room):
    assert "is not paired with this computer: connect it by USB once, and run: presscue pair" in refusal(
        room, KeysInMemory()
    )


def test_a_computer_whose_key_is_another_notices_that_the_node_has_not_its_own(room):
    wrong = KeysInMemory()
    wrong.put(room.node.hardware.identity.hex() + "0000", "", Key(0, bytes(32)))
    assert "does not have the key that was paired" in refusal(room, wrong)


def test_a_computer_whose_slot_is_empty_is_told_to_pair_anew(room):
    removed = KeysInMemory()
    removed.put(room.node.hardware.identity.hex() + "0000", "", Key(3, bytes(32)))
    assert "no longer takes this computer's key" in refusal(room, removed)


def test_anyone_may_read_who_made_the_node_and_nobody_how_full_its_battery_is(room):
    radio = room.host("C0:C1:C2:C3:C4:C6")

    async def read(uuid):
        (heard,) = (await bleak.BleakScanner.discover(1.0, return_adv=True, backend=radio.scanner)).values()
        async with bleak.BleakClient(heard[0], backend=radio.client) as client:
            return await client.read_gatt_char(uuid)

    assert bytes.fromhex(room.loop.run_until_complete(read(SERIAL_NUMBER)).decode())[:6] == room.node.hardware.identity
    with pytest.raises(Exception, match="AUTHORIZATION"):
        room.loop.run_until_complete(read(BATTERY_LEVEL))

    link = BleLink("", room.radio)
    assert link._client is not None
    assert 0 < room.loop.run_until_complete(link._client.read_gatt_char(BATTERY_LEVEL))[0] <= 100
    link.close()


class Stranger:
    """A radio that writes what should not be obeyed, as fast as the air takes it, until it has written `count`."""

    def __init__(self, room: Room, heard: list[bytes], count: int):
        self.room, self.heard, self.count = room, heard, count
        self.written = 0
        self.got: list[bytes] = []
        self.radio = room.host("C0:C1:C2:C3:C4:C6", KeysInMemory())
        self._dice = random.Random(5)

    async def attack(self) -> None:
        (device,) = [heard.device for heard in await _heard(self.radio)]
        while self.written < self.count:
            try:
                async with bleak.BleakClient(device, backend=self.radio.client) as client:
                    for uuid in (wire.STREAM_UUID, wire.COMMAND_UUID):
                        await client.start_notify(uuid, lambda _, data: self.got.append(bytes(data)))
                    while self.written < self.count:
                        uuid = wire.COMMAND_UUID if self.written % 20 == 0 else wire.CUE_UUID
                        await client.write_gatt_char(uuid, self._message(), response=uuid == wire.COMMAND_UUID)
                        self.written += 1
            except (BleakError, TimeoutError, EOFError):
                await asyncio.sleep(0.05)  # thrown out: in again

    def _message(self) -> bytes:
        dice = self._dice
        made_up = dice.randbytes(dice.randrange(1, 60))
        name = dice.choice(("start", "stop", "configure", "cue", "log_verified", "key_set"))
        row = wire.MESSAGES[wire.TYPES[name]]
        forged = bytes([wire.TYPES[name]]) + dice.randbytes(wire.struct.calcsize(row[1]))
        sealed = wire.encode("sealed", dice.randrange(1 << 32), dice.randbytes(8), tail=forged)
        recorded = dice.choice(self.heard) if self.heard else made_up
        return dice.choice((made_up, forged, sealed, recorded, recorded[: dice.randrange(1, 13)]))


async def _heard(radio):
    from presscue.links.ble import _scan

    return await _scan(radio, 1.5)


@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_hostile_messages_over_the_air_are_never_obeyed_and_disturb_no_sample(count):
    """A second radio replays, forges, tears and makes up messages while a lifter is coached."""
    room = furnish()
    link = BleLink("", room.radio)
    heard: list[bytes] = []
    seal = link._seal
    assert seal is not None

    def overheard(message: bytes) -> bytes:
        heard.append(seal(message))
        return heard[-1]

    link._seal = overheard
    stranger = Stranger(room, heard, count)
    live = session(link, session_id=7)
    attack = room.loop.create_task(stranger.attack())
    try:
        play(live, 12.0 + count / 180)
        counts = counted(room)
        print(f"{stranger.written} hostile messages over the air: {counts}; readings lost "
              f"{live.session.counts.lost_readings}, of {sum(len(b) for b in stranger.got)} bytes told")  # fmt: skip
        assert attack.done()
        assert stranger.written == count
        assert counts["admitted"] == 2  # the host, and now again to ask
        assert sum(counts.values()) - 2 >= 0.95 * count  # the rest was on its way when the stranger was thrown out
        assert live.session.counts.lost_readings == live.session.counts.bad_frames == 0
        assert all(ack.outcome == "started" for ack in live.acks)
        told = {message[0] for packet in stranger.got for message in wire.PacketDecoder().feed(packet)}
        assert told <= {wire.TYPES[name] for name in ("info", "channel", "result", "challenge")}
    finally:
        attack.cancel()
        room.close()


def counted(room: Room) -> dict[str, int]:
    """What the node has counted, asked by a host."""
    link = BleLink("", room.radio)
    link.write(wire.encode("key_list", 1))
    decoder, found = wire.PacketDecoder(), {}
    while not found:
        for message in decoder.feed(link.read(0.5)):
            name, fields = wire.decode(message) or ("", {})
            found = fields if name == "access" else found
    link.close()
    return {key: value for key, value in found.items() if key != "boot"}


def test_scan_needs_no_key(room):
    assert len(scan(1.0, room.host("C0:C1:C2:C3:C4:C6", KeysInMemory()))) == 1
