"""A session file of an hour through `analyze`: python benchmarks/hour.py SESSION.presscue [minutes]

The session (of `presscue demo --fast`, say) is repeated to the length asked for, with its sequence numbers and times
carried on, and written to a temporary file. Printed: seconds from file to arrays and from file to results, as parts of
their bounds (0.5 s and 4 s an hour). Times are the processor's, so that other programs disturb them little.
"""

import struct
import sys
import tempfile
import time
from pathlib import Path

from presscue import wire
from presscue.analysis.analyze import analyze
from presscue.recording import read_recording
from presscue.session.bulk import BulkSession

SAMPLES = wire.TYPES["samples"]
FIXED = struct.Struct(wire.MESSAGES[SAMPLES][1])


def repeated(path: Path, minutes: float, out: Path) -> float:
    """Write the file; returns its length in seconds."""
    recording = read_recording(path)
    messages = [message for chunk in recording.messages() for message in chunk]
    samples = [(FIXED.unpack_from(m, 1), m[1 + FIXED.size :]) for m in messages if m[0] == SAMPLES]
    first_us, last_us = samples[0][0][4], samples[-1][0][4]
    length_us = last_us - first_us + 20_000
    orders = len(samples)
    readings = {s: sum(f[6] for f, _ in samples if f[0] == s) for s in (wire.SLED, wire.LEG, wire.PADS)}
    boot = samples[0][0][1]
    pages = wire.PageWriter(boot, 1)
    turns = max(1, round(60e6 * minutes / length_us))
    with open(out, "wb") as file:

        def put(message: bytes) -> None:
            page = pages.add(message)
            if page is not None:
                file.write(page)

        for message in recording.preamble:
            put(message)
        for turn in range(turns):
            for (source, _, order, seq, t_us, period, count, channels), data in samples:
                fields = (source, boot, order + turn * orders, seq + turn * readings[source], t_us + turn * length_us)
                put(bytes([SAMPLES]) + FIXED.pack(*fields, period, count, channels) + data)
        file.write(pages.flush() or b"")
    return turns * length_us * 1e-6


def main(path: Path, minutes: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "hour.presscue"
        length_s = repeated(path, minutes, out)
        analyze(path)  # compiles, if need be
        began = time.process_time()
        session = BulkSession()
        read = [stretch for chunk in read_recording(out).messages() for _, stretch in session.stretches(chunk)]
        reading_s = time.process_time() - began
        began = time.process_time()
        analysis = analyze(out)
        spent_s = time.process_time() - began
        print(f"{length_s / 60:.0f} min, {out.stat().st_size / 1e6:.0f} MB, {len(analysis.findings.reps)} reps")
        hours = length_s / 3600.0
        count = sum(len(stretch.t_s) for stretch in read)
        part = reading_s / 0.5 / hours
        print(f"{count:,} readings in arrays in {reading_s:.2f} s: {part:.2f} of the bound of 0.5 s an hour")
        print(f"analysed in {spent_s:.1f} s: {spent_s / 4.0 / hours:.2f} of the bound of 4 s an hour")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 60.0)
