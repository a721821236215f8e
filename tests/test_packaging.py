"""What is handed out is whole: the wheel holds the host and the firmware, the node's manifest every file it runs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built without isolation, so without a download."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run([sys.executable, "-c", BUILD, folder], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def test_the_wheel_holds_both_packages_whole(wheel: Path, root: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, package in (("host", "presscue"), ("firmware", "presscue_node")):
        sources = {path.relative_to(root / folder).as_posix() for path in (root / folder / package).rglob("*.py")}
        assert sources
        assert sources <= names
    assert {"presscue/texts/en.toml", "presscue/web/style.css", "presscue/web/marks.svg"} <= names
    assert "presscue_node/main.py" in names
    stray = {name for name in names if not name.startswith(("presscue/", "presscue_node/", "presscue-"))}
    assert stray == set()


def test_the_wheel_imports_by_itself(wheel: Path, tmp_path: Path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = "import presscue.wire, presscue_node; print(presscue.wire.__file__, presscue_node.__path__[0])"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(str(tmp_path) in place for place in done.stdout.split())


def test_the_command_is_installed(wheel: Path):
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    assert "presscue = presscue.cli:main" in archive.read(entry_points).decode()
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
