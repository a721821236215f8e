"""Load and effort are said in another terminal while `presscue live` runs."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from presscue.cli import _status


@pytest.mark.slow
def test_last_is_the_session_that_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    command = [sys.executable, "-m", "presscue", "live", "sim:seed=3,sets=2,hold_s=0,rest_s=4", "--quiet"]
    live = subprocess.Popen([*command, "--archive", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not list(tmp_path.glob("*.presscue")) and time.monotonic() < until:
            time.sleep(0.1)
        archive = ["--archive", str(tmp_path)]
        assert _status(["annotate", "last", "--load", "120", "--lifter", "Anna", *archive]) == 0
        assert _status(["annotate", "last", "--set", "1", "--rpe", "8", *archive]) == 0
        assert live.poll() is None, "it ended too soon for this test"
        assert live.wait(120) == 0
    finally:
        live.kill()
        live.wait()
    capsys.readouterr()
    assert _status(["history", "--json", *archive]) == 0
    (session,) = json.loads(capsys.readouterr().out)["sessions"]
    (first,) = session["sets"]
    assert (first["sled_load_kg"], first["lifter"], first["rpe"]) == (120, "Anna", 8)
