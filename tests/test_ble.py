"""A session over Bluetooth: the firmware under its interpreter, bleak unchanged, Bumble between, a modelled air."""

import sys
from types import SimpleNamespace

import pytest

from live_fakes import OPTIONS, play, session
from presscue import wire
from presscue.errors import LinkError, LinkLost, PeerError, UsageError
from presscue.links import ble
from presscue.links.ble import BleLink, scan
from presscue.live.session import LiveSession
from presscue.simulator.performance import perform
from presscue.simulator.radio.room import Room
from presscue.simulator.scenario import parse_options
from presscue.simulator.virtual_node import VirtualNode


def furnish(options: str = OPTIONS, **air) -> Room:
    scenario, _ = parse_options(options)
    return Room(VirtualNode(perform(scenario), seed=scenario.seed), **air)


@pytest.fixture
def room():
    made = furnish()
    yield made
    made.close()


def coached(room: Room, until_s: float = 20.0, link: BleLink | None = None, **options) -> LiveSession:
    link = link or BleLink("", room.radio)

    def reopen():
        return BleLink(link.name.removeprefix("ble:"), room.radio)

    def sleep(seconds):
        room.loop.run_until_complete(ble.asyncio.sleep(seconds))

    return play(session(link, reopen=reopen, sleep=sleep, session_id=7, **options), until_s)


def test_a_node_says_its_name_and_its_service_in_the_advertisement_itself(room):
    (heard,) = scan(2.0, room.radio)
    assert heard.name.startswith("cue-")
    assert heard.address.endswith(heard.name[-4:].upper()[:2] + ":" + heard.name[-2:].upper())


@pytest.mark.parametrize("wanted", ["", "{name}", "{tail}", "{address}"])
def test_a_node_is_found_alone_by_name_by_its_end_and_by_address(room, wanted):
    (heard,) = scan(2.0, room.radio)
    link = BleLink(wanted.format(name=heard.name, tail=heard.name[-4:], address=heard.address), room.radio)
    assert link.name == f"ble:{heard.name}"
    link.close()


def test_a_node_that_is_not_there_is_said_to_be_out_of_reach_and_who_is_there(room):
    (heard,) = scan(2.0, room.radio)
    with pytest.raises(LinkError, match=f"ble:other: not in reach; in reach: ble:{heard.name}"):
        BleLink("other", room.radio)
    room.air.set_range(False)
    with pytest.raises(LinkError, match="no node in reach"):
        BleLink("", room.radio)


def test_every_sample_of_a_session_arrives_and_every_cue_is_felt_in_time(room):
    live = coached(room, 36.0)
    assert live.session.counts.lost_readings == live.session.counts.bad_frames == 0
    assert len(live.findings.reps) == 4
    assert live.acks
    assert all(ack.outcome == "started" for ack in live.acks)
    assert max(live.latencies_ms) < 100


def test_samples_of_a_batch_share_a_packet_so_that_a_slow_connection_keeps_up():
    room = furnish(interval_us=60_000)
    try:
        live = coached(room, 12.0)
        assert live.session.counts.lost_readings == 0
        assert room.peripheral.refused == 0
    finally:
        room.close()


def test_out_of_range_and_back_the_session_goes_on_by_itself(room):
    left: list[float] = []
    back: list[float] = []

    def walk(live):
        now = room.loop.time()
        if not left and now > 10:
            room.air.set_range(False)
            left.append(now)
        elif left and not back and live.state == "lost":
            room.air.set_range(True)
            back.append(now)

    streaming: list[float] = []

    def each(live):
        walk(live)
        if back and not streaming and live.state == "streaming":
            streaming.append(room.loop.time())

    link = BleLink("", room.radio)
    live = session(
        link, reopen=lambda: BleLink(link.name.removeprefix("ble:"), room.radio), session_id=7,
        sleep=lambda seconds: room.loop.run_until_complete(ble.asyncio.sleep(seconds)),
    )  # fmt: skip
    play(live, 22.0, each)
    print(f"streaming again {streaming[0] - back[0]:.2f} s after the radio was back")
    assert streaming[0] - back[0] <= 2.0
    assert live.session.counts.reboots == 0
    assert live.session.counts.filled_readings == live.session.counts.lost_readings > 0  # fetched from the node


