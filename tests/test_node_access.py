"""Who may command a node over the air: its own firmware, with strangers, wrong keys, old and torn messages."""

import hmac
import random
import re
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import node_time
from node_radio import Radio, Store
from node_shims import firmware
from presscue import wire
from presscue.errors import AccessRefused
from presscue.node.admission import Admission, Key
from test_node_loop import BOOT, Rig

code = firmware.hmac_sha256
KEY = Key(2, bytes(range(32)))
OTHER = Key(2, bytes(32))
HELLO = wire.encode("hello", 1)
COUNTS = ("admitted", "refused", "unsealed", "forged", "replayed", "flooded")


class Node(Rig):
    """A node with a radio and a store of keys, which outlives it."""

    def __init__(self, store=None):
        self.radio, self.store = Radio(), store or Store()
        super().__init__(bluetooth=self.radio, keys=self.store)
        self.run_ms(10)

    def run_ms(self, ms):
        end = node_time.ticks_add(node_time.ticks_us(), 1000 * ms)
        while node_time.ticks_diff(end, node_time.ticks_us()) > 0:
            self.radio.confirm()
            super().run_ms(1)

    def pair(self, key=KEY, owner=b"laptop"):
        (answer,) = self.ask("key_set", 1, key.slot, key.secret, tail=owner)
        return wire.RESULTS[answer[1]["code"]]

    def counts(self):
        fields = next(f for name, f in self.ask("key_list", 2) if name == "access")
        return {name: fields[name] for name in COUNTS if fields[name]}

    def told(self, central, *writes):
        """What a central is told after it has written messages."""
        central.take()
        for message in writes:
            central.write(message)
        self.run_ms(20)
        return [name for name, _ in central.take()]

    def admitted(self, key=KEY, nonce=bytes(16)):
        """A central that has been, and its seal."""
        central = self.radio.central()
        admission = Admission(b"DEVICE01", key, nonce)
        assert self.told(central, HELLO)[0] == "info"
        central.write(wire.encode("open", 1, key.slot, nonce))
        self.run_ms(20)
        (_, challenge), (_, opened) = central.take()
        assert opened["code"] == 0
        central.write(wire.encode("prove", 2, admission.proof(challenge["nonce"], challenge["proof"])))
        self.run_ms(20)
        assert [(name, f["code"]) for name, f in central.take()] == [("result", 0)]
        return central, admission.seal()


@pytest.fixture
def node():
    node = Node()
    assert node.pair() == "ok"
    return node


def command(token=9):
    return wire.encode("status_request", token)


# the code itself

