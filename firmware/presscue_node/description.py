"""What the node says about itself: who it is and what its samples mean, to a host and at the head of a log."""

import time

from presscue import wire
from presscue_node import VERSION, board, lsm6dsox, pads
from presscue_node.ads1115 import SCALE_NANO as PADS_SCALE_NANO


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


def preamble(node, session, wall_ms):
    """The messages that a log begins with."""
    yield header(node, session, wall_ms)
    yield from channel_rows(node)
    yield info(node, node.clock.us(time.ticks_us()))


def paged(messages):
    """Messages in pages, to be numbered when they are written."""
    writer = wire.PageWriter(0, 0)
    pages = [writer.add(message) for message in messages]
    pages.append(writer.flush())
    return [page for page in pages if page is not None]