def until_told(live: LiveSession) -> None:
    for _ in range(100):
        live.step()


def test_a_second_computer_is_told_that_the_node_is_busy_and_the_first_notices_nothing(room):
    other = room.host("C0:C1:C2:C3:C4:C6")
    refused: list[str] = []

    def each(live):
        if not refused and room.loop.time() > 8:
            second = session(BleLink("", other), session_id=8)
            with pytest.raises(PeerError) as error:
                until_told(second)
            second.link.close()
            refused.append(str(error.value))

    link = BleLink("", room.radio)
    live = play(session(link, session_id=7), 14.0, each)
    assert "coaching for another computer" in refused[0]
    assert live.session.counts.lost_readings == 0


def test_the_same_session_may_move_from_the_air_to_the_cable(room):
    link = BleLink("", room.radio)
    live = session(link, session_id=7)
    while room.loop.time() < 5:
        live.step()
    node, decoder = room.node, wire.FrameDecoder()
    node.write(wire.frame(wire.encode("hello", wire.PROTOCOL)))
    node.write(wire.frame(wire.encode("start", 1, 7, 0)))
    room.loop.run_until_complete(ble.asyncio.sleep(0.5))
    samples = [message for message in decoder.feed(node.read()) if message[0] == wire.TYPES["samples"]]
    assert len(samples) > 10
    live.link.close()


def test_a_node_that_restarts_is_lost_and_found_again(room):
    link = BleLink("", room.radio)
    live = session(link, reopen=lambda: BleLink(link.name.removeprefix("ble:"), room.radio), session_id=7,
                   sleep=lambda seconds: room.loop.run_until_complete(ble.asyncio.sleep(seconds)))  # fmt: skip
    pressed: list[float] = []

    def each(live):
        if not pressed and room.loop.time() > 8:
            pressed.append(room.loop.time())
            room.node.reset()

    play(live, 20.0, each)
    assert live.session.counts.reboots == 1


def test_the_button_silences_a_cue(room):
    link = BleLink("", room.radio)
    live = session(link, session_id=7)
    while live.state != "streaming":
        live.step()
    live.link.write(wire.encode("cue", 1, 0, 9, 100, 300, int(room.node.now_us)))
    while not room.node.motor_log or room.node.motor_log[-1][1] == 0:
        live.step()
    began_us = room.node.motor_log[-1][0]
    room.node.press()
    room.loop.run_until_complete(ble.asyncio.sleep(0.2))
    assert room.node.motor_log[-1][1] == 0
    assert room.node.motor_log[-1][0] - began_us < 100_000  # of the 500 ms that it lasts
    live.link.close()


def test_a_cut_packet_is_counted_and_the_next_one_read():
    decoder = wire.PacketDecoder()
    message = wire.encode("hello", 1)
    whole = bytes((len(message),)) + message
    assert decoder.feed(whole * 3) == [message] * 3
    assert decoder.feed(whole * 2 + whole[:-1]) == [message] * 2
    assert decoder.feed(whole) == [message]
    assert decoder.feed(b"\x00" + whole) == []
    assert (decoder.good, decoder.bad) == (2, 2)


@pytest.mark.parametrize("room_bytes", [20, 182])
def test_a_message_longer_than_the_connection_carries_comes_in_parts(room_bytes):
    decoder = wire.PacketDecoder()
    message = wire.encode("info", 1, 2, 0, 1, 0, 3, bytes(8), tail=bytes(range(200)))
    left, found = bytes((len(message),)) + message, []
    while left:
        found += decoder.feed(left[:room_bytes])
        left = b"\x00" + left[room_bytes:] if left[room_bytes:] else b""
    assert found == [message]
    assert decoder.bad == 0


