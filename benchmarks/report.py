"""The report of an hour: python benchmarks/report.py SESSION.presscue [minutes]

The session (of `presscue demo --fast`, say) is repeated to the length asked for, as in hour.py. Printed: processor time
from the file to the page where nothing was analysed before, the page's own part of it, that from the index, and the
size of the page, as parts of their bounds (5 s, 6 MB).
"""

import sys
import tempfile
import time
from pathlib import Path

from hour import repeated

from presscue.analysis.analyze import analyze
from presscue.cli import _status
from presscue.report import command as reporting

BOUND_S, BOUND_MB = 5.0, 6.0


def timed(folder: Path, session: Path, out: Path) -> float:
    """Processor time of `presscue report`."""
    began_s = time.process_time()
    status = _status(["report", str(session), "--archive", str(folder), "--out", str(out), "--quiet"])
    assert status == 0
    return time.process_time() - began_s


def main(path: Path, minutes: float) -> int:
    analyze(path)  # compiles, if need be
    own: list[float] = []
    write = reporting.write_report

    def written(*arguments) -> None:
        began_s = time.process_time()
        write(*arguments)
        own.append(time.process_time() - began_s)

    reporting.write_report = written
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        session, out = folder / "2026-11-21T08-00-00Z-000001.presscue", folder / "hour.html"
        length_s = repeated(path, minutes, session)
        fresh_s = timed(folder, session, out)
        assert _status(["history", "--archive", name, "--rebuild", "--quiet"]) == 0
        indexed_s = timed(folder, session, out)
        size_mb = out.stat().st_size / 1e6
    print(f"{length_s / 60:.0f} minutes, never analysed: {fresh_s:.2f} s, {fresh_s / BOUND_S:.2f} of the bound")
    print(f"of that the page itself: {own[0]:.2f} s, {own[0] / BOUND_S:.2f} of the bound")
    print(f"analysed before: {indexed_s:.2f} s, {indexed_s / BOUND_S:.2f} of the bound")
    print(f"size: {size_mb:.2f} MB, {size_mb / BOUND_MB:.2f} of the bound")
    return 0 if fresh_s <= BOUND_S and size_mb <= BOUND_MB else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 60.0))
