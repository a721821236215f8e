"""How the node is: its `status` message."""

import gc

from presscue import wire

_U16 = 0xFFFF


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