@pytest.mark.parametrize(("mtu", "packets"), [(185, 4), pytest.param(23, 24, marks=pytest.mark.slow)])
def test_a_narrow_connection_costs_nothing_but_packets_not_even_what_a_drop_took(mtu, packets):
    """185 is what an iPhone agrees to, 23 what there is without any agreement; packets of 23 bytes are short."""
    room = furnish(packets=packets)
    room.air.mtu = mtu
    try:
        room.loop.call_at(4.0, room.air.set_range, False)
        room.loop.call_at(7.0, room.air.set_range, True)
        link = BleLink("", room.radio)
        live = session(link, reopen=lambda: BleLink("", room.radio), session_id=7,
                       sleep=lambda seconds: room.loop.run_until_complete(ble.asyncio.sleep(seconds)))  # fmt: skip
        while room.loop.time() < 9.0 or (live.session.wanted() and room.loop.time() < 30.0):
            live.step()
        live.play("pulse")
        live.finish()
        counts = live.session.counts
        print(
            f"MTU {mtu}: at {room.loop.time():.1f} s {counts.filled_readings} readings fetched after a drop, "
            f"missing {live.session.missing()}"
        )
        assert counts.lost_readings == counts.filled_readings > 1000
        assert counts.bad_frames == 0
        assert [ack.outcome for ack in live.acks] == ["started"]
    finally:
        room.close()


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "loss"), [(1, 0.0), (2, 0.1), (3, 0.1)])
def test_after_a_minute_on_the_air_the_node_s_clock_is_known_within_3_ms(seed, loss):
    """The firmware's own answers over the modelled air, at 15 ms, to a host whose clock runs 40 ppm fast."""
    room = furnish(seed=seed)
    room.air.loss = loss
    try:
        link = BleLink("", room.radio)
        link.now_s = lambda: 5000.0 + room.loop.time() * (1 + 40e-6)
        live = session(link, session_id=7)
        live.coaching = False
        while room.loop.time() < 65.0:
            live.step()
        off_ms = 1000 * ((live.clock.host_us(room.node.now_us) * 1e-6) - link.now_s())
        print(f"seed {seed}, {loss:.0%} of events lost: {off_ms:+.2f} ms off, said to be within "
              f"{live.clock.error_us / 1000:.2f} ms; skew {1e6 * live.clock.skew:+.0f} ppm")  # fmt: skip
        assert abs(off_ms) <= 3.0
        live.finish()
    finally:
        room.close()


def test_without_bluetooth_the_line_says_what_to_do():
    """On this machine bleak may find no Bluetooth at all: whatever it says becomes one clear line."""
    with pytest.raises((LinkError, UsageError)) as error:
        BleLink("cue-none")
    assert str(error.value).startswith("ble:")
    assert "\n" not in str(error.value)


def test_a_link_that_is_closed_says_so(room):
    link = BleLink("", room.radio)
    link.close()
    with pytest.raises(LinkLost):
        link.read(0.1)
    with pytest.raises(LinkLost):
        link.write(b"x")


def test_windows_is_asked_for_a_faster_connection_and_may_lack_all_of_it(monkeypatch, room):
    asked: list[str] = []
    device = SimpleNamespace(request_preferred_connection_parameters=lambda wish: asked.append(wish) or "request")
    bluetooth = SimpleNamespace(BluetoothLEPreferredConnectionParameters=SimpleNamespace(throughput_optimized="fast"))
    monkeypatch.setattr(ble.sys, "platform", "win32")
    monkeypatch.setattr(room.radio.client, "_requester", device, raising=False)
    link = BleLink("", room.radio)  # without the package: nothing is asked
    link.close()
    assert not asked
    monkeypatch.setitem(sys.modules, "winrt.windows.devices.bluetooth", bluetooth)
    link = BleLink("", room.radio)
    assert link._wish == "request"
    assert asked == ["fast"]
    link.close()
