"""The running recorder when room is short: it says so, goes on where it can, and never costs a reading or a cue."""

from presscue import wire
from presscue.simulator.virtual_node import VirtualNode
from test_download import WALL_MS, Pressed, filled, logs_of


def streamed(node: VirtualNode, until_s: float, cue_at_s: float) -> list[tuple[str, dict]]:
    """Stream up to a time, with one cue on the way; everything that the node says."""
    decoder, said, cued = wire.FrameDecoder(), [], False
    node.run_until(node.now_us + 300_000)
    node.write(wire.frame(wire.encode("hello", 1)))
    node.write(wire.frame(wire.encode("start", 1, 7, WALL_MS)))
    while node.now_us < until_s * 1e6:
        node.run_until(node.now_us + 20_000)
        said += [wire.decode(message) for message in decoder.feed(node.read())]
        if not cued and node.now_us > cue_at_s * 1e6:
            cued = True
            samples = [fields for name, fields in said if name == "samples"]
            node.write(wire.frame(wire.encode("cue", 1, 0, 5, 80, 300, samples[-1]["t_us"])))
    return [each for each in said if each is not None]


def lost(said) -> int:
    """Readings of the IMUs that the sequence numbers miss."""
    missing = 0
    for source in (wire.SLED, wire.LEG):
        expected = None
        for name, fields in said:
            if name == "samples" and fields["source"] == source:
                missing += 0 if expected is None else fields["seq"] - expected
                expected = fields["seq"] + fields["count"]
    return missing


def notices(said) -> list[str]:
    return [wire.NOTICES[fields["code"]] for name, fields in said if name == "notice"]


def test_with_logs_that_no_laptop_has_the_recorder_stops_says_so_and_cueing_goes_on():
    with VirtualNode(Pressed((4.0,), 12.0), seed=3) as node:
        node.run_until(100_000)
        size = len(node.hardware.flash.data) / (1 << 20)
        filled(node, size - 8 * 4096 / (1 << 20))
        before = bytes(node.hardware.flash.data)
        said = streamed(node, 24.0, 8.0)
        _, logs = logs_of(node)
        entries = logs.listed()
        assert logs.status is not None
        assert logs.status.state == "full"
        after = bytes(node.hardware.flash.data)
    assert "full" in notices(said)
    assert [fields["outcome"] for name, fields in said if name == "cue_ack"] == [wire.OUTCOMES.index("started")]
    assert lost(said) == 0
    assert entries[0].state == "closed"  # not a page of it was given up
    blocks = range(3 * 4096, 3 * 4096 + entries[0].size, 4096)
    assert [at for at in blocks if before[at : at + 4096] != after[at : at + 4096]] == []


def test_a_set_longer_than_the_erased_room_goes_on_and_its_stalls_are_counted():
    with VirtualNode(Pressed((4.0,), 30.0), seed=3) as node:
        for at in range(len(node.hardware.flash.data)):  # never erased since it was made
            node.hardware.flash.data[at] = 0
        said = streamed(node, 44.0, 8.0)
        _, logs = logs_of(node)
        (entry,) = logs.listed()
        assert logs.status is not None
        stalls, worst_ms = logs.status.stalls, 1000 * logs.status.stall_max_s
        print(f"{entry.size / 1024:.0f} KB in a set, {stalls} stalls, the longest {worst_ms:.0f} ms; lost {lost(said)}")
    assert entry.size > 12 * 4096
    assert stalls > 0
    assert worst_ms < 800  # what the FIFOs outlast
    assert lost(said) == 0
