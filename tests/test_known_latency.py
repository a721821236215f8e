"""What cues took in earlier sessions makes predictions come that much earlier, and can never do harm."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presscue.live.known_latency import keep_latency, with_known_latency
from presscue.profile import Profile


def known_ms(moniker: str, path: Path) -> float | None:
    return with_known_latency(Profile(), moniker, path).cue_latency_ms


def test_the_next_session_on_such_a_link_knows(tmp_path: Path):
    path = tmp_path / "state" / "latency.json"
    assert known_ms("ble:", path) is None
    keep_latency("ble:cue-1", [50.0, 60.0, 70.0, 60.0, 900.0], path)
    assert known_ms("ble:cue-2", path) == 60.0
    assert known_ms("serial:/dev/ttyUSB0", path) is None
    keep_latency("ble:", [80.0] * 9, path)
    assert known_ms("ble:", path) == 70.0  # half of the way
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_the_profile_says_stands(tmp_path: Path):
    keep_latency("ble:", [50.0] * 5, tmp_path / "l.json")
    assert with_known_latency(Profile(cue_latency_ms=90.0), "ble:", tmp_path / "l.json").cue_latency_ms == 90.0


@pytest.mark.parametrize("moniker", ["sim:", "sim:ble", "replay:a.presscue"])
def test_virtual_links_teach_nothing(moniker: str, tmp_path: Path):
    keep_latency(moniker, [50.0] * 50, tmp_path / "l.json")
    assert not (tmp_path / "l.json").exists()


def test_a_few_cues_tell_too_little(tmp_path: Path):
    keep_latency("ble:", [50.0] * 4, tmp_path / "l.json")
    assert known_ms("ble:", tmp_path / "l.json") is None


@given(st.one_of(st.binary(max_size=40), st.sampled_from([b'{"ble": -3}', b'{"ble": "x"}', b'{"ble": NaN}', b"[1]"])))
def test_a_damaged_file_is_as_good_as_none(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.mktemp("latency") / "l.json"
    path.write_bytes(content)
    assert known_ms("ble:", path) is None
    keep_latency("ble:", [50.0] * 5, path)
    assert known_ms("ble:", path) == 50.0


def test_a_disk_that_does_not_take_it_costs_nothing_else(tmp_path: Path):
    (tmp_path / "file").write_text("")
    keep_latency("ble:", [50.0] * 5, tmp_path / "file" / "l.json")
