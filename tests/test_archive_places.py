"""Where recordings go, how they are named, and how others see that one is being made."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue.archive.places import archive_folder, free_path, start_in_name, stem_of
from presscue.locking import is_held
from test_recording import record

START_MS = 1_795_284_185_000


def test_a_name_tells_start_and_device():
    assert stem_of(START_MS, "742e67a1b2c30000") == "2026-11-21T18-03-05Z-a1b2c3"
    assert stem_of(None, "742e67a1b2c30000") == "undated-a1b2c3"
    assert stem_of(0, "") == "undated-device"


@given(st.integers(1000, 4_000_000_000_000), st.binary(min_size=8, max_size=8))
def test_the_start_is_read_back_from_the_name(start_ms: int, device: bytes):
    assert start_in_name(stem_of(start_ms, device.hex()) + ".presscue") == start_ms // 1000 * 1000


@given(st.text(max_size=40))
def test_any_other_name_tells_no_start(name: str):
    start_in_name(name)
    assert start_in_name("2026-13-41T18-03-05Z-a1b2c3") is None


def test_no_name_is_given_twice(tmp_path: Path):
    first = free_path(tmp_path, "a", ".presscue")
    first.touch()
    second = free_path(tmp_path, "a", ".presscue")
    second.touch()
    assert [first.name, second.name] == ["a.presscue", "a-2.presscue"]
    assert free_path(tmp_path, "a", ".presscue").name == "a-3.presscue"


def test_the_folder_is_the_one_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PRESSCUE_ARCHIVE", str(tmp_path / "said"))
    assert archive_folder(tmp_path / "chosen") == tmp_path / "chosen"
    assert archive_folder() == tmp_path / "said"
    monkeypatch.delenv("PRESSCUE_ARCHIVE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert archive_folder().name == "sessions"
    assert "presscue" in archive_folder().parts


def test_a_recording_under_way_can_be_told(tmp_path: Path):
    from presscue.recording import Recorder
    from presscue.session import Session
    from session_stream import channel_rows, info

    session = Session()
    node, *_ = session.receive_messages([info(), *channel_rows()])
    path = tmp_path / "a.presscue"
    recorder = Recorder(path, node, session.channels.messages, wall_ms=START_MS, session=1)  # type: ignore[arg-type]
    assert is_held(path)
    recorder.close()
    assert not is_held(path)
    assert not is_held(tmp_path / "nowhere")
    assert not is_held(record(tmp_path / "b.presscue", []))
