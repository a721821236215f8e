"""A made-up node's messages, for the tests of session, recording and links."""

import numpy as np

from presscue import wire

DEVICE = b"\x01\x02\x03\x04\x05\x06\x07\x08"
IMU = ("acc_x_mps2", "acc_y_mps2", "acc_z_mps2", "gyr_x_radps", "gyr_y_radps", "gyr_z_radps")
PERIOD_NS = 4_800_123


def info(boot=7, protocol=wire.PROTOCOL, t_us=1000):
    return wire.encode("info", protocol, boot, 0, 1, 0, t_us, DEVICE, tail=b"press-1")


def channel_rows():
    rows = []
    for source, name in ((wire.SLED, "sled"), (wire.LEG, "leg")):
        for index, label in enumerate(IMU):
            scale_nano = 1_196_411 if index < 3 else 305_433
            tail = f"{name}_{label}".encode()
            rows.append(wire.encode("channel", source, index, 6, PERIOD_NS, scale_nano, tail=tail))
    for index, label in enumerate((b"heel_left_v", b"heel_right_v", b"seat_v")):
        rows.append(wire.encode("channel", wire.PADS, index, 3, 15_000_000, 125_000, tail=label))
    return rows


def samples(source, boot, order, seq, t_us, raw):
    """raw: int16 array (count, channels)."""
    count, channels = raw.shape
    tail = raw.astype("<i2").tobytes()
    return wire.encode("samples", source, boot, order, seq, t_us, PERIOD_NS, count, channels, tail=tail)


def stream(batches, boot=7, seed=0, first_order=0):
    """Three samples messages per batch of 20 ms, as a node sends them."""
    rng = np.random.default_rng(seed)
    messages = []
    seq = [0, 0, 0]
    for batch in range(batches):
        for source, channels in ((wire.SLED, 6), (wire.LEG, 6), (wire.PADS, 3)):
            count = int(rng.integers(1, 3) if source == wire.PADS else rng.integers(4, 6))
            raw = rng.integers(-32768, 32768, (count, channels))
            order = first_order + len(messages)
            messages.append(samples(source, boot, order, seq[source], 2000 + 20_000 * batch, raw))
            seq[source] += count
    return messages
