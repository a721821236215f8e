"""What packing a log saves and costs: python benchmarks/packing.py SESSION.presscue (a live recording).

Packed by the node's own code, under this interpreter.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from node_shims import firmware  # pyright: ignore[reportMissingImports]
from presscue import wire
from presscue.readings import packed
from presscue.readings.messages import Messages
from presscue.recording import read_recording

SAMPLES = wire.TYPES["samples"]


def main(path: Path) -> None:
    messages = [m for chunk in read_recording(path).messages() for m in chunk if m[0] == SAMPLES]
    ring = firmware.page_ring.PageRing(8)
    packer = firmware.packer.Packer(ring)
    pages = []
    began_s = time.perf_counter()
    for message in messages:
        packer.take(bytearray(message) + bytes(4), len(message))
        while ring.waiting:
            pages.append(bytes(ring.oldest(0, 0, len(pages))))
            ring.drop()
    packed_s = time.perf_counter() - began_s
    packer.seal()
    pages.append(bytes(ring.oldest(0, 0, len(pages))))
    held = Messages.of([m for page in pages for m in (wire.page_open(page) or (0, 0, 0, []))[3]])
    packed.expanded(held)
    began_s = time.perf_counter()
    unpacked = packed.expanded(held)
    unpacked_s = time.perf_counter() - began_s
    assert list(unpacked) == messages
    readings = sum(message[24] for message in messages)
    times_us = [int.from_bytes(message[12:20], "little") for message in messages]
    seconds = (max(times_us) - min(times_us)) * 1e-6
    raw = sum(len(message) + 1 for message in messages) / wire.PAGE_ROOM
    print(f"{len(messages)} messages, {readings} readings, {seconds:.0f} s: the same again")
    print(f"pages {len(pages)}, unpacked {raw:.0f}: {raw / len(pages):.2f} times fewer")
    print(f"30 minutes of this: {len(pages) * wire.PAGE_SIZE / seconds * 1800 / 2**20:.2f} MiB")
    print(f"packing {1e6 * packed_s / readings:.1f} us a reading here, unpacking {1e6 * unpacked_s / readings:.2f} us")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