RFC_4231 = [
    (b"\x0b" * 20, b"Hi There"),
    (b"Jefe", b"what do ya want for nothing?"),
    (b"\xaa" * 20, b"\xdd" * 50),
    (bytes(range(1, 26)), b"\xcd" * 50),
    (b"\x0c" * 20, b"Test With Truncation"),
    (b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First"),
    (b"\xaa" * 131, b"This is a test using a larger than block-size key and a larger than block-size data. The key "
                    b"needs to be hashed before being used by the HMAC algorithm."),
]  # fmt: skip


@pytest.mark.parametrize(("key", "data"), RFC_4231)
def test_the_nodes_code_is_hmac_sha_256(key, data):
    assert code.mac(code.prepared(key), data) == hmac.digest(key, data, sha256)


def test_codes_are_the_same_only_if_every_byte_is():
    ours = bytes(range(16))
    assert code.same(ours, ours)
    assert not code.same(ours, ours[:-1])
    assert not code.same(ours, ours + b"\x00")
    assert not any(code.same(ours, ours[:at] + bytes([ours[at] ^ bit]) + ours[at + 1 :])
                   for at in range(16) for bit in (1, 128))  # fmt: skip


def test_host_and_node_compute_what_the_specification_says(node, root: Path, monkeypatch):
    text = (root / "SPEC.md").read_text(encoding="utf-8").partition("### Access")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| `([0-9a-f ]+)` \|$", text, re.M)
    said = {name.strip(): bytes.fromhex(digits) for name, digits in rows}
    assert KEY.id == said["key_id"]
    monkeypatch.setattr(firmware.access.os, "urandom", lambda size: b"\x22" * size)
    central = node.radio.central()
    node.told(central, HELLO)
    central.write(wire.encode("open", 1, 2, b"\x11" * 16))
    node.run_ms(20)
    (_, challenge), _ = central.take()
    assert challenge["proof"] == said["proof of the node"]
    admission = Admission(b"DEVICE01", KEY, b"\x11" * 16)
    assert admission.proof(challenge["nonce"], challenge["proof"]) == said["proof of the host"]
    assert admission.seal()(wire.encode("stop", 9)) == said["`stop` token 9, sealed as the first"]


# keys in the node


def test_a_key_outlives_a_restart_and_is_gone_once_removed(node):
    again = Node(node.store)
    slots = [fields for name, fields in again.ask("key_list", 3) if name == "key_slot"]
    assert [(f["slot"], f["key_id"], f["owner"]) for f in slots] == [(2, KEY.id, b"laptop")]
    again.admitted()
    again.ask("key_remove", 4, 2)
    assert [name for name, _ in Node(node.store).ask("key_list", 3)] == ["access", "result"]


def test_a_node_that_cannot_keep_a_key_says_so_and_has_none():
    node = Node()
    node.store.broken = True
    assert node.pair() == "refused"
    assert [name for name, _ in node.ask("key_list", 3)] == ["access", "result"]


def test_removing_or_replacing_a_key_shuts_out_who_is_in_with_it(node):
    central, seal = node.admitted()
    assert node.told(central, seal(command())) == ["status", "result"]
    node.pair(OTHER)
    assert node.told(central, seal(command())) == []
    with pytest.raises(AccessRefused):
        node.admitted(KEY)


def test_keys_are_never_set_or_removed_over_the_air(node):
    central, seal = node.admitted()
    theft = wire.encode("key_set", 5, 0, bytes(32), tail=b"thief")
    for message in (theft, wire.encode("key_remove", 6, 2)):
        central.write(seal(message))
        node.run_ms(20)
        assert [wire.RESULTS[f["code"]] for _, f in central.take()] == ["refused"]
    assert [f["slot"] for name, f in node.ask("key_list", 3) if name == "key_slot"] == [2]


@pytest.mark.parametrize("fields", [(4, bytes(32), b""), (0, bytes(32), b"n" * 33)])
def test_a_slot_or_a_name_that_does_not_exist_is_a_bad_value(node, fields):
    slot, key, owner = fields
    (answer,) = node.ask("key_set", 5, slot, key, tail=owner)
    assert wire.RESULTS[answer[1]["code"]] == "bad value"


# who is not admitted


def every_command():
    """One well-formed message of every type that a host may send or that exists at all."""
    from wire_messages import one_of_each

    return [message for message in one_of_each() if message[0] not in firmware.access._OPENLY]


def test_a_stranger_gets_an_answer_to_hello_and_to_nothing_else(node):
    node.send("start", 1, 7, 0)  # the cable streams meanwhile
    node.run_ms(50)
    stranger = node.radio.central()
    assert set(node.told(stranger, HELLO)) == {"info", "channel"}
    for message in every_command():
        assert node.told(stranger, message) == []
    node.sled.absent = True  # nor is he told what happens
    assert node.told(stranger) == []
    node.run_ms(1_500)
    assert stranger.take() == []
    assert node.counts() == {"unsealed": len(every_command())}


def test_a_node_without_a_key_is_as_closed():
    node = Node()
    stranger = node.radio.central()
    assert node.told(stranger, wire.encode("open", 1, 0, bytes(16))) == ["result"]
    assert node.told(stranger, command()) == []
    assert node.counts() == {"refused": 1, "unsealed": 1}


def test_device_information_is_for_all_and_the_battery_for_those_admitted(node):
    stranger = node.radio.central()
    assert stranger.read(node.radio.serial_number) == 0
    assert stranger.read(node.radio.battery) == 8
    stranger.leave()
    central, _ = node.admitted()
    assert central.read(node.radio.battery) == 0


def test_a_stranger_has_to_go_after_ten_seconds_and_a_host_stays(node):
    central, seal = node.admitted()
    stranger = node.radio.central()
    node.run_ms(9_000)
    assert not stranger.gone
    node.run_ms(2_000)
    assert stranger.gone
    assert node.told(central, seal(command())) == ["status", "result"]


def test_a_wrong_key_is_noticed_by_either_side(node):
    with pytest.raises(AccessRefused):
        node.admitted(OTHER)
    central = node.radio.central()
    node.told(central, HELLO)
    for _ in range(2):  # and a challenge is good for one try
        assert "result" in node.told(central, wire.encode("open", 1, 2, bytes(16)))
        central.write(wire.encode("prove", 2, bytes(16)))
        central.write(wire.encode("prove", 2, bytes(16)))
        node.run_ms(20)
        assert [wire.RESULTS[f["code"]] for _, f in central.take()] == ["refused", "refused"]
    assert node.counts() == {"refused": 4}


def test_who_takes_the_place_of_a_host_that_left_gets_none_of_its_samples(node):
    central, seal = node.admitted()
    node.told(central, seal(wire.encode("start", 1, 7, 0)))
    assert "samples" in node.told(central)
    central.leave()
    stranger = node.radio.central()
    node.run_ms(500)
    assert stranger.take() == []


# what is sealed


def test_a_command_counts_once_in_order_and_whole(node):
    central, seal = node.admitted()
    first, second, third = (seal(command(token)) for token in (1, 2, 3))
    assert node.told(central, first) == ["status", "result"]
    assert node.told(central, first) == []  # replayed
    assert node.told(central, third) == ["status", "result"]
    assert node.told(central, second) == []  # out of order
    fourth = seal(command(4))
    for size in range(len(fourth)):
        assert node.told(central, fourth[:size]) == []
    assert node.told(central, command(4)) == []  # without a seal
    assert node.told(central, fourth) == ["status", "result"]
    counts = node.counts()
    assert (counts["replayed"], counts["unsealed"], counts["admitted"]) == (2, 1, 1)
    assert counts["forged"] == len(fourth) - 1  # the empty write is none
    assert node.node.radio.bad == 1


def test_every_bit_of_a_sealed_message_counts(node):
    central, seal = node.admitted()
    message = bytearray(seal(command()))
    for at in range(8, 8 * len(message)):
        message[at // 8] ^= 1 << at % 8
        assert node.told(central, message) == []
        message[at // 8] ^= 1 << at % 8
    assert node.told(central, message) == ["status", "result"]


def test_a_seal_is_good_for_its_own_connection_alone(node):
    central, seal = node.admitted()
    other, _ = node.admitted(nonce=b"\x01" * 16)
    message = seal(command())
    assert node.told(other, message) == []
    central.leave()
    again, _ = node.admitted()  # the same host, the same nonce: the node's own is new
    assert node.told(again, message) == []
    assert node.counts()["forged"] == 2


def test_an_open_from_the_outside_does_not_end_an_admission(node):
    central, seal = node.admitted()
    node.told(central, wire.encode("open", 1, 2, bytes(16)), wire.encode("prove", 1, bytes(16)), HELLO)
    assert node.told(central, seal(command())) == ["status", "result"]


def test_a_replay_fills_no_queue_of_the_host_and_a_flood_is_dropped(node):
    central, seal = node.admitted()
    stranger = node.radio.central()
    stranger.take()
    for _ in range(1_000):
        stranger.write(HELLO)
        stranger.write(seal(command()), cue=True)
    assert node.told(central, seal(command())) == ["status", "result"]
    assert len([name for name, _ in stranger.take() if name == "info"]) <= 8
    counts = node.counts()
    assert counts["flooded"] == 992
    assert counts["unsealed"] == 1_000


hostile = st.one_of(
    st.binary(min_size=1, max_size=244),
    st.builds(lambda kind, rest: bytes([kind]) + rest, st.sampled_from(sorted(wire.MESSAGES)), st.binary(max_size=60)),
    st.builds(lambda counter, mac, inner: wire.encode("sealed", counter, mac, tail=inner),
              st.integers(0, 2**32 - 1), st.binary(min_size=8, max_size=8), st.binary(max_size=60)),
)  # fmt: skip


@given(writes=st.lists(st.tuples(st.booleans(), hostile), max_size=30))
@settings(max_examples=60, deadline=None)
def test_no_message_without_the_key_changes_anything(writes):
    node = Node()
    node.pair()
    central, seal = node.admitted()
    stranger = node.radio.central()
    before = state_of(node)
    for on_the_hosts_own, message in writes:
        (central if on_the_hosts_own else stranger).write(message)
        node.run_ms(5)
    assert state_of(node) == before
    assert {name for name, _ in stranger.take()} <= {"info", "channel", "challenge", "result"}
    node.run_ms(1_100)
    central.take()
    assert node.told(central, seal(command())) == ["status", "result"]


def state_of(node):
    inner = node.node
    settings_of = (inner.player.silence, inner.player.strength_percent, inner.player.played, inner.sampler.batch_us)
    return (inner.flow.streaming, inner.wall.known, node.watchdog.timeout_ms, node.store.blobs, *settings_of, BOOT)


def test_ten_thousand_hostile_messages_leave_the_streaming_as_it_was(node):
    """Made up, torn, recorded from the host; from strangers and, one in five, on the host's own connection."""
    central, seal = node.admitted()
    node.told(central, seal(wire.encode("start", 1, 7, 0)))
    recorded = [seal(command(token)) for token in range(20)]
    node.told(central, *recorded)
    stranger, dice, commands = node.radio.central(), random.Random(4), every_command()
    before, answered, sequence = state_of(node), 0, []
    for number in range(10_000):
        stranger = node.radio.central() if stranger.gone else stranger
        own = number % 5 == 0
        message = (
            dice.choice(recorded),
            dice.choice(commands),
            wire.encode("sealed", dice.randrange(1 << 32), dice.randbytes(8), tail=dice.choice(commands)[:60]),
            dice.choice(recorded)[: dice.randrange(1, 16)],
            dice.randbytes(dice.randrange(1, 100)),
        )[dice.randrange(5)]
        (central if own else stranger).write(message, cue=number % 2 == 0)
        if number % 4 == 3:
            node.run_ms(5)
        if number % 100 == 99:
            node.run_ms(20)
            central.write(seal(command(number)))
            node.run_ms(20)
            got = central.take()
            sequence += [(f["source"], f["seq"], f["count"]) for name, f in got if name == "samples"]
            answered += [f["token"] for name, f in got if name == "result" and f["token"] == number].count(number)
    assert state_of(node) == before
    assert answered == 100
    assert node.node.outbox.dropped == 0
    for source in (wire.SLED, wire.LEG, wire.PADS):
        runs = [(seq, count) for each, seq, count in sequence if each == source]
        assert len(runs) > 600
        assert all(b[0] == a[0] + a[1] for a, b in pairwise(runs))
    counts = node.counts()
    print(f"10,000 hostile messages, none obeyed: {counts}")
    assert counts["admitted"] == 1
    assert sum(counts.values()) - 1 + node.node.radio.bad > 9_900
