"""Where compiled kernels are kept: in a folder of these sources, so that none outlives a change of what it calls."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("said_by", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME"])
def test_the_folder_a_user_chooses_holds_one_for_these_sources(tmp_path: Path, said_by: str):
    code = "import presscue.compiled, numba.core.config as config; print(config.CACHE_DIR)"
    others = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=others | {said_by: str(tmp_path)}, capture_output=True, text=True, check=True
    )
    folder = Path(done.stdout.strip())
    assert folder.parent == tmp_path / "presscue"
    assert folder.name.startswith("kernels-")
