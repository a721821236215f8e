"""`presscue pair` as a user meets it, and the file of keys."""

import json
import os
import stat

import pytest

from presscue.cli import main
from presscue.errors import KeysUnusable, SaveError
from presscue.node.admission import Key
from presscue.node.keys import KeyFile

KEY = Key(1, bytes(range(32)))


@pytest.fixture
def key_file(tmp_path, monkeypatch):
    path = tmp_path / "config" / "keys.json"
    monkeypatch.setenv("PRESSCUE_KEYS", str(path))
    return path


def run(capfd, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0), *capfd.readouterr()


def test_pairing_lasts_and_can_be_listed_and_taken_back(tmp_path, key_file, capfd):
    link = f"sim:fast,sets=1,hold_s=0.5,flash={tmp_path / 'node.img'}"
    status, out, _ = run(capfd, "pair", link)
    assert status == 0
    assert "paired with this computer, in slot 0; now: presscue live ble:cue-" in out
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600 or os.name != "posix"
    (first,) = json.loads(key_file.read_text()).values()
    assert len(first["key"]) == 64
    status, out, _ = run(capfd, "pair", "--list", link)  # another boot of the same node
    assert (status, out.count("this computer")) == (0, 1)
    run(capfd, "pair", link)  # again: the same slot, another key
    (second,) = json.loads(key_file.read_text()).values()
    assert (second["slot"], second["key"] != first["key"]) == (0, True)
    status, out, _ = run(capfd, "pair", "--remove", "0", link)
    assert status == 0
    assert json.loads(key_file.read_text()) == {}
    assert "this computer" not in run(capfd, "pair", "--list", link)[1]
    status, _, err = run(capfd, "pair", "--remove", "0", link)
    assert (status, err.count("\n")) == (2, 1)
    assert "slot 0 is empty already" in err


def test_a_fifth_computer_is_told_who_has_the_slots(tmp_path, key_file, capfd):
    link = f"sim:fast,sets=1,hold_s=0.5,flash={tmp_path / 'node.img'}"
    for number in range(4):
        key_file.unlink(missing_ok=True)  # another computer
        assert run(capfd, "pair", link)[0] == 0, number
    key_file.unlink()
    status, _, err = run(capfd, "pair", link)
    assert status == 1
    assert "all slots are taken (0 " in err
    assert "--slot, or --remove" in err
    assert not KeyFile().names()  # and no key is kept that the node does not have
    assert run(capfd, "pair", "--slot", "3", link)[0] == 0


@pytest.mark.parametrize("link", ["ble:", "ble:cue-1234", "sim:ble,fast", "replay:x.presscue"])
def test_keys_do_not_go_over_the_air(link, key_file, capfd):
    status, _, err = run(capfd, "pair", link)
    assert status == 2
    assert err == f"presscue: {link}: keys never go over the air: connect the node by USB (serial:PORT)\n"


def test_one_thing_at_a_time(key_file, capfd):
    assert run(capfd, "pair", "--list", "--remove", "1", "sim:fast")[0] == 2


def test_keys_are_kept_by_device_and_given_up_singly(tmp_path):
    keys = KeyFile(tmp_path / "deep" / "keys.json")
    assert keys.get("aa") is None
    keys.put("aa", "cue-aa", KEY)
    keys.put("bb", "cue-bb", Key(0, bytes(32)))
    keys.remove("cc")
    assert KeyFile(keys.path).get("aa") == KEY
    keys.remove("aa")
    assert KeyFile(keys.path).names() == {"bb": "cue-bb"}


@pytest.mark.skipif(os.name != "posix", reason="permissions as bits are of POSIX")
def test_a_file_that_others_may_read_is_not_used(tmp_path):
    keys = KeyFile(tmp_path / "keys.json")
    keys.put("aa", "cue-aa", KEY)
    keys.path.chmod(0o644)
    with pytest.raises(KeysUnusable, match="chmod 600"):
        keys.get("aa")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"aa": 1}', '{"aa": {"name": "n", "slot": 1, "key": "zz"}}', '{"aa": {"name": "n", "slot": 1}}',
     '{"aa": {"name": "n", "slot": -1, "key": "' + "00" * 32 + '"}}', '{"aa": {"name": "n", "slot": 1, "key": "00"}}'],
)  # fmt: skip
def test_a_damaged_file_is_said_to_be_and_left_alone(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(0o600)
    for what in (lambda keys: keys.get("aa"), lambda keys: keys.put("aa", "n", KEY), lambda keys: keys.remove("aa")):
        with pytest.raises(KeysUnusable, match=r"keys\.json: .* pair anew"):
            what(KeyFile(path))
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "config").write_text("a file")
    with pytest.raises((SaveError, KeysUnusable), match="config"):
        KeyFile(tmp_path / "config" / "keys.json").put("aa", "n", KEY)
