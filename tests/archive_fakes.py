"""Archives for tests: many small recordings, and an index filled without analysing them."""

from pathlib import Path

from presscue.archive import facts
from presscue.archive.index import Index
from presscue.archive.journal import read_journal
from presscue.archive.places import start_in_name, stem_of
from presscue.archive.scan import scan
from presscue.core_version import core_version
from presscue.recording import Recorder
from presscue.session import Session
from presscue.session.events import NodeInfo
from session_stream import channel_rows, info, stream

FIRST_MS = 1_700_000_000_000
YEAR_MS = 366 * 86_400_000


def make_recordings(folder: Path, count: int, readings: int = 60, content: bytes | None = None) -> list[Path]:
    """Session files, a year apart (many: three hours apart), each another; with `content`, files of just that."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    session = Session()
    node, *_ = session.receive_messages([info(), *channel_rows()])
    assert isinstance(node, NodeInfo)
    messages = stream(readings)
    for number in range(count):
        wall_ms = FIRST_MS + number * (YEAR_MS if count < 10 else 10_800_000)
        path = folder / f"{stem_of(wall_ms, node.device)}.presscue"
        paths.append(path)
        if content is not None:
            path.write_bytes(content)
            continue
        recorder = Recorder(path, node, session.channels.messages, wall_ms=wall_ms, session=number)
        for message in messages:
            recorder.add(message)
        recorder.close()
    return paths


def fill_index(folder: Path, analysis: dict) -> None:
    """Make the index as if analysing every file had given `analysis`."""
    tree = whole(analysis)
    core = core_version()
    with Index(folder) as index:
        for found in scan(folder).values():
            origin = facts.Origin(start_in_name(found.name), "0102030405060700", "press-1", 1)
            study = facts.Study("f", core, "", origin, tree)
            index.put(found, study, read_journal(found.path).standing())


def whole(analysis: dict) -> dict:
    """An analysis with the parts that tests leave out."""
    summary = {"duration_s": 1234.0, **analysis["summary"]}
    return {"quality": {"lost_samples": 0}, "measured": {}, **analysis, "summary": summary}
