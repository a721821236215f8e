"""What the node says about itself: who it is, what its samples mean, how it is."""

import gc

from presscue import wire
from presscue_node import VERSION, board, lsm6dsox, pads
from presscue_node.ads1115 import SCALE_NANO as PADS_SCALE_NANO

_U16 = 0xFFFF


def info(node, t_us):
    major, minor, patch = VERSION
    return wire.encode("info", wire.PROTOCOL, node.boot, major, minor, patch, t_us, node.identity, tail=node.name)


def header(node, session, wall_ms):
    major, minor, patch = VERSION
    return wire.encode("header", 1, wall_ms, session, node.identity, major, minor, patch, tail=node.name)


def channel_rows(node):
    """The channel table, one message each."""
    for source, imu in ((wire.SLED, node.sled.device), (wire.LEG, node.leg.device)):
        count = len(lsm6dsox.CHANNELS)
        for index in range(count):
            label = wire.PARTS[1 + source] + "_" + lsm6dsox.CHANNELS[index]
            scale = lsm6dsox.SCALE_NANO[index]
            yield wire.encode("channel", source, index, count, imu.period_ns, scale, tail=label.encode())
    for index in range(pads.CHANNELS):
        label = board.PAD_LABELS[index]
        yield wire.encode("channel", wire.PADS, index, pads.CHANNELS, pads.PERIOD_NS, PADS_SCALE_NANO, tail=label)


def status(node, t_us):
    faults = 0
    for part in node.parts:
        if not part.working:
            faults |= 1 << part.index
    if node.pads.device.open_mask:
        faults |= 1 << node.pads.index
    imus = (node.sled.device, node.leg.device)
    return wire.encode(
        "status",
        node.boot,
        t_us,
        1 if node.flow.streaming else 0,
        faults,
        node.outbox.dropped,
        sum(imu.overruns for imu in imus),
        node.notices.bus_errors + sum(imu.parity_errors for imu in imus),
        min(node.link.bad_frames, _U16),
        min(node.loop_max_us, _U16),
        min(node.battery_mv(), _U16),
        gc.mem_free() if hasattr(gc, "mem_free") else 0,  # CPython does not tell
        node.player.played & _U16,
    )
